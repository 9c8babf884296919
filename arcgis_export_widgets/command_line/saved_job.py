"""Save jobs to files from which an export can be resumed, and delete those files once they are not needed."""

from __future__ import annotations

import shlex
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arcgis_export_widgets.errors import ArcGISExportError, ExportTimeoutError, RequestError
from arcgis_export_widgets.portal.auth.credentials import environment_host
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.portal.items.file_names import safe_name
from arcgis_export_widgets.workflow import ExportJob
from arcgis_export_widgets.workflow.saved_jobs import read_handle


class ResumableError(Exception):
    """The command ended early, but the export is still in the portal. ``__cause__`` is the error that ended it.

    Attributes
    ----------
    path
        Path of the saved job to resume.
    is_late
        Whether the command ended because ``--timeout`` passed.
    """

    def __init__(self, message: str, *, path: Path, is_late: bool) -> None:
        super().__init__(message)
        self.path = path
        self.is_late = is_late


def save(job: ExportJob, folder: Path) -> Path:
    """Save the job to a new file in `folder`, without replacing the files of earlier exports; return its path."""
    item_id = safe_name(job.export_item_id)  # a portal may put any characters into an id
    title = safe_name(job.request.title or item_id)
    path = folder / f"{title}.job.json"
    return job.save(folder / f"{title} {item_id}.job.json" if path.exists() else path)


def refuse_another_portal(path: Path, given: str | None) -> None:
    """Raise an error if a saved job belongs to a portal other than `given`, before credentials are sent anywhere.

    Credentials are sent only to the portal in ``--portal`` or ``ARCGIS_HOST``, never to one that only a file names.

    Raises
    ------
    RequestError
        If the two portals differ, or the file is not a saved job.
    """
    there = portal_url(str(read_handle(path)["portal"]))
    here = portal_url(given) if given else environment_host()
    if here != there:
        fault = f"This job is at {there}, not at {here}"
        raise RequestError(f"{fault}; if you trust that address with your credentials, add --portal {there}.")


@contextmanager
def saved_while_needed(path: Path, options: Namespace, portal_url: str) -> Iterator[None]:
    """Delete the saved job at `path` when the block ends, unless the export can still be resumed.

    Raises
    ------
    ResumableError
        If an error leaves the export in the portal. The message contains the command that resumes the export.
    """
    try:
        yield
    except (ArcGISExportError, OSError) as error:
        if getattr(error, "handle", None) is None:
            path.unlink(missing_ok=True)
            raise
        is_late = isinstance(error, ExportTimeoutError)
        fact = (
            f"The export was not ready after {options.timeout:g} s. The portal is still working on it"
            if is_late
            else f"{error}\nThe export itself may still be in the portal"
        )
        command = _command(path, options, portal_url)
        raise ResumableError(f"{fact}; resume it with\n{command}", path=path, is_late=is_late) from error
    path.unlink(missing_ok=True)


def _command(path: Path, options: Namespace, portal_url: str) -> str:
    """The shell command that resumes the export, ready to be pasted into a terminal."""
    words = [sys.executable, "-m", "arcgis_export_widgets", "resume", str(path), "--out", str(options.out)]
    words += ["--portal", portal_url]
    words += ["--verify", str(options.verify)] if options.verify else []
    words += [f"--{name}" for name in ("keep", "quiet") if getattr(options, name)]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)

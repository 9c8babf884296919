"""The document by which an export that ended early is found again."""

from __future__ import annotations

import shlex
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arcgis_export_widgets.errors import (
    ArcGISExportError,
    ExportCancelledError,
    ExportFailedError,
    ExportTimeoutError,
    LoadError,
    RequestError,
)
from arcgis_export_widgets.portal.auth.credentials import environment_host
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.portal.items.download import safe_name
from arcgis_export_widgets.workflow import ExportJob
from arcgis_export_widgets.workflow.export import read_handle


class UnfinishedError(Exception):
    """It ended early, and the export may go on in the portal; the error that ended it is the cause.

    Attributes
    ----------
    path
        The document to go on with.
    is_late
        Whether it was the deadline that ended it.
    """

    def __init__(self, message: str, *, path: Path, is_late: bool) -> None:
        super().__init__(message)
        self.path = path
        self.is_late = is_late


def save(job: ExportJob, folder: Path) -> Path:
    """Write the job's handle into `folder`, beside those of earlier exports of the same title, and return its path."""
    item_id = safe_name(job.export_item_id)  # whatever a portal calls an item
    title = safe_name(job.request.title or item_id)
    path = folder / f"{title}.job.json"
    return job.save(folder / f"{title} {item_id}.job.json" if path.exists() else path)


def refuse_another_portal(path: Path, given: str | None) -> None:
    """Hold the portal that a job names against the one that was given, before either is asked for a token.

    Credentials go where their owner said, by ``--portal`` or ``ARCGIS_HOST``; a document alone sends them nowhere.

    Raises
    ------
    RequestError
        If they are not the same, or the document is no saved job.
    """
    there = portal_url(str(read_handle(path)["portal"]))
    here = portal_url(given) if given else environment_host()
    if here != there:
        told = f"This job lies at {there}, not at {here}"
        raise RequestError(f"{told}; if you trust that address with your credentials, add --portal {there}.")


@contextmanager
def kept(path: Path, options: Namespace, portal_url: str) -> Iterator[None]:
    """Keep the handle at `path` for as long as the export may lie in the portal unfetched.

    Raises
    ------
    UnfinishedError
        If it ends with the export still there; says how to go on.
    """
    try:
        yield
    except (ExportCancelledError, ExportFailedError, LoadError):
        path.unlink(missing_ok=True)  # given up, come to nothing, or here although it cannot be read
        raise
    except (ArcGISExportError, OSError) as error:
        is_late = isinstance(error, ExportTimeoutError)
        said = (
            f"It was not ready after {options.timeout:g} s. The portal is still working on it"
            if is_late
            else f"{error}\nThe export itself may still be in the portal"
        )
        command = _command(path, options, portal_url)
        raise UnfinishedError(f"{said}; go on with\n{command}", path=path, is_late=is_late) from error
    path.unlink(missing_ok=True)


def _command(path: Path, options: Namespace, portal_url: str) -> str:
    """The command that takes the export up again, ready to be pasted."""
    words = [sys.executable, "-m", "arcgis_export_widgets", "resume", str(path), "--out", str(options.out)]
    words += ["--portal", portal_url]
    words += ["--verify", str(options.verify)] if options.verify else []
    words += [f"--{name}" for name in ("keep", "quiet") if getattr(options, name)]
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)

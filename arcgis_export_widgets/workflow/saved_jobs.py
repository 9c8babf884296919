"""Jobs saved to files, so that they outlive the kernel that started them."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs
import psutil

from arcgis_export_widgets.errors import ItemNotFoundError, RequestError
from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.items.file_names import safe_name
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.export import ExportJob, abandon
from arcgis_export_widgets.workflow.job import Job

logger = logging.getLogger(__name__)

_LONGEST_AGE_S = 14 * 86_400
"""Nobody resumes a job after that; portals do not remember it for longer either."""
_CLOCKS_DIFFER_S = 5.0


@dataclass(frozen=True)
class SavedJob:
    """An export that nobody is waiting for. It may be done by now.

    Attributes
    ----------
    path
        The file it is saved in.
    handle
        What `Portal.reattach` takes.
    """

    path: Path
    handle: dict[str, Any]

    @property
    def request(self) -> ExportRequest:
        """The request it was started with."""
        return ExportRequest.from_json(self.handle["request"])

    @property
    def started(self) -> datetime:
        """When it was started, in local time."""
        return datetime.fromtimestamp(self.handle["startedAt"]).astimezone()


class SavedJobs:
    """A folder with a file per export under way.

    The files hold no secret: resuming a job takes signing in. They name the process that waits for the job, so that a
    second notebook does not offer what the first one is busy with.

    Parameters
    ----------
    folder
        None for the folder that the system has for a user's state, such as ``~/.local/state`` on Linux.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_state_path("arcgis-export-widgets") / "jobs"

    @contextmanager
    def waiting_for(self, job: Job[Any]) -> Iterator[None]:
        """Save a job while it is waited for, and afterwards if an error leaves something to resume."""
        if not isinstance(job, ExportJob):
            yield  # other routes leave nothing in the portal to resume
            return
        self._write(job, {"pid": os.getpid(), "processStartedAt": psutil.Process().create_time()})
        try:
            with job.handle_on_errors():
                yield
        except BaseException as error:
            if getattr(error, "handle", None) is None:
                _forget(self._path(job))
            else:
                self._write(job, None)
            raise
        _forget(self._path(job))

    def give_up(self, portal: PortalClient, saved: SavedJob) -> None:
        """Delete the item of a job from the portal, and forget the job.

        Raises
        ------
        PortalError
            If the portal cannot be asked; an item that is gone already is fine.
        """
        with suppress(ItemNotFoundError):
            abandon(portal, saved.handle)
        _forget(saved.path)

    def of(self, portal: PortalClient) -> tuple[SavedJob, ...]:
        """The jobs of this portal's user that no running process waits for, newest first."""
        mine = (
            SavedJob(path, document["handle"])
            for path, document in self._documents()
            if document["handle"]["portal"] == portal.url
            and document["user"] == portal.username
            and not _is_waited_for(document["waiting"])
        )
        return tuple(sorted(mine, key=lambda job: job.started, reverse=True))

    def _write(self, job: ExportJob, waiting: dict[str, Any] | None) -> None:
        document = {"user": job.portal.username, "waiting": waiting, "handle": job.handle}
        path = self._path(job)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # nobody else should see the filters
            part = path.with_suffix(f".{os.getpid()}")
            part.write_text(json.dumps(document), encoding="utf-8")
            part.replace(path)
        except OSError as error:
            logger.warning("a restarted kernel will not find export %s: %s", job.export_item_id, error)

    def _path(self, job: ExportJob) -> Path:
        return self.folder / f"{safe_name(job.export_item_id)}.json"  # whatever a portal calls an item

    def _documents(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The files that can be read; those too old to be of use are deleted."""
        for path in self.folder.glob("*.json"):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                ExportRequest.from_json(document["handle"]["request"])
                age_s = time.time() - float(document["handle"]["startedAt"])
                _ = document["handle"]["portal"], document["user"], document["waiting"]
            except FileNotFoundError:
                continue  # another notebook was quicker
            except (OSError, ValueError, TypeError, KeyError, RequestError) as error:
                logger.warning("%s is not a saved job: %s", path, error)
                continue
            if age_s > _LONGEST_AGE_S:
                _forget(path)
            else:
                yield path, document


def _forget(path: Path) -> None:
    with suppress(OSError):  # where nothing could be written, there is nothing to forget
        path.unlink()


def _is_waited_for(waiting: dict[str, Any] | None) -> bool:
    if waiting is None:
        return False
    try:
        started_s = psutil.Process(int(waiting["pid"])).create_time()
    except psutil.NoSuchProcess:
        return False
    return (
        abs(started_s - float(waiting["processStartedAt"])) < _CLOCKS_DIFFER_S
    )  # else another process has that number now

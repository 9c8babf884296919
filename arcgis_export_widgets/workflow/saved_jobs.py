"""Save jobs to files, so that they outlive the kernel that started them, and resume jobs from their handles."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import platformdirs
import psutil

from arcgis_export_widgets.errors import ItemNotFoundError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.items.export_job import SubmittedExport, delete_item
from arcgis_export_widgets.portal.items.file_names import safe_name, write_whole
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.checked_request import CheckedRequest, Counted, expected_layers, requested_layers
from arcgis_export_widgets.workflow.file_jobs import HANDLE_VERSION, ExportJob
from arcgis_export_widgets.workflow.job import Job

logger = logging.getLogger(__name__)

_LONGEST_AGE_S = 14 * 86_400
"""Saved jobs older than this number of seconds are deleted, because the portal no longer knows them."""
_CLOCKS_DIFFER_S = 5.0


@dataclass(frozen=True)
class SavedJob:
    """A saved export that no process is waiting for; the portal may have completed it.

    Attributes
    ----------
    path
        The file the job is saved in.
    handle
        The argument for `Portal.reattach`.
    """

    path: Path
    handle: dict[str, Any]

    @property
    def request(self) -> ExportRequest:
        """The request the job was started with."""
        return ExportRequest.from_json(self.handle["request"])

    @property
    def started(self) -> datetime:
        """When the job was started, in local time."""
        return datetime.fromtimestamp(self.handle["startedAt"]).astimezone()


class SavedJobs:
    """A folder that contains one file for each export under way.

    The files contain no secrets: resuming a job requires signing in. Each names the process that is waiting for
    the job, so that another notebook does not offer to resume it.

    Parameters
    ----------
    folder
        Where to save jobs; None for a folder in the system's place for user state (on Linux, ``~/.local/state``).
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_state_path("arcgis-export-widgets") / "jobs"

    @contextmanager
    def waiting_for(self, job: Job[Any]) -> Iterator[None]:
        """Save a job while the block waits for it, and keep the file if an error leaves the job resumable."""
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

    def discard(self, portal: PortalClient, saved: SavedJob) -> None:
        """Delete the exported item of a saved job from the portal, and the file of the job.

        Raises
        ------
        PortalError
            If the portal cannot delete the item; an item that no longer exists is fine.
        """
        with suppress(ItemNotFoundError):
            delete_item(portal.session, _submitted(saved.handle))
        _forget(saved.path)

    def of(self, portal: PortalClient) -> tuple[SavedJob, ...]:
        """The saved jobs of the user signed in to `portal` that no running process is waiting for, newest first."""
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
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # other users must not see the where clauses
            write_whole(path, json.dumps(document))
        except OSError as error:
            logger.warning("a restarted kernel will not find export %s: %s", job.export_item_id, error)

    def _path(self, job: ExportJob) -> Path:
        return self.folder / f"{safe_name(job.export_item_id)}.json"  # a portal may put any characters into an id

    def _documents(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Read the files of all saved jobs; skip those that cannot be read, and delete those that are too old."""
        for path in self.folder.glob("*.json"):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                handle = read_handle(document["handle"])
                ExportRequest.from_json(handle["request"])
                age_s = time.time() - float(handle["startedAt"])
                _ = document["user"], document["waiting"]
            except FileNotFoundError:
                continue  # another notebook has deleted the file
            except (OSError, ValueError, TypeError, KeyError, RequestError) as error:
                logger.warning("%s is not a saved job: %s", path, error)
                continue
            if age_s > _LONGEST_AGE_S:
                _forget(path)
            else:
                yield path, document


def _forget(path: Path) -> None:
    with suppress(OSError):  # if the job could not be saved, there is no file
        path.unlink()


def _is_waited_for(waiting: dict[str, Any] | None) -> bool:
    if waiting is None:
        return False
    try:
        started_s = psutil.Process(int(waiting["pid"])).create_time()
    except psutil.NoSuchProcess:
        return False
    # if the start times differ, another process has that process id now
    return abs(started_s - float(waiting["processStartedAt"])) < _CLOCKS_DIFFER_S


def resume(portal: PortalClient, handle: Mapping[str, Any] | str | Path) -> ExportJob:
    """Resume a job; see `Portal.reattach`."""
    content = read_handle(handle)
    if content["portal"] != portal.url:
        raise RequestError(
            say(
                "This job runs at {portal}, not at {other}. Open that portal.",
                portal=content["portal"],
                other=portal.url,
            )
        )
    request = ExportRequest.from_json(content["request"])
    try:
        started_s = float(content["startedAt"])
        counted = [
            Counted(layer["count"], layer["lastEditDate"], _box(layer.get("extent"))) for layer in content["layers"]
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RequestError(say("The saved job is damaged: its start or its counts make no sense.")) from error
    _refuse_another_item(portal, request, str(content["exportItemId"]))
    item = portal.item(request.item_id)
    service = portal.feature_service(item)
    if len(counted) != len(requested_layers(request, service)):
        raise RequestError(
            say("The service has other layers now than when the job was started; start the export again.")
        )
    checked = CheckedRequest(portal, request, item, service, expected_layers(request, service, counted))
    return ExportJob(checked, _submitted(content), started_s=started_s)


def _refuse_another_item(portal: PortalClient, request: ExportRequest, item_id: str) -> None:
    """Raise RequestError if the item of a handle is not an exported file: it will be deleted once it was fetched."""
    facts = request.export_format.facts
    try:
        found = portal.item(item_id)
    except ItemNotFoundError:
        return  # whoever waits for the job will hear of it
    if found.type not in {facts.item_type, facts.collection_type}:
        raise RequestError(
            say(
                "The saved job names the item '{title}', a {item_type}, not an exported {label}. Nothing was done.",
                title=found.title,
                item_type=found.type,
                label=facts.label,
            )
        )


def _submitted(content: Mapping[str, Any]) -> SubmittedExport:
    return SubmittedExport(
        content["jobId"], content["exportItemId"], content["contentUser"], dict(content.get("answer") or {})
    )


def _box(corners: Any) -> tuple[float, float, float, float] | None:
    if corners is None:
        return None
    xmin, ymin, xmax, ymax = map(float, corners)
    return xmin, ymin, xmax, ymax


def read_handle(handle: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    """Check a handle, or read it from a file that `ExportJob.save` wrote, without sending a request.

    Raises
    ------
    RequestError
        If this is not the handle of a job.
    """
    content: Any = handle
    if isinstance(handle, (str, Path)):
        try:
            content = json.loads(Path(handle).expanduser().read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RequestError(
                say("{file} cannot be read as a saved job: {error}.", file=handle, error=error)
            ) from error
    if not isinstance(content, Mapping) or content.get("handleVersion") != HANDLE_VERSION:
        raise RequestError(say("This is not a saved job. Give what job.handle returned, or the file job.save() wrote."))
    needed = {"portal", "jobId", "exportItemId", "contentUser", "startedAt", "request", "layers"}
    if missing := sorted(needed - set(content)):
        raise RequestError(say("The saved job is damaged: it lacks {names}.", names=", ".join(missing)))
    return content

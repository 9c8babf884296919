"""Exports under way, written down so that they outlive the kernel that started them."""

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
from typing import TYPE_CHECKING, Any

import platformdirs
import psutil

from arcgis_export_widgets.errors import (
    DownloadError,
    ExportTimeoutError,
    ItemNotFoundError,
    PortalError,
    RequestError,
)
from arcgis_export_widgets.portal.items.download import safe_name
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.export import ExportJob, abandon
from arcgis_export_widgets.workflow.job import Job

if TYPE_CHECKING:
    from arcgis_export_widgets.workflow.portal import Portal

logger = logging.getLogger(__name__)

_KEPT_S = 14 * 86_400
"""Who has not come back by then will not; portals do not keep such jobs either."""
_CLOCKS_DIFFER_S = 5.0


@dataclass(frozen=True)
class KeptJob:
    """An export that nobody waits for any more, though it may be done by now.

    Attributes
    ----------
    path
        The file it is written in.
    handle
        What `Portal.reattach` takes.
    """

    path: Path
    handle: dict[str, Any]

    @property
    def request(self) -> ExportRequest:
        """What was asked for."""
        return ExportRequest.from_json(self.handle["request"])

    @property
    def started(self) -> datetime:
        """When, in local time."""
        return datetime.fromtimestamp(self.handle["startedAt"]).astimezone()


class KeptJobs:
    """A folder with a file per export under way.

    The files hold no secret: whoever takes a job up has to be signed in. They name the process that waits for the job,
    so that a second notebook does not offer what the first one is busy with.

    Parameters
    ----------
    folder
        Where; None for the folder the system has for a person's state, such as ``~/.local/state`` on Linux.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or platformdirs.user_state_path("arcgis-export-widgets") / "jobs"

    @contextmanager
    def waiting_for(self, job: Job) -> Iterator[None]:
        """Keep a job while it is waited for, and afterwards if it may go on, or holds what could not be fetched."""
        if not isinstance(job, ExportJob):
            yield  # other routes leave nothing in the portal to come back to
            return
        self._write(job, {"pid": os.getpid(), "processStartedAt": psutil.Process().create_time()})
        try:
            yield
        except (PortalError, ExportTimeoutError, DownloadError):
            self._write(job, None)
            raise
        except BaseException:
            _forget(self._path(job))
            raise
        _forget(self._path(job))

    def give_up(self, portal: Portal, kept: KeptJob) -> None:
        """Delete the item of a job from the portal, and forget the job.

        Raises
        ------
        PortalError
            If the portal cannot be asked; an item that is gone already is fine.
        """
        with suppress(ItemNotFoundError):
            abandon(portal, kept.handle)
        _forget(kept.path)

    def of(self, portal: Portal) -> tuple[KeptJob, ...]:
        """The jobs of this portal's user that no living process waits for, newest first."""
        mine = (
            KeptJob(path, document["handle"])
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
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # filters are nobody else's business
            unfinished = path.with_suffix(f".{os.getpid()}")
            unfinished.write_text(json.dumps(document), encoding="utf-8")
            unfinished.replace(path)
        except OSError as error:
            logger.warning("a restarted kernel will not find export %s: %s", job.export_item_id, error)

    def _path(self, job: ExportJob) -> Path:
        return self.folder / f"{safe_name(job.export_item_id)}.json"  # whatever a portal calls an item

    def _documents(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """What can be read; what is damaged, or too old to be of use, is taken away."""
        for path in self.folder.glob("*.json"):
            try:
                document = json.loads(path.read_text(encoding="utf-8"))
                ExportRequest.from_json(document["handle"]["request"])
                age_s = time.time() - float(document["handle"]["startedAt"])
                _ = document["handle"]["portal"], document["user"], document["waiting"]
            except FileNotFoundError:
                continue  # another notebook was quicker
            except (OSError, ValueError, TypeError, KeyError, RequestError) as error:
                logger.warning("%s is no kept export: %s", path, error)
                continue
            if age_s > _KEPT_S:
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
    return abs(started_s - float(waiting["processStartedAt"])) < _CLOCKS_DIFFER_S  # else the number was given out anew

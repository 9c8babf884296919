"""Export Item: jobs that write a layer's features to a file in the background."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arcgis_export_widgets.localportal.content.item import Item
from arcgis_export_widgets.localportal.export.file_names import safe_file_name
from arcgis_export_widgets.localportal.export.request import ExportRequest, select_layer
from arcgis_export_widgets.localportal.export.separate_process import write_apart
from arcgis_export_widgets.localportal.faults.faults import Fault
from arcgis_export_widgets.localportal.http.errors import ArcGISError

logger = logging.getLogger(__name__)

_LOOK_AGAIN_S = 0.05
_MAX_LOCK_US = 1_000_000
PROCESSING, COMPLETED, FAILED = "processing", "completed", "failed"


@dataclass
class ExportJob:
    """One export under way or done."""

    job_id: str
    item: Item
    request: ExportRequest
    status: str = PROCESSING
    message: str = ""
    cancelled: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    finished: threading.Event = field(default_factory=threading.Event)
    fault: Fault | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the status operation tells."""
        return {"status": self.status, "statusMessage": self.message or self.status, "itemId": self.item.item_id}


class ExportJobs:
    """Runs export jobs, a few at once, and keeps their files in a folder of its own.

    Parameters
    ----------
    least_duration_s
        How long a job is at least ``processing``, so that people and tests see that state.
    """

    def __init__(self, folder: Path, *, least_duration_s: float, workers: int = 3, limit: int = 200) -> None:
        self._folder = folder
        self.least_duration_s = least_duration_s
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="export")
        self._jobs: dict[str, ExportJob] = {}
        self._limit = limit

    def start(self, item: Item, request: ExportRequest, fault: Fault | None = None) -> ExportJob:
        """Start writing `item`'s file and return at once.

        Parameters
        ----------
        fault
            A fault of a job kind that hits this job.

        Raises
        ------
        ArcGISError
            When too many jobs are under way.
        """
        if sum(job.status == PROCESSING for job in self._jobs.values()) >= self._limit:
            raise ArcGISError(429, "Too many export jobs are under way. Retry after 10 sec.")
        job = ExportJob(str(uuid.uuid4()), item, request, fault=fault)
        self._jobs[job.job_id] = job
        self._executor.submit(self._run, job)
        return job

    def find(self, job_id: str) -> ExportJob | None:
        """Return the job of that id, or None."""
        return self._jobs.get(job_id)

    def of_item(self, item_id: str) -> ExportJob | None:
        """Return the latest job that writes that item, or None."""
        return next((job for job in reversed(self._jobs.values()) if job.item.item_id == item_id), None)

    def forget(self, item: Item) -> None:
        """Stop an item's job and delete its file."""
        job = self.of_item(item.item_id)
        if job is not None:
            job.cancelled.set()
            job.released.set()
            del self._jobs[job.job_id]
        if job is None or job.finished.is_set():  # a job that is still writing removes its folder itself
            self._remove_file(item)

    def _remove_file(self, item: Item) -> None:
        shutil.rmtree(self._folder / item.item_id, ignore_errors=True)

    def release(self) -> None:
        """End the faults of jobs that are stuck or slow."""
        for job in list(self._jobs.values()):
            job.released.set()

    def close(self, *, wait: bool = False) -> None:
        """Stop waiting jobs; with `wait`, return when the last one has ended."""
        for job in list(self._jobs.values()):
            job.cancelled.set()
            job.released.set()
        self._executor.shutdown(wait=wait, cancel_futures=True)

    def _run(self, job: ExportJob) -> None:
        try:
            self._work(job)
        finally:
            job.finished.set()
            if job.cancelled.is_set():
                self._remove_file(job.item)

    def _work(self, job: ExportJob) -> None:
        started_s = time.monotonic()
        try:
            path = self._write(job)
        except ArcGISError as error:
            message, path = " ".join([error.message, *error.details]), None
        except Exception as error:
            # whatever a driver raises, the job must end as failed, with a reason
            logger.exception("export job %s failed", job.job_id)
            message, path = f"Failed to export: {type(error).__name__}", None
        self._hold(job, started_s)
        if job.cancelled.is_set():
            return
        if path is None:
            job.message, job.status = message, FAILED
        else:
            job.item.path, job.item.name, job.item.size_bytes = path, path.name, path.stat().st_size
            job.status = COMPLETED

    def _hold(self, job: ExportJob, started_s: float) -> None:
        """Wait until the job has been ``processing`` long enough, or is cancelled."""
        job.cancelled.wait(self.least_duration_s - (time.monotonic() - started_s))
        if job.fault is None or job.fault.kind == "job_failed":
            return
        end_s = started_s + job.fault.number if job.fault.kind == "job_slow" else float("inf")
        while time.monotonic() < end_s and not job.cancelled.is_set() and not job.released.is_set():
            job.released.wait(_LOOK_AGAIN_S)

    def _write(self, job: ExportJob) -> Path:
        if job.fault is not None and job.fault.kind == "job_failed":
            raise ArcGISError(400, str(job.fault.value or "Export failed."))
        folder = self._folder / job.item.item_id
        folder.mkdir(parents=True)
        layers = [select_layer(job.request, part) for part in job.request.layers]
        base = safe_file_name(job.item.title)
        if sum(layer.size for layer in layers) * job.request.format.lock_us > _MAX_LOCK_US:
            return write_apart(job.request.format.value.lower(), layers, folder, base, job.cancelled)
        return job.request.format.write(layers, folder, base)

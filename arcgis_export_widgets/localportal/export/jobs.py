"""Run export jobs, which write features to files in the background."""

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
from arcgis_export_widgets.localportal.export.files import safe_file_name
from arcgis_export_widgets.localportal.export.request import ExportRequest, select_layer
from arcgis_export_widgets.localportal.export.separate_process import write_in_process
from arcgis_export_widgets.localportal.faults.faults import Fault
from arcgis_export_widgets.localportal.http.request import ArcGISError

logger = logging.getLogger(__name__)

_POLL_INTERVAL_S = 0.05
_MAX_LOCK_US = 1_000_000
PROCESSING, COMPLETED, FAILED = "processing", "completed", "failed"


@dataclass
class ExportJob:
    """An export job, which may be running or have ended."""

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
        """Return the response of the status operation."""
        return {"status": self.status, "statusMessage": self.message or self.status, "itemId": self.item.item_id}


class ExportJobs:
    """Run export jobs, a few at a time, and store their files in one folder.

    Jobs stay in ``processing`` for at least `least_duration_s`, so that people and tests can see this status.
    """

    def __init__(self, folder: Path, *, least_duration_s: float, workers: int = 3, limit: int = 200) -> None:
        self._folder = folder
        self.least_duration_s = least_duration_s
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="export")
        self._jobs: dict[str, ExportJob] = {}
        self._limit = limit

    def start(self, item: Item, request: ExportRequest, fault: Fault | None = None) -> ExportJob:
        """Start a job that writes the item's file, disturbed by `fault`; raise an error if too many jobs run."""
        if sum(job.status == PROCESSING for job in self._jobs.values()) >= self._limit:
            raise ArcGISError(429, "Too many export jobs are running. Retry after 10 sec.")
        job = ExportJob(str(uuid.uuid4()), item, request, fault=fault)
        self._jobs[job.job_id] = job
        self._executor.submit(self._run, job)
        return job

    def find(self, job_id: str) -> ExportJob | None:
        """Return the job with this id, or None if there is none."""
        return self._jobs.get(job_id)

    def of_item(self, item_id: str) -> ExportJob | None:
        """Return the latest job that writes this item's file, or None if there is none."""
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
        """Let all jobs that a fault has made slow or stuck continue."""
        for job in list(self._jobs.values()):
            job.released.set()

    def close(self, *, wait: bool = False) -> None:
        """Cancel all jobs; if `wait` is true, return only when the last job has ended."""
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
            size_bytes = path.stat().st_size
        except ArcGISError as error:
            message = " ".join([error.message, *error.details])
        except Exception as error:
            # whatever error a writer raises, the job must end as failed, with a reason
            logger.exception("export job %s failed", job.job_id)
            message = f"Failed to export: {type(error).__name__}"
        else:
            message = ""
        self._wait_until_due(job, started_s)
        if job.cancelled.is_set():
            return
        if message:
            job.message, job.status = message, FAILED
        else:
            job.item.path, job.item.name, job.item.size_bytes = path, path.name, size_bytes
            job.status = COMPLETED

    def _wait_until_due(self, job: ExportJob, started_s: float) -> None:
        """Wait until the job has been in ``processing`` long enough or is cancelled."""
        job.cancelled.wait(self.least_duration_s - (time.monotonic() - started_s))
        if job.fault is None or job.fault.kind == "job_failed":
            return
        end_s = started_s + job.fault.number if job.fault.kind == "job_slow" else float("inf")
        while time.monotonic() < end_s and not job.cancelled.is_set() and not job.released.is_set():
            job.released.wait(_POLL_INTERVAL_S)

    def _write(self, job: ExportJob) -> Path:
        if job.fault is not None and job.fault.kind == "job_failed":
            raise ArcGISError(400, str(job.fault.value or "Export failed."))
        folder = self._folder / job.item.item_id
        folder.mkdir(parents=True)
        layers = [select_layer(job.request, part) for part in job.request.layers]
        base = safe_file_name(job.item.title)
        if sum(layer.size for layer in layers) * job.request.format.lock_us > _MAX_LOCK_US:
            return write_in_process(job.request.format.value.lower(), layers, folder, base, job.cancelled)
        return job.request.format.write(layers, folder, base)

"""Runs an export, and holds its options, progress and outcome."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from enum import Enum

from traitlets import Any, Bool, Float, HasTraits, Int, Tuple, Unicode, UseEnum

from arcgis_export_widgets import events
from arcgis_export_widgets.errors import ExportCancelledError
from arcgis_export_widgets.language import mark, say, sentence
from arcgis_export_widgets.portal.http.cancellation import waits_end_with
from arcgis_export_widgets.preview.sample import Drawing, drawings
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.state.history import History
from arcgis_export_widgets.state.runner import Runner
from arcgis_export_widgets.workflow import Job, Portal, Result, SavedJob, SavedJobs, finish
from arcgis_export_widgets.workflow.progress import outcome, whereabouts

_CHUNK_INTERVAL_S = 0.1


class Stage(Enum):
    """The stage of an export."""

    IDLE = "idle"
    SUBMITTING = "submitting"
    PROCESSING = "processing"
    DOWNLOADING = "downloading"
    LOADING = "loading"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_running(self) -> bool:
        """Whether the export is still running."""
        return self in {Stage.SUBMITTING, Stage.PROCESSING, Stage.DOWNLOADING, Stage.LOADING}


_SUMMARIES = {
    Stage.SUBMITTING: mark("Asking the portal to export."),
    Stage.PROCESSING: mark("The portal is making the file."),
    Stage.DOWNLOADING: mark("Downloading the file."),
    Stage.LOADING: mark("Reading the file into frames."),
    Stage.CANCELLED: mark("Cancelled. Nothing was saved; you can change what you like and export again."),
}


class Submission(HasTraits):
    """Runs one export at a time, and holds its options, progress and outcome."""

    title = Unicode()
    """Title of the exported item; if empty, the source item's title and the time are used."""
    tags = Unicode()
    """Tags of the exported item, separated by commas."""
    delete_after = Bool(True)
    """Whether to delete the exported item from the portal once its file is downloaded."""
    stage = UseEnum(Stage, default_value=Stage.IDLE)
    reached = UseEnum(Stage, default_value=Stage.IDLE)
    """The last stage of the export that was reached; after a failure, the stage in which it failed."""
    portal_status = Unicode()
    """The job's status in the portal's own words."""
    elapsed_s = Float(0.0)
    """Seconds since the start of the export; once it has ended, its duration."""
    received_bytes = Int(0)
    size_bytes = Int(None, allow_none=True)
    """Size of the file being downloaded; None if the portal does not say."""
    rows_received = Int(0)
    rows_counted = Int(0)
    """Total number of rows to fetch, if they are fetched page by page; else 0."""
    loaded = Tuple()
    """Name and row count of each layer loaded so far, in pairs."""
    item_made = Bool(False)
    """Whether the portal created an item for the exported file; some ways of fetching features need none."""
    item_deleted = Bool(False)
    """Whether the exported item was deleted from the portal."""
    cancelling = Bool(False)
    error = Unicode()
    """Why the export failed, and what to do; empty if it did not fail."""
    route = Unicode()
    """How the features are fetched, and why, in words."""
    job = Any(None, allow_none=True)
    """The `Job` of the last export; None until the portal accepts the export."""
    result = Any(None, allow_none=True)
    """The `Result`; None until the portal completes the job. ``result.frames`` is set later, once they are loaded."""
    drawings = Tuple()
    """A `Drawing` of each loaded layer that can be shown on a map."""

    def __init__(self, runner: Runner, saved_jobs: SavedJobs | None = None) -> None:
        super().__init__()
        self.history = History()
        self.saved_jobs = saved_jobs or SavedJobs()
        self._runner = runner
        self._cancel = threading.Event()
        self._stop_clock: Callable[[], None] = lambda: None
        self._started_s = self._last_chunk_s = 0.0
        self._waiting: list[asyncio.Future[None]] = []
        self._exception: Exception | None = None

    @property
    def summary(self) -> str:
        """A sentence that describes the export's stage; it changes only when the stage changes."""
        if self.stage is Stage.FINISHED:
            sentences = [outcome(self.loaded, self.elapsed_s), *self.differences]
            if self.item_made:
                sentences.append(whereabouts(deleted=self.item_deleted))
            return " ".join(sentences)
        if self.stage is Stage.PROCESSING and self.rows_counted:
            return say("Fetching the features.")
        return self.error if self.stage is Stage.FAILED else say(_SUMMARIES.get(self.stage, ""))

    @property
    def differences(self) -> tuple[str, ...]:
        """How the number of loaded rows differs from the portal's count; one sentence per difference."""
        frames = None if self.result is None else self.result.frames
        return () if frames is None else frames.receipt.differences

    def start(self, portal: Portal, request: ExportRequest) -> None:
        """Start the export of `request`, unless an export is running."""

        def begin() -> Job[Result]:
            plan = portal.plan(request)
            self._runner.hand_over(lambda: self.set_trait("route", str(plan)))
            return plan.start()

        self._run(begin)

    def resume(self, portal: Portal, saved: SavedJob) -> None:
        """Resume a saved job, unless an export is running."""
        self._run(lambda: portal.reattach(saved.handle))

    def _run(self, begin: Callable[[], Job[Result]]) -> None:
        if self.stage.is_running:
            return
        self._cancel = cancel = threading.Event()
        self._started_s, self._exception = time.monotonic(), None
        with self.hold_trait_notifications():
            self.error, self.portal_status, self.cancelling = "", "", False
            self.elapsed_s, self.received_bytes, self.size_bytes = 0.0, 0, None
            self.rows_received, self.rows_counted, self.route = 0, 0, ""
            self.loaded, self.drawings, self.item_made, self.item_deleted = (), (), False, False
            self.job = self.result = None
            self.stage = self.reached = Stage.SUBMITTING
        self._stop_clock = self._runner.every(1.0, self._tick)
        delete_after, hand_over = self.delete_after, self._runner.hand_over

        def work() -> tuple[Drawing, ...]:
            with waits_end_with(cancel):
                job = begin()
                hand_over(lambda: self.set_trait("job", job))
                with self.saved_jobs.waiting_for(job):
                    result = job.wait(on_event=self._throttled, cancel=cancel)
                    hand_over(lambda: self.set_trait("result", result))
                    finish(result, delete_after=delete_after, on_event=self._throttled, cancel=cancel)
            return drawings(result.frames) if result.frames is not None else ()

        self._runner.submit(work, lambda drawn: self._end(Stage.FINISHED, drawn), self._failed)

    def cancel(self) -> None:
        """Stop the export at the next opportunity."""
        if self.stage.is_running:
            self.cancelling = True
            self._cancel.set()

    async def finished(self) -> Result | None:
        """Wait until no export is running; the form stays usable meanwhile.

        Returns
        -------
        Result or None
            The last export's result; None if there was no export.

        Raises
        ------
        ArcGISExportError
            If the last export failed or was cancelled.
        """
        if self.stage.is_running:
            self._waiting.append(asyncio.get_running_loop().create_future())
            await self._waiting[-1]
        if self._exception is not None:
            raise self._exception
        return self.result

    def _throttled(self, event: events.Event) -> None:
        """Hand a worker's event to the form's thread; drops download events that follow too fast for people to read."""
        if isinstance(event, events.ChunkReceived):
            now_s = time.monotonic()
            if now_s - self._last_chunk_s < _CHUNK_INTERVAL_S:
                return
            self._last_chunk_s = now_s
        self._runner.hand_over(lambda: self._happened(event))

    def _happened(self, event: events.Event) -> None:
        match event:
            case events.ExportSubmitted():
                self.item_made = event.export_item_id is not None
                self._reach(Stage.PROCESSING)
            case events.StatusReceived():
                self.portal_status = event.status
            case events.PageReceived():  # when rows are fetched page by page, no other event ends the submitting stage
                self._reach(Stage.PROCESSING)
                self.rows_counted, self.rows_received = event.total_rows, event.received_rows
            case events.ExportCompleted():
                self._reach(Stage.DOWNLOADING)
            case events.ChunkReceived():
                self.size_bytes, self.received_bytes = event.size_bytes, event.received_bytes
            case events.DownloadFinished():
                self.size_bytes = self.received_bytes = event.size_bytes
                self._reach(Stage.LOADING)
            case events.LayerLoaded():
                self._reach(Stage.LOADING)
                self.loaded = (*self.loaded, (event.name, event.rows))
            case events.ExportItemDeleted():
                self.item_deleted = True

    def _reach(self, stage: Stage) -> None:
        self.reached = self.stage = stage

    def _tick(self) -> None:
        self.elapsed_s = time.monotonic() - self._started_s

    def _failed(self, error: Exception) -> None:
        if self._cancel.is_set() and not isinstance(error, ExportCancelledError):  # from the interrupted request
            error = ExportCancelledError(say("The export was cancelled."))
        cancelled = isinstance(error, ExportCancelledError)
        self._exception = error
        self.error = "" if cancelled else sentence(error)
        self._end(Stage.CANCELLED if cancelled else Stage.FAILED)

    def _end(self, stage: Stage, drawn: tuple[Drawing, ...] = ()) -> None:
        """Record the outcome and let the next export start, even if an observer fails."""
        try:
            self._stop_clock()
            self._tick()
            self.drawings = drawn
            if self.result is not None:
                self.history.add(self.result, drawn)
        finally:
            self.cancelling = False
            self.stage = stage
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)
            self._waiting.clear()

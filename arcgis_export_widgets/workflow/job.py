"""A running export, and how to wait for it."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arcgis_export_widgets.errors import ExportCancelledError, ExportFailedError, ExportTimeoutError
from arcgis_export_widgets.events import EventHandler, ExportCompleted, ExportSubmitted, StatusReceived
from arcgis_export_widgets.portal.export_job import JobStatus, delete_item, state
from arcgis_export_widgets.workflow.progress import ProgressBar
from arcgis_export_widgets.workflow.result import ExportResult

if TYPE_CHECKING:
    from arcgis_export_widgets.loading import ExpectedLayer
    from arcgis_export_widgets.portal import FeatureService, Item
    from arcgis_export_widgets.portal.export_job import SubmittedExport
    from arcgis_export_widgets.request.parameters import ExportRequest
    from arcgis_export_widgets.workflow.portal import Portal

logger = logging.getLogger(__name__)

_FIRST_INTERVAL_S = 0.5
_INTERVAL_GROWTH = 1.3
_LONGEST_INTERVAL_S = 15.0


@dataclass(eq=False, repr=False)
class ExportJob:
    """An export the portal is working on.

    Got from `Portal.export`. Exports queue: half an hour is not unusual on a busy portal.
    """

    portal: Portal = field(repr=False)
    request: ExportRequest
    item: Item = field(repr=False)
    export: SubmittedExport = field(repr=False)
    service: FeatureService = field(repr=False)
    expected: tuple[ExpectedLayer, ...] = field(repr=False)
    started_s: float = field(default_factory=time.monotonic, repr=False)
    _cancel: threading.Event = field(default_factory=threading.Event, repr=False)

    @property
    def job_id(self) -> str:
        """The portal's id of the job."""
        return self.export.job_id

    @property
    def export_item_id(self) -> str:
        """Id of the item that will hold the file."""
        return self.export.export_item_id

    @property
    def status(self) -> str:
        """How the job stands now, in the portal's word, such as ``processing``. Asks the portal."""
        return state(self.portal.session, self.export).word

    def wait(
        self,
        *,
        timeout_s: float | None = None,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> ExportResult:
        """Wait until the file is ready.

        The portal is asked often at first and more and more seldom later, at least every 15 seconds.

        Parameters
        ----------
        timeout_s
            Seconds after which to stop waiting; None waits for as long as it takes. The job itself goes on.
        on_event
            Told of each look at the job, in this thread; None shows a progress bar.
        cancel
            Setting this ends the waiting, deletes the unfinished item and raises; so does `cancel` of this job.

        Raises
        ------
        ExportFailedError
            If the portal gave up, with its reason.
        ExportTimeoutError
            If `timeout_s` passed. Wait again on the same job to go on.
        ExportCancelledError
            If it was cancelled.
        """
        if on_event is None:
            with ProgressBar() as show:
                return self.wait(timeout_s=timeout_s, on_event=show, cancel=cancel)
        began = time.monotonic()
        interval_s = _FIRST_INTERVAL_S
        on_event(ExportSubmitted(self.job_id, self.export_item_id))
        while True:
            seen = state(self.portal.session, self.export)
            elapsed_s = time.monotonic() - self.started_s
            on_event(StatusReceived(seen.word.lower(), seen.message, elapsed_s))
            if seen.status is JobStatus.COMPLETED:
                on_event(ExportCompleted(elapsed_s))
                return ExportResult(self, seconds=elapsed_s)
            if seen.status is JobStatus.FAILED:
                raise ExportFailedError(
                    f"The portal could not export '{self.item.title}': "
                    f"{seen.message or 'it gave no reason'} (status {seen.word}).",
                    job_id=self.job_id,
                    export_item_id=self.export_item_id,
                )
            waited_s = time.monotonic() - began
            if timeout_s is not None and waited_s >= timeout_s:
                raise ExportTimeoutError(
                    f"The export was not ready after {waited_s:.0f} s; the portal is still working on it "
                    f"(status {seen.word}). Call wait() again to go on waiting.",
                    job_id=self.job_id,
                    export_item_id=self.export_item_id,
                )
            pause_s = interval_s if timeout_s is None else min(interval_s, timeout_s - waited_s)
            self._pause(pause_s, cancel)
            interval_s = min(interval_s * _INTERVAL_GROWTH, _LONGEST_INTERVAL_S)

    def cancel(self) -> None:
        """End a `wait` that runs in another thread. The unfinished item is deleted."""
        self._cancel.set()

    def __repr__(self) -> str:
        return f"<ExportJob {self.job_id} of {self.request.title!r}, {self.request.export_format.value}>"

    def _pause(self, pause_s: float, cancel: threading.Event | None) -> None:
        """Wait a while, or until somebody cancels."""
        until = time.monotonic() + pause_s
        while (left_s := until - time.monotonic()) > 0:
            if self._cancel.wait(min(left_s, 0.1)) or (cancel is not None and cancel.is_set()):
                # ArcGIS has no way to stop an export; deleting its item keeps it from piling up
                delete_item(self.portal.session, self.export)
                raise ExportCancelledError(
                    "The export was cancelled and its unfinished item deleted.",
                    job_id=self.job_id,
                    export_item_id=self.export_item_id,
                )

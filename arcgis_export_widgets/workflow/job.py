"""What is under way, by whichever route, and how to wait for it."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import (
    ExportCancelledError,
    ExportFailedError,
    ExportTimeoutError,
    PortalUnreachableError,
    ResponseError,
)
from arcgis_export_widgets.events import EventHandler, ExportCompleted, ExportSubmitted, StatusReceived
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.items.export_job import JobState, JobStatus
from arcgis_export_widgets.workflow.progress import ProgressBar

if TYPE_CHECKING:
    from arcgis_export_widgets.portal import FeatureService, Item
    from arcgis_export_widgets.request.request import ExportRequest
    from arcgis_export_widgets.workflow.checked_request import Order
    from arcgis_export_widgets.workflow.portal import Portal
    from arcgis_export_widgets.workflow.result import Result
    from arcgis_export_widgets.workflow.routes import Plan

logger = logging.getLogger(__name__)

_FIRST_INTERVAL_S = 0.5
_INTERVAL_GROWTH = 1.3
_LONGEST_INTERVAL_S = 15.0
_LOOK_FOR_CANCEL_S = 0.1
_MOST_MISSES = 5


class Job(ABC):
    """Features on their way. Got from `Portal.export` or `Plan.start`."""

    def __init__(self, order: Order, *, started_s: float | None = None) -> None:
        self.order = order
        self.started_s = time.time() if started_s is None else started_s
        """When it was started, in seconds since 1970."""
        self.plan: Plan | None = None
        """By which route it comes and why; None for a job taken up again."""
        self._cancelled = threading.Event()

    @property
    def portal(self) -> Portal:
        """Where it runs."""
        return self.order.portal

    @property
    def request(self) -> ExportRequest:
        """What was asked for."""
        return self.order.request

    @property
    def item(self) -> Item:
        """The item that is exported."""
        return self.order.item

    @property
    def service(self) -> FeatureService:
        """The service behind it."""
        return self.order.service

    @abstractmethod
    def wait(
        self,
        *,
        timeout_s: float | None = None,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Result:
        """Wait until it is done."""

    def cancel(self) -> None:
        """End a `wait` that runs in another thread."""
        self._cancelled.set()

    def is_cancelled(self, cancel: threading.Event | None) -> bool:
        """Whether `cancel` or this job's own `cancel` was called."""
        return self._cancelled.is_set() or (cancel is not None and cancel.is_set())


class FileJob(Job):
    """A job at whose end there is a file to fetch."""

    @property
    @abstractmethod
    def job_id(self) -> str:
        """The server's id of the job."""

    @property
    def export_item_id(self) -> str | None:
        """Id of the item that will hold the file; None where no item is made."""
        return None

    @property
    def handle(self) -> dict[str, Any] | None:
        """All that `Portal.reattach` needs to take this job up again; None where it cannot be taken up again."""
        return None

    @property
    def status(self) -> str:
        """How the job stands now, in the server's word, such as ``processing``. Asks the server."""
        return self._look().word

    def wait(
        self,
        *,
        timeout_s: float | None = None,
        on_event: EventHandler | None = None,
        cancel: threading.Event | None = None,
    ) -> Result:
        """Wait until the file is ready.

        The server is asked often at first and more and more seldom later, at least every 15 seconds. When it does not
        answer, or not in a way that can be read, it is asked again, five times.

        Parameters
        ----------
        timeout_s
            Seconds after which to stop waiting; None waits for as long as it takes. The job itself goes on.
        on_event
            Told of each look at the job, in this thread; None shows a progress bar, where a notebook or a terminal can.
        cancel
            Setting this ends the waiting and raises; so does `cancel` of this job. An unfinished item is deleted.

        Raises
        ------
        ExportFailedError
            If the server gave up, with its reason.
        ExportTimeoutError
            If `timeout_s` passed. Wait again on the same job to go on.
        ExportCancelledError
            If it was cancelled.
        PortalError
            If the portal cannot be reached or read for long. Wait again on the same job to go on.
        """
        if on_event is None:
            with ProgressBar() as show:
                return self.wait(timeout_s=timeout_s, on_event=show, cancel=cancel)
        began = time.monotonic()
        interval_s = _FIRST_INTERVAL_S
        on_event(ExportSubmitted(self.job_id, self.export_item_id))
        seen, misses = JobState(JobStatus.PROCESSING, say("not told yet")), 0
        while True:
            try:
                seen, misses = self._look(), 0
            except (PortalUnreachableError, ResponseError) as error:
                misses += 1  # the job goes on without us; half an hour's queue may see a proxy restart
                if misses > _MOST_MISSES:
                    raise
                logger.warning("no word on job %s, asking again: %s", self.job_id, error)
            else:
                elapsed_s = time.time() - self.started_s
                on_event(StatusReceived(seen.word.lower(), seen.message, elapsed_s))
                if seen.status is JobStatus.COMPLETED:
                    on_event(ExportCompleted(elapsed_s))
                    return self._result(elapsed_s)
                if seen.status is JobStatus.FAILED:
                    raise self._failure(seen)
            waited_s = time.monotonic() - began
            if timeout_s is not None and waited_s >= timeout_s:
                raise self._timeout(seen, timeout_s)
            pause_s = interval_s if timeout_s is None else min(interval_s, timeout_s - waited_s)
            if _pause(pause_s, lambda: self.is_cancelled(cancel)):
                raise self._cancellation()
            interval_s = min(interval_s * _INTERVAL_GROWTH, _LONGEST_INTERVAL_S)

    @abstractmethod
    def _look(self) -> JobState:
        """Ask how the job stands."""

    @abstractmethod
    def _result(self, seconds: float) -> Result:
        """What a completed job made."""

    def _drop(self) -> str:
        """Leave nothing behind after a cancellation, and say so."""
        return say("The export was cancelled.")

    def _failure(self, seen: JobState) -> ExportFailedError:
        return ExportFailedError(
            say(
                "The portal could not export '{title}': {reason} (status {status}).",
                title=self.item.title,
                reason=seen.message or say("it gave no reason"),
                status=seen.word,
            ),
            job_id=self.job_id,
            export_item_id=self.export_item_id,
        )

    def _timeout(self, seen: JobState, timeout_s: float) -> ExportTimeoutError:
        told = say(
            "The export was not ready after {seconds:g} s; the portal is still working on it (status {status}).",
            seconds=timeout_s,
            status=seen.word,
        )
        if self.handle is None:
            advice = say("Go on with job.wait(), if you hold the job, or give it more time.")
        else:
            advice = say("Go on with job.wait(), or where you hold no job with portal.reattach(error.handle).wait().")
        return ExportTimeoutError(
            f"{told} {advice}",
            job_id=self.job_id,
            export_item_id=self.export_item_id,
            handle=self.handle,
        )

    def _cancellation(self) -> ExportCancelledError:
        return ExportCancelledError(self._drop(), job_id=self.job_id, export_item_id=self.export_item_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.job_id} of {self.request.title!r}, {self.request.export_format.value}>"


def _pause(pause_s: float, is_cancelled: Callable[[], bool]) -> bool:
    """Wait a while; True as soon as somebody cancels."""
    until_s = time.monotonic() + pause_s
    waiting = threading.Event()
    while not is_cancelled():
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            return False
        waiting.wait(min(left_s, _LOOK_FOR_CANCEL_S))
    return True

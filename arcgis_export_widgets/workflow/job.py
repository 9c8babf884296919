"""Define jobs, exports under way on any route, and how to wait for them."""

from __future__ import annotations

import math
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from arcgis_export_widgets.errors import ExportCancelledError, ExportFailedError, ExportTimeoutError, PortalError
from arcgis_export_widgets.events import EventHandler, ExportCompleted, ExportSubmitted, StatusReceived
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.http.cancellation import Cancellation, Deadline, is_cancelled, wait, waits_end_with
from arcgis_export_widgets.portal.http.retry import RetryPolicy
from arcgis_export_widgets.portal.items.export_job import JobState, JobStatus
from arcgis_export_widgets.workflow.checked_request import CheckedRequest
from arcgis_export_widgets.workflow.progress import bar_unless
from arcgis_export_widgets.workflow.routes import Choice

POLLING = RetryPolicy(attempts=9, first_pause_s=1.0, longest_pause_s=15.0)
"""How to retry status requests: patiently, because a proxy may restart while a job waits in the queue."""
_FIRST_INTERVAL_S = 0.1
_INTERVAL_GROWTH = 1.5
_LONGEST_INTERVAL_S = 15.0
_ResultT_co = TypeVar("_ResultT_co", covariant=True)


class Job(ABC, Generic[_ResultT_co]):
    """An export under way. Returned by `Portal.export` and `Plan.start`."""

    def __init__(self, checked: CheckedRequest, *, started_s: float | None = None) -> None:
        self.checked = checked
        self.portal = checked.portal
        """The portal that runs the export."""
        self.request = checked.request
        """The request the job was started with."""
        self.item = checked.item
        """The portal item whose features are exported."""
        self.service = checked.service
        """The item's feature service."""
        self.started_s = time.time() if started_s is None else started_s
        """Start time, in seconds since 1970."""
        self.plan: Choice | None = None
        """The route taken and why; None for a resumed job."""
        self.has_ended = False
        """Whether nothing is left to resume, because the job failed, its item was deleted, or its file was fetched."""
        self._cancelled = threading.Event()

    @property
    def handle(self) -> dict[str, Any] | None:
        """What `Portal.reattach` needs to resume this job; None if jobs on this route cannot be resumed."""
        return None

    def wait(
        self,
        *,
        timeout_s: float | None = None,
        on_event: EventHandler | None = None,
        cancel: Cancellation | None = None,
    ) -> _ResultT_co:
        """Wait until the file is ready or, on the route ``query``, fetch all pages of all layers.

        The job's status is requested often at first and less often later, at least every 15 seconds. A request
        that fails, or whose response cannot be read, is repeated up to eight times over a minute and a quarter.

        Parameters
        ----------
        timeout_s
            Seconds after which to stop waiting; None for no limit. The job itself then continues on the server; on the
            route ``query``, the rows fetched so far are lost.
        on_event
            Called with each status or page, in this thread; None shows a progress bar in notebooks and terminals.
        cancel
            Event that, once set, ends the wait with an error, like the method `cancel`. An unfinished item is deleted.

        Raises
        ------
        ExportFailedError
            If the export failed on the server; the message says why.
        ExportTimeoutError
            If `timeout_s` passed. Call `wait` again to continue.
        ExportCancelledError
            If the job was cancelled.
        IncompleteResultError
            On the route ``query``, if the rows that arrived differ from the portal's count.
        PortalError
            If the portal cannot be reached, or keeps failing. Call `wait` again to continue.

        Every exception has the job's `handle` as long as there may be something to resume. Interrupting the kernel
        (Ctrl-C) cancels the export: its item is deleted if the portal does so within a few seconds.
        """
        with (
            self.dropped_on_interrupt(),
            bar_unless(on_event) as show,
            self.handle_on_errors(),
            waits_end_with(self._cancelled, cancel),
        ):
            return self._wait(math.inf if timeout_s is None else timeout_s, show)

    @abstractmethod
    def _wait(self, timeout_s: float, on_event: EventHandler) -> _ResultT_co: ...

    def cancel(self) -> None:
        """Make a `wait` that runs in another thread end with `ExportCancelledError`."""
        self._cancelled.set()

    def _drop(self) -> str:
        """Clean up after a cancellation, and return a sentence that says what was done."""
        return say("The export was cancelled.")

    @contextmanager
    def dropped_on_interrupt(self) -> Iterator[None]:
        """If the block is interrupted (Ctrl-C), leave nothing in the portal if that is possible within seconds."""
        try:
            yield
        except KeyboardInterrupt as error:
            if not self.has_ended and self.handle is not None:
                try:
                    with waits_end_with(Deadline(0)):
                        note = self._drop()
                except PortalError:
                    note = say(
                        "The export is still in the portal. Resume it with portal.reattach(error.handle).wait(); "
                        "in a notebook, error is sys.last_value."
                    )
                if hasattr(error, "add_note"):  # Python 3.11
                    error.add_note(note)
            raise

    @contextmanager
    def handle_on_errors(self) -> Iterator[None]:
        """Add the attribute ``handle`` to any exception raised in the block, as long as there is a job to resume.

        This includes `KeyboardInterrupt`, after which users may have no other way back to the job.
        """
        try:
            yield
        except BaseException as error:
            is_over = self.has_ended or isinstance(error, ExportFailedError | ExportCancelledError)
            if not is_over and (handle := self.handle) is not None and getattr(error, "handle", None) is None:
                error.handle = handle  # type: ignore[attr-defined]
                if hasattr(error, "add_note") and not isinstance(error, KeyboardInterrupt):  # Python 3.11
                    error.add_note(
                        say(
                            "The export is still in the portal. Resume it with portal.reattach(error.handle).wait(); "
                            "in a notebook, error is sys.last_value."
                        )
                    )
            raise


class FileJob(Job[_ResultT_co]):
    """A job that makes a file on the server."""

    def __init__(
        self, checked: CheckedRequest, job_id: str, export_item_id: str | None, *, started_s: float | None = None
    ) -> None:
        super().__init__(checked, started_s=started_s)
        self.job_id = job_id
        """The server's id of the job."""
        self.export_item_id = export_item_id
        """Id of the portal item that will contain the file; None if this route makes no item."""

    @property
    def status(self) -> str:
        """Request the job's status, in the server's own words, such as ``processing``."""
        return self._state().word

    def _wait(self, timeout_s: float, on_event: EventHandler) -> _ResultT_co:
        deadline = Deadline(timeout_s)
        interval_s = _FIRST_INTERVAL_S
        retries = self.portal.session.retry(POLLING)
        on_event(ExportSubmitted(self.job_id, self.export_item_id))
        seen = JobState(JobStatus.PROCESSING, say("unknown so far"))
        while True:
            pause_s = 0.0
            try:
                with waits_end_with(deadline):
                    seen = self._state(retry=False)
            except PortalError as error:
                is_over = deadline.is_set() or is_cancelled()  # then the request was interrupted
                if not is_over and not retries.again(error, longest_pause_s=deadline.left_s) and not is_cancelled():
                    raise
            else:
                retries.succeeded()
                elapsed_s = time.time() - self.started_s
                on_event(StatusReceived(seen.word.lower(), seen.message, elapsed_s))
                if seen.status is JobStatus.COMPLETED:
                    on_event(ExportCompleted(elapsed_s))
                    return self._result(elapsed_s)
                if seen.status is JobStatus.FAILED:
                    self.has_ended = True
                    raise self._failure(seen)
                pause_s = min(interval_s, deadline.left_s)
                interval_s = min(interval_s * _INTERVAL_GROWTH, _LONGEST_INTERVAL_S)
            if deadline.is_set() and not is_cancelled():
                raise self._timeout(seen, timeout_s)
            if wait(pause_s):
                raise ExportCancelledError(self._drop(), job_id=self.job_id, export_item_id=self.export_item_id)

    @abstractmethod
    def _state(self, *, retry: bool = True) -> JobState:
        """Request the job's status."""

    @abstractmethod
    def _result(self, seconds: float) -> _ResultT_co:
        """Make the result of the completed job, which took `seconds`."""

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
        fact = say(
            "The export was not ready after {seconds:g} s; the portal is still working on it (status {status}).",
            seconds=timeout_s,
            status=seen.word,
        )
        if self.handle is None:
            advice = say("Call job.wait() again, or give it more time.")
        else:
            advice = say("Call job.wait() again, or resume it later with portal.reattach(error.handle).wait().")
        return ExportTimeoutError(f"{fact} {advice}", job_id=self.job_id, export_item_id=self.export_item_id)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.job_id} of {self.request.title!r}, {self.request.export_format.value}>"

"""Runs blocking work outside the form's thread, so that the form stays usable meanwhile.

A trait's observers run in the thread that sets the trait. Worker threads therefore never set traits: they
hand their results to the form's thread, which sets the traits.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from arcgis_export_widgets.portal.http.cancellation import waits_end_with

logger = logging.getLogger(__name__)

T = TypeVar("T")
_MOST_AT_ONCE = 8


class ThreadRunner:
    """Does work in a few daemon threads at a time, and reports results through the kernel's event loop.

    The threads are daemons because a kernel must be able to end while an export is waiting, which an executor's
    threads would not allow.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work`; then call `done` with its value, or `failed` with its exception, in the form's thread."""

        def run() -> None:
            with self._slots:
                try:
                    value = work()
                except Exception as error:  # noqa: BLE001  any error is shown in the form
                    problem = error
                    self.hand_over(lambda: failed(problem))
                else:
                    self.hand_over(lambda: done(value))

        threading.Thread(target=run, name="arcgis-export-form", daemon=True).start()

    def later(self, delay_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Run `call` in the form's thread after `delay_s` seconds; the returned function cancels that."""
        cancelled = threading.Event()

        def ring() -> None:
            if not cancelled.is_set():
                call()

        # JupyterLab may deliver user actions in another thread (a subshell). A timer set in that thread does not
        # wake the loop, so it would fire only when something else does
        self.hand_over(lambda: self._loop.call_later(delay_s, ring))
        return cancelled.set

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Run `call` every `interval_s` seconds in the form's thread; the returned function stops that."""
        cancelled = threading.Event()

        def tick() -> None:
            if not cancelled.is_set():
                self._loop.call_later(interval_s, tick)
                call()

        self.hand_over(lambda: self._loop.call_later(interval_s, tick))
        return cancelled.set

    def hand_over(self, call: Callable[[], object]) -> None:
        """Run `call` in the form's thread; calls run in the order they were handed over."""
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:  # the loop is closed: the kernel is ending
            logger.debug("dropped a result that arrived while the kernel was ending")


class SameThreadRunner:
    """Does everything at once, in the caller's thread: for scripts, where no loop is running, and for tests."""

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` now; then call `done` with its value, or `failed` with its exception."""
        try:
            value = work()
        except Exception as error:  # noqa: BLE001  whatever it is, the form shows it
            failed(error)
        else:
            done(value)

    def later(self, delay_s: float, call: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002
        """Run `call` now, without the delay: nothing else could happen in this thread meanwhile."""
        call()
        return lambda: None

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002
        """Do nothing, because calls cannot be repeated without an event loop."""
        return lambda: None

    def hand_over(self, call: Callable[[], None]) -> None:
        """Run `call` now."""
        call()


Runner: TypeAlias = ThreadRunner | SameThreadRunner


def default_runner() -> Runner:
    """A `ThreadRunner` if an event loop is running, as in every Jupyter kernel; else a `SameThreadRunner`."""
    try:
        return ThreadRunner(asyncio.get_running_loop())
    except RuntimeError:
        return SameThreadRunner()


class Debounce:
    """Delays a call until the user stops typing or moving the map, so that nothing is requested too early."""

    def __init__(self, runner: Runner, delay_s: float) -> None:
        self._runner = runner
        self._delay_s = delay_s
        self._cancel: Callable[[], None] = lambda: None

    def call(self, call: Callable[[], None]) -> None:
        """Run `call` after the delay; a newer `call` within the delay replaces it and starts the delay again."""
        self._cancel()
        self._cancel = self._runner.later(self._delay_s, call)

    def drop(self) -> None:
        """Cancel the delayed call."""
        self._cancel()


class Latest:
    """Runs work of which only the latest result matters, such as the row count of a clause that keeps changing.

    New work replaces earlier work, which either never starts, or is interrupted and has its result dropped.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._number = 0
        self._dropped = threading.Event()

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` in place of any earlier work; then call `done` with its value, or `failed` with its exception."""
        self.drop()
        number, dropped = self._number, self._dropped

        def unless_dropped() -> Any:
            with waits_end_with(dropped):
                return None if dropped.is_set() else work()

        self._runner.submit(
            unless_dropped,
            lambda value: self._pass_on(number, done, value),
            lambda error: self._pass_on(number, failed, error),
        )

    def drop(self) -> None:
        """Drop the current work: neither `done` nor `failed` will be called."""
        self._number += 1
        self._dropped.set()
        self._dropped = threading.Event()

    def _pass_on(self, number: int, call: Callable[[Any], None], value: Any) -> None:
        if number == self._number:
            call(value)

"""Where blocking work is done, so that the form never waits.

An observer runs in the thread that sets its trait. So workers never touch a trait: the form's own thread receives
their results, and everything the form shows changes there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")
_MOST_AT_ONCE = 8


class ThreadRunner:
    """Works in daemon threads, a few at once, and calls back through the kernel's event loop.

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
                except Exception as error:  # noqa: BLE001  whatever it is, the form shows it
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

        # JupyterLab may deliver what people do in a thread of its own (a subshell), and a timer set from there does
        # not wake the loop: it would fire only when something else wakes it
        self.hand_over(lambda: self._loop.call_later(delay_s, ring))
        return cancelled.set

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call repeatedly in the form's thread, until the returned function is called."""
        cancelled = threading.Event()

        def tick() -> None:
            if not cancelled.is_set():
                self._loop.call_later(interval_s, tick)
                call()

        self.hand_over(lambda: self._loop.call_later(interval_s, tick))
        return cancelled.set

    def hand_over(self, call: Callable[[], object]) -> None:
        """Run a worker's `call` in the form's thread, in the order handed over."""
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:  # the loop is closed: the kernel is ending
            logger.debug("dropped a result that came after the kernel's end")


class SameThreadRunner:
    """Does everything at once, in the caller's thread: for scripts, where no loop is running, and for tests."""

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` now."""
        try:
            value = work()
        except Exception as error:  # noqa: BLE001  whatever it is, the form shows it
            failed(error)
        else:
            done(value)

    def later(self, delay_s: float, call: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002
        """Call now: nothing else can run while this thread waits."""
        call()
        return lambda: None

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002
        """Never call: no time passes for the form while this thread works."""
        return lambda: None

    def hand_over(self, call: Callable[[], None]) -> None:
        """Call now."""
        call()


Runner: TypeAlias = ThreadRunner | SameThreadRunner


def default_runner() -> Runner:
    """Threads if a loop is running, as in every Jupyter kernel; else the calling thread."""
    try:
        return ThreadRunner(asyncio.get_running_loop())
    except RuntimeError:
        return SameThreadRunner()


class Debounce:
    """Calls once the user has paused, so that nothing is requested in the middle of a word."""

    def __init__(self, runner: Runner, delay_s: float) -> None:
        self._runner = runner
        self._delay_s = delay_s
        self._cancel: Callable[[], None] = lambda: None

    def call(self, call: Callable[[], None]) -> None:
        """Call after the pause, unless another call comes first."""
        self._cancel()
        self._cancel = self._runner.later(self._delay_s, call)

    def drop(self) -> None:
        """Cancel the call."""
        self._cancel()


class Latest:
    """Work of which only the newest matters, such as the count for a clause that keeps changing.

    A new `run` replaces the one before, which either never begins or has its result dropped.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._number = 0

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` in place of any earlier work."""
        self.drop()
        number = self._number
        self._runner.submit(
            lambda: work() if number == self._number else None,
            lambda value: self._pass_on(number, done, value),
            lambda error: self._pass_on(number, failed, error),
        )

    def drop(self) -> None:
        """Drop the work; its result will not be passed on."""
        self._number += 1

    def _pass_on(self, number: int, call: Callable[[Any], None], value: Any) -> None:
        if number == self._number:
            call(value)

"""Where blocking work is done, so that the form never waits.

An observer runs in the thread that sets its trait. So workers never touch a trait: their results are handed to the
kernel's own loop, and everything the form shows changes there.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")
_MOST_AT_ONCE = 8


class Runner(Protocol):
    """Does blocking work, and calls back in the form's own thread."""

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work`; then `done` with its value, or `failed` with its exception, in the form's thread."""

    def later(self, delay_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call after `delay_s` seconds, in the form's thread; calling the returned function cancels it."""

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call repeatedly, in the form's thread, until the returned function is called."""

    def hand_over(self, call: Callable[[], None]) -> None:
        """Have a worker's `call` run in the form's thread, in the order handed over."""


class ThreadRunner:
    """Works in daemon threads, a few at once, and calls back through an event loop.

    The threads are daemons because a kernel must be able to end while an export is waiting, which an executor's
    threads would not allow.

    Parameters
    ----------
    loop
        The kernel's loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots = threading.BoundedSemaphore(_MOST_AT_ONCE)

    def submit(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` in a thread of its own as soon as a slot is free."""

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
        """Call through the loop's timer."""
        called_off = threading.Event()

        def ring() -> None:
            if not called_off.is_set():
                call()

        # JupyterLab may deliver what people do in a thread of its own (a subshell), and a timer set from there does
        # not wake the loop: it would fire only when something else wakes it
        self.hand_over(lambda: self._loop.call_later(delay_s, ring))
        return called_off.set

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:
        """Call through the loop's timer, repeatedly."""
        called_off = threading.Event()

        def tick() -> None:
            if not called_off.is_set():
                self._loop.call_later(interval_s, tick)
                call()

        self.hand_over(lambda: self._loop.call_later(interval_s, tick))
        return called_off.set

    def hand_over(self, call: Callable[[], object]) -> None:
        """Call from the loop."""
        try:
            self._loop.call_soon_threadsafe(call)
        except RuntimeError:  # the loop is closed: the kernel is ending
            logger.debug("dropped an answer that came after the kernel's end")


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
        """Call now: nothing else could happen meanwhile."""
        call()
        return lambda: None

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:  # noqa: ARG002
        """Never call: no time passes for the form while this thread works."""
        return lambda: None

    def hand_over(self, call: Callable[[], None]) -> None:
        """Call now."""
        call()


def default_runner() -> Runner:
    """Threads where a loop is running, as in every Jupyter kernel; else this very thread."""
    try:
        return ThreadRunner(asyncio.get_running_loop())
    except RuntimeError:
        return SameThreadRunner()


class Debounce:
    """Calls once the user has paused, so that nothing is requested in the middle of a word."""

    def __init__(self, runner: Runner, delay_s: float) -> None:
        self._runner = runner
        self._delay_s = delay_s
        self._call_off: Callable[[], None] = _nothing

    def call(self, call: Callable[[], None]) -> None:
        """Call after the pause, unless another call comes first."""
        self._call_off()
        self._call_off = self._runner.later(self._delay_s, call)

    def drop(self) -> None:
        """Cancel the call."""
        self._call_off()
        self._call_off = _nothing


class Latest:
    """Work of which only the newest matters, such as the count for a clause that keeps changing.

    A new `run` supersedes the one before: if that has not begun it never will, and if it has, its result is dropped.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self._number = 0

    def run(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """Do `work` instead of what was asked before."""
        self.drop()
        number = self._number
        self._runner.submit(
            lambda: work() if number == self._number else None,
            lambda value: self._pass_on(number, done, value),
            lambda error: self._pass_on(number, failed, error),
        )

    def drop(self) -> None:
        """Drop what was asked; its result will not be passed on."""
        self._number += 1

    def _pass_on(self, number: int, call: Callable[[Any], None], value: Any) -> None:
        if number == self._number:
            call(value)


def _nothing() -> None:
    pass

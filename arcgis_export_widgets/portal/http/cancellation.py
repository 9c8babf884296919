"""Pauses and requests that end as soon as the surrounding work is cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from arcgis_export_widgets.errors import ExportCancelledError
from arcgis_export_widgets.language import say

CHECK_EVERY_S = 0.1
"""How often a wait or a request looks whether it was cancelled."""
CLEANING_UP_S = 3.0


class Cancellation(Protocol):
    """Any object with the method `is_set`, such as a `threading.Event` that is set in order to cancel something."""

    def is_set(self) -> bool:
        """Whether the cancellation was requested."""


class Deadline:
    """A cancellation that is set once `seconds` have passed; ``math.inf`` for never."""

    def __init__(self, seconds: float) -> None:
        self._at_s = time.monotonic() + seconds

    @property
    def left_s(self) -> float:
        """Seconds until the deadline; negative afterwards."""
        return self._at_s - time.monotonic()

    def is_set(self) -> bool:
        """Whether the deadline has passed."""
        return self.left_s <= 0


class _Grace:
    """A cancellation that is set some seconds after another one."""

    def __init__(self, other: Cancellation) -> None:
        self._other = other
        self._deadline: Deadline | None = None

    def is_set(self) -> bool:
        if self._deadline is None and self._other.is_set():
            self._deadline = Deadline(CLEANING_UP_S)
        return self._deadline is not None and self._deadline.is_set()


class AnyOf:
    """A cancellation that is set once any of `cancellations`, or any from a surrounding `waits_end_with`, is set."""

    def __init__(self, *cancellations: Cancellation | None) -> None:
        self._cancellations = [one for one in (*cancellations, _current.get()) if one is not None]

    def is_set(self) -> bool:
        """Whether any of the cancellations is set."""
        return any(one.is_set() for one in self._cancellations)


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


@contextmanager
def waits_end_with(*cancellations: Cancellation | None) -> Iterator[None]:
    """Within the ``with`` block, and in its thread, waits and requests end as soon as one of `cancellations` is set.

    Blocks may be nested: the cancellations of an outer block also end waits in the inner block.
    """
    before = _current.set(AnyOf(*cancellations))
    try:
        yield
    finally:
        _current.reset(before)


@contextmanager
def cleaning_up() -> Iterator[None]:
    """Within the ``with`` block, requests go on for some seconds although the surrounding work was cancelled.

    For what must be done before or because of a cancellation, such as deleting an unfinished item.
    """
    around = _current.get()
    before = _current.set(None if around is None else _Grace(around))
    try:
        yield
    finally:
        _current.reset(before)


def current() -> Cancellation | None:
    """The cancellation of the surrounding `waits_end_with`; None outside of any."""
    return _current.get()


def is_cancelled() -> bool:
    """Whether the surrounding work was cancelled."""
    return (cancellation := _current.get()) is not None and cancellation.is_set()


def raise_if_cancelled() -> None:
    """Raise ExportCancelledError if the surrounding work was cancelled, from whatever error that led to."""
    if is_cancelled():
        raise ExportCancelledError(say("The fetching was cancelled."))


def wait(seconds: float, closing: threading.Event | None = None) -> bool:
    """Wait up to `seconds`; return True as soon as `closing` or a cancellation from `waits_end_with` is set."""
    closing = closing or threading.Event()
    cancellation = _current.get()
    if cancellation is None:
        return closing.wait(seconds)
    left_s = seconds
    while left_s > 0 and not cancellation.is_set():
        if closing.wait(min(left_s, CHECK_EVERY_S)):
            return True
        left_s -= CHECK_EVERY_S
    return cancellation.is_set()

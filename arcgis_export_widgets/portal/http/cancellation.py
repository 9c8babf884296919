"""Pauses that end as soon as the surrounding work is cancelled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

_CHECK_EVERY_S = 0.1


class Cancellation(Protocol):
    """Any object with the method `is_set`, such as a `threading.Event` that is set in order to cancel something."""

    def is_set(self) -> bool:
        """Whether the cancellation was requested."""


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
    """Within the ``with`` block, and in its thread, `wait` ends as soon as one of `cancellations` is set.

    Blocks may be nested: the cancellations of an outer block also end waits in the inner block.
    """
    before = _current.set(AnyOf(*cancellations))
    try:
        yield
    finally:
        _current.reset(before)


def wait(seconds: float, closing: threading.Event | None = None) -> bool:
    """Wait up to `seconds`; return True as soon as `closing` or a cancellation from `waits_end_with` is set."""
    closing = closing or threading.Event()
    cancellation = _current.get()
    if cancellation is None:
        return closing.wait(seconds)
    left_s = seconds
    while left_s > 0 and not cancellation.is_set():
        if closing.wait(min(left_s, _CHECK_EVERY_S)):
            return True
        left_s -= _CHECK_EVERY_S
    return cancellation.is_set()

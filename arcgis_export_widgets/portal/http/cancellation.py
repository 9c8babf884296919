"""Waiting that ends on a cancellation, however deep inside a request it happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

_CHECK_EVERY_S = 0.1


class Cancellation(Protocol):
    """Anything like a `threading.Event`, which is set to cancel."""

    def is_set(self) -> bool:
        """Whether it was cancelled."""


class AnyOf:
    """Cancelled as soon as one of several is, or the one of the surrounding `waits_end_with`; None is ignored."""

    def __init__(self, *cancellations: Cancellation | None) -> None:
        self._cancellations = [one for one in (*cancellations, _current.get()) if one is not None]

    def is_set(self) -> bool:
        """Whether any of them was cancelled."""
        return any(one.is_set() for one in self._cancellations)


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


@contextmanager
def waits_end_with(*cancellations: Cancellation | None) -> Iterator[None]:
    """Within the block, and in its thread, `wait` ends as soon as one of `cancellations` is set.

    Blocks may be nested: the cancellation of an outer block holds in the inner one.
    """
    before = _current.set(AnyOf(*cancellations))
    try:
        yield
    finally:
        _current.reset(before)


def wait(seconds: float, closing: threading.Event | None = None) -> bool:
    """Wait; True as soon as `closing` or the cancellation of the surrounding block is set."""
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

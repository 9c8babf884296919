"""Waiting that ends as soon as somebody cancels, however deep inside a request it happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

_CHECK_EVERY_S = 0.1


class Cancellation(Protocol):
    """Says whether somebody cancelled, as a `threading.Event` does."""

    def is_set(self) -> bool:
        """Whether somebody cancelled."""


class AnyOf:
    """Cancelled as soon as one of several is, or that of the surrounding `waits_end_with`. None never is."""

    def __init__(self, *cancellations: Cancellation | None) -> None:
        self._cancellations = [one for one in (*cancellations, _current.get()) if one is not None]

    def is_set(self) -> bool:
        """Whether somebody cancelled."""
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
    """Wait a while; True as soon as `closing` is set or somebody cancels."""
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

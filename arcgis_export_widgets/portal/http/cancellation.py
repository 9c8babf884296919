"""Waiting that ends as soon as somebody cancels, however deep in a request it happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_cancel: ContextVar[threading.Event | None] = ContextVar("cancel", default=None)
_LOOK_S = 0.1


@contextmanager
def waits_end_with(cancel: threading.Event | None) -> Iterator[None]:
    """Within the block, and in its thread, what waits in `wait` stops waiting when `cancel` is set."""
    before = _cancel.set(cancel)
    try:
        yield
    finally:
        _cancel.reset(before)


def wait(seconds: float, closing: threading.Event) -> bool:
    """Wait a while; True as soon as `closing` is set or somebody cancels."""
    cancel = _cancel.get()
    if cancel is None:
        return closing.wait(seconds)
    left_s = seconds
    while left_s > 0 and not cancel.is_set():
        if closing.wait(min(left_s, _LOOK_S)):
            return True
        left_s -= _LOOK_S
    return cancel.is_set()

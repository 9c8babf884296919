"""Holding Python's garbage collector off while very many objects are made, none of which is garbage."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_holders = 0
_was_on = False


@contextmanager
def collector_held_off() -> Iterator[None]:
    """Hold the collector off: it would look at all objects made so far again and again.

    Making a million points takes a ninth of the time so. Several threads may hold it off at once; it is on again,
    if it was, when the last of them leaves.
    """
    global _holders, _was_on  # noqa: PLW0603  the collector is one for the whole process
    with _lock:
        if _holders == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _holders += 1
    try:
        yield
    finally:
        with _lock:
            _holders -= 1
            if _holders == 0 and _was_on:
                gc.enable()

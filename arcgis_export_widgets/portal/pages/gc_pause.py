"""Pausing Python's garbage collector while very many geometries are made, none of which is garbage."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_pauses = 0
_was_on = False


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the collector, which would look at all objects made so far again and again.

    Making a million points then takes a ninth of the time. Several threads may pause it at once: it runs again, if it
    did before, when the last of them is done. Put nothing in it but the making of the geometries, and never a
    ``yield``: whoever takes what was yielded would work without a collector.
    """
    global _pauses, _was_on  # noqa: PLW0603  the process has only one collector
    with _lock:
        if _pauses == 0:
            _was_on = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _lock:
            _pauses -= 1
            if _pauses == 0 and _was_on:
                gc.enable()

"""Progress in a terminal or a log, and stopping by signal."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from arcgis_export_widgets.events import Event, EventHandler, ignore
from arcgis_export_widgets.workflow.progress import ProgressBar, describe

_WRITE_EVERY_S = 10.0


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """Turn Ctrl-C and SIGTERM into a cancellation, which deletes the unfinished item from the portal."""
    cancel = threading.Event()
    before = {number: signal.signal(number, lambda *_: cancel.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress(*, quiet: bool) -> Iterator[EventHandler]:
    """A bar in a terminal, lines elsewhere."""
    if quiet:
        yield ignore
    elif sys.stderr.isatty():
        with ProgressBar() as show:
            yield show
    else:
        yield _Lines()


class _Lines:
    """Events as lines, for logs; of events of one kind in a row, one every few seconds."""

    def __init__(self) -> None:
        self._last: tuple[type[Event], float] | None = None

    def __call__(self, event: Event) -> None:
        now_s = time.monotonic()
        if self._last is not None and self._last[0] is type(event) and now_s - self._last[1] < _WRITE_EVERY_S:
            return
        self._last = (type(event), now_s)
        sys.stderr.write(f"{describe(event).strip()}\n")

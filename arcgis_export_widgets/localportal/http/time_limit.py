"""End work that takes too long, so that one request cannot keep the portal busy for everyone."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from arcgis_export_widgets.localportal.http.request import ArcGISError


class _TimeIsUpError(BaseException):
    """Raised in a thread from outside; not an Exception, so that no library catches it."""


def took_too_long(what: str, seconds: float) -> ArcGISError:
    """Return the error for `what` that was ended after `seconds`."""
    return ArcGISError(400, "Unable to complete operation.", [f"{what} took longer than {seconds:g} s and was ended."])


@contextmanager
def time_limit(what: str, seconds: float) -> Iterator[None]:
    """End Python code in the ``with`` block after `seconds`, and raise an error that says so."""
    thread, lock, state = threading.get_ident(), threading.Lock(), {"running": True}

    def end() -> None:
        with lock:
            if state["running"]:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_TimeIsUpError))

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except _TimeIsUpError:
        raise took_too_long(what, seconds) from None
    finally:
        with lock:  # from here on nothing is raised any more
            state["running"] = False
        timer.cancel()


@contextmanager
def interrupted_after(seconds: float, interrupt: Callable[[], object]) -> Iterator[threading.Event]:
    """Call `interrupt` if the ``with`` block takes longer than `seconds`; the event is then set."""
    is_over = threading.Event()

    def end() -> None:
        is_over.set()
        interrupt()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()

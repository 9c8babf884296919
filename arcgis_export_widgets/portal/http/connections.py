"""Connections that are cut as soon as the surrounding work is cancelled, whatever the server is or is not sending."""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests import Response
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError

from arcgis_export_widgets.portal.http.cancellation import CHECK_EVERY_S, Cancellation, current, is_cancelled

_TRY_S = 1.0


class _Cuttable:
    """Connections that tell the surrounding `cut_when_cancelled` that they are in use.

    While TLS is negotiated the socket cannot be reached, so a duplicate is kept: shutting it down shuts both down, and
    whoever waits for the original returns at once.
    """

    timeout: Any
    sock: socket.socket | None
    _twin: socket.socket | None = None
    _used: socket.socket | None = None  # `sock` is gone before the last response is read

    def _new_conn(self) -> socket.socket:
        made = self._connected()
        self._twin = made.dup()
        return made

    def _connected(self) -> socket.socket:
        """Connect, in tries of a second each, because an attempt to connect cannot be cut."""
        whole, made = self.timeout, None
        left_s = whole if isinstance(whole, float) else _TRY_S
        try:
            while made is None:
                self.timeout = min(left_s, _TRY_S)
                left_s -= _TRY_S
                try:
                    made = super()._new_conn()  # type: ignore[misc]
                except ConnectTimeoutError:
                    if left_s <= 0 or is_cancelled():
                        raise
        finally:
            self.timeout = whole
        return made

    def connect(self) -> None:
        self._report()
        try:
            super().connect()  # type: ignore[misc]
            self._used = self.sock
        finally:
            twin, self._twin = self._twin, None
            if twin is not None:
                twin.close()

    def request(self, *arguments: Any, **options: Any) -> None:
        self._report()
        super().request(*arguments, **options)  # type: ignore[misc]

    def cut(self) -> None:
        for one in (self._twin, self._used):
            if one is not None:
                with contextlib.suppress(OSError):  # closed already
                    socket.socket.shutdown(one, socket.SHUT_RDWR)

    def _report(self) -> None:
        if (in_use := _in_use.get()) is not None:
            in_use.append(self)


_in_use: ContextVar[list[_Cuttable] | None] = ContextVar("connections in use", default=None)


class _Connection(_Cuttable, HTTPConnection):
    pass


class _SecureConnection(_Cuttable, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_our_request: ContextVar[bool] = ContextVar("a request of this package", default=False)
_QUERY = re.compile(r"\?.*", re.DOTALL)


def _without_queries(record: logging.LogRecord) -> bool:
    """Remove queries from what urllib3 logs of this package's requests: a redirect may lead to a signed address."""
    if _our_request.get() and isinstance(record.args, tuple):
        record.args = tuple(_QUERY.sub("?...", one) if isinstance(one, str) else one for one in record.args)
    return True


logging.getLogger("urllib3.connectionpool").addFilter(_without_queries)


class Adapter(HTTPAdapter):
    """Sends requests through connections that `cut_when_cancelled` can cut, directly or through a proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the manager of direct connections."""
        super().init_poolmanager(*arguments, **options)
        _use_own_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """The manager of connections through `proxy`."""
        manager = super().proxy_manager_for(proxy, **options)
        _use_own_pools(manager)
        return manager

    def send(self, *arguments: Any, **options: Any) -> Response:
        """Send a request without its query in urllib3's log."""
        before = _our_request.set(True)
        try:
            return super().send(*arguments, **options)
        finally:
            _our_request.reset(before)


def _use_own_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


@contextmanager
def cut_when_cancelled(connection: Any = None) -> Iterator[None]:
    """Within the ``with`` block, connections that this thread uses are cut once the surrounding work is cancelled.

    `connection` is in use already; None if there is none.
    """
    cancellation = current()
    if cancellation is None:
        yield
        return
    in_use: list[_Cuttable] = [connection] if isinstance(connection, _Cuttable) else []
    before, done = _in_use.set(in_use), threading.Event()
    watcher = threading.Thread(target=_watch, args=(cancellation, in_use, done), name="cut-when-cancelled", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        _in_use.reset(before)


def _watch(cancellation: Cancellation, in_use: list[_Cuttable], done: threading.Event) -> None:
    while not done.wait(CHECK_EVERY_S):
        if cancellation.is_set():
            for connection in list(in_use):
                connection.cut()

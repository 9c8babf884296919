"""Connections that are cut as soon as the surrounding work is cancelled, whatever the server is or is not sending."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from arcgis_export_widgets.portal.http.cancellation import CHECK_EVERY_S, Cancellation, current


class _Cuttable:
    """Connections that tell the surrounding `cut_when_cancelled` that they are in use.

    The socket is duplicated, because TLS takes the original away as long as it negotiates. Shutting the duplicate down
    shuts both down, so that whoever waits for the original returns at once.
    """

    _twin: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._drop_twin()
        self._twin = made.dup()
        self._report()
        return made

    def request(self, *arguments: Any, **options: Any) -> None:
        self._report()
        super().request(*arguments, **options)  # type: ignore[misc]

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        self._drop_twin()

    def cut(self) -> None:
        if (twin := self._twin) is not None:
            with contextlib.suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)

    def _report(self) -> None:
        if (in_use := _in_use.get()) is not None:
            in_use.append(self)

    def _drop_twin(self) -> None:
        twin, self._twin = self._twin, None
        if twin is not None:
            twin.close()


_in_use: ContextVar[list[_Cuttable] | None] = ContextVar("connections in use", default=None)


class _Connection(_Cuttable, HTTPConnection):
    pass


class _SecureConnection(_Cuttable, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


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

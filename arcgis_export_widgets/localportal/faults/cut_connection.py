"""Answers that no web framework gives: none at all, and bytes that are not HTTP's."""

from __future__ import annotations

import socket
import struct
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Receive, Scope, Send

_TRANSPORT = "localportal.transport"


def with_transport(app: ASGIApp) -> ASGIApp:
    """Return `app` able to cut connections: uvicorn has no other way to them than its own ``send``."""

    async def reaching(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_TRANSPORT] = send.__self__.transport  # type: ignore[attr-defined]
        await app(scope, receive, send)

    return reaching


async def _until_closed(receive: Receive) -> None:
    """Wait until the server has seen that the connection is gone, and so sends nothing of its own."""
    while (await receive())["type"] != "http.disconnect":
        pass


class HangUp(Response):
    """No answer: the connection ends.

    Parameters
    ----------
    reset
        Whether the caller's system is told of a reset, instead of an orderly end.
    """

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Cut the connection."""
        transport: asyncio.Transport = scope[_TRANSPORT]
        if self._reset:
            # lingering for no time at all makes the system send a reset
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        await _until_closed(receive)


class WrongLength(Response):
    """A whole body under a Content-Length that is `off` bytes more than it has; the connection is closed behind it."""

    def __init__(self, body: bytes, status_code: int, headers: dict[str, str], off: int) -> None:
        super().__init__(body, status_code, headers)
        self._length = max(len(body) + off, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Write past the server, which would not send such a thing."""
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        headers += [(b"content-length", str(self._length).encode()), (b"connection", b"close")]
        status = f"HTTP/1.1 {self.status_code} {HTTPStatus(self.status_code).phrase}\r\n".encode()
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        transport: asyncio.Transport = scope[_TRANSPORT]
        transport.write(status + lines + b"\r\n" + bytes(self.body))
        transport.close()
        await _until_closed(receive)

"""Apply faults to responses: replace, delay, cut or alter them."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path

from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from arcgis_export_widgets.localportal.faults.faults import Fault, Faults
from arcgis_export_widgets.localportal.http.request import ArcGISError, invalid_token, token_required

_PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_PIECES = 20
_TRANSPORT = "localportal.transport"


def with_transport(app: ASGIApp) -> ASGIApp:
    """Return `app`, wrapped so that a request's scope contains its connection, which uvicorn does not put there."""

    async def with_connection(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_TRANSPORT] = send.__self__.transport  # type: ignore[attr-defined]
        await app(scope, receive, send)

    return with_connection


async def _until_closed(receive: Receive) -> None:
    """Wait until uvicorn knows that the connection is closed; otherwise uvicorn would send a response itself."""
    while (await receive())["type"] != "http.disconnect":
        pass


class HangUp(Response):
    """Close the connection without a response, or reset the connection if `reset` is true."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self._reset = reset

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Close or reset the connection."""
        transport: asyncio.Transport = scope[_TRANSPORT]
        if self._reset:
            # a linger time of 0 makes the system send a reset
            linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        transport.abort()
        await _until_closed(receive)


class WrongLength(Response):
    """A response whose Content-Length is the length of its body plus `off` bytes; the connection is then closed."""

    def __init__(self, body: bytes, status_code: int, headers: dict[str, str], off: int) -> None:
        super().__init__(body, status_code, headers)
        self._length = max(len(body) + off, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Write the response to the connection directly, as uvicorn refuses to send a wrong Content-Length."""
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        headers += [(b"content-length", str(self._length).encode()), (b"connection", b"close")]
        status = f"HTTP/1.1 {self.status_code} {HTTPStatus(self.status_code).phrase}\r\n".encode()
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        transport: asyncio.Transport = scope[_TRANSPORT]
        transport.write(status + lines + b"\r\n" + bytes(self.body))
        transport.close()
        await _until_closed(receive)


def _page(title: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(_PAGE.format(title=title), status, headers, media_type="text/html")


def _quota_exceeded(fault: Fault) -> ArcGISError:
    detail = "API calls quota exceeded (24001)! maximum allowed (24000) per Minute."
    detail += f" Retry after {fault.number:g} sec."
    return ArcGISError(429, "Unable to perform query. Too many requests.", [detail])


_REPLACEMENTS: dict[str, Callable[[Fault], Response]] = {
    "reset": lambda _: HangUp(reset=True),
    "http_error": lambda fault: _page("The service is unavailable", int(fault.number)),
    "too_many_requests": lambda fault: _page("Too many requests", 429, {"Retry-After": f"{fault.number:g}"}),
    "login_page": lambda _: _page("Sign in", 200),
}
_ERRORS: dict[str, Callable[[Fault], ArcGISError]] = {
    "rate_limit": _quota_exceeded,
    "invalid_token": lambda _: invalid_token(),
    "token_required": lambda _: token_required(),
    "error_as_data": lambda _: ArcGISError(400, "Error updating file item."),
}


async def replace_response(faults: Faults, path: str) -> Response | None:
    """Apply the faults that act before a request is handled: return a response, raise an error, or return None."""
    delay = faults.take(path, "delay")
    if delay is not None:
        await asyncio.sleep(delay.number)
    fault = faults.take(path, *_REPLACEMENTS, *_ERRORS)
    if fault is None:
        return None
    if fault.kind in _ERRORS:
        raise _ERRORS[fault.kind](fault)
    return _REPLACEMENTS[fault.kind](fault)


def alter_response(
    faults: Faults, path: str, response: Response, to_other_host: Callable[[FileResponse], str]
) -> Response:
    """Return `response` as changed by the faults that act after a request is handled.

    `to_other_host` takes a response that sends a file, and returns a URL for this file on another host.
    """
    if faults.take(path, "lost_answer") is not None:
        return HangUp()
    if isinstance(response, FileResponse) and faults.take(path, "redirect") is not None:
        return RedirectResponse(to_other_host(response), 302)
    fault = faults.take(path, *_ALTERATIONS)
    if fault is None:
        return response
    body = Path(response.path).read_bytes() if isinstance(response, FileResponse) else bytes(response.body)
    headers = {key: value for key, value in response.headers.items() if key not in {"content-length", "etag"}}
    return _ALTERATIONS[fault.kind](fault, body, response.status_code, headers)


def _first(body: bytes, share: float) -> bytes:
    return body[: int(len(body) * share)]


def _in_pieces(fault: Fault, body: bytes, status: int, headers: dict[str, str]) -> Response:
    """Return a response that sends `body` slowly or only in part, with the Content-Length of the complete body."""
    content = {
        "drip": lambda: _drip(body, fault.number),
        "stall": lambda: _then_wait(_first(body, 0.5), fault.number),
        "truncate": lambda: _then_wait(_first(body, fault.number), 0),
    }[fault.kind]()
    return StreamingResponse(content, status, headers | {"content-length": str(len(body))})


async def _then_wait(body: bytes, wait_s: float) -> AsyncIterator[bytes]:
    yield body
    await asyncio.sleep(wait_s)


async def _drip(body: bytes, duration_s: float) -> AsyncIterator[bytes]:
    size = len(body) // _PIECES + 1
    for start in range(0, len(body), size):
        await asyncio.sleep(duration_s / _PIECES)
        yield body[start : start + size]


_ALTERATIONS: dict[str, Callable[[Fault, bytes, int, dict[str, str]], Response]] = {
    "cut_short": lambda fault, body, status, headers: Response(_first(body, fault.number), status, headers),
    "malformed_json": lambda _, body, status, headers: Response(body[:-1] + b"," + body[-1:], status, headers),
    "wrong_length": lambda fault, body, status, headers: WrongLength(body, status, headers, int(fault.number)),
    **dict.fromkeys(("drip", "stall", "truncate"), _in_pieces),
}

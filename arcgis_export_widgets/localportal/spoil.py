"""The faults that spoil answers on their way out, or stand in their place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from arcgis_export_widgets.localportal.errors import ArcGISError, invalid_token, token_required

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from arcgis_export_widgets.localportal.faults import Faults

_ABORT = "localportal.abort"
_PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"


class HangUp(Response):
    """No answer: the connection is cut."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Cut the connection, and wait until the server has seen it."""
        scope[_ABORT]()
        while (await receive())["type"] != "http.disconnect":
            pass


def with_abort(app: ASGIApp) -> ASGIApp:
    """Return `app` able to `HangUp`: uvicorn has no other way to the connection than its own ``send``."""

    async def abortable(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[_ABORT] = send.__self__.transport.abort  # type: ignore[attr-defined]
        await app(scope, receive, send)

    return abortable


async def before(faults: Faults, path: str) -> Response | None:
    """Apply the faults that come before an answer is made; return an answer that replaces it, or None."""
    delay = faults.take(path, "delay")
    if delay is not None:
        await asyncio.sleep(delay.number(1))
    fault = faults.take(
        path, "rate_limit", "http_error", "login_page", "invalid_token", "token_required", "reset", "error_as_data"
    )
    if fault is None:
        return None
    if fault.kind == "reset":
        return HangUp()
    if fault.kind == "http_error":
        page = _PAGE.format(title="The service is unavailable")
        return Response(page, int(fault.number(503)), media_type="text/html")
    if fault.kind == "login_page":
        return Response(_PAGE.format(title="Sign in"), media_type="text/html")
    if fault.kind == "invalid_token":
        raise invalid_token()
    if fault.kind == "token_required":
        raise token_required()
    if fault.kind == "error_as_data":
        raise ArcGISError(400, "Error updating file item.")
    wait_s = int(fault.number(60))
    raise ArcGISError(
        429,
        "Unable to perform query. Too many requests.",
        [f"API calls quota exceeded (24001)! maximum allowed (24000) per Minute. Retry after {wait_s} sec."],
    )


def after(faults: Faults, path: str, response: Response, elsewhere: Callable[[FileResponse], str]) -> Response:
    """Apply the faults that spoil an answer.

    Parameters
    ----------
    elsewhere
        Tells the URL of the same file on another host.
    """
    if faults.take(path, "lost_answer") is not None:
        return HangUp()
    if isinstance(response, FileResponse) and faults.take(path, "redirect") is not None:
        return RedirectResponse(elsewhere(response), 302)
    fault = faults.take(path, "truncate", "cut_short", "stall")
    if fault is None:
        return response
    body = Path(response.path).read_bytes() if isinstance(response, FileResponse) else bytes(response.body)
    kept = body[: int(len(body) * (0.5 if fault.kind == "stall" else fault.number(0.5)))]
    headers = {key: value for key, value in response.headers.items() if key not in {"content-length", "etag"}}
    if fault.kind == "cut_short":
        return Response(kept, response.status_code, headers)
    headers["content-length"] = str(len(body))
    parts = _then_wait(kept, fault.number(30) if fault.kind == "stall" else 0)
    return StreamingResponse(parts, response.status_code, headers)


async def _then_wait(body: bytes, wait_s: float) -> AsyncIterator[bytes]:
    yield body
    await asyncio.sleep(wait_s)

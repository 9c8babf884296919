"""The faults that spoil answers on their way out, or stand in their place."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from arcgis_export_widgets.localportal.faults.cut_connection import HangUp, WrongLength
from arcgis_export_widgets.localportal.http.errors import ArcGISError, invalid_token, token_required

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from arcgis_export_widgets.localportal.faults.faults import Fault, Faults

_PAGE = "<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
_PIECES = 20
_IN_PLACE = (
    "reset", "http_error", "too_many_requests", "rate_limit", "login_page", "invalid_token", "token_required",
    "error_as_data",
)  # fmt: skip
_IN_THE_BYTES = ("truncate", "cut_short", "stall", "drip", "wrong_length", "malformed_json")


async def before(faults: Faults, path: str) -> Response | None:
    """Apply the faults that come before an answer is made; return an answer that replaces it, or None."""
    delay = faults.take(path, "delay")
    if delay is not None:
        await asyncio.sleep(delay.number)
    fault = faults.take(path, *_IN_PLACE)
    return None if fault is None else _in_place(fault)


def _in_place(fault: Fault) -> Response:
    if fault.kind == "reset":
        return HangUp(reset=True)
    if fault.kind == "http_error":
        return _page("The service is unavailable", int(fault.number))
    if fault.kind == "too_many_requests":
        return _page("Too many requests", 429, {"Retry-After": f"{fault.number:g}"})
    if fault.kind == "login_page":
        return _page("Sign in", 200)
    if fault.kind == "invalid_token":
        raise invalid_token()
    if fault.kind == "token_required":
        raise token_required()
    if fault.kind == "error_as_data":
        raise ArcGISError(400, "Error updating file item.")
    raise ArcGISError(
        429,
        "Unable to perform query. Too many requests.",
        [f"API calls quota exceeded (24001)! maximum allowed (24000) per Minute. Retry after {fault.number:g} sec."],
    )


def _page(title: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(_PAGE.format(title=title), status, headers, media_type="text/html")


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
    fault = faults.take(path, *_IN_THE_BYTES)
    return response if fault is None else _spoilt(fault, response)


def _spoilt(fault: Fault, response: Response) -> Response:
    body = Path(response.path).read_bytes() if isinstance(response, FileResponse) else bytes(response.body)
    headers = {key: value for key, value in response.headers.items() if key not in {"content-length", "etag"}}
    status = response.status_code
    if fault.kind == "cut_short":
        return Response(body[: int(len(body) * fault.number)], status, headers)
    if fault.kind == "malformed_json":
        return Response(body[:-1] + b"," + body[-1:], status, headers)
    if fault.kind == "wrong_length":
        return WrongLength(body, status, headers, int(fault.number))
    headers["content-length"] = str(len(body))
    if fault.kind == "drip":
        return StreamingResponse(_drip(body, fault.number), status, headers)
    kept = body[: int(len(body) * (0.5 if fault.kind == "stall" else fault.number))]
    return StreamingResponse(_then_wait(kept, fault.number if fault.kind == "stall" else 0), status, headers)


async def _then_wait(body: bytes, wait_s: float) -> AsyncIterator[bytes]:
    yield body
    await asyncio.sleep(wait_s)


async def _drip(body: bytes, duration_s: float) -> AsyncIterator[bytes]:
    size = len(body) // _PIECES + 1
    for start in range(0, len(body), size):
        await asyncio.sleep(duration_s / _PIECES)
        yield body[start : start + size]

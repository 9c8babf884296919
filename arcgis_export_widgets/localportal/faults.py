"""Faults on demand: what real portals do on bad days, switched on for teaching and tests."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, RedirectResponse, Response, StreamingResponse

from arcgis_export_widgets.localportal.errors import ArcGISError, invalid_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

KINDS = {
    "delay": "answers come `value` seconds later",
    "rate_limit": "429 inside HTTP 200, to be tried again after `value` seconds (60)",
    "http_error": "HTTP status `value` (503) with a page that is no JSON",
    "invalid_token": "498, as if the token had expired",
    "error_as_data": "an error envelope where a file was expected",
    "truncate": "the body ends after the share `value` (0.5) of its bytes",
    "stall": "half the body, then nothing for `value` seconds (30)",
    "redirect": "the file lies on another host, which refuses every token",
    "no_export_item": "an export's answer lacks exportItemId",
    "job_slow": "export jobs take at least `value` seconds (10)",
    "job_stuck": "export jobs stay in processing",
    "job_failed": "export jobs fail with the message `value`",
    "cap": "at most `value` (100) features in an answer, whatever the layer says",
    "shuffle": "features come in another order for every request, pages overlap",
}


@dataclass
class Fault:
    """One fault.

    Parameters
    ----------
    path
        Text that the request's path must contain; empty for any.
    times
        How many requests it still hits; None for all.
    """

    kind: str
    value: Any = None
    path: str = ""
    times: int | None = None

    def number(self, default: float) -> float:
        """Return the value as a number."""
        return default if self.value is None else float(self.value)


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Switch a fault on.

        Raises
        ------
        ArcGISError
            For an unknown kind or a value that is no number where one is needed.
        """
        if fault.kind not in KINDS:
            raise ArcGISError(400, f"Unknown fault {fault.kind!r}; known are: {', '.join(sorted(KINDS))}.")
        if fault.kind != "job_failed":
            try:
                fault.number(0.0)
            except (TypeError, ValueError) as error:
                raise ArcGISError(400, f"The value of {fault.kind!r} must be a number.") from error
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.clear()

    def take(self, path: str, *kinds: str) -> Fault | None:
        """Return the first fault of one of `kinds` that hits `path`, counting it; None when there is none."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and fault.path in path and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None


async def before(faults: Faults, path: str) -> Response | None:
    """Apply the faults that come before an answer is made; return an answer that replaces it, or None."""
    delay = faults.take(path, "delay")
    if delay is not None:
        await asyncio.sleep(delay.number(1))
    fault = faults.take(path, "rate_limit", "http_error", "invalid_token", "error_as_data")
    if fault is None:
        return None
    if fault.kind == "http_error":
        page = "<html><body><h1>The service is unavailable</h1></body></html>"
        return Response(page, int(fault.number(503)), media_type="text/html")
    if fault.kind == "invalid_token":
        raise invalid_token()
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
    if isinstance(response, FileResponse) and faults.take(path, "redirect") is not None:
        return RedirectResponse(elsewhere(response), 302)
    fault = faults.take(path, "truncate", "stall")
    if fault is None:
        return response
    body = Path(response.path).read_bytes() if isinstance(response, FileResponse) else bytes(response.body)
    headers = {key: value for key, value in response.headers.items() if key != "content-length"}
    headers["content-length"] = str(len(body))
    is_cut = fault.kind == "truncate"
    parts = _cut(body, fault.number(0.5) if is_cut else 0.5, 0 if is_cut else fault.number(30))
    return StreamingResponse(parts, response.status_code, headers)


async def _cut(body: bytes, share: float, wait_s: float) -> AsyncIterator[bytes]:
    yield body[: int(len(body) * share)]
    await asyncio.sleep(wait_s)

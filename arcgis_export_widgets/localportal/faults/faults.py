"""Define the faults that can be switched on: errors and delays that occur with real portals and proxies.

A fault is switched on with ``--fault KIND[:VALUE][@/PATH]``, with ``LocalPortal.fault``, or by a POST of ``kind``,
``value``, ``path`` and ``times`` to ``/localportal/faults``. `KINDS` lists all kinds.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from arcgis_export_widgets.localportal.http.request import ArcGISError


@dataclass(frozen=True)
class Kind:
    """A kind of fault. Its value is a number from `low` to `high`, or text if `is_text`; some kinds take no value.

    `default` is the number used when no value is given; None if the kind does not take a number.
    """

    meaning: str
    default: float | None = None
    low: float = 0
    high: float = math.inf
    is_text: bool = False

    def problem(self, value: object) -> str | None:
        """Return what is wrong with `value` for this kind of fault; None if it is valid."""
        if value is None or self.is_text:
            return None
        if self.default is None:
            return "takes no value"
        try:
            number = float(str(value))
        except ValueError:
            return "needs a number as its value"
        if not (math.isfinite(number) and self.low <= number <= self.high):
            high = f" to {self.high:g}" if math.isfinite(self.high) else " or more"
            return f"needs a value of {self.low:g}{high}"
        return None


_LARGEST = 1e9
_HOUR_S = 3600
_FEATURES = 1, -_LARGEST, _LARGEST  # default, lowest and highest number of features

KINDS = {
    # replace the response
    "reset": Kind("the connection is reset before anything is done"),
    "lost_answer": Kind(
        "the work is done (an export has started), but the connection is closed instead of sending the response"
    ),
    "http_error": Kind("HTTP status `value` (503; 500, 502, 504 ...) and an HTML page", 503, 400, 599),
    "too_many_requests": Kind("HTTP status 429 with a Retry-After of `value` seconds (60)", 60, 0, _HOUR_S),
    "rate_limit": Kind('error 429 inside HTTP 200, with "Retry after `value` (60) sec."', 60, 0, _HOUR_S),
    "login_page": Kind("an HTML sign-in page with status 200, as from a proxy"),
    "invalid_token": Kind("error 498, as if the token had expired"),
    "token_required": Kind("error 499, as if there had been no token"),
    "error_as_data": Kind("an error inside HTTP 200 where a file was expected"),
    "redirect": Kind("the file is on another host, which refuses every request with a token"),
    # slow the response down
    "delay": Kind("the first byte of the response comes `value` seconds (1) later", 1, 0, _HOUR_S),
    "drip": Kind("the body comes in 20 pieces over `value` seconds (5)", 5, 0, _HOUR_S),
    "stall": Kind("half the body, then nothing for `value` seconds (30)", 30, 0, _HOUR_S),
    # alter the bytes of the response
    "truncate": Kind("the body ends after the share `value` (0.5) of its Content-Length", 0.5, 0, 1),
    "cut_short": Kind("like truncate, but Content-Length agrees: JSON is unreadable, a zip lacks its end", 0.5, 0, 1),
    "wrong_length": Kind(
        "the body is complete, but Content-Length is wrong by `value` (-10) bytes", -10, -_LARGEST, _LARGEST
    ),
    "malformed_json": Kind("JSON with one comma too many, which strict parsers reject"),
    # disturb export jobs
    "no_export_item": Kind("the response to an export lacks exportItemId"),
    "job_slow": Kind("export jobs take at least `value` seconds (10)", 10, 0, _HOUR_S),
    "job_stuck": Kind("export jobs stay in processing for ever"),
    "job_failed": Kind("export jobs fail with the statusMessage `value`, plain text or JSON", is_text=True),
    # change what a query returns
    "cap": Kind("at most `value` (100) features in a response, whatever the layer says", 100, 1, _LARGEST),
    "short_page": Kind("like cap, but without exceededTransferLimit", 100, 1, _LARGEST),
    "shuffle": Kind("features come in a different order each time, so pages overlap"),
    "overlap": Kind(
        "pages with an offset start `value` (1) features early, as if features had been added in between; "
        "late if negative, as if deleted",
        *_FEATURES,
    ),
    "repeat": Kind("the last feature of each response is its first one again: the number is right, but one is missing"),
    "null_ids": Kind("objectIds is null although there are features"),
    "count_drift": Kind(
        "counts are `value` (1) too high, and more so each time, as if features were being added", *_FEATURES
    ),
}
# the kinds that change what a query returns
QUERY_FAULTS = ("cap", "short_page", "shuffle", "overlap", "repeat", "null_ids", "count_drift")


@dataclass
class Fault:
    """A fault that is switched on, for requests whose path contains `path`.

    `value` is None for the kind's default; `times` is the number of requests still to be affected, None for no limit;
    `hits` is the number of requests affected so far.
    """

    kind: str
    value: str | None = None
    path: str = ""
    times: int | None = None
    hits: int = 0

    @property
    def number(self) -> float:
        """The value as a number, or the kind's default."""
        return KINDS[self.kind].default or 0.0 if self.value is None else float(self.value)


def read_fault(text: str) -> Fault:
    """Return the fault described by ``KIND[:VALUE][@/PATH]``, such as ``http_error:503@/query``."""
    named, at, path = text.rpartition("@/")
    kind, _, value = (named if at else text).partition(":")
    return Fault(kind, value or None, f"/{path}" if at else "")


class Faults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Switch a fault on; raise an error for an unknown kind or an invalid value."""
        kind = KINDS.get(fault.kind)
        if kind is None:
            raise ArcGISError(400, f"Unknown fault {fault.kind!r}; known are: {', '.join(sorted(KINDS))}.")
        problem = kind.problem(fault.value)
        if problem is not None:
            raise ArcGISError(400, f"The fault {fault.kind!r} {problem}.")
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults.clear()

    def take_each(self, path: str, kinds: Iterable[str]) -> dict[str, Fault]:
        """For each of `kinds`, `take` a fault that affects `path`; return copies of those found, by kind."""
        found = ((kind, self.take(path, kind)) for kind in kinds)
        return {kind: replace(fault) for kind, fault in found if fault is not None}

    def take(self, path: str, *kinds: str) -> Fault | None:
        """Return the first fault that has one of `kinds` and affects `path`, and count it as used; else return None."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in kinds and fault.path in path and fault.times != 0:
                    if fault.times is not None:
                        fault.times -= 1
                    fault.hits += 1
                    return fault
        return None

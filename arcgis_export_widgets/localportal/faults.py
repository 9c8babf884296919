"""Faults on demand: what real portals do on bad days, switched on for teaching and tests."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from arcgis_export_widgets.localportal.errors import ArcGISError

KINDS = {
    "delay": "answers come `value` seconds (1) later",
    "rate_limit": "429 inside HTTP 200, to be tried again after `value` seconds (60)",
    "http_error": "HTTP status `value` (503) with a page that is no JSON",
    "login_page": "a sign-in page in HTML with status 200, as a proxy in front gives it",
    "invalid_token": "498, as if the token had expired",
    "token_required": "499, as if there had been no token",
    "reset": "the connection is cut before anything is done",
    "lost_answer": "the work is done, then the connection is cut in place of the answer",
    "error_as_data": "an error envelope where a file was expected",
    "truncate": "the body ends after the share `value` (0.5) of the bytes that Content-Length announces",
    "cut_short": "as truncate, but Content-Length agrees: JSON cannot be read, a zip lacks its end",
    "stall": "half the body, then nothing for `value` seconds (30)",
    "redirect": "the file lies on another host, which refuses every token",
    "no_export_item": "an export's answer lacks exportItemId",
    "job_slow": "export jobs take at least `value` seconds (10)",
    "job_stuck": "export jobs stay in processing",
    "job_failed": "export jobs fail with the message `value`, plain or as JSON text",
    "cap": "at most `value` (100) features in an answer, whatever the layer says",
    "shuffle": "features come in another order for every request, pages overlap",
    "repeat": "the last feature of every answer is its first once more: the number is right, one is missing",
    "null_ids": "objectIds is null although there are features",
    "count_drift": "counts are `value` (1) too high, as if features were added meanwhile",
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


@dataclass(frozen=True)
class QueryFaults:
    """What is wrong with one query's answer.

    Parameters
    ----------
    cap
        Largest number of features; None for the layer's own.
    drift
        How much too high a count is.
    """

    cap: int | None = None
    is_shuffled: bool = False
    repeats: bool = False
    null_ids: bool = False
    drift: int = 0


def query_faults(faults: Faults, path: str) -> QueryFaults:
    """Return the faults that hit a query."""
    cap, drift = faults.take(path, "cap"), faults.take(path, "count_drift")
    return QueryFaults(
        cap=int(cap.number(100)) if cap else None,
        is_shuffled=faults.take(path, "shuffle") is not None,
        repeats=faults.take(path, "repeat") is not None,
        null_ids=faults.take(path, "null_ids") is not None,
        drift=int(drift.number(1)) if drift else 0,
    )

"""Faults on demand: those of `fault_kinds.KINDS` that are switched on, and what each request meets of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from arcgis_export_widgets.localportal.faults.kinds import KINDS
from arcgis_export_widgets.localportal.http.errors import ArcGISError


@dataclass
class Fault:
    """One fault.

    Parameters
    ----------
    value
        What the kind counts; None for its default.
    path
        Text that the request's path must contain; empty for any.
    times
        How many requests it still hits; None for all.
    hits
        How many it has hit.
    """

    kind: str
    value: str | None = None
    path: str = ""
    times: int | None = None
    hits: int = 0

    @property
    def number(self) -> float:
        """The value as a number, the kind's default without one."""
        return KINDS[self.kind].default or 0.0 if self.value is None else float(self.value)


def read_fault(text: str) -> Fault:
    """Return the fault that ``KIND[:VALUE][@/PATH]`` names, such as ``http_error:503@/query``."""
    named, at, path = text.rpartition("@/")
    kind, _, value = (named if at else text).partition(":")
    return Fault(kind, value or None, f"/{path}" if at else "")


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
            For an unknown kind, or a value that is not one for it.
        """
        kind = KINDS.get(fault.kind)
        if kind is None:
            raise ArcGISError(400, f"Unknown fault {fault.kind!r}; known are: {', '.join(sorted(KINDS))}.")
        wrong = kind.wrong(fault.value)
        if wrong is not None:
            raise ArcGISError(400, f"The fault {fault.kind!r} {wrong}.")
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
                    fault.hits += 1
                    return fault
        return None


@dataclass(frozen=True)
class QueryFaults:
    """What is wrong with one query's answer.

    Parameters
    ----------
    cap
        Largest number of features; None for the layer's own.
    hides_rest
        Whether an answer that is not all says nothing of the rest.
    early
        How many features too early a page after the first starts.
    drift
        How much too high a count is.
    """

    cap: int | None = None
    hides_rest: bool = False
    early: int = 0
    is_shuffled: bool = False
    repeats: bool = False
    null_ids: bool = False
    drift: int = 0


def query_faults(faults: Faults, path: str) -> QueryFaults:
    """Return the faults that hit a query."""
    cap, drift, overlap = (
        faults.take(path, *kinds) for kinds in (("cap", "short_page"), ("count_drift",), ("overlap",))
    )
    return QueryFaults(
        cap=int(cap.number) if cap else None,
        hides_rest=cap is not None and cap.kind == "short_page",
        early=int(overlap.number) if overlap else 0,
        is_shuffled=faults.take(path, "shuffle") is not None,
        repeats=faults.take(path, "repeat") is not None,
        null_ids=faults.take(path, "null_ids") is not None,
        drift=int(drift.number) * drift.hits if drift else 0,
    )

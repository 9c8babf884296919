"""Refuse filter geometries with which GEOS, which cannot be interrupted, would compute for minutes or gigabytes.

What takes long are not vertices but edges that cross: making a ring of 300 edges valid that all cross each other took
five minutes.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from arcgis_export_widgets.localportal.geometry.geometry_json import GeometryError
from arcgis_export_widgets.localportal.http.request import invalid_query

MOST_VERTICES = 100_000
MOST_CROSSINGS = 1_000
"""Most places in which edges of the same ring may cross."""
_MOST_MEETINGS = 100_000  # of edges of different rings, or of lines; where rings are neighbours, many edges meet
_PAIRS_AT_A_TIME = 1_000_000
_MOST_SECONDS = 5.0
_LARGEST = 1e30  # coordinate: products of some of them are finite numbers


def refuse_if_too_complicated(value: Any) -> None:
    """Raise an error if Esri's JSON of a geometry, `value`, has too many vertices, or edges that cross too often."""
    if not isinstance(value, dict):
        return
    try:
        parts = [_coordinates(part) for part in value.get("rings") or value.get("paths") or [value.get("points") or []]]
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise GeometryError("unreadable geometry") from error
    if sum(map(len, parts)) > MOST_VERTICES:
        raise invalid_query(f"'geometry' has more than {MOST_VERTICES:,} vertices")
    if "points" not in value:
        _count_crossings([part for part in parts if len(part) > 1], is_area="rings" in value)


def _coordinates(part: Any) -> NDArray[np.float64]:
    coordinates = np.array([point[:2] for point in part], dtype=np.float64).reshape(-1, 2)
    if not are_numbers(coordinates):
        raise ValueError("not finite")
    return coordinates


def are_numbers(coordinates: NDArray[np.float64]) -> bool:
    """Whether all coordinates are numbers with which GEOS can compute."""
    return bool((np.abs(coordinates) < _LARGEST).all())


def _count_crossings(parts: list[NDArray[np.float64]], *, is_area: bool) -> None:
    if not parts:
        return
    edges = shapely.linestrings(np.concatenate([np.stack([part[:-1], part[1:]], axis=1) for part in parts]))
    part_of = np.repeat(np.arange(len(parts)), [len(part) - 1 for part in parts])
    tree = shapely.STRtree(edges)
    step = max(_PAIRS_AT_A_TIME // len(edges), 1)
    within = between = 0
    ends = time.monotonic() + _MOST_SECONDS
    for start in range(0, len(edges), step):
        ours, others = tree.query(edges[start : start + step], predicate="intersects")
        is_same = part_of[start + ours] == part_of[others]
        within += int(is_same.sum())
        between += int((~is_same).sum())
        # every edge meets itself and its two neighbours, and every two edges that meet are counted twice
        crossings = (within - 3 * len(edges)) // 2
        if (
            crossings > (MOST_CROSSINGS if is_area else _MOST_MEETINGS)
            or between // 2 > _MOST_MEETINGS
            or time.monotonic() > ends
        ):
            raise invalid_query("'geometry' is too complicated: its edges cross each other too often")

"""Shapes where a map shows them: a map goes on beside the 180th meridian, longitudes begin anew there.

Parts are moved by whole turns of the globe, each to where it is nearest to the map's middle. What is wider than half
the globe, such as Antarctica, stays: half of it would be elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

_HALF, _TURN = 180.0, 360.0


def turned_parts(shapes: NDArray[np.object_], middle: float) -> NDArray[np.object_]:
    """All single shapes in some shapes, moved towards the longitude `middle`."""
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    west, _, east, _ = shapely.bounds(parts).T
    moved = np.repeat(_turn(west, east, middle), shapely.get_num_coordinates(parts))
    return np.asarray(shapely.transform(parts, lambda places: places + np.column_stack((moved, 0 * moved))))


def turned(geometry: Mapping[str, Any], middle: float) -> dict[str, Any]:
    """A GeoJSON geometry, its parts moved towards the longitude `middle`."""
    several = str(geometry["type"]).startswith("Multi")
    parts = geometry["coordinates"] if several else [geometry["coordinates"]]
    moved = [_moved(part, _turn_of(part, middle)) for part in parts]
    return {**geometry, "coordinates": moved if several else moved[0]}


def _turn(west: NDArray[np.float64], east: NDArray[np.float64], middle: float) -> NDArray[np.float64]:
    turns = np.round((middle - (west + east) / 2) / _TURN) * _TURN
    return np.where((east - west <= _HALF) & np.isfinite(turns), turns, 0.0)


def _turn_of(part: Any, middle: float) -> float:
    known = list(_longitudes(part))
    if not known:
        return 0.0
    return float(_turn(np.array(min(known)), np.array(max(known)), middle))


def _moved(part: Any, by: float) -> Any:
    if not by or not part:
        return part
    if isinstance(part[0], int | float):
        return [part[0] + by, *part[1:]]
    return [_moved(one, by) for one in part]


def _longitudes(coordinates: Any) -> Iterable[float]:
    """Longitude of each place in GeoJSON coordinates of any depth."""
    waiting = [coordinates]
    while waiting:
        part = waiting.pop()
        if part and isinstance(part[0], int | float):
            yield part[0]
        else:
            waiting.extend(part)

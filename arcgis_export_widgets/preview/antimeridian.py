"""The 180th meridian: a map continues past it, longitudes begin anew there.

Shapes are moved by turns of the globe to where a map shows them, and rectangles that a server reports around the globe
are narrowed to the side on which the features are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from arcgis_export_widgets.portal import Envelope

_QUARTER, _HALF, _TURN = 90.0, 180.0, 360.0
_DECIMALS = 2
"""Of longitudes, when gaps are looked for."""
_CLOSE = 10.0**-_DECIMALS


def spans_globe(envelope: Envelope) -> bool:
    """Whether a rectangle (WGS 84) is so wide that its features may be on both sides of the 180th meridian."""
    return envelope.xmax - envelope.xmin > _HALF


def narrowed(envelope: Envelope, spans: Iterable[tuple[float, float]]) -> Envelope:
    """The same rectangle across the 180th meridian, with ``xmin`` below -180, if its features leave a wide gap.

    A server's rectangle around Alaska and its islands reaches around the globe; across the meridian it is narrow.

    Parameters
    ----------
    spans
        Westernmost and easternmost longitude of each point, line and ring. What is on both sides of the meridian is
        cut in two there.
    """
    if not spans_globe(envelope) or envelope.xmin < -_HALF or envelope.xmax > _HALF:
        return envelope
    widest, west_of_gap, east_of_gap = 0.0, envelope.xmin, envelope.xmax
    known = sorted((round(west, _DECIMALS), round(east, _DECIMALS)) for west, east in spans)
    reached = known[0][1] if known else envelope.xmax
    for west, east in known:
        if west - reached > widest:
            widest, west_of_gap, east_of_gap = west - reached, reached, west
        reached = max(reached, east)
    if widest <= _QUARTER:
        return envelope
    return Envelope(east_of_gap - _TURN, envelope.ymin, west_of_gap, envelope.ymax)


def around(envelopes: Iterable[Envelope]) -> Envelope | None:
    """The rectangle around all of them, as far as they are in the world or a turn beyond; None if there are none."""
    known = list(envelopes)
    if not known:
        return None
    return Envelope(
        max(min(one.xmin for one in known), -_TURN),
        max(min(one.ymin for one in known), -_QUARTER),
        min(max(one.xmax for one in known), _TURN),
        min(max(one.ymax for one in known), _QUARTER),
    )


def spans(geometry: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """Westernmost and easternmost longitude of each point, line and ring of a GeoJSON geometry."""
    coordinates = geometry.get("coordinates") or []
    return _spans(coordinates if geometry.get("type") == "MultiPoint" else [coordinates])


def shifted(geometry: Mapping[str, Any], middle: float) -> dict[str, Any]:
    """A GeoJSON geometry, each part moved by whole turns to where it is nearest to the longitude `middle`.

    What is wider than half the globe, such as Antarctica, stays: half of it would be elsewhere.
    """
    is_multi = str(geometry["type"]).startswith("Multi")
    parts = geometry["coordinates"] if is_multi else [geometry["coordinates"]]
    moved = [_moved(part, _turn_of(part, middle)) for part in parts]
    return {**geometry, "coordinates": moved if is_multi else moved[0]}


def shifted_parts(shapes: NDArray[np.object_], middle: float) -> NDArray[np.object_]:
    """All single parts of some shapes, moved as `shifted` does."""
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    west, _, east, _ = shapely.bounds(parts).T
    moved = np.repeat(_turn(west, east, middle), shapely.get_num_coordinates(parts))
    return np.asarray(shapely.transform(parts, lambda places: places + np.column_stack((moved, 0 * moved))))


def shifted_into(shapes: NDArray[np.object_], extent: Envelope) -> NDArray[np.object_]:
    """Shapes moved to where a narrowed `extent` has them: what is east of its gap goes west of the 180th meridian."""

    def moved(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return places - np.where(places[:, :1] > extent.xmax + _CLOSE, [[_TURN, 0]], [[0, 0]])

    return np.asarray(shapely.transform(shapes, moved), dtype=object)


def _spans(parts: Iterable[Any]) -> Iterator[tuple[float, float]]:
    """The same of GeoJSON coordinates of any depth."""
    waiting = [part for part in parts if part]
    while waiting:
        part = waiting.pop()
        if isinstance(part[0], int | float):
            yield part[0], part[0]
        elif part[0] and isinstance(part[0][0], int | float):
            longitudes = [place[0] for place in part]
            yield min(longitudes), max(longitudes)
        else:
            waiting.extend(inner for inner in part if inner)


def _turn(west: NDArray[np.float64], east: NDArray[np.float64], middle: float) -> NDArray[np.float64]:
    turns = np.round((middle - (west + east) / 2) / _TURN) * _TURN
    return np.where((east - west <= _HALF) & np.isfinite(turns), turns, 0.0)


def _turn_of(part: Any, middle: float) -> float:
    known = list(_spans([part]))
    if not known:
        return 0.0
    return float(_turn(np.array(min(west for west, _ in known)), np.array(max(east for _, east in known)), middle))


def _moved(part: Any, by: float) -> Any:
    if not by or not part:
        return part
    if isinstance(part[0], int | float):
        return [part[0] + by, *part[1:]]
    return [_moved(one, by) for one in part]

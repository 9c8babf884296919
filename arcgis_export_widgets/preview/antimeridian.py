"""Handles data at the 180th meridian, where longitudes jump from 180 to -180 but a map continues.

Shapes are moved by multiples of 360 degrees to where the map shows them. For features on both sides of the meridian,
a server reports an extent that spans the whole globe; this module narrows that extent to the features.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from arcgis_export_widgets.portal import Envelope

Shapes: TypeAlias = "NDArray[np.object_]"
_QUARTER, _HALF, _TURN = 90.0, 180.0, 360.0
_DECIMALS = 2
"""Number of decimal places to which longitudes are rounded when looking for gaps between features."""
_CLOSE = 10.0**-_DECIMALS


def spans_globe(envelope: Envelope) -> bool:
    """Whether a rectangle (WGS 84) is so wide that its features may be on both sides of the 180th meridian."""
    return envelope.xmax - envelope.xmin > _HALF


def narrowed(envelope: Envelope, spans: Iterable[tuple[float, float]]) -> Envelope:
    """`envelope` narrowed to its features if it spans the globe and they leave a wide gap; else `envelope` unchanged.

    A narrowed rectangle crosses the 180th meridian and has an ``xmin`` below -180, as for Alaska with its islands.

    Parameters
    ----------
    spans
        Westernmost and easternmost longitude of each feature, as returned by the function `spans`. A feature that
        crosses the meridian is expected as two parts, cut at the meridian.
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
    """The rectangle around all `envelopes`, with longitudes limited to -360 to 360; None if `envelopes` is empty."""
    known = list(envelopes)
    if not known:
        return None
    return Envelope(
        max(min(one.xmin for one in known), -_TURN),
        max(min(one.ymin for one in known), -_QUARTER),
        min(max(one.xmax for one in known), _TURN),
        min(max(one.ymax for one in known), _QUARTER),
    )


def spans(shapes: Shapes) -> list[tuple[float, float]]:
    """Westernmost and easternmost longitude of each single point, line and polygon in `shapes`."""
    bounds = shapely.bounds(shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]))
    return [(west, east) for west, _, east, _ in bounds.tolist()]


def shifted(shapes: Shapes, middle: float) -> Shapes:
    """The shapes, with each part moved by the multiple of 360 degrees that brings it nearest to longitude `middle`.

    A part wider than half the globe, such as Antarctica, is not moved, because half of it would be out of place.
    """
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    west, _, east, _ = shapely.bounds(parts).T
    turns = np.round((middle - (west + east) / 2) / _TURN) * _TURN
    turns = np.where((east - west <= _HALF) & np.isfinite(turns), turns, 0.0)
    moves = np.repeat(turns, shapely.get_num_coordinates(parts))
    return np.asarray(shapely.transform(shapes, lambda places: places + np.column_stack((moves, 0 * moves))))


def shifted_into(shapes: Shapes, extent: Envelope) -> Shapes:
    """The shapes moved into an `extent` that `narrowed` returned: places east of it are moved 360 degrees west."""

    def moved(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return places - np.where(places[:, :1] > extent.xmax + _CLOSE, [[_TURN, 0]], [[0, 0]])

    return np.asarray(shapely.transform(shapes, moved), dtype=object)

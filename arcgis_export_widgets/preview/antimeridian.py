"""The 180th meridian: longitudes restart there, but a map continues past it.

Shapes are moved by multiples of 360 degrees to where the map shows them. If features are on both sides of the
meridian, a server reports a rectangle around the whole globe, which is narrowed to the features.
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
"""Decimals to which longitudes are rounded when looking for gaps between features."""
_CLOSE = 10.0**-_DECIMALS


def spans_globe(envelope: Envelope) -> bool:
    """Whether a rectangle (WGS 84) is so wide that its features may be on both sides of the 180th meridian."""
    return envelope.xmax - envelope.xmin > _HALF


def narrowed(envelope: Envelope, spans: Iterable[tuple[float, float]]) -> Envelope:
    """A rectangle around the globe, narrowed across the 180th meridian if its features leave a wide gap.

    A narrowed rectangle has an ``xmin`` below -180, as around Alaska and its islands.

    Parameters
    ----------
    spans
        Westernmost and easternmost longitudes of the features, as the function `spans` returns them. Features that
        cross the meridian have been cut in two there.
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
    """The rectangle around all `envelopes`, at most 360 degrees beyond the world; None if there are none."""
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
    """Westernmost and easternmost longitude of each point, line and polygon in some shapes."""
    bounds = shapely.bounds(shapely.get_parts(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]))
    return [(west, east) for west, _, east, _ in bounds.tolist()]


def shifted(shapes: Shapes, middle: float) -> Shapes:
    """The shapes with each part moved by a multiple of 360 degrees, to be nearest to the longitude `middle`.

    A part wider than half the globe, such as Antarctica, is not moved, because half of it would be out of place.
    """
    parts = shapely.get_parts(shapes[~shapely.is_missing(shapes)])
    west, _, east, _ = shapely.bounds(parts).T
    turns = np.round((middle - (west + east) / 2) / _TURN) * _TURN
    turns = np.where((east - west <= _HALF) & np.isfinite(turns), turns, 0.0)
    moves = np.repeat(turns, shapely.get_num_coordinates(parts))
    return np.asarray(shapely.transform(shapes, lambda places: places + np.column_stack((moves, 0 * moves))))


def shifted_into(shapes: Shapes, extent: Envelope) -> Shapes:
    """The shapes moved into a narrowed `extent`: those east of its gap move west by 360 degrees."""

    def moved(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return places - np.where(places[:, :1] > extent.xmax + _CLOSE, [[_TURN, 0]], [[0, 0]])

    return np.asarray(shapely.transform(shapes, moved), dtype=object)

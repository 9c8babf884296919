"""Rectangles on a globe, where the 180th meridian is no border."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from arcgis_export_widgets.portal import Envelope

_HALF = 180.0
_QUARTER = 90.0


def spans_globe(box: Envelope) -> bool:
    """Whether a box (WGS 84) is so wide that its features may lie on both sides of the 180th meridian."""
    return box.xmax - box.xmin > _HALF


def narrowed(box: Envelope, longitudes: Iterable[float]) -> Envelope:
    """The same box seen across the 180th meridian, with ``xmin`` below -180, if its features leave a wide gap.

    A server's box around Alaska and its islands reaches around the globe; seen across the meridian it is narrow.

    Parameters
    ----------
    longitudes
        Where the features are, in degrees.
    """
    places = sorted({round(x, 2) for x in longitudes})
    gaps = [(after - before, before, after) for before, after in pairwise(places)]
    widest, west_of_gap, east_of_gap = max(gaps, default=(0.0, 0.0, 0.0))
    if not spans_globe(box) or widest <= _QUARTER:
        return box
    return Envelope(east_of_gap - 360, box.ymin, west_of_gap, box.ymax)


def around(boxes: Iterable[Envelope]) -> Envelope | None:
    """The box around all boxes; None if there are none."""
    known = list(boxes)
    if not known:
        return None
    return Envelope(
        min(box.xmin for box in known),
        min(box.ymin for box in known),
        max(box.xmax for box in known),
        max(box.ymax for box in known),
    )

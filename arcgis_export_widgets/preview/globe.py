"""Rectangles on a globe, where the 180th meridian is no border."""

from __future__ import annotations

from collections.abc import Iterable

from arcgis_export_widgets.portal import Envelope

_HALF = 180.0
_QUARTER = 90.0
_TURN = 360.0


def spans_globe(box: Envelope) -> bool:
    """Whether a box (WGS 84) is so wide that its features may lie on both sides of the 180th meridian."""
    return box.xmax - box.xmin > _HALF


def narrowed(box: Envelope, spans: Iterable[tuple[float, float]]) -> Envelope:
    """The same box seen across the 180th meridian, with ``xmin`` below -180, if its features leave a wide gap.

    A server's box around Alaska and its islands reaches around the globe; seen across the meridian it is narrow.

    Parameters
    ----------
    spans
        Westernmost and easternmost longitude of each point, line and ring. What lies on both sides of the meridian is
        cut in two there.
    """
    if not spans_globe(box) or box.xmin < -_HALF or box.xmax > _HALF:
        return box
    widest, west_of_gap, east_of_gap = 0.0, box.xmin, box.xmax
    known = sorted((round(west, 2), round(east, 2)) for west, east in spans)
    reached = known[0][1] if known else box.xmax
    for west, east in known:
        if west - reached > widest:
            widest, west_of_gap, east_of_gap = west - reached, reached, west
        reached = max(reached, east)
    return Envelope(east_of_gap - _TURN, box.ymin, west_of_gap, box.ymax) if widest > _QUARTER else box


def around(boxes: Iterable[Envelope]) -> Envelope | None:
    """The box around all boxes, as far as they lie in the world or a turn beside it; None if there are none."""
    known = list(boxes)
    if not known:
        return None
    return Envelope(
        max(min(box.xmin for box in known), -_TURN),
        max(min(box.ymin for box in known), -_QUARTER),
        min(max(box.xmax for box in known), _TURN),
        min(max(box.ymax for box in known), _QUARTER),
    )

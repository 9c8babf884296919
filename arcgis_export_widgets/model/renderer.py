"""The colour a layer is drawn in by its owner.

Source: https://developers.arcgis.com/web-map-specification/objects/simpleRenderer/ and the symbol objects it leads to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

RGB = tuple[int, int, int]

_NO_FILL = "esriSFSNull"


def own_colours(definition: Mapping[str, Any]) -> tuple[RGB, ...]:
    """The colours of a layer that draws all its features alike.

    Parameters
    ----------
    definition
        The layer's JSON, with its ``drawingInfo``.

    Returns
    -------
    tuple of (red, green, blue), each 0 to 255
        Of the symbol and of its outline, whichever there are and can be seen, in this order; empty if features differ
        in their looks or are pictures.
    """
    renderer = _mapping(_mapping(definition.get("drawingInfo")).get("renderer"))
    if renderer.get("type") != "simple":
        return ()
    symbol = _mapping(renderer.get("symbol"))
    own = None if symbol.get("style") == _NO_FILL else symbol.get("color")
    found = (_rgb(own), _rgb(_mapping(symbol.get("outline")).get("color")))
    return tuple(colour for colour in found if colour is not None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _rgb(value: Any) -> RGB | None:
    """Red, green, blue of Esri's ``[r, g, b, a]``; None if there is none, or none that can be seen."""
    if not isinstance(value, list) or len(value) not in {3, 4} or not all(isinstance(part, int) for part in value):
        return None
    red, green, blue, *alpha = (min(max(part, 0), 255) for part in value)
    return (red, green, blue) if alpha != [0] else None

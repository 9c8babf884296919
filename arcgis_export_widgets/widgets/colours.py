"""Chooses a colour for each layer: the layer's own if distinct, else one that colour-blind people can distinguish."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import ImageColor

from arcgis_export_widgets.model.definition import RGB, LayerDefinition, own_colours

PALETTE = (
    # Okabe and Ito, "Color Universal Design", 2008, darkened where needed to stand out on a light map
    *("#0072b2", "#d55e00", "#007a5a", "#a8467f", "#8a6d00", "#3b6fd1", "#5a5a5a"),
    # for services with many layers: each colour was chosen to differ most from those before it
    *("#4a148c", "#a31621", "#2f6b12", "#c2009a"),
)
_LAND = (246, 243, 234)
_LEAST_CONTRAST = 3.0
"""Minimum contrast ratio for graphics (WCAG 2.2, criterion 1.4.11)."""
_LEAST_DISTANCE = 90.0


def colours(definitions: Sequence[LayerDefinition]) -> tuple[str, ...]:
    """A colour for each layer of a service, as ``#rrggbb``.

    A layer's own fill or outline colour is used if distinct from a light map and from the colours of earlier layers.
    """
    taken: list[RGB] = []
    for definition in definitions:
        own = (colour for colour in own_colours(definition.definition) if _contrast(colour) >= _LEAST_CONTRAST)
        offered = [*own, *(ImageColor.getrgb(one)[:3] for one in PALETTE)]
        taken.append(next((one for one in offered if _stands_out(one, taken)), min(offered, key=taken.count)))
    return tuple("#{:02x}{:02x}{:02x}".format(*colour) for colour in taken)


def _stands_out(colour: RGB, others: Sequence[RGB]) -> bool:
    return all(_distance(colour, other) >= _LEAST_DISTANCE for other in others)


def _distance(one: RGB, other: RGB) -> float:
    """How different two colours look, from 0 to about 765 (the "redmean" approximation)."""
    red = (one[0] + other[0]) / 2
    squares = [(a - b) ** 2 for a, b in zip(one, other, strict=True)]
    return float(((2 + red / 256) * squares[0] + 4 * squares[1] + (2 + (255 - red) / 256) * squares[2]) ** 0.5)


def _contrast(colour: RGB) -> float:
    """Contrast ratio (WCAG 2.2) between a colour and the colour of land on the map."""
    lighter, darker = _luminance(_LAND), _luminance(colour)
    return (max(lighter, darker) + 0.05) / (min(lighter, darker) + 0.05)


def _luminance(colour: RGB) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (part / 255 for part in colour)]  # noqa: PLR2004  sRGB
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

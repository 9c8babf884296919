"""One colour per layer, told apart by colour-blind eyes as well."""

from __future__ import annotations

# Okabe and Ito, "Color Universal Design", 2008, darkened where needed to stand out on a light map
_PALETTE = ("#0072b2", "#d55e00", "#007a5a", "#a8467f", "#8a6d00", "#3b6fd1", "#5a5a5a")


def colour(index: int) -> str:
    """Colour of the layer at this place in its service."""
    return _PALETTE[index % len(_PALETTE)]

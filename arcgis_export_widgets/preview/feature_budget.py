"""Dividing what a browser can draw among the layers."""

from __future__ import annotations

import math
from collections.abc import Mapping


def share_out(budget: int, wanted: Mapping[int, int | None]) -> dict[int, int]:
    """Divide `budget` features among layers: those that need less than their share leave the rest to the others.

    Parameters
    ----------
    wanted
        Features each layer could show, by layer id; None while not known, which may be any number.
    """
    shares: dict[int, int] = {}
    left = budget
    needs = sorted(wanted.items(), key=lambda need: math.inf if need[1] is None else need[1])
    for place, (layer_id, need) in enumerate(needs):
        fair = left // (len(needs) - place)
        shares[layer_id] = max(fair if need is None else min(need, fair), 1)
        left -= shares[layer_id]
    return shares

"""What a browser can draw: a budget of features for several layers, and loaded frames that keep to it."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import ProjError

from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.antimeridian import narrowed, shifted_into, spans

logger = logging.getLogger(__name__)

MOST_FEATURES = 4000
"""Most features drawn at once, in all layers together: as many as a browser draws without a pause."""
_HALF_TURN = 180.0
_SHARE_OF_WIDTH = 1 / 1500
"""Shapes are simplified to about a pixel of a map that shows all of them."""


@dataclass(frozen=True)
class Drawing:
    """One frame's shapes in longitude and latitude."""

    name: str
    features: tuple[dict[str, Any], ...]
    """GeoJSON features without properties; every n-th row if there are too many."""
    rows: int
    """Rows of the frame that have a geometry."""
    extent: Envelope


def feature_budget(budget: int, wanted: Mapping[int, int | None]) -> dict[int, int]:
    """Divide `budget` features among layers: those that need less than their share leave the rest to the others.

    Parameters
    ----------
    wanted
        Features each layer could show, by layer id; None if that is not known, which may be any number.
    """
    shares: dict[int, int] = {}
    left = budget
    needs = sorted(wanted.items(), key=lambda need: math.inf if need[1] is None else need[1])
    for place, (layer_id, need) in enumerate(needs):
        fair = left // (len(needs) - place)
        shares[layer_id] = max(fair if need is None else min(need, fair), 1)
        left -= shares[layer_id]
    return shares


def drawings(frames: Mapping[str, pd.DataFrame]) -> tuple[Drawing, ...]:
    """Prepare each frame that has a place on the globe. Takes time, so call it in a worker."""
    drawable = {
        name: frame
        for name, frame in frames.items()
        if isinstance(frame, geopandas.GeoDataFrame) and frame.active_geometry_name and frame.crs is not None
    }
    shares = feature_budget(MOST_FEATURES, {place: len(frame) for place, frame in enumerate(drawable.values())})
    made: list[Drawing] = []
    for place, (name, frame) in enumerate(drawable.items()):
        try:
            drawing = _draw(name, frame.geometry, shares[place])
        except ProjError as error:  # a local system without a place on the globe
            logger.info("%s is not drawn: %s", name, error)
            continue
        made += [] if drawing is None else [drawing]
    return tuple(made)


def _draw(name: str, geometry: geopandas.GeoSeries, most: int) -> Drawing | None:
    shapes = geometry[~(geometry.isna() | geometry.is_empty)]
    if shapes.empty:
        return None
    places = shapes.to_crs(4326)
    places = places[np.isfinite(places.bounds).all(axis=1)]  # what is beyond the edge of a map is nowhere on the globe
    if places.empty:
        return None
    xmin, ymin, xmax, ymax = map(float, places.total_bounds)
    extent = narrowed(Envelope(xmin, ymin, xmax, ymax), spans(places.to_numpy()))
    some = places.iloc[np.linspace(0, len(places) - 1, min(len(places), most)).astype(int)]
    simple = shapely.simplify(some.to_numpy(), max(extent.xmax - extent.xmin, ymax - ymin) * _SHARE_OF_WIDTH)
    if extent.xmin < min(xmin, -_HALF_TURN):
        simple = shifted_into(simple, extent)
    features = tuple(
        {"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(simple)
    )
    return Drawing(name, features, len(shapes), extent)

"""Loaded frames, made ready to be drawn on a map."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError

from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.feature_budget import share_out
from arcgis_export_widgets.preview.globe import narrowed

logger = logging.getLogger(__name__)

MOST_SHAPES = 4000
_HALF_TURN, _TURN = 180.0, 360.0
_CLOSE = 0.01  # as closely as `narrowed` looks
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


def drawings(frames: Mapping[str, pd.DataFrame]) -> tuple[Drawing, ...]:
    """Make each frame that has a place on the globe ready; takes time, so call it in a worker."""
    drawable = {
        name: frame
        for name, frame in frames.items()
        if isinstance(frame, geopandas.GeoDataFrame) and frame.active_geometry_name and frame.crs is not None
    }
    shares = share_out(MOST_SHAPES, {place: len(frame) for place, frame in enumerate(drawable.values())})
    made: list[Drawing] = []
    for place, (name, frame) in enumerate(drawable.items()):
        try:
            drawing = _draw(name, frame.geometry, shares[place])
        except ProjError as error:  # a local system, which nobody can place on the globe
            logger.info("%s is not drawn: %s", name, error)
            continue
        made += [] if drawing is None else [drawing]
    return tuple(made)


def _draw(name: str, geometry: geopandas.GeoSeries, most: int) -> Drawing | None:
    there = geometry[~(geometry.isna() | geometry.is_empty)]
    if there.empty:
        return None
    places = there.to_crs(4326)
    places = places[np.isfinite(places.bounds).all(axis=1)]  # beyond the edge of a map is no place on the globe
    if places.empty:
        return None
    xmin, ymin, xmax, ymax = map(float, places.total_bounds)
    spans = shapely.bounds(shapely.get_parts(places.to_numpy()))[:, [0, 2]].tolist()
    extent = narrowed(Envelope(xmin, ymin, xmax, ymax), spans)
    some = places.iloc[np.linspace(0, len(places) - 1, min(len(places), most)).astype(int)]
    simple = shapely.simplify(some.to_numpy(), max(extent.xmax - extent.xmin, ymax - ymin) * _SHARE_OF_WIDTH)
    if extent.xmin < min(xmin, -_HALF_TURN):
        simple = _across_the_meridian(simple, extent)
    features = tuple(
        {"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(simple)
    )
    return Drawing(name, features, len(there), extent)


def _across_the_meridian(shapes: NDArray[np.object_], extent: Envelope) -> NDArray[np.object_]:
    """Shapes where `extent` has them: what lies east of its gap is moved to the west of the 180th meridian."""

    def moved(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        return coordinates - np.where(coordinates[:, :1] > extent.xmax + _CLOSE, [[_TURN, 0]], [[0, 0]])

    return np.asarray(shapely.transform(shapes, moved), dtype=object)

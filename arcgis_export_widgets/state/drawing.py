"""Loaded frames, made ready to be drawn on a map."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.portal import Envelope

MOST_SHAPES = 4000
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
    """Make each frame that has geometry and a coordinate system ready; takes time, so call it in a worker."""
    drawable = {
        name: frame
        for name, frame in frames.items()
        if isinstance(frame, geopandas.GeoDataFrame) and frame.active_geometry_name and frame.crs is not None
    }
    made = (_draw(name, frame.geometry, MOST_SHAPES // len(drawable)) for name, frame in drawable.items())
    return tuple(drawing for drawing in made if drawing is not None)


def _draw(name: str, geometry: geopandas.GeoSeries, most: int) -> Drawing | None:
    there = geometry[~(geometry.isna() | geometry.is_empty)]
    if there.empty:
        return None
    some = there.iloc[np.linspace(0, len(there) - 1, min(len(there), most)).astype(int)].to_crs(4326)
    xmin, ymin, xmax, ymax = there.to_crs(4326).total_bounds if len(some) < len(there) else some.total_bounds
    simple = shapely.simplify(some.to_numpy(), max(xmax - xmin, ymax - ymin) * _SHARE_OF_WIDTH)
    features = tuple(
        {"type": "Feature", "properties": {}, "geometry": json.loads(text)} for text in shapely.to_geojson(simple)
    )
    return Drawing(name, features, len(there), Envelope(float(xmin), float(ymin), float(xmax), float(ymax)))

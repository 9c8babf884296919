"""Chooses the features of a layer or loaded frame to show on a map: all, or an even sample. Runs in worker threads."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import geopandas
import numpy as np
import pandas as pd
import shapely
from pyproj.exceptions import ProjError

from arcgis_export_widgets.model.fields import FieldType
from arcgis_export_widgets.portal import Envelope, FeatureLayer, LayerQuery
from arcgis_export_widgets.preview.antimeridian import (
    Shapes,
    around,
    narrowed,
    shifted,
    shifted_into,
    spans,
    spans_globe,
)
from arcgis_export_widgets.preview.raster import SKETCH, Painting, Picture
from arcgis_export_widgets.preview.viewport import Viewport

logger = logging.getLogger(__name__)

MOST_FEATURES = 4000
"""Most features drawn one by one, in all layers together: as many as a browser draws without a noticeable pause."""
_HALF_TURN = 180.0
_SHARE_OF_WIDTH = 1 / 1500
"""Tolerance for simplifying shapes, as a share of their extent: about a pixel on a map that shows them all."""
_TABLE_ROWS = 100
_MOST_FIELDS = 24
_AT_ONCE = 4
_MOST_SPANS = 1000
_UNREADABLE = {FieldType.BLOB, FieldType.RASTER, FieldType.XML, FieldType.GEOMETRY}


@dataclass(frozen=True)
class LayerSample:
    """The features of one layer that are shown, all or a sample, for one part of the world."""

    layer: FeatureLayer
    viewport: Viewport | None
    """The part of the world that was queried; None for tables, which have no geometry."""
    features: tuple[dict[str, Any], ...]
    """GeoJSON features in longitude and latitude."""
    matched: int
    """Number of rows that match the where clause in this part of the world, by the portal's count."""
    picture: Picture | None = None
    """The picture shown if there are too many features to draw one by one; else None."""
    painting: Painting | None = None
    """Draws the rest of the picture; None if there is nothing more to draw."""

    @property
    def drawn(self) -> int:
        """Number of features drawn, one by one or in the picture."""
        return len(self.features) if self.picture is None else self.picture.drawn

    @property
    def is_sketch(self) -> bool:
        """Whether the picture is unfinished, so that `refined` returns a better one."""
        return self.painting is not None

    @property
    def is_complete(self) -> bool:
        """Whether all matching features are drawn."""
        return self.drawn >= self.matched

    def refined(self) -> LayerSample:
        """A copy of this sample after one more step of fetching and drawing features in its picture."""
        if self.painting is None:
            return self
        picture = self.painting.go_on()
        return replace(self, picture=picture, painting=None if self.painting.is_finished else self.painting)


def take_sample(layer: FeatureLayer, where: str, viewport: Viewport | None, limit: int) -> LayerSample:
    """Fetch all features in view if there are at most `limit`, else draw some in a picture; `refined` then adds more.

    In a layer without object ids, an even sample is impossible; the server then chooses which rows it sends.
    """
    limit = _TABLE_ROWS if viewport is None else limit
    query = LayerQuery(where, fields=_fields(layer), limit=limit)
    if viewport is not None:
        query = replace(query, area=viewport.area, tolerance=viewport.degrees_per_pixel)
    matched = layer.count(query)
    if matched == 0:
        return LayerSample(layer, viewport, (), 0)
    oid, shown, picture, queries = layer.definition.object_id_field, limit, None, [query]
    is_many = matched > limit and oid is not None
    if is_many:
        shown = _TABLE_ROWS
        queries = [replace(query, limit=shown)]
    elif viewport is not None:
        queries = query.partitions(oid, matched, layer.definition.max_record_count)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="arcgis-sample") as pool:
        answers = pool.map(layer.preview, queries)  # these requests run while the picture is drawn
        if viewport is not None and is_many:
            picture = Painting(layer, where, viewport, matched, most=SKETCH).go_on()
        features = [feature for answer in answers for feature in answer["features"]]
    painting = None
    if viewport is not None and picture is not None and picture.drawn < matched:
        painting = Painting(layer, where, viewport, matched)
    placed = _placed(features[:shown], viewport)
    return LayerSample(layer, viewport, placed, max(matched, len(features)), picture, painting)


def extent(layers: Iterable[tuple[FeatureLayer, str]]) -> Envelope | None:
    """The rectangle (WGS 84) around all features that match their layer's where clause; None if nothing matches.

    If there are features on both sides of the 180th meridian, ``xmin`` may be below -180.
    """
    found = ((layer, where, layer.extent(where)) for layer, where in layers)
    return around(_narrowed(layer, where, envelope) for layer, where, envelope in found if envelope is not None)


def _narrowed(layer: FeatureLayer, where: str, envelope: Envelope) -> Envelope:
    """`envelope`, narrowed to its features if it spans the globe; looks at no more than 1,000 features."""
    if not spans_globe(envelope):
        return envelope
    oid = layer.definition.object_id_field
    answer = layer.preview(where, limit=_MOST_SPANS, tolerance=1.0, out_fields=(oid or "*",))
    return narrowed(envelope, spans(_shapes(answer["features"])))


def _placed(features: Sequence[dict[str, Any]], viewport: Viewport | None) -> tuple[dict[str, Any], ...]:
    """The features, moved by multiples of 360 degrees into this view; unreadable shapes stay unchanged."""
    if viewport is None or viewport.middle is None:
        return tuple(features)
    moved = shapely.to_geojson(shifted(_shapes(features), viewport.middle)).tolist()
    return tuple(
        feature if text is None else {**feature, "geometry": json.loads(text)}
        for feature, text in zip(features, moved, strict=True)
    )


def _shapes(features: Sequence[Mapping[str, Any]]) -> Shapes:
    """The shapes of GeoJSON features; None for shapes that are missing or cannot be read."""
    texts = [json.dumps(feature["geometry"]) if feature.get("geometry") else None for feature in features]
    return np.asarray(shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore"), dtype=object)


def _fields(layer: FeatureLayer) -> list[str]:
    """Names of the fields to show: the first `_MOST_FIELDS` that have readable values, to keep responses small."""
    return [f.name for f in layer.definition.fields if f.type not in _UNREADABLE][:_MOST_FIELDS]


def feature_budget(budget: int, wanted: Mapping[int, int | None]) -> dict[int, int]:
    """Divide `budget` features among layers: a layer that needs less than its share leaves the rest to the others.

    Parameters
    ----------
    wanted
        Number of features that each layer has to show, by layer id; None if unknown.
    """
    shares: dict[int, int] = {}
    left = budget
    needs = sorted(wanted.items(), key=lambda need: math.inf if need[1] is None else need[1])
    for place, (layer_id, need) in enumerate(needs):
        fair = left // (len(needs) - place)
        shares[layer_id] = max(fair if need is None else min(need, fair), 1)
        left -= shares[layer_id]
    return shares


@dataclass(frozen=True)
class Drawing:
    """The shapes of one loaded frame, to draw on a map."""

    name: str
    features: tuple[dict[str, Any], ...]
    """GeoJSON features in longitude and latitude, without properties; every n-th row if there are too many."""
    rows: int
    """Number of rows in the frame that have a geometry."""
    extent: Envelope


def drawings(frames: Mapping[str, pd.DataFrame]) -> tuple[Drawing, ...]:
    """A drawing of each frame that can be shown on a world map."""
    drawable = {
        name: frame
        for name, frame in frames.items()
        if isinstance(frame, geopandas.GeoDataFrame) and frame.active_geometry_name and frame.crs is not None
    }
    shares = feature_budget(MOST_FEATURES, {place: len(frame) for place, frame in enumerate(drawable.values())})
    made: list[Drawing | None] = []
    for place, (name, frame) in enumerate(drawable.items()):
        try:
            made.append(_draw(name, frame.geometry, shares[place]))
        except ProjError as error:  # a local coordinate system, which has no known position on the globe
            logger.info("%s is not drawn: %s", name, error)
    return tuple(drawing for drawing in made if drawing is not None)


def _draw(name: str, geometry: geopandas.GeoSeries, most: int) -> Drawing | None:
    shapes = geometry[~(geometry.isna() | geometry.is_empty)]
    places = shapes.to_crs(4326)
    places = places[np.isfinite(places.bounds).all(axis=1)]  # infinite beyond a projection's edge
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

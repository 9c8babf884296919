"""A sample of a layer for the map: how many rows there are, where, and an even part of them. Runs in workers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

from arcgis_export_widgets.model.fields import FieldType
from arcgis_export_widgets.portal import Envelope, FeatureLayer, LayerQuery
from arcgis_export_widgets.preview.antimeridian import Shapes, around, narrowed, shifted, spans, spans_globe
from arcgis_export_widgets.preview.raster import SKETCH, Painting, Picture
from arcgis_export_widgets.preview.viewport import Viewport

_TABLE_ROWS = 100
_MOST_FIELDS = 24
_AT_ONCE = 4
_MOST_SPANS = 1000
_UNREADABLE = {FieldType.BLOB, FieldType.RASTER, FieldType.XML, FieldType.GEOMETRY}


@dataclass(frozen=True)
class LayerSample:
    """Features of one layer in one part of the world."""

    layer: FeatureLayer
    viewport: Viewport | None
    """The view they were looked for in; None for tables, which are nowhere."""
    features: tuple[dict[str, Any], ...]
    """GeoJSON features in longitude and latitude."""
    matched: int
    """Rows in the view that meet the clause, by the portal's count."""
    picture: Picture | None = None
    """What is drawn in place of the features if they are too many to be drawn one by one."""
    painting: Painting | None = None
    """What draws more of the picture; None once it is as good as it gets."""

    @property
    def drawn(self) -> int:
        """How many are drawn, one by one or in the picture."""
        return len(self.features) if self.picture is None else self.picture.drawn

    @property
    def is_sketch(self) -> bool:
        """Whether the picture shows only what came first, and `refined` makes a better one."""
        return self.painting is not None

    @property
    def is_complete(self) -> bool:
        """Whether all of them are drawn."""
        return self.drawn >= self.matched

    def refined(self) -> LayerSample:
        """The same with more in its picture: after a few steps as many features as can be fetched in time."""
        if self.painting is None:
            return self
        picture = self.painting.go_on()
        return replace(self, picture=picture, painting=None if self.painting.is_finished else self.painting)


def take_sample(layer: FeatureLayer, where: str, viewport: Viewport | None, limit: int) -> LayerSample:
    """Count what is in view, then fetch all of it if `limit` allows, else draw a sketch that can be refined.

    Rows without an object id cannot be picked evenly; the server then chooses which ones it sends.
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
        answers = pool.map(layer.preview, queries)  # while the picture is drawn
        if viewport is not None and is_many:
            picture = Painting(layer, where, viewport, matched, most=SKETCH).go_on()
        features = [feature for answer in answers for feature in answer["features"]]
    painting = None
    if viewport is not None and picture is not None and picture.drawn < matched:
        painting = Painting(layer, where, viewport, matched)
    placed = _placed(features[:shown], viewport)
    return LayerSample(layer, viewport, placed, max(matched, len(features)), picture, painting)


def extent(layers: Iterable[tuple[FeatureLayer, str]]) -> Envelope | None:
    """The rectangle (WGS 84) around what the clauses match in all layers; None if that is nowhere.

    Data on both sides of the 180th meridian give a rectangle with ``xmin`` below -180.
    """
    found = ((layer, where, layer.extent(where)) for layer, where in layers)
    return around(_narrowed(layer, where, envelope) for layer, where, envelope in found if envelope is not None)


def _narrowed(layer: FeatureLayer, where: str, envelope: Envelope) -> Envelope:
    """The rectangle as `narrowed` judges it by up to 1,000 features."""
    if not spans_globe(envelope):
        return envelope
    oid = layer.definition.object_id_field
    answer = layer.preview(where, limit=_MOST_SPANS, tolerance=1.0, out_fields=(oid or "*",))
    return narrowed(envelope, spans(_shapes(answer["features"])))


def _placed(features: Sequence[dict[str, Any]], viewport: Viewport | None) -> tuple[dict[str, Any], ...]:
    """Features where a map of that view shows them; a shape that cannot be read stays as it is."""
    if viewport is None or viewport.middle is None:
        return tuple(features)
    moved = shapely.to_geojson(shifted(_shapes(features), viewport.middle)).tolist()
    return tuple(
        feature if text is None else {**feature, "geometry": json.loads(text)}
        for feature, text in zip(features, moved, strict=True)
    )


def _shapes(features: Sequence[Mapping[str, Any]]) -> Shapes:
    """The shapes of GeoJSON features; None for one that is missing or cannot be read."""
    texts = [json.dumps(feature["geometry"]) if feature.get("geometry") else None for feature in features]
    return np.asarray(shapely.from_geojson(np.array(texts, dtype=object), on_invalid="ignore"), dtype=object)


def _fields(layer: FeatureLayer) -> list[str]:
    """The fields to show: all that can be read, up to a number that keeps answers small."""
    return [f.name for f in layer.definition.fields if f.type not in _UNREADABLE][:_MOST_FIELDS]

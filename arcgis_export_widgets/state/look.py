"""Looking at a layer through its portal: how much is there, where, and an honest part of it. Runs in workers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from arcgis_export_widgets.portal import Envelope, FeatureLayer
from arcgis_export_widgets.request.fields import FieldType
from arcgis_export_widgets.state.globe import around, narrowed, spans_globe
from arcgis_export_widgets.state.viewport import Viewport

_TABLE_ROWS = 100
_MOST_FIELDS = 24
_SAMPLE = 1000
_SLACK = 1.1  # object ids have gaps, so remainders are not quite equally frequent
_UNREADABLE = {FieldType.BLOB, FieldType.RASTER, FieldType.XML, FieldType.GEOMETRY}


@dataclass(frozen=True)
class LayerPreview:
    """Features of one layer in one area."""

    layer: FeatureLayer
    where: str
    """The clause they meet; empty for all."""
    area: Viewport | None
    """Where they were looked for; None for tables, which are nowhere."""
    limit: int
    """How many were wanted at most."""
    features: tuple[dict[str, Any], ...]
    """GeoJSON features in longitude and latitude."""
    there: int
    """How many there are by the portal's count."""

    @property
    def is_complete(self) -> bool:
        """Whether all of them are here."""
        return len(self.features) >= self.there


def look(layer: FeatureLayer, where: str, area: Viewport | None, limit: int) -> LayerPreview:
    """Count what is in `area`, then fetch it: all if `limit` allows, else rows picked evenly by object id.

    The first rows of a layer are often those of one region, so a map of them would mislead.
    """
    envelope = None if area is None else area.envelope
    limit = _TABLE_ROWS if area is None else limit
    there = layer.count(where or None, envelope=envelope)
    if there == 0:
        return LayerPreview(layer, where, area, limit, (), 0)
    features: list[dict[str, Any]] = []
    for clause in [where] if area is None else _parts(layer, where, there, limit):
        answer = layer.preview(
            clause or None,
            envelope=envelope,
            limit=limit,
            tolerance=None if area is None else area.degrees_per_pixel,
            out_fields=_fields(layer),
        )
        features += answer["features"]
    return LayerPreview(layer, where, area, limit, tuple(features[:limit]), max(there, len(features)))


def extent(layers: Iterable[tuple[FeatureLayer, str]]) -> Envelope | None:
    """The rectangle (WGS 84) around what the clauses keep in all layers; None if that is nowhere.

    Data on both sides of the 180th meridian give a rectangle with ``xmin`` below -180.
    """
    boxes = ((layer, where, layer.extent(where or None)) for layer, where in layers)
    return around(_seen_across(layer, where, box) for layer, where, box in boxes if box is not None)


def _seen_across(layer: FeatureLayer, where: str, box: Envelope) -> Envelope:
    """The box as `narrowed` judges it by up to 1,000 features."""
    if not spans_globe(box):
        return box
    oid = layer.definition.object_id_field
    answer = layer.preview(where or None, limit=_SAMPLE, tolerance=1.0, out_fields=(oid or "*",))
    return narrowed(box, (x for feature in answer["features"] for x in _longitudes(feature.get("geometry") or {})))


def _longitudes(geometry: Mapping[str, Any]) -> Iterable[float]:
    waiting: list[Any] = [geometry.get("coordinates") or ()]
    while waiting:
        part = waiting.pop()
        if part and isinstance(part[0], int | float):
            yield part[0]
        else:
            waiting.extend(part)


def _parts(layer: FeatureLayer, where: str, there: int, limit: int) -> list[str]:
    """Clauses which together keep up to about `limit` rows, each no more than the server answers at once.

    They differ in the remainder of the object id, so rows are picked evenly. Where rows have no number, the server
    sends what it likes.
    """
    oid = layer.definition.object_id_field
    step = math.ceil(there / limit)
    parts = math.ceil(there / step * _SLACK / layer.definition.max_record_count)
    if oid is None or (step == 1 and there <= layer.definition.max_record_count):
        return [where]
    remainders = [f"MOD({oid}, {step * parts}) = {step * part}" for part in range(parts)]
    return [f"({where}) AND {remainder}" if where else remainder for remainder in remainders]


def _fields(layer: FeatureLayer) -> tuple[str, ...]:
    """The fields to look at: all that can be read, up to a number that keeps answers small."""
    names = [f.name for f in layer.definition.fields if f.type not in _UNREADABLE]
    return tuple(names[:_MOST_FIELDS]) or ("*",)

"""Looking at a layer through its portal: how much is there, where, and an honest part of it. Runs in workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from arcgis_export_widgets.model.fields import FieldType
from arcgis_export_widgets.portal import Envelope, FeatureLayer
from arcgis_export_widgets.preview.antimeridian import turned
from arcgis_export_widgets.preview.globe import around, narrowed, spans_globe
from arcgis_export_widgets.preview.partitions import parts
from arcgis_export_widgets.preview.raster import Painting, Picture, sketch
from arcgis_export_widgets.preview.viewport import Viewport

_TABLE_ROWS = 100
_MOST_FIELDS = 24
_AT_ONCE = 4
_SAMPLE = 1000
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
    picture: Picture | None = None
    """What is drawn in place of the features, where they are too many to be drawn one by one."""
    painting: Painting | None = None
    """What makes more of the picture; None once it is as good as it gets."""

    @property
    def drawn(self) -> int:
        """How many are drawn, one by one or in the picture."""
        return len(self.features) if self.picture is None else self.picture.drawn

    @property
    def is_sketch(self) -> bool:
        """Whether the picture is only of what came first, and `further` makes a better one."""
        return self.painting is not None

    @property
    def is_complete(self) -> bool:
        """Whether all of them are drawn."""
        return self.drawn >= self.there


def look(layer: FeatureLayer, where: str, area: Viewport | None, limit: int) -> LayerPreview:
    """Count what is in `area`, then fetch it: all if `limit` allows, else a sketch of it, for `further` to go on with.

    Where rows have no object id to pick them evenly by, the server sends what it likes.
    """
    place = None if area is None else area.place
    asked = limit = _TABLE_ROWS if area is None else limit
    there = layer.count(where or None, envelope=place)
    if there == 0:
        return LayerPreview(layer, where, area, limit, (), 0)
    painted, clauses = None, [where]
    is_many = there > limit and layer.definition.object_id_field is not None
    if is_many:
        limit = _TABLE_ROWS
    elif area is not None:
        clauses = parts(layer, where, there)
    ask = partial(
        layer.preview,
        envelope=place,
        limit=limit,
        tolerance=None if area is None else area.degrees_per_pixel,
        out_fields=_fields(layer),
    )
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="arcgis-look") as pool:
        answers = pool.map(lambda clause: ask(clause or None), clauses)  # while the picture is drawn
        if area is not None and is_many:
            painted = sketch(layer, where, area, there)
        features = [feature for answer in answers for feature in answer["features"]]
    shown = tuple(_seen(feature, area) for feature in features[:limit])
    painting = None
    if area is not None and painted is not None and painted.drawn < there:
        painting = Painting(layer, where, area, there)
    return LayerPreview(layer, where, area, asked, shown, max(there, len(features)), painted, painting)


def further(preview: LayerPreview) -> LayerPreview:
    """The same with more in its picture: after a few steps as many features as can be had in time."""
    if preview.painting is None:
        return preview
    painted = preview.painting.go_on()
    return replace(preview, picture=painted, painting=None if preview.painting.is_finished else preview.painting)


def _seen(feature: dict[str, Any], area: Viewport | None) -> dict[str, Any]:
    """A feature where a map of that area shows it."""
    if area is None or area.middle is None or not feature.get("geometry"):
        return feature
    return {**feature, "geometry": turned(feature["geometry"], area.middle)}


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
    return narrowed(box, (span for feature in answer["features"] for span in _spans(feature.get("geometry") or {})))


def _spans(geometry: Mapping[str, Any]) -> Iterable[tuple[float, float]]:
    """Westernmost and easternmost longitude of each point, line and ring."""
    waiting: list[Any] = [geometry.get("coordinates") or ()]
    while waiting:
        part = waiting.pop()
        if part and isinstance(part[0], int | float):
            yield part[0], part[0]
        elif part and part[0] and isinstance(part[0][0], int | float) and geometry["type"] != "MultiPoint":
            longitudes = [place[0] for place in part]
            yield min(longitudes), max(longitudes)
        else:
            waiting.extend(part)


def _fields(layer: FeatureLayer) -> tuple[str, ...]:
    """The fields to look at: all that can be read, up to a number that keeps answers small."""
    names = [f.name for f in layer.definition.fields if f.type not in _UNREADABLE]
    return tuple(names[:_MOST_FIELDS]) or ("*",)

"""Reads a layer's JSON into a `LayerDefinition`, with the parts that an export needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.model.fields import Field, FieldType
from arcgis_export_widgets.model.spatial_reference import SpatialReference

RGB = tuple[int, int, int]
_NO_FILL = "esriSFSNull"


class GeometryType(str, Enum):
    """ArcGIS's geometry types, by their REST names."""

    POINT = "esriGeometryPoint"
    MULTIPOINT = "esriGeometryMultipoint"
    POLYLINE = "esriGeometryPolyline"
    POLYGON = "esriGeometryPolygon"
    MULTIPATCH = "esriGeometryMultiPatch"
    ENVELOPE = "esriGeometryEnvelope"

    @classmethod
    def of(cls, text: Any) -> GeometryType | None:
        """The geometry type with this REST name, in any letter case, as servers differ; None if there is none."""
        wanted = str(text).lower()
        return next((known for known in cls if known.value.lower() == wanted), None)

    @property
    def plural(self) -> str:
        """Word for several geometries of this type, such as ``lines``."""
        return say(_PLURALS[self])


_PLURALS = {
    GeometryType.POINT: mark("points"),
    GeometryType.MULTIPOINT: mark("multipoints"),
    GeometryType.POLYLINE: mark("lines"),
    GeometryType.POLYGON: mark("polygons"),
    GeometryType.MULTIPATCH: mark("multipatches"),
    GeometryType.ENVELOPE: mark("rectangles"),
}


@dataclass(frozen=True)
class LayerDefinition:
    """The definition of a layer or table of a feature service."""

    id: int
    name: str
    fields: tuple[Field, ...]
    geometry_type: GeometryType | None = None
    """Type of the geometries; None for tables."""
    spatial_reference: SpatialReference | None = None
    """Spatial reference the layer is stored in; None for tables, or if unknown."""
    object_id_field: str | None = None
    """Name of the object id field; None if the layer neither names one nor has a field of type OID."""
    display_field: str | None = None
    max_record_count: int = 1000
    """Maximum number of features in one query response; 1000, the limit of old servers, if the layer does not say."""
    capabilities: frozenset[str] = frozenset()
    """Operations the service allows, such as ``Query`` and ``Extract``."""
    query_formats: frozenset[str] = frozenset({"json"})
    """Formats the layer supports for query responses, in lower case: ``json``, ``geojson``, ``pbf``."""
    has_z: bool = False
    has_m: bool = False
    has_attachments: bool = False
    last_edit_ms: int | None = None
    """Time of the last edit of the data, in milliseconds since 1970 UTC; None if unknown."""
    definition: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The layer's JSON as received."""

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> LayerDefinition:
        """Read a layer's JSON: the response of ``.../FeatureServer/{id}?f=json``, also from old servers.

        Source: https://developers.arcgis.com/rest/services-reference/enterprise/layer-feature-service/

        Raises
        ------
        RequestError
            If `json` is not the definition of a layer, or not in a form ArcGIS uses.
        """
        if "id" not in json:
            raise RequestError(
                say("This is not the definition of a layer: it has no 'id'. Request .../FeatureServer/0?f=json.")
            )
        try:
            return cls._read(json)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RequestError(
                say(
                    "The server does not describe layer {layer} as ArcGIS does ({error}), so it cannot be used. "
                    "Tell the layer's owner.",
                    layer=json.get("name") or json["id"],
                    error=f"{type(error).__name__}: {error}",
                )
            ) from error

    @classmethod
    def _read(cls, json: dict[str, Any]) -> LayerDefinition:
        fields = tuple(Field.from_json(f) for f in json.get("fields") or ())
        object_id = _text(json.get("objectIdField")) or next((f.name for f in fields if f.type is FieldType.OID), None)
        geometry = json.get("geometryType")
        last_edit = (json.get("editingInfo") or {}).get("lastEditDate")
        return cls(
            id=int(json["id"]),
            name=_text(json.get("name")) or f"Layer {json['id']}",
            fields=tuple(f for f in fields if f.type is not FieldType.GEOMETRY),
            geometry_type=GeometryType.of(geometry),
            spatial_reference=_spatial_reference(json) if geometry else None,
            object_id_field=object_id,
            display_field=_text(json.get("displayField")),
            max_record_count=int(json.get("maxRecordCount") or 1000),
            capabilities=_words(json.get("capabilities"), lower=False),
            query_formats=_words(json.get("supportedQueryFormats")) or frozenset({"json"}),
            has_z=bool(json.get("hasZ")),
            has_m=bool(json.get("hasM")),
            has_attachments=bool(json.get("hasAttachments")),
            last_edit_ms=last_edit if isinstance(last_edit, int) else None,
            definition=json,
        )

    @property
    def is_table(self) -> bool:
        """Whether this is a table: its rows have no geometry."""
        return self.geometry_type is None

    def with_fields(self, names: Sequence[str]) -> LayerDefinition:
        """The definition with only the named fields, in any letter case, and the object id; without `names`, all.

        Raises
        ------
        RequestError
            If the layer has no field with one of these names.
        """
        if not names:
            return self
        kept = {self.known_field(name).name.lower() for name in names} | {(self.object_id_field or "").lower()}
        return replace(self, fields=tuple(field for field in self.fields if field.name.lower() in kept))

    def field(self, name: str) -> Field | None:
        """Find a field by name, ignoring case as ArcGIS does; None if there is no such field."""
        return self._by_name.get(name.lower())

    def known_field(self, name: str) -> Field:
        """Find a field by name, ignoring case; RequestError, which lists the fields, if there is no such field."""
        if (found := self.field(name)) is not None:
            return found
        known = ", ".join(field.name for field in self.fields)
        raise RequestError(
            say("{layer} has no field {name!r}. It has: {known}.", layer=self.name, name=name, known=known)
        )

    @cached_property
    def _by_name(self) -> dict[str, Field]:
        return {f.name.lower(): f for f in reversed(self.fields)}  # if names differ only in case, the first counts


def _text(value: Any) -> str | None:
    return value if value and isinstance(value, str) else None


def _words(text: str | None, *, lower: bool = True) -> frozenset[str]:
    words = (word.strip() for word in (text or "").split(","))
    return frozenset(word.lower() if lower else word for word in words if word)


def _spatial_reference(json: dict[str, Any]) -> SpatialReference | None:
    candidates = (
        json.get("sourceSpatialReference"),
        (json.get("extent") or {}).get("spatialReference"),
        json.get("spatialReference"),
    )
    for candidate in candidates:
        if candidate and (candidate.get("wkid") or candidate.get("wkt")):
            try:
                return SpatialReference.of(candidate)
            except RequestError:
                # PROJ does not know this local system: the layer can still be exported, but not shown on a map
                continue
    return None


def own_colours(definition: Mapping[str, Any]) -> tuple[RGB, ...]:
    """The colours of a layer that draws all features with the same symbol.

    Source: https://developers.arcgis.com/web-map-specification/objects/simpleRenderer/ and the symbols it links to.

    Parameters
    ----------
    definition
        The layer's JSON, with its ``drawingInfo``.

    Returns
    -------
    tuple of (red, green, blue), each 0 to 255
        The symbol's colour, then its outline's, each only if visible; empty if the symbol is a picture
        or features have different symbols.
    """
    renderer = _mapping(_mapping(definition.get("drawingInfo")).get("renderer"))
    if renderer.get("type") != "simple":
        return ()
    symbol = _mapping(renderer.get("symbol"))
    own = None if symbol.get("style") == _NO_FILL else symbol.get("color")
    found = (_rgb(own), _rgb(_mapping(symbol.get("outline")).get("color")))
    return tuple(colour for colour in found if colour is not None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _rgb(value: Any) -> RGB | None:
    """Red, green and blue of an Esri colour ``[r, g, b, a]``; None if invisible or not a colour."""
    if not isinstance(value, list) or len(value) not in {3, 4} or not all(isinstance(part, int) for part in value):
        return None
    red, green, blue, *alpha = (min(max(part, 0), 255) for part in value)
    return (red, green, blue) if alpha != [0] else None

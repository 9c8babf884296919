"""The export request: what to export, how, and under which name.

Follows the Export Item operation,
https://developers.arcgis.com/rest/users-groups-and-items/export-item/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import index
from typing import Any, TypeAlias

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference, SpatialReferenceLike
from arcgis_export_widgets.request.document import SCHEMA_VERSION, read_document

ExportLayerLike: TypeAlias = "ExportLayer | int | Mapping[str, Any]"


@dataclass(frozen=True)
class ExportLayer:
    """One layer to export, and which part of it.

    Raises
    ------
    RequestError
        If the id is not a whole number from 0, or a column name is empty or used twice.
    """

    id: int
    """Number of the layer or table in its service."""
    where: str | None = None
    """Where clause that rows must meet, sent as written; None or blank for all rows."""
    include_geometry: bool = True
    x_column_name: str | None = None
    """CSV only: column for a point's x; None for ArcGIS's own ``x``."""
    y_column_name: str | None = None
    """CSV only: column for a point's y; None for ArcGIS's own ``y``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", _layer_id(self.id))
        for name in ("where", "x_column_name", "y_column_name"):
            text = getattr(self, name)
            if text is not None and not isinstance(text, str):
                raise RequestError(
                    say("{name} of layer {layer} must be text, not {text!r}.", name=name, layer=self.id, text=text)
                )
            if text is not None and not text.strip():
                object.__setattr__(self, name, None)
        if (self.x_column_name or "x").lower() == (self.y_column_name or "y").lower():
            column = self.x_column_name or "x"
            raise RequestError(
                say("Layer {layer}: x and y cannot both go to the column {column!r}.", layer=self.id, column=column)
            )

    @classmethod
    def of(cls, value: ExportLayerLike) -> ExportLayer:
        """Read a layer from its id, or from the JSON ``exportParameters`` holds."""
        if isinstance(value, ExportLayer):
            return value
        if isinstance(value, Mapping):
            unknown = set(value) - {"id", "where", "includeGeometry", "xColumnName", "yColumnName"}
            if unknown or "id" not in value:
                raise RequestError(
                    say(
                        "{value!r} is not a layer to export: it needs an 'id' and may have 'where', 'includeGeometry', "
                        "'xColumnName' and 'yColumnName', nothing else.",
                        value=dict(value),
                    )
                )
            include_geometry = value.get("includeGeometry", True)
            if not isinstance(include_geometry, bool):
                raise RequestError(say("includeGeometry is true or false, not {value!r}.", value=include_geometry))
            return cls(
                value["id"],
                where=value.get("where"),
                include_geometry=include_geometry,
                x_column_name=value.get("xColumnName"),
                y_column_name=value.get("yColumnName"),
            )
        return cls(value)

    @property
    def is_plain(self) -> bool:
        """Whether the geometry is exported as it is: included, without names for columns of x and y."""
        return self.include_geometry and not (self.x_column_name or self.y_column_name)

    def to_json(self) -> dict[str, Any]:
        """The layer as ``exportParameters`` wants it; what is at its default is left out."""
        parts = {
            "id": self.id,
            "where": self.where,
            "includeGeometry": None if self.include_geometry else False,
            "xColumnName": self.x_column_name,
            "yColumnName": self.y_column_name,
        }
        return {key: value for key, value in parts.items() if value is not None}


@dataclass(frozen=True)
class ExportRequest:
    """What to export, complete and checked; the same whether made by form, by hand or from a file.

    Parameters
    ----------
    item_id
        Id of the feature service item: 32 hexadecimal digits.
    export_format
        An `ExportFormat` or its name in any casing (``"shapefile"``, ``"File Geodatabase"``, ``"gpkg"``).
    layers
        Layers to export: `ExportLayer`, bare ids, or their JSON. Empty or None means all layers and tables, whole.
    title
        Of the item that will hold the file; None for one made from the item's own title and the time.
    target_sr
        Coordinate system of the result, in any form `SpatialReference.of` reads; None for the layers' own.
    tags
        Of the item that will hold the file. Sent by Esri's own client, not documented.
    snippet
        One-line summary of that item. Sent by Esri's own client, not documented.
    enforce_field_visibility
        For views: export only what the view shows. None leaves it to the portal.

    Raises
    ------
    RequestError
        At once, if any of it makes no sense.

    Examples
    --------
    >>> request = ExportRequest("345313e619df46f387f9ededbe15ac56", "shapefile", layers=[0], target_sr="EPSG:3857")
    >>> request.to_form()["exportParameters"]
    '{"layers": [{"id": 0}], "targetSR": {"wkid": 3857}}'
    """

    item_id: str
    export_format: ExportFormat
    layers: tuple[ExportLayer, ...] = ()
    title: str | None = field(default=None, kw_only=True)
    target_sr: SpatialReference | None = field(default=None, kw_only=True)
    tags: tuple[str, ...] = field(default=(), kw_only=True)
    snippet: str | None = field(default=None, kw_only=True)
    enforce_field_visibility: bool | None = field(default=None, kw_only=True)

    def __init__(
        self,
        item_id: str,
        export_format: ExportFormat | str,
        layers: Iterable[ExportLayerLike] | None = (),
        *,
        title: str | None = None,
        target_sr: SpatialReferenceLike | None = None,
        tags: Iterable[str] | str = (),
        snippet: str | None = None,
        enforce_field_visibility: bool | None = None,
    ) -> None:
        if layers is not None and (isinstance(layers, (str, Mapping)) or not isinstance(layers, Iterable)):
            raise RequestError(say('layers takes a list, such as [0] or [ExportLayer(0, where="...")].'))
        if not isinstance(enforce_field_visibility, (bool, type(None))):
            raise RequestError(
                say("enforce_field_visibility is True, False or None, not {value!r}.", value=enforce_field_visibility)
            )
        values = {
            "item_id": _item_id(item_id),
            "export_format": ExportFormat.of(export_format),
            "layers": _layers(() if layers is None else layers),
            "title": _text("title", title),
            "target_sr": None if target_sr is None else SpatialReference.of(target_sr),
            "tags": _tags(tags),
            "snippet": _text("snippet", snippet),
            "enforce_field_visibility": enforce_field_visibility,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def export_parameters(self) -> dict[str, Any]:
        """The ``exportParameters`` object; empty when everything is to be exported as it is."""
        parts: dict[str, Any] = {}
        if self.layers:
            parts["layers"] = [layer.to_json() for layer in self.layers]
        if self.target_sr is not None:
            parts["targetSR"] = self.target_sr.to_json()
        if self.enforce_field_visibility is not None:
            parts["enforceFieldVisibility"] = self.enforce_field_visibility
        return parts

    def to_form(self) -> dict[str, str]:
        """The fields to post to ``/content/users/{user}/export``, without ``f`` and token."""
        parameters = self.export_parameters
        parts = {
            "itemId": self.item_id,
            "title": self.title,
            "exportFormat": self.export_format.value,
            "exportParameters": json.dumps(parameters, ensure_ascii=False) if parameters else None,
            "tags": ",".join(self.tags) or None,
            "snippet": self.snippet,
        }
        return {key: value for key, value in parts.items() if value is not None}

    def to_json(self) -> dict[str, Any]:
        """The request as a versioned document that can be saved, shared, compared and run again.

        The keys inside are those of the Export Item operation; ``schemaVersion`` is this package's own.
        """
        parts = {
            "schemaVersion": SCHEMA_VERSION,
            "itemId": self.item_id,
            "title": self.title,
            "exportFormat": self.export_format.value,
            "exportParameters": self.export_parameters or None,
            "tags": list(self.tags) or None,
            "snippet": self.snippet,
        }
        return {key: value for key, value in parts.items() if value is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | str) -> ExportRequest:
        """Read a document `to_json` made, as a dict or as text.

        Raises
        ------
        RequestError
            If it is not such a document, or one of a version this release does not know.
        """
        document, parameters = read_document(document)
        return cls(
            document["itemId"],
            document["exportFormat"],
            layers=parameters.get("layers"),
            title=document.get("title"),
            target_sr=parameters.get("targetSR"),
            tags=() if document.get("tags") is None else document["tags"],
            snippet=document.get("snippet"),
            enforce_field_visibility=parameters.get("enforceFieldVisibility"),
        )


def _layer_id(value: Any) -> int:
    try:
        number = -1 if isinstance(value, bool) else index(value)  # numpy's integers, which frames hold, are welcome
    except TypeError:
        number = -1
    if number < 0 and isinstance(value, str):
        raise RequestError(
            say(
                "A layer is given by its number in the service, such as 0, not as {value!r}; "
                "portal.feature_service(item_id) shows numbers and names.",
                value=value,
            )
        )
    if number < 0:
        raise RequestError(
            say("A layer's id is its number in the service, such as 0; {value!r} is not one.", value=value)
        )
    return number


def _item_id(value: str) -> str:
    text = str(value).strip().lower()
    if not re.fullmatch(r"[0-9a-f]{32}", text):
        raise RequestError(
            say(
                "{value!r} is not an item id. "
                "An id is the 32 digits and letters a to f at the end of the item page's address.",
                value=value,
            )
        )
    return text


def _layers(values: Iterable[ExportLayerLike]) -> tuple[ExportLayer, ...]:
    layers = tuple(ExportLayer.of(value) for value in values)
    ids = [layer.id for layer in layers]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise RequestError(
            say("Layer {layer} is in the request twice; join its where clauses with OR instead.", layer=twice[0])
        )
    return layers


def _text(name: str, value: str | None) -> str | None:
    if value is not None and not isinstance(value, str):
        raise RequestError(say("The {name} must be text, not {value!r}.", name=name, value=value))
    return (value or "").strip() or None


def _tags(values: Iterable[str] | str) -> tuple[str, ...]:
    parts = [values] if isinstance(values, str) else list(values) if isinstance(values, Iterable) else [values]
    if not all(isinstance(part, str) for part in parts):
        raise RequestError(say("Tags are text, such as ['export', 'cities'], not {values!r}.", values=values))
    # the portal itself splits tags at commas
    return tuple(dict.fromkeys(tag.strip() for part in parts for tag in part.split(",") if tag.strip()))

"""The export request: what to export, in which format, and under which name.

Follows the Export Item operation,
https://developers.arcgis.com/rest/users-groups-and-items/export-item/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference, SpatialReferenceLike
from arcgis_export_widgets.request import reading
from arcgis_export_widgets.request.reference import Reference

ExportLayerLike: TypeAlias = "ExportLayer | int | Mapping[str, Any]"
_LAYER_KEYS = {
    "id": "id",
    "where": "where",
    "includeGeometry": "include_geometry",
    "xColumnName": "x_column_name",
    "yColumnName": "y_column_name",
}
"""Names of the attributes of `ExportLayer`, by their keys in ``exportParameters``."""


@dataclass(frozen=True)
class ExportLayer:
    """A layer or table to export, which of its rows, and how its geometry is exported.

    Raises
    ------
    RequestError
        If the id is not a whole number from 0, another value is not text, or x and y have the same column name.
    """

    id: int
    """Number of the layer or table in its service."""
    where: str | None = None
    """Where clause for the rows to export, sent as written; None or blank for all rows."""
    include_geometry: bool = True
    x_column_name: str | None = None
    """CSV only: name of the column with the x coordinates of points; None for ``x``."""
    y_column_name: str | None = None
    """CSV only: name of the column with the y coordinates of points; None for ``y``."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", reading.layer_id(self.id))
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
        """Read a layer from its id, or from its JSON in ``exportParameters``."""
        if isinstance(value, ExportLayer):
            return value
        if isinstance(value, Mapping):
            if "id" not in value or set(value) - set(_LAYER_KEYS):
                raise RequestError(
                    say(
                        "{value!r} is not a layer to export: it needs an 'id' and may have 'where', 'includeGeometry', "
                        "'xColumnName' and 'yColumnName', nothing else.",
                        value=dict(value),
                    )
                )
            if not isinstance(value.get("includeGeometry", True), bool):
                raise RequestError(
                    say("includeGeometry is true or false, not {value!r}.", value=value["includeGeometry"])
                )
            return cls(**{_LAYER_KEYS[key]: part for key, part in value.items()})
        return cls(value)

    @property
    def is_plain(self) -> bool:
        """Whether geometry is exported in the default way: included, without chosen names for the x and y columns."""
        return self.include_geometry and not (self.x_column_name or self.y_column_name)

    def to_json(self) -> dict[str, Any]:
        """JSON of the layer for ``exportParameters``, without default values."""
        parts = {key: getattr(self, name) for key, name in _LAYER_KEYS.items()}
        parts["includeGeometry"] = None if self.include_geometry else False
        return {key: value for key, value in parts.items() if value is not None}


@dataclass(frozen=True)
class ExportRequest:
    """A complete, validated description of an export.

    Parameters
    ----------
    item_id
        Id of the feature service item (32 hexadecimal digits), or the address of a service, layer or item page, in any
        form that `Reference.of` reads. It is stored as the id, or as the service's address.
    export_format
        An `ExportFormat` or its name in any casing (``"shapefile"``, ``"File Geodatabase"``, ``"gpkg"``).
    layers
        Layers to export: `ExportLayer`, ids, or their JSON. Empty or None means all rows of all layers and tables.
    title
        Title of the exported item; None for a title made from the source item's title and the time.
    target_sr
        Coordinate system of the exported file, in any form `SpatialReference.of` reads; None for the layers' own.
    tags
        Tags of the exported item. Esri's own client sends them, but they are not documented.
    snippet
        One-line summary of the exported item. Esri's own client sends it, but it is not documented.
    enforce_field_visibility
        For views: whether to export only the fields the view shows; None lets the portal decide.

    Raises
    ------
    RequestError
        If a value is not valid.

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
        named = Reference.of(item_id)
        values = {
            "item_id": reading.source(named),
            "export_format": ExportFormat.of(export_format),
            "layers": _of_reference(named, _layers(() if layers is None else layers)),
            "title": reading.optional_text("title", title),
            "target_sr": None if target_sr is None else SpatialReference.of(target_sr),
            "tags": reading.tags(tags),
            "snippet": reading.optional_text("snippet", snippet),
            "enforce_field_visibility": enforce_field_visibility,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def export_parameters(self) -> dict[str, Any]:
        """The ``exportParameters`` object; empty if all layers are exported unchanged."""
        parts: dict[str, Any] = {}
        if self.layers:
            parts["layers"] = [layer.to_json() for layer in self.layers]
        if self.target_sr is not None:
            parts["targetSR"] = self.target_sr.to_json()
        if self.enforce_field_visibility is not None:
            parts["enforceFieldVisibility"] = self.enforce_field_visibility
        return parts

    def to_form(self) -> dict[str, str]:
        """Form fields to post to ``/content/users/{user}/export``, without ``f`` and token."""
        form = self.to_json()
        del form["schemaVersion"]
        if "exportParameters" in form:
            form["exportParameters"] = json.dumps(form["exportParameters"], ensure_ascii=False)
        if "tags" in form:
            form["tags"] = ",".join(form["tags"])
        return form

    def to_json(self) -> dict[str, Any]:
        """The request as a versioned document that can be saved, shared, compared and run again.

        The keys are those of the Export Item operation; ``schemaVersion`` is this package's own.
        """
        parts = {
            "schemaVersion": reading.SCHEMA_VERSION,
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
        """Read a document made by `to_json`, given as a dict or as JSON text.

        Raises
        ------
        RequestError
            If `document` is not a saved request, or this release does not know its version.
        """
        document, parameters = reading.read_document(document)
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


def _of_reference(named: Reference, layers: tuple[ExportLayer, ...]) -> tuple[ExportLayer, ...]:
    """The layers to export, if the address `named` may itself name one of them."""
    if named.layer_id is None:
        return layers
    if not layers:
        return (ExportLayer(named.layer_id, named.where),)
    if others := [layer.id for layer in layers if layer.id != named.layer_id]:
        raise RequestError(
            say(
                "The address is that of layer {named}, but the request is for layer {other}. Give the service's "
                "address, without a layer.",
                named=named.layer_id,
                other=others[0],
            )
        )
    return layers


def _layers(values: Iterable[ExportLayerLike]) -> tuple[ExportLayer, ...]:
    layers = tuple(ExportLayer.of(value) for value in values)
    ids = [layer.id for layer in layers]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise RequestError(
            say("Layer {layer} is in the request twice; join its where clauses with OR instead.", layer=twice[0])
        )
    return layers

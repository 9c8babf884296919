"""One layer of an export request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from operator import index
from typing import Any, TypeAlias

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say

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
                        "{value!r} is no layer to export: it needs an 'id' and may have 'where', 'includeGeometry', "
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


def _layer_id(value: Any) -> int:
    try:
        number = -1 if isinstance(value, bool) else index(value)  # numpy's integers, which frames hold, are welcome
    except TypeError:
        number = -1
    if number < 0 and isinstance(value, str):
        raise RequestError(
            say(
                "A layer is taken by its number in the service, such as 0, not as {value!r}; "
                "portal.feature_service(item_id) shows numbers and names.",
                value=value,
            )
        )
    if number < 0:
        raise RequestError(say("A layer's id is its number in the service, such as 0; {value!r} is none.", value=value))
    return number

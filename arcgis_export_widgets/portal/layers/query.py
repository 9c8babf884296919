"""Describing a query of a layer in an immutable object.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.area import Area
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.where.sql import EVERYTHING, and_, name_sql

_SLACK = 1.1  # object ids have gaps, so the parts differ in size


@dataclass(frozen=True)
class LayerQuery:
    """Says which rows of a layer to request, with which fields, and how to return their shapes.

    Raises
    ------
    RequestError
        If `fields` is a single string instead of a list.
    """

    where: str = ""
    """The where clause as the user wrote it; empty for all rows."""
    area: Area | None = None
    """The rectangle or polygon that rows must touch; None for all rows."""
    fields: Sequence[str] = ()
    """Names of the fields to return; empty for all."""
    order: Sequence[str] = ()
    """Fields to sort by, such as ``POPULATION DESC``; empty for the server's own order."""
    out_sr: SpatialReference | None = None
    """Coordinate system of the shapes; None for the server's choice."""
    limit: int | None = None
    """Maximum number of rows in one response; None for the server's maximum."""
    geometry: bool = True
    """Whether to request the shapes of the rows."""
    has_z: bool = False
    """Whether the shapes include z values (heights)."""
    tolerance: float | None = None
    """How far simplified shapes may deviate, in units of `out_sr`; None for shapes that are not simplified."""
    decimals: int | None = None
    """Number of decimals to which coordinates are rounded; None for no rounding."""

    def __post_init__(self) -> None:
        if isinstance(self.fields, str):
            raise RequestError(say("fields is a list of names: fields=[{name!r}].", name=self.fields))
        names = tuple(dict.fromkeys(self.fields))
        object.__setattr__(self, "where", self.where if self.where.strip() else "")
        object.__setattr__(self, "fields", () if "*" in names else names)
        object.__setattr__(self, "order", tuple(self.order))

    @classmethod
    def of(cls, rows: str | LayerQuery | None, **changes: Any) -> LayerQuery:
        """Make a query from a where clause or another query; `changes` that are not None replace its attributes."""
        query = rows if isinstance(rows, LayerQuery) else cls(rows or "")
        return replace(query, **{name: value for name, value in changes.items() if value is not None})

    def and_(self, clause: str) -> LayerQuery:
        """A query for the rows of this query that also meet `clause`."""
        return replace(self, where=and_(self.where, clause))

    def partitions(self, id_field: str | None, count: int, size: int) -> list[LayerQuery]:
        """Split the `count` rows into queries for about `size` rows or fewer, by object id modulo the number of parts.

        Without an object id field, all rows are one part.
        """
        if id_field is None or count <= size:
            return [self]
        name, parts = name_sql(id_field), math.ceil(count * _SLACK / size)
        return [self.and_(f"MOD({name}, {parts}) = {part}") for part in range(parts)]

    def rows_form(self) -> dict[str, Any]:
        """The parameters that select rows, for counts, lists of ids and statistics."""
        form: dict[str, Any] = {"where": self.where or EVERYTHING}
        if self.area is None:
            return form
        return form | {
            "geometry": json.dumps(self.area.to_json()),
            "geometryType": self.area.geometry_type,
            "inSR": self.area.wkid,
            "spatialRel": "esriSpatialRelIntersects",
        }

    def to_form(self) -> dict[str, Any]:
        """The parameters of a query for features; those that are None are not sent."""
        return self.rows_form() | {
            "outFields": ",".join(self.fields) or "*",
            "orderByFields": ",".join(self.order) or None,
            "outSR": json.dumps(self.out_sr.to_json()) if self.out_sr else None,
            "resultRecordCount": self.limit,
            "returnGeometry": None if self.geometry else "false",
            "returnZ": "true" if self.has_z else None,
            "maxAllowableOffset": self.tolerance,
            "geometryPrecision": self.decimals,
        }

"""A query of a layer, as an immutable object.

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

_SLACK = 1.1  # object ids have gaps, so remainders are not equally frequent


@dataclass(frozen=True)
class LayerQuery:
    """Which rows of a layer to request, and what of each row.

    Raises
    ------
    RequestError
        If `fields` is a single text.
    """

    where: str = ""
    """The clause as typed; empty for all rows."""
    area: Area | None = None
    """The rectangle or polygon that rows must touch; None for anywhere."""
    fields: Sequence[str] = ()
    """Names of the fields; empty for all."""
    order: Sequence[str] = ()
    """What to sort by, such as ``POPULATION DESC``; empty for the server's own order."""
    out_sr: SpatialReference | None = None
    """Coordinate system of the shapes; None for the server's choice."""
    limit: int | None = None
    """Most rows of one response; None for as many as the server gives."""
    geometry: bool = True
    """Whether rows come with their shape."""
    has_z: bool = False
    """Whether the shapes come with their heights."""
    tolerance: float | None = None
    """By how much the server may simplify shapes, in units of `out_sr`; None for not at all."""
    decimals: int | None = None
    """Decimals of coordinates; None for all."""

    def __post_init__(self) -> None:
        if isinstance(self.fields, str):
            raise RequestError(say("fields is a list of names: fields=[{name!r}].", name=self.fields))
        names = tuple(dict.fromkeys(self.fields))
        object.__setattr__(self, "where", self.where if self.where.strip() else "")
        object.__setattr__(self, "fields", () if "*" in names else names)
        object.__setattr__(self, "order", tuple(self.order))

    @classmethod
    def of(cls, rows: str | LayerQuery | None, **changes: Any) -> LayerQuery:
        """A query for a where clause, or another query, with those `changes` that are not None."""
        query = rows if isinstance(rows, LayerQuery) else cls(rows or "")
        return replace(query, **{name: value for name, value in changes.items() if value is not None})

    def and_(self, clause: str) -> LayerQuery:
        """The rows of this query that meet another clause as well."""
        return replace(self, where=and_(self.where, clause))

    def partitions(self, id_field: str | None, count: int, size: int) -> list[LayerQuery]:
        """The query's `count` rows in even parts of at most about `size` rows, by the remainder of their object ids.

        Without an object id field there is one part.
        """
        if id_field is None or count <= size:
            return [self]
        name, parts = name_sql(id_field), math.ceil(count * _SLACK / size)
        return [self.and_(f"MOD({name}, {parts}) = {part}") for part in range(parts)]

    def rows_form(self) -> dict[str, Any]:
        """The parameters that say which rows, for counting, listing and summing them up."""
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
        """The parameters of a query for features; those that are None are left out when they are sent."""
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

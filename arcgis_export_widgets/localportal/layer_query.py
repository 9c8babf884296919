"""What a query asks for, read from its parameters and checked against the layer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyproj import CRS

from arcgis_export_widgets.localportal.errors import invalid_query
from arcgis_export_widgets.localportal.layers import quote_name
from arcgis_export_widgets.localportal.spatial_filter import SpatialFilter, parse_spatial_filter
from arcgis_export_widgets.localportal.spatial_reference import SpatialReferenceError, parse_spatial_reference
from arcgis_export_widgets.localportal.where_sql import WhereError, to_duckdb

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.fields import Field
    from arcgis_export_widgets.localportal.layers import Layer
    from arcgis_export_widgets.localportal.parameters import Parameters

WGS84 = CRS.from_epsg(4326)


@dataclass(frozen=True)
class LayerQuery:
    """One query.

    Parameters
    ----------
    where
        DuckDB condition; ``TRUE`` keeps all.
    order_by
        DuckDB terms; the object id comes last by itself.
    object_ids
        Only these; None means any.
    out_crs
        Of the answer's geometries; None for a layer without a system.
    limit
        Largest number of features in the answer.
    """

    where: str
    order_by: tuple[str, ...]
    object_ids: tuple[int, ...] | None
    spatial: SpatialFilter | None
    out_fields: tuple[Field, ...]
    out_crs: CRS | None
    offset: int
    limit: int
    format: str
    return_geometry: bool
    return_distinct: bool
    return_ids: bool
    return_count: bool
    return_extent: bool
    return_z: bool
    max_allowable_offset: float
    geometry_precision: int | None


def parse_query(parameters: Parameters, layer: Layer, *, max_record_count: int, username: str = "") -> LayerQuery:
    """Return the query that `parameters` describe.

    Raises
    ------
    ArcGISError
        With the detail a hosted layer gives, naming the parameter.
    """
    wanted = (parameters.text("f") or "html").lower()
    where = parse_where(parameters.text("where"), layer, username=username)
    object_ids = parameters.integers("objectIds")
    limit = parameters.integer("resultRecordCount")
    offset = parameters.integer("resultOffset", 0) or 0
    if offset < 0 or (limit is not None and limit < 0):
        raise invalid_query("'resultOffset' and 'resultRecordCount' must not be negative")
    tolerance = parameters.number("maxAllowableOffset") or 0.0
    return LayerQuery(
        where=where,
        order_by=parse_order(parameters.names("orderByFields"), layer),
        object_ids=None if object_ids is None else tuple(object_ids),
        spatial=parse_spatial_filter(parameters, layer),
        out_fields=parse_out_fields(parameters, layer),
        out_crs=_parse_out_crs(parameters, layer, wanted),
        offset=offset,
        limit=min(limit or max_record_count, max_record_count),
        format=wanted,
        return_geometry=parameters.boolean("returnGeometry", True) and not layer.is_table,
        return_distinct=parameters.boolean("returnDistinctValues"),
        return_ids=parameters.boolean("returnIdsOnly"),
        return_count=parameters.boolean("returnCountOnly"),
        return_extent=parameters.boolean("returnExtentOnly"),
        return_z=parameters.boolean("returnZ") and layer.has_z,
        max_allowable_offset=tolerance,
        geometry_precision=parameters.integer("geometryPrecision"),
    )


def parse_where(clause: str | None, layer: Layer, *, username: str = "") -> str:
    """Return the DuckDB condition of a where clause; ``TRUE`` for none."""
    if not clause:
        return "TRUE"
    try:
        return to_duckdb(clause, layer, username=username)
    except WhereError as error:
        if error.field is not None:
            raise invalid_query(f"'Invalid field: {error.field}' parameter is invalid") from error
        raise invalid_query("'where' parameter is invalid") from error


def require_field(name: str, layer: Layer) -> Field:
    """Return the field of that name, or the error a hosted layer answers."""
    field = layer.field(name)
    if field is None or not field.visible:
        raise invalid_query(f"'Invalid field: {name}' parameter is invalid")
    return field


def parse_order(terms: list[str], layer: Layer) -> tuple[str, ...]:
    """Return ``FIELD``, ``FIELD ASC`` and ``FIELD DESC`` as DuckDB terms; nulls sort lowest, as SQL Server has it."""
    ordered = []
    for term in terms:
        name, _, direction = term.partition(" ")
        direction = direction.strip().upper() or "ASC"
        if direction not in {"ASC", "DESC"}:
            raise invalid_query("'orderByFields' parameter is invalid")
        nulls = "FIRST" if direction == "ASC" else "LAST"
        ordered.append(f"{quote_name(require_field(name, layer).name)} {direction} NULLS {nulls}")
    return tuple(ordered)


def parse_out_fields(parameters: Parameters, layer: Layer) -> tuple[Field, ...]:
    """Return the fields asked for; ``*`` means all, an absent parameter none."""
    names = parameters.names("outFields")
    visible = tuple(field for field in layer.fields if field.visible)
    if "*" in names:
        return visible
    fields = {field.name: field for field in (require_field(name, layer) for name in names)}
    return tuple(fields.values())


def _parse_out_crs(parameters: Parameters, layer: Layer, wanted: str) -> CRS | None:
    if "outSR" in parameters:
        try:
            return parse_spatial_reference(parameters.text("outSR"))
        except SpatialReferenceError as error:
            raise invalid_query("'outSR' parameter is invalid") from error
    return WGS84 if wanted == "geojson" else layer.crs


def parse_json_list(parameters: Parameters, name: str) -> list[dict[str, Any]]:
    """Return a parameter that holds a JSON list of objects; empty when absent."""
    value = parameters.json(name)
    if isinstance(value, str):
        value = json.loads(value)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise parameters.invalid(name)
    return value

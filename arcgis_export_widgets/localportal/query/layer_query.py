"""Read a query of a layer from its parameters, and check that it suits the layer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyproj import CRS

from arcgis_export_widgets.localportal.geometry.grid import Grid, parse_grid
from arcgis_export_widgets.localportal.geometry.spatial_reference import WGS84, parse_spatial_reference
from arcgis_export_widgets.localportal.http.request import Parameters, invalid_query
from arcgis_export_widgets.localportal.layers.fields import Field, quote_name
from arcgis_export_widgets.localportal.layers.layer import Layer
from arcgis_export_widgets.localportal.query.spatial_filter import SpatialFilter, parse_spatial_filter
from arcgis_export_widgets.localportal.where.duckdb_sql import to_duckdb
from arcgis_export_widgets.localportal.where.parse import TooLongError, WhereError

_LARGEST = 2**53
_MAX_FACTOR = 5
MOST_TERMS = 100
"""Most terms to sort by, statistics, or fields to group by; DuckDB cannot be interrupted while it plans a query."""
_MOST_PLACES = 20  # more decimal places than any coordinate has


@dataclass(frozen=True)
class LayerQuery:
    """A query of a layer, in terms of DuckDB and shapely.

    Parameters
    ----------
    where
        The where clause as a DuckDB condition; ``TRUE`` for all rows.
    order_by
        DuckDB terms to sort by; rows that are equal in all of these are sorted by object id.
    object_ids
        Only features with these object ids match; None if any object id matches.
    out_crs
        Coordinate system of the geometries returned; None for a layer without a coordinate system.
    limit
        Maximum number of features to return.
    grid
        Grid on which coordinates are returned as whole numbers; None for ordinary coordinates.
    time
        DuckDB condition on the layer's time fields; None if the query has no ``time``.
    username
        The value of CURRENT_USER in a where clause.
    """

    where: str
    order_by: tuple[str, ...] = ()
    object_ids: tuple[int, ...] | None = None
    spatial: SpatialFilter | None = None
    out_fields: tuple[Field, ...] = ()
    out_crs: CRS | None = None
    offset: int = 0
    limit: int = 0
    format: str = "json"
    return_geometry: bool = True
    return_distinct: bool = False
    return_ids: bool = False
    return_count: bool = False
    return_extent: bool = False
    return_centroid: bool = False
    return_exceeded: bool = True
    return_z: bool = False
    max_allowable_offset: float = 0.0
    geometry_precision: int | None = None
    grid: Grid | None = None
    time: str | None = None
    username: str = ""


def parse_query(parameters: Parameters, layer: Layer, *, limits: Mapping[str, int], username: str = "") -> LayerQuery:
    """Return the query that `parameters` describe; `limits` are the maximum numbers of features, by ``resultType``."""
    wanted = (parameters.text("f") or "html").lower()
    object_ids = parameters.integers("objectIds")
    if object_ids and max(*object_ids, -min(object_ids)) > _LARGEST:
        raise parameters.invalid("objectIds")
    if wanted == "geojson" and parameters.boolean("returnM"):  # GeoJSON has no measures
        raise parameters.invalid("returnM")
    out_crs = _parse_out_crs(parameters, layer, wanted)
    return LayerQuery(
        where=parse_where(parameters.text("where"), layer, username=username),
        order_by=() if _is_aggregated(parameters) else order_by_fields(parameters.names("orderByFields"), layer),
        object_ids=None if object_ids is None else tuple(object_ids),
        spatial=parse_spatial_filter(parameters, layer),
        out_fields=parse_out_fields(parameters, layer),
        out_crs=out_crs,
        offset=_not_negative(parameters, "resultOffset"),
        limit=_parse_limit(parameters, limits),
        format=wanted,
        return_geometry=parameters.boolean("returnGeometry", True) and not layer.is_table,
        return_distinct=parameters.boolean("returnDistinctValues"),
        return_ids=parameters.boolean("returnIdsOnly"),
        return_count=parameters.boolean("returnCountOnly"),
        return_extent=parameters.boolean("returnExtentOnly"),
        return_centroid=parameters.boolean("returnCentroid") and layer.geometry_type == "esriGeometryPolygon",
        return_exceeded=parameters.boolean("returnExceededLimitFeatures", True),
        return_z=parameters.boolean("returnZ") and layer.has_z,
        max_allowable_offset=parameters.number("maxAllowableOffset") or 0.0,
        geometry_precision=_parse_precision(parameters),
        grid=_parse_quantization(parameters, out_crs),
        time=_parse_time(parameters, layer),
        username=username,
    )


def _is_aggregated(parameters: Parameters) -> bool:
    """Whether the query returns distinct values or statistics, so that it is sorted by columns of the result."""
    names = ("outStatistics", "groupByFieldsForStatistics")
    return parameters.boolean("returnDistinctValues") or any(name in parameters for name in names)


def _not_negative(parameters: Parameters, name: str) -> int:
    value = parameters.integer(name, 0) or 0
    if value < 0 or value > _LARGEST:
        raise parameters.invalid(name)
    return value


def _parse_limit(parameters: Parameters, limits: Mapping[str, int]) -> int:
    result_type = (parameters.text("resultType") or "none").lower()
    if result_type not in limits:
        raise parameters.invalid("resultType")
    factor = min(max(parameters.integer("maxRecordCountFactor", 1) or 1, 1), _MAX_FACTOR)
    largest = limits[result_type] * factor
    return min(_not_negative(parameters, "resultRecordCount") or largest, largest)


def _parse_precision(parameters: Parameters) -> int | None:
    places = parameters.integer("geometryPrecision")
    return None if places is None else min(max(places, -_MOST_PLACES), _MOST_PLACES)


def _parse_quantization(parameters: Parameters, crs: CRS | None) -> Grid | None:
    value = parameters.json("quantizationParameters")
    if value is None:
        return None
    with parameters.reading("quantizationParameters"):
        return parse_grid(value, crs)


def _parse_time(parameters: Parameters, layer: Layer) -> str | None:
    """Return the DuckDB condition for ``time=instant`` or ``time=start,end`` (epoch milliseconds or ``null``)."""
    info = layer.definition.get("timeInfo") or {}
    first = layer.field(str(info.get("startTimeField")))
    last = layer.field(str(info.get("endTimeField"))) or first
    if "time" not in parameters or first is None or last is None:
        return None
    ends = parameters.names("time")
    with parameters.reading("time"):
        start, end = (None if text.lower() == "null" else int(text) for text in (ends * 2)[:2])
    terms = []
    if end is not None:
        terms.append(f"{quote_name(first.name)} <= make_timestamp_ms({end})")
    if start is not None:
        terms.append(f"{quote_name(last.name)} >= make_timestamp_ms({start})")
    return " AND ".join(terms) or None


def parse_where(clause: str | None, layer: Layer, *, username: str = "") -> str:
    """Return the DuckDB condition for a where clause; ``TRUE`` if there is no clause."""
    if not clause:
        return "TRUE"
    try:
        return to_duckdb(clause, layer, username=username)
    except TooLongError as error:
        raise invalid_query(str(error)) from error
    except WhereError as error:
        if error.field is not None:
            raise invalid_query(f"'Invalid field: {error.field}' parameter is invalid") from error
        raise invalid_query("'where' parameter is invalid") from error


def require_field(name: str, layer: Layer) -> Field:
    """Return the field called `name`; if there is none, raise the error that ArcGIS sends."""
    field = layer.field(name)
    if field is None or not field.visible:
        raise invalid_query(f"'Invalid field: {name}' parameter is invalid")
    return field


def parse_order(terms: Iterable[str], find_name: Callable[[str], str | None]) -> tuple[str, ...]:
    """Return terms (``FIELD``, ``FIELD ASC``, ``FIELD DESC``) for DuckDB, with nulls lowest, as in SQL Server.

    `find_name` returns the exact name of a field or column, given its name in any case; None if it does not exist.
    """
    ordered = []
    for number, term in enumerate(terms):
        if number >= MOST_TERMS:
            raise invalid_query(f"'orderByFields' has more than {MOST_TERMS} terms")
        name, _, direction = term.partition(" ")
        direction = direction.strip().upper() or "ASC"
        exact = find_name(name)
        if exact is None or direction not in {"ASC", "DESC"}:
            raise invalid_query("'orderByFields' parameter is invalid")
        ordered.append(f"{quote_name(exact)} {direction} NULLS {'FIRST' if direction == 'ASC' else 'LAST'}")
    return tuple(ordered)


def order_by_fields(terms: Iterable[str], layer: Layer) -> tuple[str, ...]:
    """Return ``orderByFields`` as DuckDB terms; raise an error for unknown fields."""
    return parse_order(terms, lambda name: require_field(name, layer).name)


def parse_out_fields(parameters: Parameters, layer: Layer) -> tuple[Field, ...]:
    """Return the fields in ``outFields``; ``*`` means all visible fields; no field if the parameter is absent."""
    names = parameters.names("outFields")
    visible = tuple(field for field in layer.fields if field.visible)
    if "*" in names:
        return visible
    fields = {field.name: field for field in (require_field(name, layer) for name in names)}
    return tuple(fields.values())


def _parse_out_crs(parameters: Parameters, layer: Layer, wanted: str) -> CRS | None:
    text = parameters.text("outSR", "defaultSR")
    if text is not None:
        with parameters.reading("outSR"):
            return parse_spatial_reference(text)
    return WGS84 if wanted == "geojson" else layer.crs


def parse_json_list(parameters: Parameters, name: str) -> list[dict[str, Any]]:
    """Return the parameter `name`, which must be a JSON list of objects; an empty list when absent."""
    value = parameters.json(name)
    if isinstance(value, str):
        with parameters.reading(name):
            value = json.loads(value)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise parameters.invalid(name)
    if len(value) > MOST_TERMS:
        raise invalid_query(f"'{name}' has more than {MOST_TERMS} entries")
    return value


def fields_named(names: Sequence[str], layer: Layer, parameter: str) -> list[Field]:
    """Return the fields with these names; raise an error if one does not exist, or there are too many."""
    if len(names) > MOST_TERMS:
        raise invalid_query(f"'{parameter}' has more than {MOST_TERMS} names")
    return [require_field(name, layer) for name in names]

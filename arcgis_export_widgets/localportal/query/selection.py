"""Select the rows of a layer that match a query, in the query's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import duckdb
import numpy as np
from pyproj import CRS

from arcgis_export_widgets.localportal.geometry.spatial_reference import Geometries, SpatialReferenceError, reproject
from arcgis_export_widgets.localportal.http.request import Parameters, invalid_query
from arcgis_export_widgets.localportal.layers.fields import quote_name
from arcgis_export_widgets.localportal.layers.layer import BOUNDS, Layer, Rows
from arcgis_export_widgets.localportal.query.layer_query import LayerQuery, fields_named, order_by_fields
from arcgis_export_widgets.localportal.query.spatial_filter import SpatialFilter

_XMIN, _YMIN, _XMAX, _YMAX = BOUNDS
_Fetched = TypeVar("_Fetched")


def box_condition(layer: Layer, query: LayerQuery) -> tuple[str, list[Any]]:
    """Return a query's where clause, object ids, time and bounding box as a DuckDB condition, and its parameters."""
    terms = [f"({query.where})"]
    values: list[Any] = []
    if query.object_ids is not None:
        terms.append(f"{quote_name(layer.object_id_field)} IN (SELECT unnest(?::BIGINT[]))")
        values.append(list(query.object_ids))
    if query.time is not None:
        terms.append(query.time)
    bounds = query.spatial.bounds if query.spatial else None
    if bounds is not None:
        terms.append(f"{_XMAX} >= ? AND {_XMIN} <= ? AND {_YMAX} >= ? AND {_YMIN} <= ?")
        values += [bounds[0], bounds[2], bounds[1], bounds[3]]
    return " AND ".join(terms), values


def _fetch(
    layer: Layer, sql: str, values: list[Any], read: Callable[[duckdb.DuckDBPyConnection], _Fetched]
) -> _Fetched:
    """Run `sql`; if DuckDB fails (on incomparable types, for example), raise the error for an invalid where clause."""
    try:
        return layer.fetch(sql, values, read)
    except duckdb.Error as error:
        raise invalid_query("'where' parameter is invalid") from error


def fetch_rows(layer: Layer, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    """Return all rows that `sql` finds; raise the error for an invalid where clause if DuckDB fails."""
    return _fetch(layer, sql, values, lambda cursor: cursor.fetchall())


def _fetch_row_numbers(layer: Layer, sql: str, values: list[Any]) -> Rows:
    """Return the column ``row`` of what `sql` finds."""
    return np.asarray(_fetch(layer, sql, values, lambda cursor: cursor.fetchnumpy()["row"]), dtype=np.int64)


def _geometry_filter(layer: Layer, query: LayerQuery) -> SpatialFilter | None:
    """Return the query's spatial filter if it must compare geometries, not only bounding boxes; else None."""
    return None if query.spatial is None or query.spatial.is_decided_by_bounds(layer) else query.spatial


def exact_condition(layer: Layer, query: LayerQuery) -> tuple[str, list[Any]]:
    """Return a DuckDB condition that is true for exactly the rows that match the query, and its parameters."""
    if _geometry_filter(layer, query) is None:
        return box_condition(layer, query)
    return "rowid IN (SELECT unnest(?::BIGINT[]))", [select_rows(layer, query).tolist()]


def select_rows(layer: Layer, query: LayerQuery, *, limit: int | None = None, offset: int = 0) -> Rows:
    """Return the numbers of the rows that match the query, in its order; if `limit` is set, one page from `offset`."""
    condition, values = box_condition(layer, query)
    spatial = _geometry_filter(layer, query)
    sql = f"SELECT rowid AS row FROM layer WHERE {condition}{_order(layer, query)}"  # noqa: S608
    if spatial is None and limit is not None:
        sql += f" LIMIT {limit} OFFSET {offset}"
    rows = _fetch_row_numbers(layer, sql, values)
    if spatial is not None:
        rows = spatial.matching(layer, rows)
        if limit is not None:
            rows = rows[offset : offset + limit]
    return rows


def _order(layer: Layer, query: LayerQuery) -> str:
    """Return the ORDER BY clause of a query; empty if it asks for the table's order and DuckDB preserves that.

    DuckDB preserves the table's order when it filters, but not for lists of values, which it turns into joins. Without
    an ORDER BY, DuckDB can stop at the end of a page instead of sorting the whole table.
    """
    by_object_id = f"{quote_name(layer.object_id_field)} ASC "
    order = [] if any(term.startswith(by_object_id) for term in query.order_by[:1]) else list(query.order_by)
    is_joined = query.object_ids is not None or " IN " in query.where
    return f" ORDER BY {', '.join([*order, 'rowid'])}" if order or is_joined else ""


def top_rows(layer: Layer, query: LayerQuery, parameters: Parameters) -> Rows:
    """Return the row numbers that ``topFilter`` selects from the query's matches: the first ``topCount`` of each group.

    Example: ``{"groupByFields": "STATE", "topCount": 3, "orderByFields": "POPULATION DESC"}``.
    """
    wanted = parameters.json("topFilter")
    with parameters.reading("topFilter"):
        groups = [field.name for field in fields_named(_listed(wanted["groupByFields"]), layer, "groupByFields")]
        order = [*order_by_fields(_listed(wanted["orderByFields"]), layer), "rowid"]
        count = int(wanted["topCount"])
    if not groups or count < 1:
        raise parameters.invalid("topFilter")
    condition, values = exact_condition(layer, query)
    partition = ", ".join(quote_name(name) for name in groups)
    sql = (
        f"SELECT rowid AS row FROM layer WHERE {condition} QUALIFY "  # noqa: S608 - written by us from checked parts
        f"row_number() OVER (PARTITION BY {partition} ORDER BY {', '.join(order)}) <= {count}"
    )
    return _fetch_row_numbers(layer, sql, values)


def _listed(names: str | list[str]) -> list[str]:
    """Return `names`, which may be a comma-separated string, as a list of stripped names."""
    parts = names.split(",") if isinstance(names, str) else names
    return [part.strip() for part in parts if part.strip()]


def count_rows(layer: Layer, query: LayerQuery) -> int:
    """Return the number of features that match the query."""
    if _geometry_filter(layer, query) is not None:
        return len(select_rows(layer, query))
    condition, values = box_condition(layer, query)
    ((count,),) = fetch_rows(layer, f"SELECT count(*) FROM layer WHERE {condition}", values)  # noqa: S608
    return int(count)


def reproject_or_refuse(geometries: Geometries, source: CRS | None, target: CRS | None) -> Geometries:
    """Return reprojected geometries; if that is impossible, raise the query operation's error for ``outSR``."""
    try:
        return reproject(geometries, source, target)
    except SpatialReferenceError as error:
        raise invalid_query("'outSR' parameter is invalid") from error

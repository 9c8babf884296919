"""Run a query on a layer: choose rows, then describe them in the format asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import shapely

from arcgis_export_widgets.localportal.errors import invalid_query
from arcgis_export_widgets.localportal.geometry_json import to_esri, to_geojson
from arcgis_export_widgets.localportal.layers import BOUNDS, Layer, quote_name, total_bounds
from arcgis_export_widgets.localportal.spatial_reference import (
    SpatialReferenceError,
    describe_spatial_reference,
    reproject,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from arcgis_export_widgets.localportal.layer_query import LayerQuery

    Rows = NDArray[np.int64]
    Geometries = NDArray[np.object_]

_XMIN, _YMIN, _XMAX, _YMAX = BOUNDS


def conditions(layer: Layer, query: LayerQuery) -> tuple[str, list[Any]]:
    """Return the DuckDB condition of a query's where, object ids and bounding box, with its parameters."""
    terms = [f"({query.where})"]
    values: list[Any] = []
    if query.object_ids is not None:
        terms.append(f"{quote_name(layer.object_id_field)} IN (SELECT unnest(?::BIGINT[]))")
        values.append(list(query.object_ids))
    bounds = query.spatial.bounds if query.spatial else None
    if bounds is not None:
        terms.append(f"{_XMAX} >= ? AND {_XMIN} <= ? AND {_YMAX} >= ? AND {_YMIN} <= ?")
        values += [bounds[0], bounds[2], bounds[1], bounds[3]]
    return " AND ".join(terms), values


def run_checked(layer: Layer, sql: str, values: list[Any]) -> duckdb.DuckDBPyConnection:
    """Run `sql`; what DuckDB refuses (types that cannot be compared, text that is no number) is a bad where clause."""
    try:
        return layer.run(sql, values)
    except duckdb.Error as error:
        raise invalid_query("'where' parameter is invalid") from error


def select_rows(layer: Layer, query: LayerQuery, *, limit: int | None = None, offset: int = 0) -> Rows:
    """Return row numbers in the query's order.

    Parameters
    ----------
    limit
        Largest number of rows; None for all.
    """
    condition, values = conditions(layer, query)
    exact = query.spatial is not None and not query.spatial.is_decided_by_bounds(layer)
    order = [*query.order_by, "rowid"]
    sql = f"SELECT rowid AS row FROM layer WHERE {condition} ORDER BY {', '.join(order)}"  # noqa: S608
    if not exact and limit is not None:
        sql += f" LIMIT {limit} OFFSET {offset}"
    rows: Rows = np.asarray(run_checked(layer, sql, values).fetchnumpy()["row"], dtype=np.int64)
    if exact and query.spatial is not None:
        rows = query.spatial.keep(layer, rows)
        if limit is not None:
            rows = rows[offset : offset + limit]
    return rows


def count_rows(layer: Layer, query: LayerQuery) -> int:
    """Return how many features the query keeps."""
    if query.spatial is not None and not query.spatial.is_decided_by_bounds(layer):
        return len(select_rows(layer, query))
    condition, values = conditions(layer, query)
    row = run_checked(layer, f"SELECT count(*) FROM layer WHERE {condition}", values).fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def shape_geometries(layer: Layer, query: LayerQuery, rows: Rows) -> Geometries:
    """Return the geometries at `rows` generalised and in the answer's spatial reference."""
    if layer.geometries is None:
        raise ValueError("a table has no geometries")
    moved = move(layer.geometries[rows], layer.crs, query.out_crs)
    if query.max_allowable_offset > 0 and layer.geometry_type != "esriGeometryPoint":
        simple = shapely.simplify(moved, query.max_allowable_offset, preserve_topology=False)
        gone = shapely.is_empty(simple)
        simple[gone] = shapely.simplify(moved[gone], query.max_allowable_offset, preserve_topology=True)
        return np.asarray(simple, dtype=object)
    return moved


def move(geometries: Geometries, source: CRS | None, target: CRS | None) -> Geometries:
    """Reproject, answering in the query operation's words when there is no way."""
    try:
        return reproject(geometries, source, target)
    except SpatialReferenceError as error:
        raise invalid_query("'outSR' parameter is invalid") from error


def describe_extent(geometries: Geometries | None, crs: CRS | None) -> dict[str, Any]:
    """Return an Esri envelope; ``"NaN"`` where there is nothing, as ArcGIS has it."""
    xmin, ymin, xmax, ymax = total_bounds(geometries).tolist()
    return {
        "xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax,
        "spatialReference": describe_spatial_reference(crs),
    }  # fmt: skip


def features(layer: Layer, query: LayerQuery, rows: Rows, *, exceeded: bool) -> dict[str, Any]:
    """Return a feature set in Esri's JSON."""
    names = [field.name for field in query.out_fields]
    columns = [layer.values(field, rows) for field in query.out_fields]
    records = zip(*columns, strict=True) if columns else ((),) * len(rows)
    found: list[dict[str, Any]] = [{"attributes": dict(zip(names, record, strict=True))} for record in records]
    if query.return_geometry and layer.geometry_type:
        written = to_esri(
            shape_geometries(layer, query, rows),
            layer.geometry_type,
            include_z=query.return_z,
            precision=query.geometry_precision,
        )
        for feature, geometry in zip(found, written, strict=True):
            if geometry is not None:
                feature["geometry"] = geometry
    return feature_set_head(layer, query) | ({"exceededTransferLimit": True} if exceeded else {}) | {"features": found}


def feature_set_head(layer: Layer, query: LayerQuery) -> dict[str, Any]:
    """Return what stands in a feature set before its features."""
    content: dict[str, Any] = {
        "objectIdFieldName": layer.object_id_field,
        "uniqueIdField": {"name": layer.object_id_field, "isSystemMaintained": True},
        "globalIdFieldName": "",
    }
    if not layer.is_table:
        content["geometryType"] = layer.geometry_type
        content["spatialReference"] = describe_spatial_reference(query.out_crs)
        if query.return_z:
            content["hasZ"] = True
    return content | {"fields": [field.to_json() for field in query.out_fields]}


def geojson_features(layer: Layer, query: LayerQuery, rows: Rows, *, exceeded: bool) -> dict[str, Any]:
    """Return a GeoJSON feature collection; ``exceededTransferLimit`` stands under its properties."""
    names = [field.name for field in query.out_fields]
    columns = [layer.values(field, rows) for field in query.out_fields]
    records = zip(*columns, strict=True) if columns else ((),) * len(rows)
    geometries: list[dict[str, Any] | None] = [None] * len(rows)
    if query.return_geometry and layer.geometry_type:
        geometries = to_geojson(
            shape_geometries(layer, query, rows),
            layer.geometry_type,
            include_z=query.return_z,
            precision=query.geometry_precision,
        )
    found = [
        {"type": "Feature", "id": number, "geometry": geometry, "properties": dict(zip(names, record, strict=True))}
        for number, geometry, record in zip(layer.object_ids(rows), geometries, records, strict=True)
    ]
    head: dict[str, Any] = {"type": "FeatureCollection"}
    if exceeded:
        head["properties"] = {"exceededTransferLimit": True}
    else:
        number = (describe_spatial_reference(query.out_crs) or {}).get("latestWkid", 4326)
        head["crs"] = {"type": "name", "properties": {"name": f"EPSG:{number}"}}
    return head | {"features": found}

"""Make the response to a query: features, count, ids or extent, as Esri's JSON, GeoJSON or PBF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import shapely
from starlette.responses import Response

from arcgis_export_widgets.localportal.faults.faults import Fault
from arcgis_export_widgets.localportal.geometry.geometry_json import (
    describe_bounds,
    set_on_each,
    to_esri,
    to_geojson,
    total_bounds,
    write_esri,
)
from arcgis_export_widgets.localportal.geometry.grid import to_grid
from arcgis_export_widgets.localportal.geometry.spatial_reference import Geometries, describe_spatial_reference
from arcgis_export_widgets.localportal.http.request import Parameters
from arcgis_export_widgets.localportal.layers.fields import records
from arcgis_export_widgets.localportal.layers.layer import Layer, Rows
from arcgis_export_widgets.localportal.query import pbf
from arcgis_export_widgets.localportal.query.layer_query import LayerQuery
from arcgis_export_widgets.localportal.query.selection import count_rows, reproject_or_refuse, select_rows
from arcgis_export_widgets.localportal.query.statistics import aggregate, parse_statistics

_AREA = 2


def shape_geometries(layer: Layer, query: LayerQuery, rows: Rows) -> Geometries:
    """Return the geometries of `rows` in the query's spatial reference, simplified by ``maxAllowableOffset``."""
    if layer.geometries is None:
        raise ValueError("a table has no geometries")
    moved = reproject_or_refuse(layer.geometries[rows], layer.crs, query.out_crs)
    if query.max_allowable_offset > 0 and layer.geometry_type not in {"esriGeometryPoint", "esriGeometryMultipoint"}:
        return _simplified(moved, query.max_allowable_offset)
    return moved


def _simplified(shapes: Geometries, tolerance: float) -> Geometries:
    """Return `shapes` with fewer vertices; no area vanishes, so that every feature can be drawn.

    An area smaller than `tolerance` becomes its bounding box; on a small-scale map, most areas are that small.
    """
    xmin, ymin, xmax, ymax = shapely.bounds(shapes).T
    is_flat_area = (shapely.get_dimensions(shapes) == _AREA) & ~shapely.has_z(shapes)
    small = is_flat_area & (np.hypot(xmax - xmin, ymax - ymin) < tolerance)
    simple = shapes.copy()
    simple[small] = shapely.box(xmin[small], ymin[small], xmax[small], ymax[small])
    simple[~small] = shapely.simplify(shapes[~small], tolerance, preserve_topology=False)
    gone = shapely.is_empty(simple)
    simple[gone] = shapely.simplify(shapes[gone], tolerance, preserve_topology=True)
    return simple


def _records(layer: Layer, query: LayerQuery, rows: Rows) -> list[dict[str, Any]]:
    return records({field.name: layer.values(field, rows) for field in query.out_fields}, len(rows))


def esri_features(layer: Layer, query: LayerQuery, rows: Rows, *, exceeded: bool) -> dict[str, Any]:
    """Return a feature set in Esri's JSON."""
    found: list[dict[str, Any]] = [{"attributes": record} for record in _records(layer, query, rows)]
    if layer.geometry_type and (query.return_geometry or query.return_centroid):
        geometries = shape_geometries(layer, query, rows)
        if query.return_geometry:
            set_on_each(found, "geometry", _write_esri(geometries, layer.geometry_type, query))
        if query.return_centroid:
            set_on_each(found, "centroid", _write_esri(_centroids(geometries), "esriGeometryPoint", query))
    head = _head(layer, query)
    return head | ({"exceededTransferLimit": True} if exceeded else {}) | {"features": found}


def _centroids(geometries: Geometries) -> Geometries:
    return np.asarray(shapely.centroid(geometries), dtype=object)


def _write_esri(geometries: Geometries, geometry_type: str, query: LayerQuery) -> list[dict[str, Any] | None]:
    has_z = query.return_z and bool(shapely.has_z(geometries).any())
    if query.grid is not None:
        return write_esri(to_grid(geometries, geometry_type, query.grid, include_z=has_z), geometry_type)
    return to_esri(geometries, geometry_type, include_z=has_z, precision=query.geometry_precision)


def _head(layer: Layer, query: LayerQuery) -> dict[str, Any]:
    content = layer.id_fields
    if not layer.is_table:
        content["geometryType"] = layer.geometry_type
        content["spatialReference"] = describe_spatial_reference(query.out_crs)
        if query.grid is not None:
            content["transform"] = query.grid.to_json()
        if query.return_z:
            content["hasZ"] = True
    return content | {"fields": [field.to_json() for field in query.out_fields]}


def geojson_features(layer: Layer, query: LayerQuery, rows: Rows, *, exceeded: bool) -> dict[str, Any]:
    """Return a GeoJSON feature collection, with ``exceededTransferLimit`` in its properties."""
    geometries: list[dict[str, Any] | None] = [None] * len(rows)
    if query.return_geometry and layer.geometry_type:
        shaped, precision = shape_geometries(layer, query, rows), query.geometry_precision
        geometries = to_geojson(shaped, layer.geometry_type, include_z=query.return_z, precision=precision)
    records = _records(layer, query, rows)
    found = [
        {"type": "Feature", "id": number, "geometry": geometry, "properties": record}
        for number, geometry, record in zip(layer.object_ids(rows), geometries, records, strict=True)
    ]
    head: dict[str, Any] = {"type": "FeatureCollection"}
    if exceeded:
        head["properties"] = {"exceededTransferLimit": True}
    else:
        number = (describe_spatial_reference(query.out_crs) or {}).get("latestWkid", 4326)
        head["crs"] = {"type": "name", "properties": {"name": f"EPSG:{number}"}}
    return head | {"features": found}


def pbf_features(layer: Layer, query: LayerQuery, rows: Rows, *, exceeded: bool) -> bytes:
    """Return a feature set as PBF, in which coordinates are always on a grid."""
    geometries = centroids = None
    if layer.geometry_type and (query.return_geometry or query.return_centroid):
        shaped = shape_geometries(layer, query, rows)
        geometries = shaped if query.return_geometry else None
        centroids = _centroids(shaped) if query.return_centroid else None
    return pbf.encode_features(layer, query, rows, geometries, centroids, exceeded=exceeded)


def run_query(
    layer: Layer, query: LayerQuery, parameters: Parameters, faults: Mapping[str, Fault]
) -> dict[str, Any] | Response:
    """Return the response to `query`; statistics, their groups and ``having`` are read from `parameters`."""
    statistics = parse_statistics(parameters, layer)
    if statistics or query.return_distinct or "groupByFieldsForStatistics" in parameters:
        return aggregate(layer, query, parameters, statistics)
    if query.return_extent:
        return _extent(layer, query)
    if query.return_count:
        drift = faults.get("count_drift")
        count = {"count": max(count_rows(layer, query) + (int(drift.number) * drift.hits if drift else 0), 0)}
        return _count_or_ids(query, count, count, lambda: pbf.encode_count(**count))
    if query.return_ids:
        ids = [] if "null_ids" in faults else layer.object_ids(select_rows(layer, query))
        found = {"objectIdFieldName": layer.object_id_field, "objectIds": ids or None}
        return _count_or_ids(query, {"objectIds": ids}, found, lambda: pbf.encode_ids(layer.object_id_field, ids))
    rows = select_rows(layer, query, limit=query.limit + 1, offset=query.offset)
    exceeded = len(rows) > query.limit
    rows = rows[: query.limit] if query.return_exceeded or not exceeded else rows[:0]
    if "repeat" in faults and len(rows) > 1:
        rows = np.append(rows[:-1], rows[0])
    exceeded = exceeded and "short_page" not in faults
    if query.format == "pbf":
        return _pbf(pbf_features(layer, query, rows, exceeded=exceeded))
    write = geojson_features if query.format == "geojson" else esri_features
    return write(layer, query, rows, exceeded=exceeded)


def _pbf(content: bytes) -> Response:
    headers = {"Content-Disposition": "inline;filename=results.pbf"}
    return Response(content, media_type="application/x-protobuf", headers=headers)


def _count_or_ids(
    query: LayerQuery, properties: dict[str, Any], esri_json: dict[str, Any], encode: Callable[[], bytes]
) -> dict[str, Any] | Response:
    """Return a count or ids in the query's format: GeoJSON with `properties`, `esri_json`, or PBF from `encode`."""
    if query.format == "pbf":
        return _pbf(encode())
    if query.format == "geojson":
        return {"type": "FeatureCollection", "properties": properties, "features": []}
    return esri_json


def _extent(layer: Layer, query: LayerQuery) -> dict[str, Any] | Response:
    rows = select_rows(layer, query)
    geometries = None if layer.is_table else shape_geometries(layer, query, rows)
    extent = describe_bounds(total_bounds(geometries), query.out_crs)
    if query.format == "pbf":
        bounds = [extent[key] for key in ("xmin", "ymin", "xmax", "ymax")]
        count = len(rows) if query.return_count else None
        return _pbf(pbf.encode_extent(bounds, extent["spatialReference"], count))
    return {"count": len(rows), "extent": extent} if query.return_count else {"extent": extent}

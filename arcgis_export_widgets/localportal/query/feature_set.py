"""Chosen rows as a feature set in the format asked for: Esri's JSON, GeoJSON or PBF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from arcgis_export_widgets.localportal.geometry.esri_json import to_esri, to_geojson
from arcgis_export_widgets.localportal.geometry.grid import finest_grid, to_grid_json
from arcgis_export_widgets.localportal.geometry.spatial_reference import describe_spatial_reference
from arcgis_export_widgets.localportal.layers.layer import Layer, total_bounds
from arcgis_export_widgets.localportal.query import pbf
from arcgis_export_widgets.localportal.query.selection import move

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from arcgis_export_widgets.localportal.query.layer_query import LayerQuery

    Rows = NDArray[np.int64]
    Geometries = NDArray[np.object_]

_AREA = 2


def shape_geometries(layer: Layer, query: LayerQuery, rows: Rows) -> Geometries:
    """Return the geometries at `rows` generalised and in the answer's spatial reference."""
    if layer.geometries is None:
        raise ValueError("a table has no geometries")
    moved = move(layer.geometries[rows], layer.crs, query.out_crs)
    if query.max_allowable_offset > 0 and layer.geometry_type not in {"esriGeometryPoint", "esriGeometryMultipoint"}:
        return _simplified(moved, query.max_allowable_offset)
    return moved


def _simplified(shapes: Geometries, tolerance: float) -> Geometries:
    """Return `shapes` with fewer vertices. Areas that would vanish stay, so that every feature has a place.

    Of areas smaller than the tolerance, which are most in a view of many, only their box is left.
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


def describe_extent(geometries: Geometries | None, crs: CRS | None) -> dict[str, Any]:
    """Return an Esri envelope; ``"NaN"`` where there is nothing, as ArcGIS has it."""
    return describe_bounds(total_bounds(geometries), crs)


def describe_bounds(bounds: NDArray[np.float64], crs: CRS | None) -> dict[str, Any]:
    """Return smallest x, y and largest x, y as an Esri envelope."""
    xmin, ymin, xmax, ymax = bounds.tolist()
    return {
        "xmin": xmin, "ymin": ymin, "xmax": xmax, "ymax": ymax,
        "spatialReference": describe_spatial_reference(crs),
    }  # fmt: skip


def _columns(layer: Layer, query: LayerQuery, rows: Rows) -> list[list[Any]]:
    return [layer.values(field, rows) for field in query.out_fields]


def _records(layer: Layer, query: LayerQuery, rows: Rows) -> list[dict[str, Any]]:
    names = [field.name for field in query.out_fields]
    if not names:
        return [{} for _ in rows]
    return [dict(zip(names, record, strict=True)) for record in zip(*_columns(layer, query, rows), strict=True)]


def esri_features(layer: Layer, query: LayerQuery, rows: Rows, *, exceeded: bool) -> dict[str, Any]:
    """Return a feature set in Esri's JSON."""
    found: list[dict[str, Any]] = [{"attributes": record} for record in _records(layer, query, rows)]
    if layer.geometry_type and (query.return_geometry or query.return_centroid):
        geometries = shape_geometries(layer, query, rows)
        if query.return_geometry:
            _attach(found, "geometry", _write_esri(geometries, layer.geometry_type, query))
        if query.return_centroid:
            _attach(found, "centroid", _write_esri(_centroids(geometries), "esriGeometryPoint", query))
    head = _head(layer, query)
    return head | ({"exceededTransferLimit": True} if exceeded else {}) | {"features": found}


def _centroids(geometries: Geometries) -> Geometries:
    return np.asarray(shapely.centroid(geometries), dtype=object)


def _write_esri(geometries: Geometries, geometry_type: str, query: LayerQuery) -> list[dict[str, Any] | None]:
    has_z = query.return_z and bool(shapely.has_z(geometries).any())
    if query.grid is not None:
        return to_grid_json(geometries, geometry_type, query.grid, include_z=has_z)
    return to_esri(geometries, geometry_type, include_z=has_z, precision=query.geometry_precision)


def _attach(features: list[dict[str, Any]], key: str, values: list[dict[str, Any] | None]) -> None:
    for feature, value in zip(features, values, strict=True):
        if value is not None:
            feature[key] = value


def _head(layer: Layer, query: LayerQuery) -> dict[str, Any]:
    content: dict[str, Any] = {
        "objectIdFieldName": layer.object_id_field,
        "uniqueIdField": {"name": layer.object_id_field, "isSystemMaintained": True},
        "globalIdFieldName": "",
    }
    if not layer.is_table:
        content["geometryType"] = layer.geometry_type
        content["spatialReference"] = describe_spatial_reference(query.out_crs)
        if query.grid is not None:
            content["transform"] = query.grid.to_json()
        if query.return_z:
            content["hasZ"] = True
    return content | {"fields": [field.to_json() for field in query.out_fields]}


def geojson_features(layer: Layer, query: LayerQuery, rows: Rows, *, exceeded: bool) -> dict[str, Any]:
    """Return a GeoJSON feature collection; ``exceededTransferLimit`` stands under its properties."""
    geometries: list[dict[str, Any] | None] = [None] * len(rows)
    if query.return_geometry and layer.geometry_type:
        geometries = to_geojson(
            shape_geometries(layer, query, rows),
            layer.geometry_type,
            include_z=query.return_z,
            precision=query.geometry_precision,
        )
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
    """Return a feature set as PBF, always on a grid."""
    geometries = centroids = None
    if layer.geometry_type and (query.return_geometry or query.return_centroid):
        shaped = shape_geometries(layer, query, rows)
        geometries = shaped if query.return_geometry else None
        centroids = _centroids(shaped) if query.return_centroid else None
    return pbf.encode_features(
        object_id_name=layer.object_id_field,
        fields=query.out_fields,
        columns=_columns(layer, query, rows),
        row_count=len(rows),
        geometry_type=layer.geometry_type,
        spatial_reference=describe_spatial_reference(query.out_crs),
        geometries=geometries,
        centroids=centroids,
        grid=query.grid or finest_grid(query.out_crs),
        exceeded=exceeded,
        has_z=query.return_z,
    )

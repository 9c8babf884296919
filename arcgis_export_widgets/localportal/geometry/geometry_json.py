"""Convert geometries between shapely, Esri's JSON and GeoJSON, many at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from arcgis_export_widgets.localportal.geometry.spatial_reference import Geometries, describe_spatial_reference

Coordinates = NDArray[np.float64]

_PARTS_KEYS = {"esriGeometryPolyline": "paths", "esriGeometryPolygon": "rings", "esriGeometryMultipoint": "points"}


class GeometryError(ValueError):
    """A geometry cannot be read from JSON, or cannot be transformed."""


@dataclass(frozen=True)
class Parts:
    """Many geometries as one array of coordinates, and the positions where parts (paths, rings) and geometries start.

    Parameters
    ----------
    coordinates
        (n, 2) array of x and y, or (n, 3) array of x, y and z; whole numbers after `to_grid`.
    part_offsets
        Part i consists of the coordinates ``part_offsets[i]:part_offsets[i + 1]``.
    geometry_offsets
        Geometry i consists of the parts ``geometry_offsets[i]:geometry_offsets[i + 1]``.
    part_is_hole
        For each part, whether it is an inner ring of a polygon.
    missing
        For each geometry, whether it is null or empty.
    """

    coordinates: NDArray[Any]
    part_offsets: NDArray[np.int64]
    geometry_offsets: NDArray[np.int64]
    part_is_hole: NDArray[np.bool_]
    missing: NDArray[np.bool_]


def split_geometries(geometries: Geometries, geometry_type: str, *, include_z: bool, clockwise: bool = True) -> Parts:
    """Return the parts of many geometries of one Esri type.

    Outer rings become clockwise, as in Esri's JSON, or with ``clockwise=False`` counter-clockwise, as in GeoJSON; holes
    get the opposite orientation.
    """
    missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if geometry_type in {"esriGeometryPoint", "esriGeometryMultipoint"}:
        coordinates = shapely.get_coordinates(geometries, include_z=include_z)
        counts = shapely.get_num_coordinates(geometries)
        part_counts = (counts > 0).astype(np.int64)
        part_offsets = offsets(counts[counts > 0])
        return Parts(coordinates, part_offsets, offsets(part_counts), np.zeros(int(part_counts.sum()), bool), missing)
    singles, owners = shapely.get_parts(geometries, return_index=True)
    if geometry_type == "esriGeometryPolyline":
        rings, ring_owners = singles, owners
        holes = np.zeros(len(rings), bool)
    else:
        rings, ring_of = shapely.get_rings(singles, return_index=True)
        ring_owners = owners[ring_of]
        holes = np.r_[False, ring_of[1:] == ring_of[:-1]] if len(ring_of) else np.zeros(0, bool)
    coordinates, of_part = shapely.get_coordinates(rings, include_z=include_z, return_index=True)
    part_offsets = offsets(np.bincount(of_part, minlength=len(rings)))
    if geometry_type == "esriGeometryPolygon" and len(rings):
        is_clockwise = ~shapely.is_ccw(rings)
        coordinates = _reverse_parts(coordinates, part_offsets, is_clockwise != (holes ^ clockwise))
    geometry_offsets = offsets(np.bincount(ring_owners, minlength=len(geometries)))
    return Parts(coordinates, part_offsets, geometry_offsets, holes, missing)


def offsets(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Return the start of each run, given the lengths of consecutive runs, and then the end of the last run."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _reverse_parts(coordinates: Coordinates, offsets: NDArray[np.int64], wrong: NDArray[np.bool_]) -> Coordinates:
    if not wrong.any():
        return coordinates
    lengths = np.diff(offsets)
    start = np.repeat(offsets[:-1], lengths)
    end = np.repeat(offsets[1:], lengths)
    here = np.arange(len(coordinates))
    return coordinates[np.where(np.repeat(wrong, lengths), end - 1 - (here - start), here)]


def _rounded(parts: Parts, precision: int | None) -> Parts:
    if precision is None:
        return parts
    coordinates = parts.coordinates.copy()
    coordinates[:, :2] = np.round(coordinates[:, :2], precision)
    return replace(parts, coordinates=coordinates)


def _point_list(parts: Parts) -> list[list[float] | None]:
    """Return each point's coordinates, None for null."""
    found = iter(parts.coordinates.tolist())
    return [None if gone else next(found) for gone in parts.missing.tolist()]


def _part_lists(parts: Parts) -> list[list[list[list[float]]]]:
    """Return each geometry as a list of its parts; a part is a list of coordinates."""
    values = parts.coordinates.tolist()
    pieces = [values[start:end] for start, end in pairwise(parts.part_offsets.tolist())]
    return [pieces[start:end] for start, end in pairwise(parts.geometry_offsets.tolist())]


def write_esri(parts: Parts, geometry_type: str, *, has_z: bool = False) -> list[dict[str, Any] | None]:
    """Return Esri's JSON of each geometry, None for null; if `has_z` is true, all but points get ``"hasZ": true``."""
    if geometry_type == "esriGeometryPoint":
        points = _point_list(parts)
        return [None if one is None else dict(zip(("x", "y", "z"), one, strict=False)) for one in points]
    lists: list[Any] = _part_lists(parts)
    if geometry_type == "esriGeometryMultipoint":
        lists = [one[0] if one else [] for one in lists]
    flags = {"hasZ": True} if has_z else {}
    key = _PARTS_KEYS[geometry_type]
    missing = parts.missing.tolist()
    return [None if gone else {**flags, key: one} for one, gone in zip(lists, missing, strict=True)]


def to_esri(
    geometries: Geometries, geometry_type: str, *, include_z: bool = False, precision: int | None = None
) -> list[dict[str, Any] | None]:
    """Return Esri's JSON of each geometry, None for null; x and y are rounded to `precision` decimal places."""
    parts = split_geometries(geometries, geometry_type, include_z=include_z)
    return write_esri(_rounded(parts, precision), geometry_type, has_z=include_z)


def to_geojson(
    geometries: Geometries, geometry_type: str, *, include_z: bool = False, precision: int | None = None
) -> list[dict[str, Any] | None]:
    """Return GeoJSON of each geometry, None for null; outer rings are counter-clockwise (RFC 7946)."""
    parts = _rounded(split_geometries(geometries, geometry_type, include_z=include_z, clockwise=False), precision)
    if geometry_type == "esriGeometryPoint":
        return [None if one is None else {"type": "Point", "coordinates": one} for one in _point_list(parts)]
    lists = _part_lists(parts)
    if geometry_type == "esriGeometryMultipoint":
        return [{"type": "MultiPoint", "coordinates": one[0]} if one else None for one in lists]
    if geometry_type == "esriGeometryPolyline":
        return [_single_or_multi("LineString", one) for one in lists]
    owned = pairwise(parts.geometry_offsets.tolist())
    return [
        _single_or_multi("Polygon", _polygons(one, parts.part_is_hole[start:end].tolist()))
        for one, (start, end) in zip(lists, owned, strict=True)
    ]


def _single_or_multi(name: str, members: list[Any]) -> dict[str, Any] | None:
    if len(members) == 1:
        return {"type": name, "coordinates": members[0]}
    return {"type": f"Multi{name}", "coordinates": members} if members else None


def _polygons(rings: list[list[list[float]]], holes: list[bool]) -> list[list[list[list[float]]]]:
    """Return the rings of each polygon, the outer ring first; `holes` tells for each ring whether it is a hole."""
    polygons: list[list[list[list[float]]]] = []
    for ring, is_hole in zip(rings, holes, strict=True):
        if not is_hole:
            polygons.append([])
        polygons[-1].append(ring)
    return polygons


def set_on_each(features: list[dict[str, Any]], key: str, values: list[dict[str, Any] | None]) -> None:
    """Store in each feature, under `key`, its value from `values`, unless the value is None."""
    for feature, value in zip(features, values, strict=True):
        if value is not None:
            feature[key] = value


def total_bounds(geometries: NDArray[np.object_] | None) -> NDArray[np.float64]:
    """Return xmin, ymin, xmax, ymax of all geometries together; not-a-number if there are none."""
    if geometries is None or len(geometries) == 0:
        return np.full(4, np.nan)
    return np.asarray(shapely.total_bounds(geometries))


def describe_bounds(bounds: NDArray[np.float64], crs: CRS | None) -> dict[str, Any]:
    """Return xmin, ymin, xmax, ymax as an Esri envelope; not-a-number becomes ``"NaN"``, as in ArcGIS."""
    corners: dict[str, Any] = dict(zip(("xmin", "ymin", "xmax", "ymax"), bounds.tolist(), strict=True))
    return corners | {"spatialReference": describe_spatial_reference(crs)}


def parse_esri(value: Any, geometry_type: str) -> shapely.Geometry:
    """Return `value` as a shapely geometry: Esri's JSON, or the short form ``x,y`` or ``xmin,ymin,xmax,ymax``."""
    try:
        if isinstance(value, str):
            numbers = [float(part) for part in value.split(",")]
            keys = ("x", "y") if len(numbers) == 2 else ("xmin", "ymin", "xmax", "ymax")  # noqa: PLR2004
            value = dict(zip(keys, numbers, strict=True))
        if "xmin" in value:
            return shapely.box(*(float(value[key]) for key in ("xmin", "ymin", "xmax", "ymax")))
        if "x" in value and geometry_type != "esriGeometryMultipoint":
            return shapely.Point(float(value["x"]), float(value["y"]))
        if "points" in value:
            return shapely.MultiPoint([point[:2] for point in value["points"]])
        if "paths" in value:
            return shapely.MultiLineString([[point[:2] for point in path] for path in value["paths"]])
        if "rings" in value:
            return _polygon_from_rings(value["rings"])
    except (ValueError, TypeError, KeyError, IndexError, shapely.errors.GEOSException) as error:
        raise GeometryError("unreadable geometry") from error
    raise GeometryError("unreadable geometry")


def _polygon_from_rings(rings: list[list[list[float]]]) -> shapely.Geometry:
    """Return a valid polygon in which a ring inside another ring is a hole, whatever its orientation."""
    area: shapely.Geometry = shapely.Polygon()
    for ring in rings:
        area = shapely.symmetric_difference(area, shapely.make_valid(shapely.Polygon([point[:2] for point in ring])))
    return area

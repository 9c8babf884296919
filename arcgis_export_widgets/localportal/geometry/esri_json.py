"""Geometries between shapely, Esri's JSON and GeoJSON, many at a time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Coordinates = NDArray[np.float64]

_PART_TYPES = {"esriGeometryPolyline": "paths", "esriGeometryPolygon": "rings", "esriGeometryMultipoint": "points"}
_GEOJSON_TYPES = {"esriGeometryPolyline": "LineString", "esriGeometryPolygon": "Polygon"}


class GeometryError(ValueError):
    """A geometry in JSON that cannot be read."""


@dataclass(frozen=True)
class Parts:
    """Many geometries taken apart: coordinates, and where each part (path, ring, point list) and geometry starts.

    Parameters
    ----------
    coordinates
        (n, 2) or (n, 3) array of x, y and z.
    part_offsets
        Part i has the coordinates ``part_offsets[i]:part_offsets[i + 1]``.
    geometry_offsets
        Geometry i has the parts ``geometry_offsets[i]:geometry_offsets[i + 1]``.
    part_is_hole
        For polygons: whether the ring is an inner one.
    missing
        Whether geometry i is null.
    """

    coordinates: Coordinates
    part_offsets: NDArray[np.int64]
    geometry_offsets: NDArray[np.int64]
    part_is_hole: NDArray[np.bool_]
    missing: NDArray[np.bool_]


def take_apart(geometries: Geometries, geometry_type: str, *, include_z: bool, clockwise: bool = True) -> Parts:
    """Return the parts of many geometries of one Esri type.

    Parameters
    ----------
    clockwise
        Orientation of outer rings: Esri writes them clockwise, GeoJSON counter-clockwise. Holes go the other way.
    """
    missing = shapely.is_missing(geometries) | shapely.is_empty(geometries)
    if geometry_type in {"esriGeometryPoint", "esriGeometryMultipoint"}:
        coordinates = shapely.get_coordinates(geometries, include_z=include_z)
        counts = shapely.get_num_coordinates(geometries)
        part_counts = (counts > 0).astype(np.int64)
        part_offsets = _offsets(counts[counts > 0])
        return Parts(coordinates, part_offsets, _offsets(part_counts), np.zeros(int(part_counts.sum()), bool), missing)
    singles, owners = shapely.get_parts(geometries, return_index=True)
    if geometry_type == "esriGeometryPolyline":
        rings, ring_owners = singles, owners
        holes = np.zeros(len(rings), bool)
    else:
        rings, ring_of = shapely.get_rings(singles, return_index=True)
        ring_owners = owners[ring_of]
        holes = np.r_[False, ring_of[1:] == ring_of[:-1]] if len(ring_of) else np.zeros(0, bool)
    coordinates, of_part = shapely.get_coordinates(rings, include_z=include_z, return_index=True)
    part_offsets = _offsets(np.bincount(of_part, minlength=len(rings)))
    if geometry_type == "esriGeometryPolygon" and len(rings):
        is_clockwise = ~shapely.is_ccw(rings)
        coordinates = _reverse_parts(coordinates, part_offsets, is_clockwise != (holes ^ clockwise))
    geometry_offsets = _offsets(np.bincount(ring_owners, minlength=len(geometries)))
    return Parts(coordinates, part_offsets, geometry_offsets, holes, missing)


def _offsets(counts: NDArray[Any]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _reverse_parts(coordinates: Coordinates, offsets: NDArray[np.int64], wrong: NDArray[np.bool_]) -> Coordinates:
    if not wrong.any():
        return coordinates
    lengths = np.diff(offsets)
    start = np.repeat(offsets[:-1], lengths)
    end = np.repeat(offsets[1:], lengths)
    here = np.arange(len(coordinates))
    return coordinates[np.where(np.repeat(wrong, lengths), end - 1 - (here - start), here)]


def _part_lists(parts: Parts, precision: int | None) -> list[list[list[list[float]]]]:
    """Return for each geometry its parts as lists of coordinates."""
    values = _rounded(parts.coordinates, precision)
    bounds = parts.part_offsets.tolist()
    pieces = [values[start:end] for start, end in pairwise(bounds)]
    owners = parts.geometry_offsets.tolist()
    return [pieces[start:end] for start, end in pairwise(owners)]


def _rounded(coordinates: Coordinates, precision: int | None) -> list[list[float]]:
    if precision is not None:
        coordinates = coordinates.copy()
        coordinates[:, :2] = np.round(coordinates[:, :2], precision)
    values: list[list[float]] = coordinates.tolist()
    return values


def _point_list(parts: Parts, precision: int | None) -> list[list[float] | None]:
    """Return each point's coordinates, None for null."""
    found = iter(_rounded(parts.coordinates, precision))
    return [None if gone else next(found) for gone in parts.missing.tolist()]


def to_esri(
    geometries: Geometries, geometry_type: str, *, include_z: bool = False, precision: int | None = None
) -> list[dict[str, Any] | None]:
    """Return Esri's JSON of each geometry, None for null.

    Parameters
    ----------
    precision
        Decimal places of x and y; None keeps all.
    """
    parts = take_apart(geometries, geometry_type, include_z=include_z)
    if geometry_type == "esriGeometryPoint":
        names = ("x", "y", "z")
        points = _point_list(parts, precision)
        return [None if one is None else dict(zip(names, one, strict=False)) for one in points]
    lists = _part_lists(parts, precision)
    flags = {"hasZ": True} if include_z else {}
    if geometry_type == "esriGeometryMultipoint":
        return [{**flags, "points": one[0]} if one else None for one in lists]
    key = _PART_TYPES[geometry_type]
    missing = parts.missing.tolist()
    return [None if gone else {**flags, key: one} for one, gone in zip(lists, missing, strict=True)]


def to_geojson(
    geometries: Geometries, geometry_type: str, *, include_z: bool = False, precision: int | None = None
) -> list[dict[str, Any] | None]:
    """Return GeoJSON of each geometry, outer rings counter-clockwise (RFC 7946), None for null."""
    parts = take_apart(geometries, geometry_type, include_z=include_z, clockwise=False)
    if geometry_type == "esriGeometryPoint":
        points = _point_list(parts, precision)
        return [None if one is None else {"type": "Point", "coordinates": one} for one in points]
    lists = _part_lists(parts, precision)
    if geometry_type == "esriGeometryMultipoint":
        return [{"type": "MultiPoint", "coordinates": one[0]} if one else None for one in lists]
    if geometry_type == "esriGeometryPolyline":
        return [_lines(one) for one in lists]
    holes = parts.part_is_hole
    owners = parts.geometry_offsets
    return [
        _polygons(one, holes[start:end].tolist())
        for one, start, end in zip(lists, owners[:-1], owners[1:], strict=True)
    ]


def _lines(paths: list[list[list[float]]]) -> dict[str, Any] | None:
    if not paths:
        return None
    if len(paths) == 1:
        return {"type": "LineString", "coordinates": paths[0]}
    return {"type": "MultiLineString", "coordinates": paths}


def _polygons(rings: list[list[list[float]]], holes: list[bool]) -> dict[str, Any] | None:
    polygons: list[list[list[list[float]]]] = []
    for ring, is_hole in zip(rings, holes, strict=True):
        if is_hole:
            polygons[-1].append(ring)
        else:
            polygons.append([ring])
    if not polygons:
        return None
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def parse_esri(value: Any, geometry_type: str) -> shapely.Geometry:
    """Return the shapely geometry of Esri's JSON or of the short forms ``x,y`` and ``xmin,ymin,xmax,ymax``.

    Raises
    ------
    GeometryError
        When it is none of these.
    """
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
    """Return a valid polygon: rings inside others are holes, whatever their orientation."""
    area: shapely.Geometry = shapely.Polygon()
    for ring in rings:
        area = shapely.symmetric_difference(area, shapely.make_valid(shapely.Polygon([point[:2] for point in ring])))
    return area

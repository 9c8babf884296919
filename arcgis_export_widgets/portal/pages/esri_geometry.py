"""Converting ArcGIS JSON to shapely geometries, one by one or many at once.

Source of the rules: https://developers.arcgis.com/rest/services-reference/enterprise/geometry-objects/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import GeometryType
from arcgis_export_widgets.portal.pages.assemble import Geometries, assemble, gc_paused, polygon_of

_KINDS = {
    "x": GeometryType.POINT,
    "points": GeometryType.MULTIPOINT,
    "paths": GeometryType.POLYLINE,
    "rings": GeometryType.POLYGON,
}


class _UnlikeError(ValueError):
    """The geometries are not all of one type, so they must be converted one by one."""


def read_geometries(geometries: Sequence[Mapping[str, Any] | None]) -> Geometries:
    """Convert many geometries as `to_shapely` does; much faster if all have the same type, as in a layer."""
    with gc_paused():
        try:
            return _all_alike(geometries)
        except (_UnlikeError, TypeError, ValueError, KeyError, IndexError, shapely.errors.GEOSException):
            return np.fromiter(map(to_shapely, geometries), dtype=object, count=len(geometries))


def _all_alike(geometries: Sequence[Mapping[str, Any] | None]) -> Geometries:
    there = np.array([bool(geometry) for geometry in geometries], dtype=bool)
    found = [geometry for geometry in geometries if geometry]
    made = np.full(len(geometries), None, dtype=object)
    if found:
        key = next((key for key in _KINDS if key in found[0]), None)
        if key is None:
            raise _UnlikeError
        made[there] = _points(found) if key == "x" else _parted(found, key)
    return made


def _points(geometries: Sequence[Mapping[str, Any]]) -> Geometries:
    axes = ["x", "y", "z"] if "z" in geometries[0] else ["x", "y"]
    if any(len(geometry.keys() & {"x", "y", "z"}) != len(axes) for geometry in geometries):
        raise _UnlikeError
    coordinates = np.array([[geometry[axis] for geometry in geometries] for axis in axes], dtype=np.float64).T
    empty = np.isnan(coordinates[:, :2]).any(axis=1)  # ArcGIS writes an empty point as null or "NaN"
    if np.isnan(coordinates[~empty]).any():
        raise _UnlikeError
    filled = np.ascontiguousarray(coordinates[~empty])
    return assemble(GeometryType.POINT, filled, np.ones(len(filled), dtype=np.int64), np.where(empty, 0, 1))


def _parted(geometries: Sequence[Mapping[str, Any]], key: str) -> Geometries:
    parts_of = [geometry[key] for geometry in geometries]
    if key == "points":
        parts_of = [[points] for points in parts_of]
    parts = list(chain.from_iterable(parts_of))
    vertices = list(chain.from_iterable(parts))
    dimensions = set(map(len, vertices))
    flags = {(geometry.get("hasZ"), geometry.get("hasM")) for geometry in geometries}
    if len(dimensions) != 1 or len(flags) != 1 or not dimensions <= {2, 3, 4}:
        raise _UnlikeError
    (size,), ((has_z, has_m),) = dimensions, flags
    if has_z is None:
        has_z = size > 2 and not has_m  # noqa: PLR2004  x and y
    numbers = np.fromiter(chain.from_iterable(vertices), dtype=np.float64, count=size * len(vertices))
    coordinates = np.ascontiguousarray(numbers.reshape(-1, size)[:, : 3 if has_z else 2])
    return assemble(_KINDS[key], coordinates, _lengths(parts), _lengths(parts_of))


def _lengths(lists: Sequence[Sequence[Any]]) -> NDArray[np.int64]:
    return np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))


def to_shapely(geometry: Mapping[str, Any] | None) -> BaseGeometry | None:
    """Convert one geometry: to a single geometry (such as Point) if it has one part, else to a multi-part one.

    Parameters
    ----------
    geometry
        ArcGIS JSON: a point (``x``, ``y``), multipoint (``points``), polyline (``paths``), polygon (``rings``) or
        envelope (``xmin`` ...). For None or an object without coordinates, the result is None. M values are dropped.

    Raises
    ------
    LoadError
        If `geometry` contains true curves, or is not a geometry.
    """
    if not geometry:
        return None
    if "curvePaths" in geometry or "curveRings" in geometry:
        raise LoadError(
            say("The file contains true curves, which GeoPandas cannot represent. Export it with plain lines.")
        )
    try:
        for key, make in _MAKERS.items():
            if key in geometry:
                return make(geometry)
    except (TypeError, ValueError, IndexError, KeyError, shapely.errors.GEOSException) as error:
        raise LoadError(say("The file contains an invalid geometry: {error}.", error=error)) from error
    raise LoadError(
        say("The file contains a geometry of an unknown kind, with {keys}.", keys=", ".join(map(repr, geometry)))
    )


def _point(geometry: Mapping[str, Any]) -> BaseGeometry | None:
    x, y, z = geometry["x"], geometry["y"], geometry.get("z")
    if x is None or y is None or "NaN" in {x, y}:
        return None  # ArcGIS writes an empty point like this
    return shapely.Point(x, y) if z is None or z == "NaN" else shapely.Point(x, y, z)


def _multipoint(geometry: Mapping[str, Any]) -> BaseGeometry | None:
    points = geometry["points"]
    return shapely.MultiPoint(_coordinates(points, geometry)) if points else None


def _polyline(geometry: Mapping[str, Any]) -> BaseGeometry | None:
    lines = [shapely.LineString(_coordinates(path, geometry)) for path in geometry["paths"] if path]
    if not lines:
        return None
    return lines[0] if len(lines) == 1 else shapely.MultiLineString(lines)


def _polygon(geometry: Mapping[str, Any]) -> BaseGeometry | None:
    return polygon_of([shapely.LinearRing(_coordinates(ring, geometry)) for ring in geometry["rings"] if ring])


def _envelope(geometry: Mapping[str, Any]) -> BaseGeometry | None:
    corners = [geometry[key] for key in ("xmin", "ymin", "xmax", "ymax")]
    return None if None in corners or "NaN" in corners else shapely.box(*corners)


def _coordinates(vertices: Sequence[Sequence[Any]], geometry: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    has_z = geometry.get("hasZ", len(vertices[0]) > 2 and not geometry.get("hasM"))  # noqa: PLR2004  x and y
    return np.array([vertex[: 3 if has_z else 2] for vertex in vertices], dtype="float64")


_MAKERS: dict[str, Callable[[Mapping[str, Any]], BaseGeometry | None]] = {
    "x": _point,
    "points": _multipoint,
    "paths": _polyline,
    "rings": _polygon,
    "xmin": _envelope,
}

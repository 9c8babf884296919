"""Geometries of a JSON answer, many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from arcgis_export_widgets.model.definition import GeometryType
from arcgis_export_widgets.portal.pages.assemble import Geometries, assemble
from arcgis_export_widgets.portal.pages.esri_geometry import to_shapely

_KINDS = {
    "x": GeometryType.POINT,
    "points": GeometryType.MULTIPOINT,
    "paths": GeometryType.POLYLINE,
    "rings": GeometryType.POLYGON,
}
_JsonGeometry = Mapping[str, Any]


class _UnlikeError(ValueError):
    """The geometries are not all of one kind, so each has to be looked at by itself."""


def read_geometries(geometries: Sequence[_JsonGeometry | None]) -> Geometries:
    """Make what `to_shapely` makes of each, many times as quick where all are of one kind, as in a layer they are.

    Raises
    ------
    LoadError
        For true curves, and for what is no geometry.
    """
    try:
        return _all_alike(geometries)
    except (_UnlikeError, TypeError, ValueError, KeyError, IndexError, shapely.errors.GEOSException):
        made = np.full(len(geometries), None, dtype=object)
        made[:] = [to_shapely(geometry) for geometry in geometries]
        return made


def _all_alike(geometries: Sequence[_JsonGeometry | None]) -> Geometries:
    there = np.array([bool(geometry) for geometry in geometries], dtype=bool)
    found = [geometry for geometry in geometries if geometry]
    made = np.full(len(geometries), None, dtype=object)
    if found:
        key = next((key for key in _KINDS if key in found[0]), None)
        if key is None:
            raise _UnlikeError
        made[there] = _points(found) if key == "x" else _parted(found, key)
    return made


def _points(geometries: Sequence[_JsonGeometry]) -> Geometries:
    axes = ["x", "y", "z"] if "z" in geometries[0] else ["x", "y"]
    if any(len(geometry.keys() & {"x", "y", "z"}) != len(axes) for geometry in geometries):
        raise _UnlikeError
    coordinates = np.array([[geometry[axis] for geometry in geometries] for axis in axes], dtype=np.float64).T
    empty = np.isnan(coordinates[:, :2]).any(axis=1)  # null, and how ArcGIS writes an empty point: "NaN"
    if np.isnan(coordinates[~empty]).any():
        raise _UnlikeError
    filled = np.ascontiguousarray(coordinates[~empty])
    return assemble(GeometryType.POINT, filled, np.ones(len(filled), dtype=np.int64), np.where(empty, 0, 1))


def _parted(geometries: Sequence[_JsonGeometry], key: str) -> Geometries:
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

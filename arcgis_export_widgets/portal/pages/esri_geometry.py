"""Geometry as ArcGIS writes it in JSON, made into shapely's.

Source of the rules: https://developers.arcgis.com/rest/services-reference/enterprise/geometry-objects/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say


def to_shapely(geometry: Mapping[str, Any] | None) -> BaseGeometry | None:
    """Make one geometry; x comes first, z is kept and m is not.

    Parameters
    ----------
    geometry
        ArcGIS JSON: a point (``x``, ``y``), multipoint (``points``), polyline (``paths``), polygon (``rings``) or
        envelope (``xmin`` ...); None, or without coordinates, for a feature that has none.

    Returns
    -------
    BaseGeometry or None
        The single kind where there is one part, the multi kind where there are several.

    Raises
    ------
    LoadError
        For true curves, and for what is no geometry.
    """
    if not geometry:
        return None
    if "curvePaths" in geometry or "curveRings" in geometry:
        raise LoadError(
            say("The file holds true curves, which GeoPandas has no place for. Export it with plain lines.")
        )
    try:
        for key, make in _MAKERS.items():
            if key in geometry:
                return make(geometry)
    except (TypeError, ValueError, IndexError, KeyError, shapely.errors.GEOSException) as error:
        raise LoadError(say("The file holds a geometry that makes no sense: {error}.", error=error)) from error
    raise LoadError(
        say("The file holds a geometry of no known kind, with {keys}.", keys=", ".join(map(repr, geometry)))
    )


def _point(geometry: Mapping[str, Any]) -> BaseGeometry | None:
    x, y, z = geometry["x"], geometry["y"], geometry.get("z")
    if x is None or y is None or "NaN" in {x, y}:
        return None  # how ArcGIS writes an empty point
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


def polygon_of(rings: Sequence[shapely.LinearRing]) -> BaseGeometry | None:
    """Make a polygon of its rings; None of none.

    Rings that run clockwise are outer ones; the others are holes in the smallest outer ring around them. A single
    ring is an outer one whichever way it runs.
    """
    if len(rings) == 1:
        return shapely.Polygon(rings[0])
    shells = [shapely.Polygon(ring) for ring in rings if not shapely.is_ccw(ring)]
    holes: list[list[shapely.LinearRing]] = [[] for _ in shells]
    for ring in (ring for ring in rings if shapely.is_ccw(ring)):
        inside = shapely.Polygon(ring).representative_point()
        around = [i for i, shell in enumerate(shells) if shell.contains(inside)]
        if around:
            holes[min(around, key=lambda i: shells[i].area)].append(ring)
        else:  # written the wrong way round: a hole in nothing is land
            shells.append(shapely.Polygon(ring))
            holes.append([])
    parts = [shapely.Polygon(shell.exterior, cut) for shell, cut in zip(shells, holes, strict=True)]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


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

"""Read the spatial filter of a query, and find the rows whose geometry matches."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import ProjError

from arcgis_export_widgets.localportal.geometry.geometry_json import GeometryError, parse_esri
from arcgis_export_widgets.localportal.geometry.spatial_reference import (
    WGS84,
    SpatialReferenceError,
    parse_spatial_reference,
    reproject,
)
from arcgis_export_widgets.localportal.http.request import Parameters, invalid_query
from arcgis_export_widgets.localportal.http.time_limit import took_too_long
from arcgis_export_widgets.localportal.layers.layer import Layer, Rows
from arcgis_export_widgets.localportal.query.complexity import MOST_VERTICES, are_numbers, refuse_if_too_complicated

_RELATIONS = {
    "intersects": shapely.intersects,
    "contains": shapely.contains,
    "crosses": shapely.crosses,
    "overlaps": shapely.overlaps,
    "touches": shapely.touches,
    "within": shapely.within,
    "disjoint": shapely.disjoint,
}
_METERS = {
    "esrisrunit_meter": 1.0,
    "esrisrunit_kilometer": 1000.0,
    "esrisrunit_foot": 0.3048,
    "esrisrunit_statutemile": 1609.344,
    "esrisrunit_nauticalmile": 1852.0,
    "esrisrunit_usnauticalmile": 1853.248,
}
_SEGMENTS = 32
_MOST_CHARACTERS = 2_000_000
MOST_BUFFERED, _MOST_PARTS_BUFFERED = 5_000, 1_000
"""Most vertices (after long edges have been divided) and parts of a geometry whose surroundings are asked for."""
MOST_SECONDS = 20.0
_QUICK_SECONDS = 0.1


@dataclass(frozen=True)
class SpatialFilter:
    """A geometry in the layer's coordinate system, and the spatial relation that features must have to it.

    `relation` is one of `_RELATIONS`, ``envelopeintersects`` (bounding boxes only) or a DE-9IM pattern; `is_box` is
    whether the geometry is a rectangle parallel to the axes, so that comparing bounding boxes is enough for points.
    """

    geometry: shapely.Geometry
    relation: str
    is_box: bool

    @property
    def bounds(self) -> tuple[float, float, float, float] | None:
        """A box (xmin, ymin, xmax, ymax) that every match intersects; None if matches can be anywhere."""
        return None if self.relation == "disjoint" else self.geometry.bounds

    def is_decided_by_bounds(self, layer: Layer) -> bool:
        """Whether all features whose bounding box intersects `bounds` are matches."""
        if self.relation == "envelopeintersects":
            return True
        return self.is_box and self.relation == "intersects" and layer.geometry_type == "esriGeometryPoint"

    def matching(self, layer: Layer, rows: Rows) -> Rows:
        """Return those of `rows` whose geometry matches; `rows` must already have been selected by `bounds`."""
        if self.is_decided_by_bounds(layer) or layer.geometries is None:
            return rows
        if self.is_box and self.relation == "intersects" and layer.bounds is not None:
            inside = _is_inside(layer.bounds[rows], self.geometry.bounds)
            # only features that are not completely inside need the full test
            inside[~inside] = self._matches(layer.geometries[rows[~inside]])
            return rows[inside]
        return rows[self._matches(layer.geometries[rows])]

    def _matches(self, geometries: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Return, for each geometry, whether it matches; raise an error if that takes longer than `MOST_SECONDS`."""
        ends = time.monotonic() + MOST_SECONDS
        found, start, step = [np.zeros(0, dtype=bool)], 0, 1
        while start < len(geometries):
            began = time.monotonic()
            if began > ends:
                raise took_too_long("Comparing geometries", MOST_SECONDS)
            found.append(self._compare(geometries[start : start + step]))
            start += step
            step = 2 * step if time.monotonic() - began < _QUICK_SECONDS else max(step // 2, 1)
        return np.concatenate(found)

    def _compare(self, geometries: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Return, for each geometry, whether it has the required relation to the filter's geometry; False for null."""
        if self.relation in _RELATIONS:
            shapely.prepare(self.geometry)
            # in ArcGIS, the query geometry is the subject of the relation: Contains finds the features inside it
            found = _RELATIONS[self.relation](self.geometry, geometries)
        else:
            found = shapely.relate_pattern(self.geometry, geometries, self.relation)
        matches: NDArray[np.bool_] = found & ~shapely.is_missing(geometries)
        return matches


def parse_spatial_filter(parameters: Parameters, layer: Layer) -> SpatialFilter | None:
    """Return the spatial filter in `parameters`; None if there is none or the layer is a table."""
    text = parameters.text("geometry")
    if text is None or layer.is_table:
        return None
    if len(text) > _MOST_CHARACTERS:
        raise invalid_query(f"'geometry' has more than {_MOST_CHARACTERS:,} characters")
    geometry_type = parameters.text("geometryType") or "esriGeometryEnvelope"
    value: Any = parameters.json("geometry") if text.startswith("{") else text
    own = value.get("spatialReference") if isinstance(value, dict) else None
    named = parameters.text("inSR") or own or parameters.text("defaultSR")
    with parameters.reading("inSR"):
        in_sr: CRS | None = parse_spatial_reference(named) if named else layer.crs
    distance_m = _distance_m(parameters)
    try:
        geometry = _read_geometry(value, geometry_type)
        if distance_m and not geometry.is_empty:
            geometry = _buffer(geometry, in_sr, distance_m)
        geometry = _move(geometry, in_sr, layer.crs)
    except (ArithmeticError, GeometryError, ProjError, shapely.errors.ShapelyError) as error:
        raise parameters.invalid("geometry") from error
    except SpatialReferenceError as error:
        raise parameters.invalid("inSR") from error
    return SpatialFilter(geometry, _relation(parameters), _is_box(geometry))


def _read_geometry(value: Any, geometry_type: str) -> shapely.Geometry:
    refuse_if_too_complicated(value)
    geometry = parse_esri(value, geometry_type)
    if geometry is None or not are_numbers(shapely.get_coordinates(geometry)):
        raise GeometryError("not finite")
    return geometry


def _relation(parameters: Parameters) -> str:
    name = (parameters.text("spatialRel") or "esriSpatialRelIntersects").lower().removeprefix("esrispatialrel")
    if name in {"indexintersects", "envelopeintersects"}:
        return "envelopeintersects"
    if name == "relation":
        pattern = (parameters.text("relationParam") or "").upper()
        if len(pattern) != 9 or set(pattern) - set("TF*012"):  # noqa: PLR2004
            raise parameters.invalid("relationParam")
        return pattern
    if name not in _RELATIONS:
        raise parameters.invalid("spatialRel")
    return name


def _distance_m(parameters: Parameters) -> float:
    distance = parameters.number("distance") or 0.0
    unit = (parameters.text("units") or "esriSRUnit_Meter").lower()
    if unit not in _METERS:
        raise parameters.invalid("units")
    return distance * _METERS[unit]


def _buffer(geometry: shapely.Geometry, crs: CRS | None, distance_m: float) -> shapely.Geometry:
    """Return the area within `distance_m` metres of `geometry`, computed in an azimuthal equidistant projection."""
    if crs is None:
        return _surroundings(geometry, distance_m)
    geographic = _move(geometry, crs, WGS84)
    center = geographic.centroid
    plane = CRS.from_proj4(f"+proj=aeqd +lat_0={center.y} +lon_0={center.x} +datum=WGS84 +units=m")
    return _move(_surroundings(_move(geographic, WGS84, plane), distance_m), plane, crs)


def _surroundings(geometry: shapely.Geometry, distance: float) -> shapely.Geometry:
    """Return the area within `distance` of `geometry`; of each part alone at first, which is far faster for many."""
    parts = shapely.get_parts(geometry)
    if shapely.get_num_coordinates(geometry) > MOST_BUFFERED or len(parts) > _MOST_PARTS_BUFFERED:
        raise invalid_query("'geometry' has more vertices or parts than 'distance' allows")
    return shapely.union_all(shapely.buffer(parts, distance, quad_segs=_SEGMENTS))


def _move(geometry: shapely.Geometry, source: CRS | None, target: CRS | None) -> shapely.Geometry:
    """Transform `geometry` to `target`, with added vertices: a straight edge in `source` may be a curve in `target`."""
    if source is None or target is None or source == target:
        return geometry
    xmin, ymin, xmax, ymax = geometry.bounds
    longest = max(xmax - xmin, ymax - ymin)
    if longest > 0:
        geometry = shapely.segmentize(geometry, longest / _SEGMENTS)
    if shapely.get_num_coordinates(geometry) > 2 * MOST_VERTICES:
        raise invalid_query("'geometry' has too many long edges for another spatial reference")
    moved: shapely.Geometry = reproject(np.array([geometry], dtype=object), source, target)[0]
    if not np.isfinite(shapely.get_coordinates(moved)).all():
        raise GeometryError("the geometry cannot be transformed to the layer's spatial reference")
    return moved


def _is_box(geometry: shapely.Geometry) -> bool:
    if geometry.geom_type != "Polygon":
        return False
    xmin, ymin, xmax, ymax = geometry.bounds
    area = (xmax - xmin) * (ymax - ymin)
    return bool(abs(geometry.area - area) <= 1e-9 * area)


def _is_inside(bounds: NDArray[np.float64], box: tuple[float, float, float, float]) -> NDArray[np.bool_]:
    """Return, for each row of `bounds`, whether it is completely inside the box; False for not-a-number."""
    xmin, ymin, xmax, ymax = bounds.T
    inside: NDArray[np.bool_] = (xmin >= box[0]) & (ymin >= box[1]) & (xmax <= box[2]) & (ymax <= box[3])
    return inside

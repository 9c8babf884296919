"""Areas a query can be restricted to: a rectangle or a polygon."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

import shapely
from shapely.affinity import translate
from shapely.geometry.polygon import orient

Rings: TypeAlias = tuple[tuple[tuple[float, float], ...], ...]
WGS84 = 4326
_HALF_TURN, _TURN = 180.0, 360.0


@dataclass(frozen=True)
class Envelope:
    """A rectangle: x is easting or longitude, y northing or latitude, in the units of `wkid`."""

    geometry_type: ClassVar[str] = "esriGeometryEnvelope"

    xmin: float
    ymin: float
    xmax: float
    ymax: float
    wkid: int = WGS84

    @property
    def outline(self) -> Rings:
        """The rectangle as one clockwise ring."""
        west, south, east, north = self.xmin, self.ymin, self.xmax, self.ymax
        return (((west, south), (west, north), (east, north), (east, south), (west, south)),)

    @classmethod
    def from_json(cls, json: Any, *, wkid: int = WGS84) -> Envelope | None:
        """Read a rectangle from ArcGIS JSON; None if a coordinate is missing or not finite, as for empty layers."""
        try:
            xmin, ymin, xmax, ymax = (float(json[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
        except (KeyError, TypeError, ValueError):
            return None
        is_somewhere = all(map(math.isfinite, (xmin, ymin, xmax, ymax)))
        return cls(xmin, ymin, xmax, ymax, wkid) if is_somewhere else None

    def to_json(self) -> dict[str, Any]:
        """The rectangle as ArcGIS JSON, for a query's parameter ``geometry``."""
        sides = {"xmin": self.xmin, "ymin": self.ymin, "xmax": self.xmax, "ymax": self.ymax}
        return {**sides, "spatialReference": {"wkid": self.wkid}}

    def on_globe(self) -> Area:
        """The same area with longitudes from -180 to 180, cut in two at the 180th meridian if needed. WGS 84 only."""
        if self.xmin >= -_HALF_TURN and self.xmax <= _HALF_TURN:
            return self
        return Polygon.drawn({"type": "Polygon", "coordinates": self.outline}) or self


@dataclass(frozen=True)
class Polygon:
    """A polygon in longitude and latitude (WGS 84), drawn on a map.

    Maps continue past the 180th meridian: a place drawn at 190 degrees has the longitude -170.
    """

    geometry_type: ClassVar[str] = "esriGeometryPolygon"
    wkid: ClassVar[int] = WGS84

    rings: Rings
    """Closed rings with longitudes from -180 to 180: outer rings clockwise, holes counterclockwise."""
    outline: Rings = field(compare=False)
    """The rings as drawn, perhaps past the 180th meridian."""

    @classmethod
    def drawn(cls, geometry: Mapping[str, Any]) -> Polygon | None:
        """Make a `Polygon` from a drawn GeoJSON polygon, which may cross itself; None if it has no area."""
        shape = shapely.make_valid(shapely.from_geojson(json.dumps(geometry)))
        outline = _rings(shape)
        return cls(_rings(_on_globe(shape)), outline) if outline else None

    def to_json(self) -> dict[str, Any]:
        """The polygon as ArcGIS JSON, for a query's parameter ``geometry``."""
        return {"rings": self.rings, "spatialReference": {"wkid": self.wkid}}


Area: TypeAlias = Envelope | Polygon


def _rings(shape: shapely.Geometry) -> Rings:
    """Rings of all polygons in a shape: each outer ring, clockwise, followed by its holes."""
    polygons = [orient(part, -1) for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    rings = [ring for part in polygons for ring in (part.exterior, *part.interiors)]
    return tuple(tuple((x, y) for x, y, *_ in ring.coords) for ring in rings)


def _on_globe(shape: shapely.Geometry) -> shapely.Geometry:
    """The same shape, cut at the 180th meridian, with the pieces moved by full turns to longitudes from -180 to 180."""
    west, south, east, north = shape.bounds
    if not shape.is_empty and (west < -_HALF_TURN or east > _HALF_TURN):
        globe = shapely.box(-_HALF_TURN, south, _HALF_TURN, north)
        turns = range(math.floor((west + _HALF_TURN) / _TURN), math.floor((east + _HALF_TURN) / _TURN) + 1)
        return shapely.union_all([translate(shape, -turn * _TURN) & globe for turn in turns])
    return shape

"""Calculates which part of the world a map shows, at which zoom level and size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from arcgis_export_widgets.model.area import Area
from arcgis_export_widgets.portal import Envelope

ZOOM_STEP = 0.25
"""Difference between two neighbouring zoom levels of a map."""
_TILE_PX = 256
_HALF_TURN = 180.0
_MOST_ZOOM = 16
_MERCATOR_LATITUDE = 85.05


@dataclass(frozen=True)
class Viewport:
    """The part of the world that a map shows: its edges in WGS 84 degrees, and the zoom level."""

    west: float
    south: float
    east: float
    north: float
    zoom: float

    @classmethod
    def around(cls, envelope: Envelope, *, width_px: int, height_px: int) -> Viewport:
        """The closest view that shows all of `envelope` on a map of this size; `zoom` is a multiple of `ZOOM_STEP`."""
        west, east = envelope.xmin, envelope.xmax
        south, north = (min(max(y, -_MERCATOR_LATITUDE), _MERCATOR_LATITUDE) for y in (envelope.ymin, envelope.ymax))
        wide = max((east - west) / 360, 1e-9)
        low, high = mercator(south), mercator(north)
        tall = max(high - low, 1e-9)
        exact = min(math.log2(width_px / _TILE_PX / wide), math.log2(height_px / _TILE_PX / tall))
        zoom = min(max(math.floor(exact / ZOOM_STEP) * ZOOM_STEP, 1), _MOST_ZOOM)
        half_wide = width_px / _TILE_PX / 2**zoom * 180
        half_tall = height_px / _TILE_PX / 2**zoom / 2
        x, y = (west + east) / 2, (low + high) / 2
        return cls(x - half_wide, _latitude(y - half_tall), x + half_wide, _latitude(y + half_tall), zoom)

    @classmethod
    def seen(cls, *, west: float, south: float, east: float, north: float, width_px: float) -> Viewport:
        """The view of a map with these edges; the zoom level is calculated from the map's width."""
        zoom = math.log2(width_px / _TILE_PX * 360 / (east - west))
        return cls(west, south, east, north, round(zoom, 2))

    @property
    def center(self) -> tuple[float, float]:
        """Latitude and longitude of the middle of the map."""
        y = (mercator(self.south) + mercator(self.north)) / 2
        return _latitude(y), (self.west + self.east) / 2

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the map in screen pixels."""
        scale = _TILE_PX * 2**self.zoom
        height = (mercator(self.north) - mercator(self.south)) * scale
        return round((self.east - self.west) / 360 * scale), round(height)

    @property
    def degrees_per_pixel(self) -> float:
        """Width of a screen pixel in degrees of longitude."""
        return 360 / (_TILE_PX * 2**self.zoom)

    @property
    def envelope(self) -> Envelope:
        """The rectangle in view, moved so that its middle is between -180 and 180 degrees; its edges may be outside."""
        south, north = max(self.south, -90.0), min(self.north, 90.0)
        if self.east - self.west >= 2 * _HALF_TURN:
            return Envelope(-_HALF_TURN, south, _HALF_TURN, north)
        turns = math.floor(((self.west + self.east) / 2 + 180) / 360) * 360
        return Envelope(self.west - turns, south, self.east - turns, north)

    @property
    def area(self) -> Area:
        """The area in view as a portal accepts it; a view across the 180th meridian is divided there."""
        return self.envelope.on_globe()

    @property
    def middle(self) -> float | None:
        """Longitude of the middle of a view that crosses the 180th meridian without spanning the globe; else None."""
        reaches_beyond = self.west < -_HALF_TURN or self.east > _HALF_TURN
        return (self.west + self.east) / 2 if reaches_beyond and self.east - self.west < 2 * _HALF_TURN else None

    def padded(self, share: float) -> Viewport:
        """This view enlarged on each edge by `share` of its size, so that a small pan needs no new query."""
        dx, dy = (self.east - self.west) * share, (self.north - self.south) * share
        return replace(self, west=self.west - dx, south=self.south - dy, east=self.east + dx, north=self.north + dy)

    def contains(self, other: Viewport) -> bool:
        """Whether `other` is completely inside this view."""
        inside = self.west <= other.west and other.east <= self.east
        return inside and self.south <= other.south and other.north <= self.north


def mercator(latitude: float) -> float:
    """Web Mercator y of a latitude in degrees, as a fraction of the world's height (-0.5 to 0.5)."""
    latitude = min(max(latitude, -_MERCATOR_LATITUDE), _MERCATOR_LATITUDE)
    return math.log(math.tan(math.pi / 4 + math.radians(latitude) / 2)) / (2 * math.pi)


def _latitude(y: float) -> float:
    return math.degrees(2 * math.atan(math.exp(y * 2 * math.pi)) - math.pi / 2)

"""Finds EPSG and Esri coordinate systems by words or code, and suggests some for the area of a layer."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pyproj
from pyproj.aoi import AreaOfInterest
from pyproj.database import CRSInfo, query_crs_info, query_utm_crs_info
from pyproj.enums import PJType
from pyproj.exceptions import ProjError

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference

logger = logging.getLogger(__name__)

MOST_FOUND = 30
_KINDS = [PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS]
_NOT_FOR_PEOPLE = ("grid system", "Equi7", "GLANCE", "EASE-Grid", "PDC Mercator")
"""Systems with these words in their names are never suggested: they are for tiling grids or many zones at once."""
_UTM_WIDTH = 7.0
_GLOBE = 360.0


@dataclass(frozen=True)
class KnownCRS:
    """One coordinate system of EPSG or Esri."""

    authority: str
    code: str
    name: str
    area: str
    """Description of the area that the system is meant for; empty if unknown."""

    @property
    def label(self) -> str:
        """Code and name, in the form of `SpatialReference.label`."""
        return f"{self.authority}:{self.code} · {self.name}"


def search_crs(text: str) -> tuple[KnownCRS, ...]:
    """Find coordinate systems with every word of `text` in code, name or area: at most `MOST_FOUND`, best first."""
    words = text.lower().replace(":", " ").split()
    if not words:
        return ()
    found = [known for known, described in _known() if all(word in described for word in words)]
    return tuple(sorted(found, key=lambda known: _rank(known, words))[:MOST_FOUND])


@lru_cache(maxsize=64)  # the search takes 70 ms, and a form asks whenever it shows its suggestions
def suggest_crs(area: AreaOfInterest) -> tuple[KnownCRS, ...]:
    """Suggest projected systems for an area: the UTM zone, if one contains the area, and the two most local systems."""
    west, east = max(area.west_lon_degree, -180.0), min(area.east_lon_degree, 180.0)
    south, north = max(area.south_lat_degree, -90.0), min(area.north_lat_degree, 90.0)
    if area.west_lon_degree < -_GLOBE / 2 or not (west <= east and south <= north):
        return ()  # PROJ's areas do not cross the 180th meridian
    interest = AreaOfInterest(west, south, east, north)
    utm = query_utm_crs_info("WGS 84", interest, contains=True) if east - west <= _UTM_WIDTH else []
    projected = query_crs_info("EPSG", PJType.PROJECTED_CRS, area_of_interest=interest, contains=True)
    by_area: dict[float, CRSInfo] = {}
    for info in sorted(projected, key=_breadth):
        if not any(word in info.name for word in _NOT_FOR_PEOPLE):
            by_area.setdefault(_breadth(info)[0], info)
    return tuple(map(_described, [*utm[:1], *list(by_area.values())[:2]]))


def area_of(definitions: Iterable[LayerDefinition]) -> AreaOfInterest | None:
    """The rectangle (WGS 84) around the extents of layers; None if no layer has a usable extent."""
    boxes = [box for definition in definitions if (box := _box(definition)) is not None]
    if not boxes:
        return None
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return AreaOfInterest(min(wests), min(souths), max(easts), max(norths))


def _box(definition: LayerDefinition) -> tuple[float, float, float, float] | None:
    """West, south, east and north of a layer's extent, in degrees."""
    extent = definition.definition.get("extent") or {}
    try:
        west, south, east, north = (float(extent[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
        own = SpatialReference.of(extent["spatialReference"]).crs
        transformer = pyproj.Transformer.from_crs(own, 4326, always_xy=True)
        box: tuple[float, float, float, float] = transformer.transform_bounds(west, south, east, north)
    except (KeyError, TypeError, ValueError, RequestError, ProjError) as error:
        logger.debug("%s has no usable extent: %s", definition.name, error)
        return None
    return box if all(abs(side) <= _GLOBE for side in box) else None


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[KnownCRS, str], ...]:
    """All known coordinate systems, each with the text to search, in lower case."""
    known = [_described(info) for authority in ("EPSG", "ESRI") for info in query_crs_info(authority, _KINDS)]
    return tuple((crs, f"{crs.authority} {crs.code} {crs.name} {crs.area}".lower()) for crs in known)


def _described(info: CRSInfo) -> KnownCRS:
    return KnownCRS(info.auth_name, info.code, info.name, (info.area_of_use.name if info.area_of_use else "") or "")


def _rank(known: KnownCRS, words: list[str]) -> tuple[bool, bool, int, bool, int]:
    """Sort key: exact code first, then code that starts with a word, most words in the name, WGS 84, shorter name."""
    name = known.name.lower()
    return (
        known.code not in words,
        not any(known.code.startswith(word) for word in words),
        -sum(word in name for word in words),
        not known.name.startswith("WGS 84"),
        len(known.name),
    )


def _breadth(info: CRSInfo) -> tuple[float, bool, int]:
    """Sort key: smaller area first, then metres before feet, then higher code first."""
    area = info.area_of_use
    if area is None:
        return _GLOBE * _GLOBE, True, 0
    width = area.east - area.west + (_GLOBE if area.east < area.west else 0)
    return round(width * (area.north - area.south), 1), "ft" in info.name, -int(info.code)

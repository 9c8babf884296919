"""Convert spatial references between Esri's ``wkid`` or JSON and pyproj, and reproject geometries."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

# Esri's older numbers of systems that now have an EPSG number: wkid -> latestWkid
_LATEST_WKID = {102100: 3857, 102113: 3785, 900913: 3857}
_WKID_WRITTEN = {3857: 102100}

Geometries = NDArray[np.object_]
WGS84 = CRS.from_epsg(4326)


class SpatialReferenceError(ValueError):
    """An unknown spatial reference, or coordinates that cannot be transformed to it."""


@lru_cache(maxsize=256)
def _crs_from_wkid(wkid: int) -> CRS:
    number = _LATEST_WKID.get(wkid, wkid)
    for authority in ("EPSG", "ESRI"):
        try:
            return CRS.from_authority(authority, number)
        except CRSError:
            continue
    raise SpatialReferenceError(f"unknown wkid {wkid}")


@lru_cache(maxsize=64)
def _crs_from_wkt(wkt: str) -> CRS:
    try:
        return CRS.from_wkt(wkt)
    except CRSError as error:
        raise SpatialReferenceError("unreadable wkt") from error


def parse_spatial_reference(value: Any) -> CRS:
    """Return the CRS for a wkid, a JSON object, or either as a string; raise `SpatialReferenceError` if unknown.

    Examples: ``4326``, ``"4326"``, ``{"wkid": 102100}``, ``{"latestWkid": 3857}``, ``'{"wkt": "..."}'``.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.upper().startswith("EPSG:"):
            text = text[5:]
        if text.startswith(("GEOGCS", "PROJCS", "GEOGCRS", "PROJCRS")):
            return _crs_from_wkt(text)
        try:
            value = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SpatialReferenceError("unreadable spatial reference") from error
    if isinstance(value, dict):
        if isinstance(value.get("spatialReference"), dict):
            value = value["spatialReference"]
        wkid = value.get("latestWkid") or value.get("wkid")
        if wkid is None and isinstance(value.get("wkt"), str):
            return _crs_from_wkt(value["wkt"])
        value = wkid
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise SpatialReferenceError("unreadable spatial reference")
    return _crs_from_wkid(int(value))


@lru_cache(maxsize=64)
def _describe(crs: CRS) -> tuple[tuple[str, Any], ...]:
    number = crs.to_epsg(min_confidence=70)
    if number is None:
        authority = crs.to_authority(min_confidence=70)
        number = int(authority[1]) if authority and authority[1].isdigit() else None
    if number is None:
        return (("wkt", crs.to_wkt("WKT1_ESRI")),)
    return (("wkid", _WKID_WRITTEN.get(number, number)), ("latestWkid", number))


def describe_spatial_reference(crs: CRS | None) -> dict[str, Any] | None:
    """Return `crs` as Esri's JSON: ``wkid`` and ``latestWkid``, or ``wkt`` if it has no wkid; None if `crs` is None."""
    return None if crs is None else dict(_describe(crs))


@lru_cache(maxsize=64)
def _transformer(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def reproject(geometries: Geometries, source: CRS | None, target: CRS | None) -> Geometries:
    """Transform geometries (x, y order) from `source` to `target`; unchanged if either is None or both are equal."""
    if source is None or target is None or source == target:
        return geometries
    try:
        transformer = _transformer(source, target)
    except ProjError as error:
        raise SpatialReferenceError("no transformation between the two spatial references") from error

    def move(coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = transformer.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([x, y, coordinates[:, 2:]])

    has_z = bool(shapely.has_z(geometries).any())
    moved: Geometries = shapely.transform(geometries, move, include_z=has_z)
    return moved

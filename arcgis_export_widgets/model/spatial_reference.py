"""Converts spatial references between the forms of ArcGIS (wkid or WKT) and GeoPandas (pyproj CRS)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import pyproj
from pyproj.exceptions import CRSError

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say

SpatialReferenceLike: TypeAlias = "SpatialReference | int | str | Mapping[str, Any] | pyproj.CRS"


@dataclass(frozen=True)
class SpatialReference:
    """A spatial reference, given by well-known id or by WKT.

    Examples
    --------
    >>> SpatialReference.of("EPSG:3857")
    SpatialReference(wkid=3857)
    >>> SpatialReference.of({"wkid": 102100, "latestWkid": 3857}).crs.to_epsg()
    3857
    """

    wkid: int | None = None
    """Esri's well-known id: an EPSG code, or one of Esri's own such as 102100."""
    latest_wkid: int | None = None
    """Id that replaced `wkid` in newer ArcGIS releases; None if the same as `wkid` or not given."""
    wkt: str | None = None
    """WKT of the spatial reference; None if `wkid` is given."""

    def __post_init__(self) -> None:
        if self.wkid is None and not self.wkt:
            raise RequestError(say("A spatial reference needs a wkid, such as 4326, or a WKT string."))

    @classmethod
    def of(cls, value: SpatialReferenceLike) -> SpatialReference:
        """Read a spatial reference in any of its usual forms.

        Parameters
        ----------
        value
            A wkid (``3857``), an authority string (``"EPSG:3857"``, ``"ESRI:102008"``), a WKT or PROJ text, ArcGIS JSON
            (``{"wkid": 102100, "latestWkid": 3857}`` or ``{"wkt": "..."}``), or a `pyproj.CRS`.

        Raises
        ------
        RequestError
            If the value does not name a known spatial reference.
        """
        if isinstance(value, SpatialReference):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            found = cls(wkid=value)
        elif isinstance(value, Mapping):
            found = cls._from_mapping(value)
        elif isinstance(value, pyproj.CRS):
            return cls._from_crs(value)
        elif isinstance(value, str):
            found = cls._from_text(value)
        else:
            raise RequestError(
                say(
                    "A spatial reference cannot be read from {type}; use a wkid such as 4326, 'EPSG:4326', "
                    "a pyproj CRS or {json}.",
                    type=type(value).__name__,
                    json={"wkid": 4326},
                )
            )
        found.crs  # noqa: B018  raises an error for an unknown id now, not on the server an hour later
        return found

    @classmethod
    def _from_mapping(cls, value: Mapping[str, Any]) -> SpatialReference:
        wkid, latest, wkt = value.get("wkid"), value.get("latestWkid"), value.get("wkt")
        if wkt and not _is_known(wkid, latest):
            wkid = latest = None  # servers send an id of their own, 0 or -1 beside a WKT that says what is meant
        if wkid is None and not wkt:
            raise RequestError(say("{value!r} has neither 'wkid' nor 'wkt'.", value=dict(value)))
        try:
            return cls(
                wkid=None if wkid is None else int(wkid),
                latest_wkid=None if latest is None or latest == wkid else int(latest),
                wkt=wkt if wkid is None else None,
            )
        except (TypeError, ValueError) as error:
            raise RequestError(say("The wkid in {value!r} is not a whole number.", value=dict(value))) from error

    @classmethod
    def _from_text(cls, text: str) -> SpatialReference:
        text = text.strip()
        match = re.fullmatch(r"(?:(?:EPSG|ESRI|WKID)\s*:+\s*)?(\d+)", text, re.IGNORECASE)
        if match:
            return cls(wkid=int(match[1]))
        try:
            return cls._from_crs(pyproj.CRS.from_user_input(text))
        except CRSError as error:
            raise RequestError(
                say(
                    "No coordinate system is known as {text!r}. Use a wkid such as 4326, 'EPSG:4326' or a WKT string.",
                    text=text,
                )
            ) from error

    @classmethod
    def _from_crs(cls, crs: pyproj.CRS) -> SpatialReference:
        authority = crs.to_authority(min_confidence=70)
        if authority and authority[0] in {"EPSG", "ESRI"}:
            return cls(wkid=int(authority[1]))
        if authority == ("OGC", "CRS84"):
            return cls(wkid=4326)
        return cls(wkt=crs.to_wkt("WKT1_ESRI"))

    @property
    def crs(self) -> pyproj.CRS:
        """The spatial reference as a `pyproj.CRS`.

        Raises
        ------
        RequestError
            If pyproj knows the id neither as an EPSG code nor as an Esri code, or cannot read the WKT.
        """
        return _crs(self)

    @property
    def label(self) -> str:
        """Code and name for display, such as ``EPSG:3857 · WGS 84 / Pseudo-Mercator``."""
        authority = self.crs.to_authority()
        code = ":".join(authority) if authority else (f"wkid {self.wkid}" if self.wkid else say("custom"))
        return f"{code} · {self.crs.name}"

    def to_json(self) -> dict[str, Any]:
        """The spatial reference as ArcGIS JSON, for the parameter ``targetSR``."""
        if self.wkid is None:
            return {"wkt": self.wkt}
        latest = {} if self.latest_wkid is None else {"latestWkid": self.latest_wkid}
        return {"wkid": self.wkid, **latest}

    def same_as(self, other: SpatialReference) -> bool:
        """Whether both are the same coordinate system, as 102100 and 3857 are."""
        return self == other or self.crs == other.crs

    def __repr__(self) -> str:
        shown = [f"{name}={value!r}" for name, value in vars(self).items() if value is not None]
        return f"SpatialReference({', '.join(shown)})"


def _is_known(*wkids: Any) -> bool:
    """Whether pyproj knows one of these ids."""
    for wkid in wkids:
        try:
            _crs(SpatialReference(wkid=wkid))
        except (RequestError, TypeError):
            continue
        return True
    return False


@lru_cache(maxsize=256)
def _crs(reference: SpatialReference) -> pyproj.CRS:
    if reference.wkid is None:
        try:
            return pyproj.CRS.from_wkt(reference.wkt or "")
        except CRSError as error:
            raise RequestError(say("The WKT of the spatial reference cannot be read.")) from error
    for wkid in filter(None, (reference.latest_wkid, reference.wkid)):
        # Esri's ids below 32768 are EPSG codes; its own start at 37001 and 102001
        for authority in ("EPSG", "ESRI"):
            try:
                return pyproj.CRS.from_authority(authority, wkid)
            except CRSError:
                continue
    raise RequestError(
        say(
            "No coordinate system has the wkid {wkid}. Common ones are 4326 (longitude and latitude) and "
            "3857 (web maps); spatialreference.org lists the others.",
            wkid=reference.wkid,
        )
    )

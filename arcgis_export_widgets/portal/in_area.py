"""Which rows of a layer lie in an area."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.polygon import orient

from arcgis_export_widgets.errors import IncompleteResultError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.layers import FeatureLayer
from arcgis_export_widgets.portal.query import EVERYTHING, WGS84, Envelope


@dataclass(frozen=True)
class Area:
    """A rectangle or a polygon in longitude and latitude (WGS 84)."""

    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Rings of the polygon, each closed, outer ones clockwise and holes the other way; empty for a rectangle."""
    envelope: Envelope | None = None
    """The rectangle; None for a polygon."""

    @classmethod
    def drawn(cls, geometry: Mapping[str, Any]) -> Area | None:
        """The area inside of a GeoJSON polygon, however it was drawn: either way round, or crossing itself.

        None if it has no inside.
        """
        shape = shapely.make_valid(shapely.from_geojson(json.dumps(geometry)))
        parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
        rings = [ring for part in parts for ring in (orient(part, -1).exterior, *orient(part, -1).interiors)]
        return cls(rings=tuple(tuple((x, y) for x, y, *_ in ring.coords) for ring in rings)) if rings else None

    @property
    def outline(self) -> tuple[tuple[tuple[float, float], ...], ...]:
        """Its rings; those of a rectangle, too."""
        if self.envelope is None:
            return self.rings
        west, south, east, north = (getattr(self.envelope, side) for side in ("xmin", "ymin", "xmax", "ymax"))
        return (((west, south), (east, south), (east, north), (west, north), (west, south)),)

    def to_query(self) -> dict[str, Any]:
        """The parameters that restrict a query to it."""
        if self.envelope is not None:
            geometry, kind = self.envelope.to_json(), "esriGeometryEnvelope"
        else:
            geometry = {"rings": self.rings, "spatialReference": {"wkid": WGS84}}
            kind = "esriGeometryPolygon"
        return {
            "geometry": json.dumps(geometry),
            "geometryType": kind,
            "inSR": WGS84,
            "spatialRel": "esriSpatialRelIntersects",
        }


def object_ids_in(layer: FeatureLayer, area: Area) -> tuple[int, ...]:
    """Object ids of the rows that touch an area, in rising order, held against the server's count.

    Raises
    ------
    IncompleteResultError
        If the server lists another number of rows than it counts.
    PortalError
        If it refuses.
    """
    restriction = {"where": EVERYTHING, **area.to_query()}
    answer = layer.session.ask(f"{layer.url}/query", {**restriction, "returnIdsOnly": "true"})
    if "objectIds" not in answer:
        raise ResponseError(say("{url} listed no object ids when asked for them.", url=layer.url), url=layer.url)
    ids = sorted({int(number) for number in answer["objectIds"] or ()})
    counted = layer.session.ask(f"{layer.url}/query", {**restriction, "returnCountOnly": "true"}).get("count")
    if counted != len(ids):
        raise IncompleteResultError(
            say(
                "{layer}: the server counted {counted} rows in the area but listed {listed:,}. "
                "The layer may have been edited meanwhile; choose the area again.",
                layer=layer.name,
                counted=counted,
                listed=len(ids),
            ),
            expected=int(counted or 0),
            received=len(ids),
            url=layer.url,
        )
    return tuple(ids)

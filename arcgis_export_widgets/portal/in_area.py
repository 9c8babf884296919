"""Which rows of a layer lie in an area."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from arcgis_export_widgets.errors import IncompleteResultError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.layers import FeatureLayer
from arcgis_export_widgets.portal.query import EVERYTHING, WGS84, Envelope


@dataclass(frozen=True)
class Area:
    """A rectangle or a polygon in longitude and latitude (WGS 84)."""

    rings: tuple[tuple[tuple[float, float], ...], ...] = ()
    """Rings of the polygon, each closed; empty for a rectangle."""
    envelope: Envelope | None = None
    """The rectangle; None for a polygon."""

    @classmethod
    def polygon(cls, rings: Sequence[Sequence[Sequence[float]]]) -> Area:
        """The area inside of these rings of longitude and latitude, as GeoJSON has them."""
        return cls(rings=tuple(tuple((float(x), float(y)) for x, y, *_ in ring) for ring in rings))

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
            # Esri's outer rings go clockwise, those of GeoJSON the other way round
            rings = [_turned(ring, clockwise=place == 0) for place, ring in enumerate(self.rings)]
            geometry = {"rings": rings, "spatialReference": {"wkid": WGS84}}
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


def _turned(ring: Sequence[tuple[float, float]], *, clockwise: bool) -> list[tuple[float, float]]:
    doubled = sum((x2 - x1) * (y2 + y1) for (x1, y1), (x2, y2) in pairwise(ring))
    return list(ring) if (doubled > 0) is clockwise else list(reversed(ring))

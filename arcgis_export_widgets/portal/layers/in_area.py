"""Which rows of a layer lie in an area."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import shapely
from shapely.affinity import translate
from shapely.geometry.polygon import orient

from arcgis_export_widgets.errors import IncompleteResultError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.layers.layer import FeatureLayer
from arcgis_export_widgets.portal.layers.query import WGS84, Envelope
from arcgis_export_widgets.where.sql import EVERYTHING

Rings: TypeAlias = tuple[tuple[tuple[float, float], ...], ...]
_HALF_TURN, _TURN = 180.0, 360.0


@dataclass(frozen=True)
class Area:
    """A rectangle or a polygon in longitude and latitude (WGS 84).

    Maps go on beside the 180th meridian: what lies at 190 degrees there is asked for at -170.
    """

    rings: Rings = ()
    """Rings of the polygon, each closed, outer ones clockwise and holes the other way; empty for a rectangle."""
    envelope: Envelope | None = None
    """The rectangle; None for a polygon."""
    drawn_rings: Rings = field(default=(), compare=False)
    """The same as it was drawn, maybe beside the 180th meridian or across it; empty for a rectangle."""

    @classmethod
    def drawn(cls, geometry: Mapping[str, Any]) -> Area | None:
        """The area inside of a GeoJSON polygon, however it was drawn: either way round, or crossing itself.

        None if it has no inside.
        """
        shape = shapely.make_valid(shapely.from_geojson(json.dumps(geometry)))
        rings = _rings(shape)
        return cls(rings=_rings(_on_globe(shape)), drawn_rings=rings) if rings else None

    @classmethod
    def of_box(cls, box: Envelope) -> Area | None:
        """The area of a box that may reach over the 180th meridian; None if it has no inside."""
        if box.xmin < -_HALF_TURN or box.xmax > _HALF_TURN:
            return cls.drawn(shapely.box(box.xmin, box.ymin, box.xmax, box.ymax).__geo_interface__)
        return cls(envelope=box)

    @property
    def outline(self) -> Rings:
        """Its rings where they were drawn; those of a rectangle, too."""
        if self.envelope is None:
            return self.drawn_rings or self.rings
        west, south, east, north = (getattr(self.envelope, side) for side in ("xmin", "ymin", "xmax", "ymax"))
        return (((west, south), (east, south), (east, north), (west, north), (west, south)),)

    def to_query(self) -> dict[str, Any]:
        """The parameters that restrict a query to it."""
        if self.envelope is not None:
            return self.envelope.to_query()
        geometry = {"rings": self.rings, "spatialReference": {"wkid": WGS84}}
        return {
            "geometry": json.dumps(geometry),
            "geometryType": "esriGeometryPolygon",
            "inSR": WGS84,
            "spatialRel": "esriSpatialRelIntersects",
        }


def _rings(shape: shapely.Geometry) -> Rings:
    """Rings of all polygons in a shape, outer ones clockwise, each followed by its holes."""
    polygons = [orient(part, -1) for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    rings = [ring for part in polygons for ring in (part.exterior, *part.interiors)]
    return tuple(tuple((x, y) for x, y, *_ in ring.coords) for ring in rings)


def _on_globe(shape: shapely.Geometry) -> shapely.Geometry:
    """The same place with longitudes from -180 to 180: cut at the meridian, its pieces moved by whole turns."""
    west, south, east, north = shape.bounds
    if not shape.is_empty and (west < -_HALF_TURN or east > _HALF_TURN):
        turns = range(math.floor((west + _HALF_TURN) / _TURN), math.floor((east + _HALF_TURN) / _TURN) + 1)
        globes = [(turn * _TURN, shapely.box(-_HALF_TURN, south, _HALF_TURN, north)) for turn in turns]
        return shapely.union_all([translate(shape, -moved) & globe for moved, globe in globes])
    return shape


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
    try:
        ids = sorted({int(number) for number in answer["objectIds"] or ()})
        counted = int(layer.session.ask(f"{layer.url}/query", {**restriction, "returnCountOnly": "true"})["count"])
    except (KeyError, TypeError, ValueError) as error:
        raise ResponseError(
            say("{url} gave no object ids and no count when asked for them.", url=layer.url), url=layer.url
        ) from error
    if counted != len(ids):
        raise IncompleteResultError(
            say(
                "{layer}: the server counted {counted:,} rows in the area but listed {listed:,}. "
                "The layer may have been edited meanwhile; choose the area again.",
                layer=layer.name,
                counted=counted,
                listed=len(ids),
            ),
            expected=counted,
            received=len(ids),
            url=layer.url,
        )
    return tuple(ids)

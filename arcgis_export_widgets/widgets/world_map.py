"""Shows the shapes of layers on a world map; only this module creates ipyleaflet maps."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import ipyleaflet
import xyzservices.providers
from ipywidgets import Layout

from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import Envelope
from arcgis_export_widgets.preview.raster import Picture
from arcgis_export_widgets.preview.viewport import ZOOM_STEP, Viewport
from arcgis_export_widgets.widgets.colours import PALETTE
from arcgis_export_widgets.widgets.lasso import Lasso

NO_BASEMAP = ""
_FIRST_SIZE_PX = (720, 480)
_NOTHING = -1
_RANKS = {"Polygon": 0, "LineString": 1, "Point": 2}
_EMPTY = {"type": "FeatureCollection", "features": []}
_LAND_STYLE = {"color": "#b9b3a4", "weight": 1, "fillColor": "#f6f3ea", "fillOpacity": 1}
_AREA_STYLE = {"color": "#222222", "weight": 2, "dashArray": "6 4", "fill": False}
_TRANSPARENT = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_POINT_STYLE = {"radius": 3, "weight": 1, "opacity": 1, "fillOpacity": 0.65}


class WorldMap:
    """An ipyleaflet map with one slot per layer.

    A slot is a permanent `ipyleaflet.GeoJSON` whose data are replaced, because adding and removing map layers leaks
    memory in the browser. Each feature contains its own style, because setting styles otherwise would send all
    data twice.
    """

    def __init__(self, *, height_px: int = _FIRST_SIZE_PX[1]) -> None:
        self._outline = ipyleaflet.GeoJSON(data=land(), name="Countries", pane="land")
        self._outline.options = [*self._outline.options, "pane"]  # so that the shapes are drawn in the pane "land"
        self.map = ipyleaflet.Map(
            layers=[self._outline],
            # pictures of points are above those of lines and polygons, and all are below single features (z-index 400)
            panes={"land": {"zIndex": 300}} | {f"pictures{rank}": {"zIndex": 350 + rank} for rank in range(3)},
            center=(20, 0),
            zoom=2,
            prefer_canvas=True,
            scroll_wheel_zoom=True,
            zoom_snap=ZOOM_STEP,
            attribution_control=False,
            layout=Layout(height=f"{height_px}px", width="auto"),
        )
        zoom = self.map.zoom_control_instance
        zoom.zoom_in_title, zoom.zoom_out_title = say("Zoom in"), say("Zoom out")
        self.map.add_class("aew-map")
        self.colours: Sequence[str] = PALETTE
        """Colours of the slots, used from the next drawing on; repeated if there are more slots than colours."""
        self._slots: list[ipyleaflet.GeoJSON] = []
        self._pictures: dict[int, ipyleaflet.ImageOverlay] = {}
        self._area: ipyleaflet.GeoJSON | None = None
        self._tiles: ipyleaflet.TileLayer | None = None
        self._on_click: Callable[[int, int], None] = lambda _, __: None
        self._goal: Envelope | None = None
        self._size_px: tuple[int, int] | None = None
        self._height_px = height_px

    def on_view(self, call: Callable[[Viewport], None]) -> None:
        """Call `call` with the new `Viewport` whenever the map has moved."""

        def moved(_: Any) -> None:
            (south, west), (north, east) = self.map.bounds
            width_px = self.map.right - self.map.left
            if width_px <= 0 or east <= west:
                return  # the map is hidden, for example in another tab
            first = self._size_px is None
            seen = Viewport.seen(west=west, south=south, east=east, north=north, width_px=width_px)
            self._size_px = seen.size_px
            if first and self._goal is not None:
                call(self.show(self._goal))  # the real size of the map becomes known only now
            else:
                call(seen)

        self.map.observe(moved, "bounds")

    def on_click(self, call: Callable[[int, int], None]) -> None:
        """Call `call` with the slot of each clicked feature and the feature's index in that slot."""
        self._on_click = call

    def on_draw(self, call: Callable[[dict[str, Any]], None]) -> None:
        """Let the user draw rectangles and polygons; `call` gets the GeoJSON geometry of each."""
        shape = {"shapeOptions": _AREA_STYLE}
        control = ipyleaflet.DrawControl(
            polyline={}, circlemarker={}, marker={}, circle={}, rectangle=shape, polygon=shape, edit=False, remove=False
        )

        def drawn(*_: Any, action: str, geo_json: dict[str, Any], **__: Any) -> None:
            if action == "created":
                control.clear()  # the caller shows the area with `show_area`
                call(geo_json.get("geometry") or {})

        control.on_draw(drawn)
        self.map.add(control)

    def on_trace(self, call: Callable[[dict[str, Any]], None]) -> Lasso:
        """A `Lasso` with which the user draws an area freehand; `call` gets the area as a GeoJSON geometry."""
        return Lasso(self.map, self.show_area, call)

    def show_area(self, rings: Sequence[Sequence[Sequence[float]]]) -> None:
        """Outline an area, given as rings of (longitude, latitude); an empty sequence removes the outline."""
        if self._area is None:
            if not rings:
                return
            self._area = ipyleaflet.GeoJSON(data=_EMPTY, name="Chosen area")
            self.map.add(self._area)
        geometry = {"type": "Polygon", "coordinates": rings}
        feature = {"type": "Feature", "geometry": geometry, "properties": {"style": _AREA_STYLE}}
        self._area.data = {"type": "FeatureCollection", "features": [feature]} if rings else _EMPTY

    def show(self, envelope: Envelope) -> Viewport:
        """Move the map so that all of `envelope` is in view; returns the resulting view."""
        self._goal = envelope
        width_px, height_px = self._size_px or (_FIRST_SIZE_PX[0], self._height_px)
        goal = Viewport.around(envelope, width_px=width_px, height_px=height_px)
        with self.map.hold_sync():
            self.map.center = goal.center
            self.map.zoom = goal.zoom
        return goal

    def draw(self, slot: int, features: Iterable[Mapping[str, Any]]) -> None:
        """Show these GeoJSON features in a slot, in place of the features shown there before.

        Lines and points that belong above them are drawn again, because what is drawn last is on top and clickable.
        """
        shown = [
            {
                "type": "Feature",
                "geometry": feature["geometry"],
                "properties": {"style": _style(feature["geometry"]["type"], self._colour(slot)), "index": index},
            }
            for index, feature in enumerate(features)
            if feature.get("geometry")
        ]
        layer = self._slot(slot)
        layer.data = {"type": "FeatureCollection", "features": shown}
        if shown:
            self._raise_above(_rank(shown))

    def draw_picture(self, slot: int, picture: Picture | None, *, kind: str = "Point") -> None:
        """Show a picture in the slot's colour, in place of the slot's earlier picture; None only removes that one.

        Parameters
        ----------
        kind
            GeoJSON type of the shapes in the picture: ``Point``, ``LineString`` or ``Polygon``.
        """
        if picture is None:
            if slot in self._pictures:
                self._pictures[slot].url = _TRANSPARENT
            return
        covered = picture.envelope
        sides = ((covered.ymin, covered.xmin), (covered.ymax, covered.xmax))
        if slot not in self._pictures:
            self._pictures[slot] = ipyleaflet.ImageOverlay(
                url=_TRANSPARENT, bounds=sides, name=f"Picture {slot + 1}", pane=f"pictures{_RANKS[kind]}"
            )
            self.map.add(self._pictures[slot])
        overlay = self._pictures[slot]
        with overlay.hold_sync():
            overlay.bounds = sides
            overlay.url = picture.to_data_url(self._colour(slot))

    def clear_from(self, slot: int) -> None:
        """Remove all features and pictures from this slot and from those with a higher number."""
        for other in self._pictures:
            if other >= slot:
                self.draw_picture(other, None)
        for layer in self._slots[slot:]:
            if layer.data["features"]:
                layer.data = _EMPTY

    def set_basemap(self, name: str) -> None:
        """Show the tile service that xyzservices calls `name`, such as ``OpenStreetMap.Mapnik``; empty for outlines.

        Raises
        ------
        ValueError
            If xyzservices does not know the name.
        """
        tiles = ipyleaflet.basemap_to_tiles(xyzservices.providers.query_name(name)) if name else None
        if self._tiles is not None:
            self.map.remove(self._tiles)
        if tiles is not None:
            self.map.add(tiles)
        self._tiles = tiles
        self._outline.data = _EMPTY if tiles is not None else land()
        self._raise_above(_NOTHING)

    def _colour(self, slot: int) -> str:
        return self.colours[slot % len(self.colours)]

    def _raise_above(self, rank: int) -> None:
        """Draw the slots ranked above `rank` again; a new revision number makes ipyleaflet send unchanged data."""
        for layer in sorted(self._slots, key=lambda slot: _rank(slot.data["features"])):
            if _rank(layer.data["features"]) > rank:
                layer.data = {**layer.data, "revision": layer.data.get("revision", 0) + 1}

    def _slot(self, index: int) -> ipyleaflet.GeoJSON:
        while len(self._slots) <= index:
            layer = ipyleaflet.GeoJSON(data=_EMPTY, point_style=_POINT_STYLE, name=f"Layer {len(self._slots) + 1}")
            layer.on_click(partial(self._clicked, len(self._slots)))
            self._slots.append(layer)
            self.map.add(layer)
        return self._slots[index]

    def _clicked(self, slot: int, **message: Any) -> None:
        index = (message.get("properties") or {}).get("index")
        if isinstance(index, int):
            self._on_click(slot, index)


def _rank(features: Sequence[Mapping[str, Any]]) -> int:
    """Rank in drawing order: points above lines above polygons; an empty slot is lowest."""
    return _RANKS.get(features[0]["geometry"]["type"].removeprefix("Multi"), 0) if features else _NOTHING


def _style(geometry_type: str, colour: str) -> dict[str, Any]:
    kinds = {"Point": {}, "LineString": {"weight": 2}}
    return {"color": colour, **kinds.get(geometry_type.removeprefix("Multi"), {"weight": 1, "fillOpacity": 0.25})}


@lru_cache(maxsize=1)
def land() -> dict[str, Any]:
    """Outlines of the world's countries as GeoJSON, so that maps are readable without internet access.

    ``land.geojson.gz`` is made from Natural Earth's 1:110m "Admin 0 - Countries" (public domain,
    https://www.naturalearthdata.com/about/terms-of-use/): geometry only, coordinates rounded to two decimals.
    """
    packed = Path(__file__).with_name("land.geojson.gz").read_bytes()
    outlines: dict[str, Any] = json.loads(gzip.decompress(packed))
    features = [{**feature, "properties": {"style": _LAND_STYLE}} for feature in outlines["features"]]
    return {**outlines, "features": features}

"""Shows the features that match the filters on a map, and some of them in a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ipywidgets import HTML, Dropdown, HBox, VBox

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.model.fields import readable
from arcgis_export_widgets.preview.sample import LayerSample
from arcgis_export_widgets.state.layer_list import AreaChoice
from arcgis_export_widgets.state.preview import Preview
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.colours import PALETTE, colours
from arcgis_export_widgets.widgets.elements import LiveText, button, show
from arcgis_export_widgets.widgets.world_map import NO_BASEMAP, WorldMap

BASEMAPS = {
    mark("Country outlines"): NO_BASEMAP,
    mark("Light streets"): "CartoDB.Positron",
    mark("OpenStreetMap"): "OpenStreetMap.Mapnik",
    mark("Satellite"): "Esri.WorldImagery",
}
_ROWS = 10
_COLUMNS = 5


class PreviewMap(VBox):  # type: ignore[misc]
    """Shows a `Preview`: the map, its status, the clicked feature, and a table."""

    def __init__(self, state: Preview, area: AreaChoice) -> None:
        self.state = state
        self.area = area
        self._world = WorldMap()
        self._world.on_view(lambda viewport: state.set_trait("viewport", viewport))
        self._world.on_click(self._clicked)
        self._world.on_draw(area.keep_drawn)
        self._lasso = self._world.on_trace(self._traced)
        self._slots: dict[int, int] = {}
        self._drawn: dict[int, LayerSample] = {}
        self.status = LiveText().add_class("aew-map-status")
        tooltip = say("Show all features that match the filters")
        self.zoom_button = button(say("Zoom to features"), state.zoom_to_matched, tooltip)
        self.refresh_button = button(say("Refresh"), state.refresh, say("Count and draw the features again"))
        tooltip = say("Export only features that touch this part of the map")
        self.keep_view = button(say("Keep only what is in view"), area.keep_view, tooltip)
        self.trace = button("", lambda: self._trace(start=not self._lasso.is_waiting))
        self.anywhere = button(say("Keep features anywhere"), area.clear, say("Export features wherever they are"))
        self.area_note = LiveText().add_class("aew-hint")
        area.observe(self._show_area, ["area", "note"])
        basemaps = [(say(label), name) for label, name in BASEMAPS.items()]
        self.background = Dropdown(options=basemaps, description=say("Background")).add_class("aew-background")
        self.background.observe(lambda change: self._world.set_basemap(change["new"]), "value")
        self.selection = HTML()
        self.table_layer = Dropdown(description=say("Table of")).add_class("aew-table-of")
        self.table_layer.observe(lambda _: self._show_table(), "value")
        self.table = HTML()
        under_map = HBox([self.status, self.background]).add_class("aew-under-map")
        actions = [self.zoom_button, self.refresh_button, self.keep_view, self.trace, self.anywhere]
        about = [HBox(actions).add_class("aew-bar"), self.area_note, self.selection]
        super().__init__([self._world.map, under_map, *about, self.table_layer, self.table])
        self.add_class("aew-preview")
        state.observe(self._show_forms, "forms")
        state.observe(self._show_layers, "layers")
        state.observe(self._show_status, ["forms", "layers", "errors", "loading", "message"])
        state.observe(self._show_goal, "goal")
        state.observe(self._show_selection, "selected")
        self._show_forms()
        self._show_layers()
        self._show_status()
        self._show_goal()
        self._trace(start=False)

    @property
    def map(self) -> Any:
        """The ipyleaflet map."""
        return self._world.map

    def set_slots(self, definitions: Sequence[LayerDefinition]) -> None:
        """Give each layer of a service a colour and its own slot in the `WorldMap`."""
        self._slots = {definition.id: slot for slot, definition in enumerate(definitions)}
        self._world.colours = colours(definitions) or PALETTE
        self._drawn.clear()
        self._world.clear_from(0)
        self._show_layers()

    def set_basemap(self, name: str) -> None:
        """Show the tile service that xyzservices knows by this name, and add the name to the list if necessary.

        Raises
        ------
        RequestError
            If xyzservices does not know the name.
        """
        if name not in dict(self.background.options).values():
            try:
                self._world.set_basemap(name)
            except ValueError as error:
                raise RequestError(
                    say(
                        "No background map is called {name!r}; use a name of xyzservices such as {example!r}.",
                        name=name,
                        example=BASEMAPS["OpenStreetMap"],
                    )
                ) from error
            self.background.options = [*self.background.options, (name, name)]
        self.background.value = name

    def _show_layers(self, _: object = None) -> None:
        shown = self.state.layers
        for layer_id in [*self._drawn]:
            if layer_id not in shown:
                del self._drawn[layer_id]
                self._world.draw(self._slot(layer_id), ())
                self._world.draw_picture(self._slot(layer_id), None)
        for layer_id, layer in shown.items():
            if self._drawn.get(layer_id) is not layer:
                self._drawn[layer_id] = layer
                slot = self._slot(layer_id)
                self._world.draw_picture(slot, layer.picture, kind=_kind(layer))
                self._world.draw(slot, layer.features if layer.picture is None else ())
        self._show_table()

    def _slot(self, layer_id: int) -> int:
        return self._slots.setdefault(layer_id, len(self._slots))

    def _clicked(self, slot: int, index: int) -> None:
        for layer_id, known in self._slots.items():
            if known == slot:
                self.state.select(layer_id, index)

    def _trace(self, *, start: bool) -> None:
        """Start or stop drawing an area freehand."""
        if start:
            self._lasso.start()
            self.trace.description, self.trace.tooltip = say("Stop drawing"), say("Move the map again")
            return
        self._lasso.stop()
        self._show_area()  # removes an unfinished outline
        self.trace.description = say("Draw freehand")
        self.trace.tooltip = say("Draw around features with the mouse button held down to export only these")

    def _traced(self, geometry: dict[str, Any]) -> None:
        self._trace(start=False)
        self.area.keep_drawn(geometry)

    def _show_goal(self, _: object = None) -> None:
        if self.state.goal is not None:
            self.state.viewport = self._world.show(self.state.goal)

    def _show_forms(self, _: object = None) -> None:
        options = [(form.name, form.definition.id) for form in self.state.forms]
        if options != list(self.table_layer.options):
            before = self.table_layer.value
            self.table_layer.options = options
            ids = [layer_id for _, layer_id in options]
            self.table_layer.value = before if before in ids else next(iter(ids), None)
        show(len(options) > 1, self.table_layer)
        for action in (self.zoom_button, self.refresh_button, self.keep_view, self.trace):
            action.disabled = not options
        if not options and self._lasso.is_waiting:
            self._trace(start=False)

    def _show_status(self, _: object = None) -> None:
        self.status.text = self._status()
        at_rest = "failed" if self.state.errors and not self.state.message else ""
        self.status.tone = "busy" if self.state.loading else at_rest

    def _status(self) -> str:
        """The preview's status; if there are several errors, only the first, because each layer shows its own."""
        state = self.state
        if state.message or len(state.errors) <= 1:
            return state.message or state.status
        others = len(state.errors) - 1
        more = say_count("{count} more layer cannot be shown.", "{count} more layers cannot be shown.", others)
        return f"{state.faults[0]} {more}"

    def _show_area(self, _: object = None) -> None:
        area = self.area.area
        show(area is not None, self.anywhere)
        self.area_note.text = self.area.note
        self._world.show_area([] if area is None else area.outline)

    def _show_selection(self, _: object = None) -> None:
        selected = self.state.selected
        self.selection.value = html.pairs(selected.layer_name, selected.attributes) if selected else ""

    def _show_table(self) -> None:
        layer = self.state.layers.get(self.table_layer.value)
        self.table.value = "" if layer is None else _table(layer)


def _kind(layer: LayerSample) -> str:
    """The GeoJSON type of the shapes in a layer's picture."""
    kinds = {GeometryType.POLYGON: "Polygon", GeometryType.ENVELOPE: "Polygon", GeometryType.POLYLINE: "LineString"}
    known = layer.layer.definition.geometry_type
    return kinds.get(known, "Point") if known else "Point"


def _table(layer: LayerSample) -> str:
    definition = layer.layer.definition
    rows = [feature.get("properties") or {} for feature in layer.features[:_ROWS]]
    if not rows:
        return html.table(_caption(layer, 0), (), ())
    fields = [field for field in definition.fields if field.name != definition.object_id_field]
    fields = sorted(fields, key=lambda field: field.name != definition.display_field)[:_COLUMNS]
    values = [[readable(row.get(field.name), field) for field in fields] for row in rows]
    return html.scrolling(html.table(_caption(layer, len(rows)), [field.alias for field in fields], values))


def _caption(layer: LayerSample, shown: int) -> str:
    name, is_table = layer.layer.definition.name, layer.viewport is None
    if not shown:
        none = mark("{layer}: no rows") if is_table else mark("{layer}: no rows in this part of the map")
        return say(none, layer=name)
    if is_table:
        return html.rows(name, shown, layer.matched)
    return say_count(
        "{layer}: {shown:,} of {count:,} row in this part of the map",
        "{layer}: {shown:,} of {count:,} rows in this part of the map",
        layer.matched,
        layer=name,
        shown=shown,
    )

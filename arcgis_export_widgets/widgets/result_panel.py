"""Shows the result of an export as tables, map and receipt, and the code that repeats the export."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import geopandas
import pandas as pd
from ipywidgets import HTML, Dropdown, HBox, Tab, Textarea, VBox

from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.preview.antimeridian import around
from arcgis_export_widgets.request.dialects import Dialect
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.history import PastExport
from arcgis_export_widgets.state.saved_request import SavedRequest
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.colours import PALETTE, colours
from arcgis_export_widgets.widgets.elements import CopyButton, LiveText, SaveButton, button, linked, show
from arcgis_export_widgets.widgets.world_map import WorldMap

_ROWS = 10
_MOST_COLUMNS = 12


class FrameTable(VBox):  # type: ignore[misc]
    """The first rows of each frame."""

    def __init__(self) -> None:
        self.frames: dict[str, pd.DataFrame] = {}
        self.layer = Dropdown(description=say("Rows of")).add_class("aew-table-of")
        self.layer.observe(lambda _: self._show(), "value")
        self.table = HTML()
        super().__init__([self.layer, self.table])

    def show(self, frames: dict[str, pd.DataFrame]) -> None:
        """Show `frames` in place of those shown before."""
        self.frames = frames
        self.layer.options = list(frames)
        self.layer.value = next(iter(frames), None)
        show(len(frames) > 1, self.layer)
        self._show()

    def _show(self) -> None:
        frame = self.frames.get(self.layer.value)
        self.table.value = "" if frame is None else _head(self.layer.value, frame)


class LoadedMap(VBox):  # type: ignore[misc]
    """A map of the loaded frames."""

    def __init__(self) -> None:
        self._world = WorldMap(height_px=360)
        self.status = LiveText()
        super().__init__([self._world.map, self.status])

    def show(self, past: PastExport) -> None:
        """Show the result of `past`, each layer in the colour it had in the preview."""
        drawings, definitions = past.drawings, [layer.definition for layer in past.result.job.service.layers]
        by_name = dict(zip((one.name for one in definitions), colours(definitions), strict=True))
        self._world.colours = [by_name.get(one.name, PALETTE[0]) for one in drawings] or PALETTE
        for slot, drawing in enumerate(drawings):
            self._world.draw(slot, drawing.features)
        self._world.clear_from(len(drawings))
        drawn = " ".join(_drawn(drawing) for drawing in drawings)
        self.status.text = drawn or say("None of the loaded layers can be drawn on a map.")
        if extent := around(drawing.extent for drawing in drawings):
            self._world.show(extent)


class CodeView(VBox):  # type: ignore[misc]
    """Code that runs the export chosen in the form, in a choice of dialects, and a field to paste a saved request.

    The code is written only while its tab is open.
    """

    def __init__(self, form: ExportForm) -> None:
        self.state = form
        self._is_open = False
        options = [(say(one.value), one) for one in Dialect]
        self.dialect = linked(Dropdown(description=say("Code for"), options=options), form, "dialect")
        self.code = HTML()
        self.copy = CopyButton(label=say("Copy code"))
        self.saved = SavedRequestView(form.saved_request)
        bar = HBox([self.dialect.add_class("aew-table-of"), self.copy]).add_class("aew-bar")
        super().__init__([bar, self.code, self.saved])
        self.add_class("aew-code")
        form.observe(self._show, "request_code")

    def follow(self, *, is_open: bool) -> None:
        """Start or stop keeping the code up to date."""
        self._is_open = is_open
        self._show()

    def _show(self, _: object = None) -> None:
        if not self._is_open:
            self.copy.text = self.code.value = ""  # a saved notebook must not show code for an older choice
            return
        code = self.state.code
        self.copy.text = code
        hint = say("# Choose an item and tick a layer: the code for it appears here.")
        name, shown = escape(say("Code")), escape(code or hint)
        self.code.value = f'<pre tabindex="0" role="region" aria-label="{name}"><code>{shown}</code></pre>'


class SavedRequestView(VBox):  # type: ignore[misc]
    """A field to paste a saved request, hidden until the button above it is pressed."""

    def __init__(self, state: SavedRequest) -> None:
        self.state = state
        tooltip = say("Fill the form from a saved request")
        self.toggle = button(say("Paste a request"), self._fold, tooltip).add_class("aew-quiet")
        label, example = say("Saved request, or exportParameters"), '{"layers": [{"id": 0}]}'
        self.text = linked(Textarea(description=label, placeholder=example, rows=4), state, "text")
        tooltip = say("Copy layers, filters, format and coordinates into the form")
        self.fill = button(say("Fill the form"), state.fill, tooltip)
        self.message = LiveText()
        self.error = HTML()
        self.fields = VBox([self.text, self.error, self.fill, self.message])
        show(False, self.fields)
        super().__init__([self.toggle, self.fields])
        state.observe(self._show, ["error", "message"])

    def _fold(self) -> None:
        show(self.fields.layout.display == "none", self.fields)

    def _show(self, _: object) -> None:
        self.error.value = html.error(self.state.error)
        self.message.text = self.state.message


class ResultPanel(VBox):  # type: ignore[misc]
    """Tabs with the code for an `ExportForm`'s request and, after an export, with the result."""

    def __init__(self, form: ExportForm) -> None:
        self.state = form
        self.layers = HTML()
        self.file = SaveButton()
        self.answer = HTML()
        self.summary = VBox([self.layers, self.file, self.answer])
        self.map = LoadedMap()
        self.table = FrameTable()
        self.receipt = HTML()
        self.code = CodeView(form)
        self.tabs = Tab()
        self.tabs.observe(self._open_code, ["selected_index", "children"])
        self.past = Dropdown(description=say("Show export"))
        super().__init__([self.past, self.tabs])
        self.add_class("aew-result")
        history = form.submission.history
        history.observe(self._list, "exports")
        history.observe(self._show, "shown")
        self.past.observe(self._look_at, "value")
        self._list()
        self._show()

    def _list(self, _: object = None) -> None:
        """Offer all remembered exports to choose from, if there are several."""
        history = self.state.submission.history
        self.past.unobserve(self._look_at, "value")
        self.past.options = [(past.label, past) for past in history.exports]
        show(len(history.exports) > 1, self.past)
        self.past.observe(self._look_at, "value")

    def _look_at(self, change: Any) -> None:
        self.state.submission.history.shown = change["new"]

    def _show(self, _: object = None) -> None:
        past = self.state.submission.history.shown
        tabs: dict[str, Any] = {}
        if past is not None:
            result = past.result
            self.past.value = past
            self.layers.value = "" if result.frames is None else _layers(result.frames)
            self.answer.value = _answer(result.summary)
            self.file.offer(result.path)
            tabs[say("Summary")] = self.summary
            if result.frames is not None:
                self.map.show(past)
                self.table.show(dict(result.frames))
                self.receipt.value = html.scrolling(result.frames.receipt._repr_html_())
                tabs |= {say("Map"): self.map, say("Table"): self.table, say("Receipt"): self.receipt}
        tabs[say("Code")] = self.code
        if self.tabs.titles != tuple(tabs):
            self.tabs.children = list(tabs.values())
            self.tabs.titles = list(tabs)
            self.tabs.selected_index = 0

    def _open_code(self, _: object) -> None:
        place, shown = self.tabs.selected_index, self.tabs.children
        self.code.follow(is_open=place is not None and shown[place : place + 1] == (self.code,))


def _drawn(drawing: Any) -> str:
    drawn, rows = len(drawing.features), drawing.rows
    if drawn < rows:
        return say("{layer}: {drawn:,} of {rows:,} drawn, an even sample.", layer=drawing.name, drawn=drawn, rows=rows)
    return say("{layer}: all {rows:,} drawn.", layer=drawing.name, rows=rows)


def _layers(frames: Mapping[str, pd.DataFrame]) -> str:
    """A table with a row for each loaded layer, and the code to access the frames."""
    columns = (say("Layer"), say("Rows"), say("Columns"), say("Geometry"))
    rows = [
        (name, say("{count:,}", count=len(frame)), say("{count:,}", count=frame.shape[1]), _shapes(frame))
        for name, frame in frames.items()
    ]
    first = f'app.frames["{next(iter(frames), "")}"]'
    where = say("In the next cell, read them as {code}, if app is your form.", code=first)
    shown = escape(where).replace(escape(first), f"<code>{escape(first)}</code>")
    return f'{html.table(say("Loaded"), columns, rows)}<p class="aew-hint">{shown}</p>'


def _shapes(frame: pd.DataFrame) -> str:
    if not isinstance(frame, geopandas.GeoDataFrame) or not frame.active_geometry_name:
        return say("none")
    return ", ".join(sorted(set(frame.geom_type.dropna())))


def _answer(summary: pd.DataFrame) -> str:
    """The portal's response under the portal's own field names, for users who need an id from the response."""
    table = summary.T.to_html(header=False, escape=True, na_rep="", border=0)
    heading = escape(say("The portal's response"))
    return f'<details class="aew-note"><summary>{heading}</summary>{html.scrolling(table)}</details>'


def _head(name: str, frame: pd.DataFrame) -> str:
    """A frame's first rows; a geometry is shown as its type only, because coordinates would fill the page."""
    first = pd.DataFrame(frame.head(_ROWS))
    if isinstance(frame, geopandas.GeoDataFrame) and frame.active_geometry_name:
        shapes = frame.head(_ROWS).geometry
        first[frame.active_geometry_name] = [kind or "" for kind in shapes.geom_type]
    text = first.to_html(index=False, escape=True, na_rep="", max_cols=_MOST_COLUMNS, border=0)
    rows = html.rows(name, len(first), len(frame))
    columns = say_count("{count} column", "{count} columns", frame.shape[1])
    return f'<div class="aew-caption">{escape(f"{rows}, {columns}")}</div>{html.scrolling(text)}'

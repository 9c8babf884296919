"""What came of the export: tables, map, receipt, and the code that does the same."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import geopandas
import pandas as pd
from ipywidgets import HTML, Dropdown, Tab, VBox

from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.preview.antimeridian import around
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.history import PastExport
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.code_view import CodeView
from arcgis_export_widgets.widgets.colours import PALETTE, colours
from arcgis_export_widgets.widgets.elements import LiveText, SaveButton
from arcgis_export_widgets.widgets.world_map import WorldMap

_ROWS = 10
_MOST_COLUMNS = 12


class FrameTable(VBox):  # type: ignore[misc]
    """The first rows of each frame."""

    def __init__(self) -> None:
        self.frames: dict[str, pd.DataFrame] = {}
        self.layer = Dropdown(description=say("Rows of"))
        self.layer.add_class("aew-table-of")
        self.layer.observe(lambda _: self._show(), "value")
        self.table = HTML()
        super().__init__([self.layer, self.table])

    def show(self, frames: dict[str, pd.DataFrame]) -> None:
        """Show other frames."""
        self.frames = frames
        self.layer.options = list(frames)
        self.layer.value = next(iter(frames), None)
        self.layer.layout.display = None if len(frames) > 1 else "none"
        self._show()

    def _show(self) -> None:
        frame = self.frames.get(self.layer.value)
        self.table.value = "" if frame is None else _head(self.layer.value, frame)


class LoadedMap(VBox):  # type: ignore[misc]
    """A map of the frames."""

    def __init__(self) -> None:
        self._world = WorldMap(height_px=360)
        self.status = LiveText()
        super().__init__([self._world.map, self.status])

    def show(self, past: PastExport) -> None:
        """Show what another export brought, each layer in the colour it has in the preview."""
        drawings, definitions = past.drawings, [layer.definition for layer in past.result.job.service.layers]
        by_name = dict(zip((one.name for one in definitions), colours(definitions), strict=True))
        self._world.colours = [by_name.get(one.name, PALETTE[0]) for one in drawings] or PALETTE
        for slot, drawing in enumerate(drawings):
            self._world.draw(slot, drawing.features)
        self._world.clear_from(len(drawings))
        drawn = " ".join(_drawn(drawing) for drawing in drawings)
        self.status.text = drawn or say("Nothing loaded that has a place.")
        if extent := around(drawing.extent for drawing in drawings):
            self._world.show(extent)


class ResultPanel(VBox):  # type: ignore[misc]
    """Tabs of an `ExportForm`: before an export only the code, afterwards all that came of it."""

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
        self.past = Dropdown(description=say("Export to look at"))
        super().__init__([self.past, self.tabs])
        self.add_class("aew-result")
        history = form.submission.history
        history.observe(self._list, "exports")
        history.observe(self._show, "shown")
        self.past.observe(self._look_at, "value")
        self._list()
        self._show()

    def _list(self, _: object = None) -> None:
        """Offer the exports there are, once there is a choice."""
        history = self.state.submission.history
        self.past.unobserve(self._look_at, "value")
        self.past.options = [(past.label, past) for past in history.exports]
        self.past.layout.display = None if len(history.exports) > 1 else "none"
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


def _drawn(drawing: Any) -> str:
    if len(drawing.features) < drawing.rows:
        return say(
            "{layer}: {drawn:,} of {rows:,} drawn, evenly picked.",
            layer=drawing.name,
            drawn=len(drawing.features),
            rows=drawing.rows,
        )
    return say("{layer}: all {rows:,} drawn.", layer=drawing.name, rows=drawing.rows)


def _layers(frames: Mapping[str, pd.DataFrame]) -> str:
    """What was loaded, a line for each layer, and where it is."""
    columns = (say("Layer"), say("Rows"), say("Columns"), say("Geometry"))
    rows = [
        (name, say("{count:,}", count=len(frame)), say("{count:,}", count=frame.shape[1]), _shapes(frame))
        for name, frame in frames.items()
    ]
    first = f'app.frames["{next(iter(frames), "")}"]'
    where = say("In the next cell they are called {code}, if the form is called app.", code=first)
    shown = escape(where).replace(escape(first), f"<code>{escape(first)}</code>")
    return f'{html.table(say("Loaded"), columns, rows)}<p class="aew-hint">{shown}</p>'


def _shapes(frame: pd.DataFrame) -> str:
    if not isinstance(frame, geopandas.GeoDataFrame) or not frame.active_geometry_name:
        return say("none")
    return ", ".join(sorted(set(frame.geom_type.dropna())))


def _answer(summary: pd.DataFrame) -> str:
    """The server's answer under its own names, for those who look for an id in it."""
    table = summary.T.to_html(header=False, escape=True, na_rep="", border=0)
    heading = escape(say("What the portal answered"))
    return f'<details class="aew-note"><summary>{heading}</summary>{html.scrolling(table)}</details>'


def _head(name: str, frame: pd.DataFrame) -> str:
    """The first rows, shapes by their kind: their coordinates would fill the page."""
    first = pd.DataFrame(frame.head(_ROWS))
    if isinstance(frame, geopandas.GeoDataFrame) and frame.active_geometry_name:
        shapes = frame.head(_ROWS).geometry
        first[frame.active_geometry_name] = [kind or "" for kind in shapes.geom_type]
    text = first.to_html(index=False, escape=True, na_rep="", max_cols=_MOST_COLUMNS, border=0)
    rows = say_count(
        "{layer}: {shown:,} of {count:,} row",
        "{layer}: {shown:,} of {count:,} rows",
        len(frame),
        layer=name,
        shown=len(first),
    )
    columns = say_count("{count} column", "{count} columns", frame.shape[1])
    return f'<div class="aew-caption">{escape(f"{rows}, {columns}")}</div>{html.scrolling(text)}'

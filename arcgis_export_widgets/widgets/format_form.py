"""Choosing format and coordinates."""

from __future__ import annotations

from ipywidgets import HTML, Checkbox, Combobox, Dropdown, HBox, Text, VBox, link

from arcgis_export_widgets.state.format_form import FormatForm
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import LiveText


class FormatFormView(VBox):  # type: ignore[misc]
    """Fields of a `FormatForm`, and what they cost."""

    def __init__(self, state: FormatForm) -> None:
        self.state = state
        self.format = Dropdown(description="Format", options=state.formats)
        link((state, "format"), (self.format, "value"))
        self.coordinates = Combobox(
            description="Coordinate system", placeholder="layer's own, or code or name", ensure_option=False
        )
        link((state, "coordinates"), (self.coordinates, "value"))
        self.note = LiveText()
        self.note.add_class("aew-hint")
        self.error = HTML()
        self.geometry = Checkbox(description="Include geometry", indent=False)
        link((state, "include_geometry"), (self.geometry, "value"))
        self.x_column = Text(description="Column for x", placeholder="x")
        link((state, "x_column_name"), (self.x_column, "value"))
        self.y_column = Text(description="Column for y", placeholder="y")
        link((state, "y_column_name"), (self.y_column, "value"))
        self.columns = HBox([self.x_column, self.y_column])
        self.columns_error = HTML()
        self.losses = HTML()
        pair = HBox([self.format, self.coordinates])
        for row in (pair, self.columns):
            row.add_class("aew-pair")
        super().__init__(
            [
                HTML(html.step(3, "Format")),
                *(pair, self.error, self.note, self.geometry, self.columns, self.columns_error, self.losses),
            ]
        )
        self.add_class("aew-format")
        state.observe(self._show)
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        if self.coordinates.options != state.suggestions:
            self.coordinates.options = state.suggestions
        self.error.value = html.error(state.coordinates_error)
        self.note.text = "" if state.coordinates_error or not state.definitions else state.coordinates_note
        self.columns.layout.display = None if state.has_columns else "none"
        self.columns_error.value = html.error(state.columns_error if state.has_columns else "")
        facts, fields = state.export_format.facts, state.field_losses
        heading = f"{facts.label} changes {len(fields)} thing{'s' * (len(fields) != 1)} in fields of these layers"
        self.losses.value = html.warnings(state.layer_losses) + html.folded(heading, fields)

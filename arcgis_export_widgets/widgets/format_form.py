"""Shows the inputs for format and coordinate system, and a comparison of all formats side by side."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, Box, Button, Checkbox, Dropdown, HBox, Select, Text, VBox

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import listed, say, say_count
from arcgis_export_widgets.model.crs_search import KnownCRS
from arcgis_export_widgets.state.format_form import FormatCard, FormatForm
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import LiveText, button, linked, replace_children, set_class, show

_MOST_ROWS = 6


class FormatFormView(VBox):  # type: ignore[misc]
    """Inputs for a `FormatForm`, and what would be lost in the chosen format."""

    def __init__(self, state: FormatForm) -> None:
        self.state = state
        self._offering = False
        formats = [(known.facts.label, known.value) for known in ExportFormat]
        self.format = linked(Dropdown(description=say("Format"), options=formats), state, "format")
        self.cards = FormatCards(state)
        show(False, self.cards)
        tooltip = say("Show what each format keeps of these layers")
        self.compare = button(say("Compare all formats"), self._fold_cards, tooltip).add_class("aew-quiet")
        text = Text(description=say("Coordinate system"), placeholder=say("layer's own, or code or name"))
        self.coordinates = linked(text, state, "coordinates")
        self.found = Select(description=say("Coordinate systems found"))
        self.found.observe(self._chosen, "value")
        self.suggested = HBox().add_class("aew-suggested")
        self.note = LiveText().add_class("aew-hint")
        self.error = HTML()
        box = Checkbox(description=say("Include geometry"), indent=False)
        self.geometry = linked(box, state, "include_geometry")
        self.x_column = linked(Text(description=say("Column for x"), placeholder="x"), state, "x_column_name")
        self.y_column = linked(Text(description=say("Column for y"), placeholder="y"), state, "y_column_name")
        self.columns = HBox([self.x_column, self.y_column]).add_class("aew-pair")
        self.columns_error = HTML()
        self.losses = HTML()
        pair = HBox([self.format, self.coordinates]).add_class("aew-pair")
        coordinates = (self.error, self.found, self.suggested, self.note)
        rest = (self.compare, self.cards, self.geometry, self.columns, self.columns_error, self.losses)
        super().__init__([HTML(html.step(3, say("Format"))), pair, *coordinates, *rest])
        self.add_class("aew-format")
        self._suggested_for: object = None
        self._suggestions: dict[str, Button] = {}
        state.observe(self._show)
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        self._show_found()
        if self._suggested_for != state.definitions:
            self._suggested_for = state.definitions
            self._show_suggestions()
        is_choice = bool(state.coordinates_error and state.found)  # nothing is wrong, but the user must choose
        hint = f'<div class="aew-hint" role="status">{escape(state.coordinates_error)}</div>'
        self.error.value = hint if is_choice else html.error(state.coordinates_error)
        self._show_suggested()
        self.note.text = "" if state.coordinates_error or not state.definitions else state.coordinates_note
        show(state.has_columns, self.columns)
        self.columns_error.value = html.error(state.columns_error if state.has_columns else "")
        facts, fields = state.export_format.facts, state.field_losses
        heading = say_count(
            "{format} changes {count} thing in fields of these layers",
            "{format} changes {count} things in fields of these layers",
            len(fields),
            format=facts.label,
        )
        self.losses.value = html.warnings(state.layer_losses) + html.folded(heading, fields)

    def _show_found(self) -> None:
        options = [(_line(known), known.label) for known in self.state.found]
        if list(self.found.options) != options:
            self._offering = True
            self.found.options = options
            self.found.value = None
            self._offering = False
        self.found.rows = min(max(len(options), 2), _MOST_ROWS)
        show(options, self.found)

    def _chosen(self, change: dict[str, object]) -> None:
        if change["new"] is not None and not self._offering:
            self.state.set_trait("coordinates", change["new"])

    def _show_suggestions(self) -> None:
        """Show a button for each suggested coordinate system."""
        self._suggestions = {label: self._suggestion(label) for label in ("", *self.state.suggestions)}
        replace_children(self.suggested, self._suggestions.values())

    def _show_suggested(self) -> None:
        """Mark the button of the chosen coordinate system, if there is such a button."""
        for label, suggestion in self._suggestions.items():
            set_class(suggestion, "aew-chosen", label == self.state.coordinates.strip())

    def _suggestion(self, label: str) -> Button:
        name, tooltip = label.partition(" · ")[2], say("Export in {system}", system=label)
        if not label:
            name, tooltip = say("The layer's own"), say("Export in the layer's own system")
        return button(name, lambda: self.state.set_trait("coordinates", label), tooltip)

    def _fold_cards(self) -> None:
        is_open = self.cards.layout.display != "none"
        show(not is_open, self.cards)
        self.compare.description = say("Compare all formats") if is_open else say("Hide the comparison")


def _line(known: KnownCRS) -> str:
    area = known.area.split(".")[0]
    return f"{known.label} ({area[:60]})" if area else known.label


class FormatCards(Box):  # type: ignore[misc]
    """A card for each format of a `FormatForm`, with a button that chooses the format."""

    def __init__(self, state: FormatForm) -> None:
        self.state = state
        self.cards = {card.value: _Card(state, card) for card in state.cards}
        super().__init__(list(self.cards.values()))
        self.add_class("aew-cards")
        state.observe(self._show, ["format", "definitions", "counts", "include_geometry", "target_sr"])
        self._show()

    def _show(self, _: object = None) -> None:
        for card in self.state.cards:
            self.cards[card.value].show(card, chosen=card.value == self.state.format)


class _Card(VBox):  # type: ignore[misc]
    def __init__(self, state: FormatForm, card: FormatCard) -> None:
        self.button = button(card.label, lambda: state.set_trait("format", card.value))
        self.text = HTML()
        super().__init__([self.button, self.text])
        self.add_class("aew-card")

    def show(self, card: FormatCard, *, chosen: bool) -> None:
        self.button.description = say("{format} (chosen)", format=card.label) if chosen else card.label
        self.button.tooltip = say("Export as {format}", format=card.label)
        set_class(self, "aew-chosen", chosen)
        kind = "aew-loses" if card.lost else "aew-keeps"
        facts = f'<div class="aew-hint">{escape(f"{card.extension}, {card.coordinates}")}</div>'
        verdict = say("loses {losses}", losses=listed(card.lost)) if card.lost else say("loses nothing")
        self.text.value = f'{facts}<span class="{kind}">{escape(verdict)}</span>'

"""Fields for format and coordinates, and all formats side by side."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ipywidgets import HTML, Box, Button, Checkbox, Dropdown, HBox, Select, Text, VBox, link

from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.state.crs_search import KnownCRS
from arcgis_export_widgets.state.format_form import FormatCard, FormatForm
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.closing import close
from arcgis_export_widgets.widgets.elements import LiveText

_MOST_ROWS = 6
_MOST_LOSSES = 3
_SEPARATOR = " · "


class FormatFormView(VBox):  # type: ignore[misc]
    """Fields of a `FormatForm`, with what the format loses."""

    def __init__(self, state: FormatForm) -> None:
        self.state = state
        self._offering = False
        self.format = Dropdown(description=say("Format"), options=state.formats)
        link((state, "format"), (self.format, "value"))
        self.cards = FormatCards(state)
        self.cards.layout.display = "none"
        self.compare = Button(
            description=say("Compare all formats"), tooltip=say("Show what each format keeps of these layers")
        )
        self.compare.add_class("aew-quiet")
        self.compare.on_click(lambda _: self._fold_cards())
        self.coordinates = Text(description=say("Coordinate system"), placeholder=say("layer's own, or code or name"))
        link((state, "coordinates"), (self.coordinates, "value"))
        self.found = Select(description=say("Coordinate systems found"))
        self.found.observe(self._chosen, "value")
        self.suggested = HBox()
        self.suggested.add_class("aew-suggested")
        self.note = LiveText()
        self.note.add_class("aew-hint")
        self.error = HTML()
        self.geometry = Checkbox(description=say("Include geometry"), indent=False)
        link((state, "include_geometry"), (self.geometry, "value"))
        self.x_column = Text(description=say("Column for x"), placeholder="x")
        link((state, "x_column_name"), (self.x_column, "value"))
        self.y_column = Text(description=say("Column for y"), placeholder="y")
        link((state, "y_column_name"), (self.y_column, "value"))
        self.columns = HBox([self.x_column, self.y_column])
        self.columns_error = HTML()
        self.losses = HTML()
        pair = HBox([self.format, self.coordinates])
        for row in (pair, self.columns):
            row.add_class("aew-pair")
        super().__init__(
            [
                HTML(html.step(3, say("Format"))),
                *(pair, self.error, self.found, self.suggested, self.note, self.compare, self.cards),
                *(self.geometry, self.columns, self.columns_error, self.losses),
            ]
        )
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
        is_choice = bool(state.coordinates_error and state.found)  # then nothing is wrong, but more is to be said
        hint = f'<div class="aew-hint" role="status">{escape(state.coordinates_error)}</div>'
        self.error.value = hint if is_choice else html.error(state.coordinates_error)
        self._show_suggested()
        self.note.text = "" if state.coordinates_error or not state.definitions else state.coordinates_note
        self.columns.layout.display = None if state.has_columns else "none"
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
        self.found.layout.display = None if options else "none"

    def _chosen(self, change: dict[str, object]) -> None:
        if change["new"] is not None and not self._offering:
            self.state.set_trait("coordinates", change["new"])

    def _show_suggestions(self) -> None:
        """A button for each system that is likely to be wanted."""
        before = self.suggested.children
        names = {"": say("The layer's own")}
        names |= {label: label.partition(_SEPARATOR)[2] for label in self.state.suggestions}
        self._suggestions = {label: self._suggestion(name, label) for label, name in names.items()}
        self.suggested.children = list(self._suggestions.values())
        for button in before:
            close(button)

    def _show_suggested(self) -> None:
        """Mark the system that is chosen, if it is among them."""
        for label, button in self._suggestions.items():
            is_chosen = label == self.state.coordinates.strip()
            (button.add_class if is_chosen else button.remove_class)("aew-chosen")

    def _suggestion(self, name: str, label: str) -> Button:
        tooltip = say("Export in {system}", system=label) if label else say("Export in the layer's own system")
        button = Button(description=name, tooltip=tooltip)
        button.on_click(lambda _: self.state.set_trait("coordinates", label))
        return button

    def _fold_cards(self) -> None:
        is_open = self.cards.layout.display != "none"
        self.cards.layout.display = "none" if is_open else None
        self.compare.description = say("Compare all formats") if is_open else say("Hide the comparison")


def _line(known: KnownCRS) -> str:
    area = known.area.split(".")[0]
    return f"{known.label} ({area[:60]})" if area else known.label


class FormatCards(Box):  # type: ignore[misc]
    """A card for each format of a `FormatForm`; its button chooses it."""

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
        self.button = Button(description=card.label)
        self.button.on_click(lambda _: state.set_trait("format", card.value))
        self.text = HTML()
        super().__init__([self.button, self.text])
        self.add_class("aew-card")

    def show(self, card: FormatCard, *, chosen: bool) -> None:
        self.button.description = say("{format} (chosen)", format=card.label) if chosen else card.label
        self.button.tooltip = say("Export as {format}", format=card.label)
        (self.add_class if chosen else self.remove_class)("aew-chosen")
        kind = "aew-loses" if card.lost else "aew-keeps"
        facts = f'<div class="aew-hint">{escape(f"{card.extension}, {card.coordinates}")}</div>'
        self.text.value = f'{facts}<span class="{kind}">{escape(_verdict(card.lost))}</span>'


def _verdict(lost: Sequence[str]) -> str:
    if not lost:
        return say("keeps all of these layers")
    if len(lost) <= _MOST_LOSSES + 1:
        return say("loses {losses}", losses=", ".join(lost))
    return say("loses {losses} and {count} more", losses=", ".join(lost[:_MOST_LOSSES]), count=len(lost) - _MOST_LOSSES)

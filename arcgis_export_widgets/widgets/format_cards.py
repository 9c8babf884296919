"""All formats side by side, with what each loses of the chosen layers."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ipywidgets import HTML, Box, Button, VBox

from arcgis_export_widgets.language import say
from arcgis_export_widgets.state.format_form import FormatCard, FormatForm

_SHOWN = 3


class FormatCards(Box):  # type: ignore[misc]
    """A card for each format of a `FormatForm`; its button chooses it."""

    def __init__(self, state: FormatForm) -> None:
        self.state = state
        self.cards = {card.value: _Card(state, card) for card in state.cards}
        super().__init__(list(self.cards.values()))
        self.add_class("aew-cards")
        state.observe(self._show, ["format", "definitions", "include_geometry", "target_sr"])
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
    if len(lost) <= _SHOWN + 1:
        return say("loses {losses}", losses=", ".join(lost))
    return say("loses {losses} and {count} more", losses=", ".join(lost[:_SHOWN]), count=len(lost) - _SHOWN)

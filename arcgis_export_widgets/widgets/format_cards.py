"""All formats side by side, with what each loses of the chosen layers."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, Box, Button, VBox

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
        self.button.description = f"{card.label} (chosen)" if chosen else card.label
        self.button.tooltip = f"Export as {card.label}"
        (self.add_class if chosen else self.remove_class)("aew-chosen")
        more = f" and {len(card.lost) - _SHOWN} more" if len(card.lost) > _SHOWN + 1 else ""
        lost = ", ".join(card.lost[: _SHOWN if more else None])
        verdict = (
            f'<span class="aew-loses">loses {escape(lost)}{more}</span>'
            if lost
            else '<span class="aew-keeps">keeps all of these layers</span>'
        )
        self.text.value = f'<div class="aew-hint">{escape(card.extension)}, {card.coordinates}</div>{verdict}'

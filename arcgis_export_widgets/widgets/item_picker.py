"""Finding and choosing the item."""

from __future__ import annotations

from datetime import datetime, timezone
from html import escape

from ipywidgets import HTML, HBox, Text, VBox, link

from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.state.item_picker import ItemPicker
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.controls import button, close, on_enter, show
from arcgis_export_widgets.widgets.elements import LiveText


class ItemCards(VBox):  # type: ignore[misc]
    """The results of an `ItemPicker`; the button of a card opens its item."""

    def __init__(self, state: ItemPicker) -> None:
        self.state = state
        self.cards: dict[str, _Card] = {}
        super().__init__()
        self.add_class("aew-found")
        state.observe(self._show, "results")
        state.observe(self._show_contents, "contents")
        self._show()

    def _show(self, _: object = None) -> None:
        before = self.cards
        self.cards = {item.id: _Card(self.state, item) for item in self.state.results}
        self.children = list(self.cards.values())
        show(self.cards, self)
        for card in before.values():
            close(card)

    def _show_contents(self, _: object) -> None:
        for item_id, line in self.state.contents.items():
            if item_id in self.cards:
                self.cards[item_id].describe(line)


class _Card(VBox):  # type: ignore[misc]
    def __init__(self, state: ItemPicker, item: Item) -> None:
        self._item = item
        self.button = button(item.title, lambda: state.choose(item), say("Open {title}", title=item.title))
        self.text = HTML()
        super().__init__([self.button, self.text])
        self.add_class("aew-card")
        self.describe("")

    def describe(self, layers: str) -> None:
        """Show the item with a line about its layers."""
        snippet = f"<div>{escape(self._item.snippet)}</div>" if self._item.snippet else ""
        self.text.value = (
            f'<div class="aew-hint">{escape(_about(self._item))}</div>{snippet}<div>{escape(layers)}</div>'
        )


class ItemPickerView(VBox):  # type: ignore[misc]
    """Search field, results and the open item of an `ItemPicker`."""

    def __init__(self, state: ItemPicker) -> None:
        self.state = state
        self.text = Text(description=say("Item"), placeholder=say("words to search for, item id or address"))
        on_enter(self.text, state.find)
        link((state, "text"), (self.text, "value"))
        self.find = button(say("Find"), state.find, say("Search, or open the item with this id or address"))
        self.results = ItemCards(state)
        self.message = LiveText()
        self.error = HTML()
        self.item = HTML()
        field = HBox([self.text, self.find]).add_class("aew-field-button")
        super().__init__([HTML(html.step(1, say("Source"))), field, self.error, self.message, self.results, self.item])
        self.add_class("aew-source")
        state.observe(self._show, ["busy", "error", "message", "opened"])
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        self.find.disabled = state.busy
        self.find.description = say("Looking") if state.busy else say("Find")
        self.error.value = html.error(state.error)
        self.message.text = state.message
        self.item.value = _described(state)


def _described(state: ItemPicker) -> str:
    if state.opened is None:
        return ""
    item, right = state.opened.item, state.opened.right
    kind = "may" if right.allowed else "may-not"
    snippet = f"<div>{escape(item.snippet)}</div>" if item.snippet else ""
    facts = say("{type}, owner {owner}", type=item.type, owner=item.owner)
    return (
        f'<div class="aew-item"><strong>{escape(item.title)}</strong>'
        f"<span>{escape(facts)}</span>{snippet}"
        f'<div class="aew-{kind}">{escape(right.reason)}</div></div>'
    )


def _about(item: Item) -> str:
    if item.modified_ms is None:
        return say("{type}, owner {owner}", type=item.type, owner=item.owner)
    day = f"{datetime.fromtimestamp(item.modified_ms / 1000, tz=timezone.utc):%Y-%m-%d}"
    return say("{type}, owner {owner}, changed {day}", type=item.type, owner=item.owner, day=day)

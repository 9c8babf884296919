"""Choosing the item."""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import HTML, Button, HBox, Text, VBox, link

from arcgis_export_widgets.language import say
from arcgis_export_widgets.state.item_picker import ItemPicker
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import LiveText
from arcgis_export_widgets.widgets.item_cards import ItemCards


class ItemPickerView(VBox):  # type: ignore[misc]
    """Search field, results and the open item of an `ItemPicker`."""

    def __init__(self, state: ItemPicker) -> None:
        self.state = state
        self.text = Text(description=say("Item"), placeholder=say("words to search for, item id or address"))
        self.text.on_msg(self._entered)
        link((state, "text"), (self.text, "value"))
        self.find = Button(description=say("Find"), tooltip=say("Search, or open what the id or address names"))
        self.find.on_click(lambda _: state.find())
        self.results = ItemCards(state)
        self.message = LiveText()
        self.error = HTML()
        self.item = HTML()
        field = HBox([self.text, self.find])
        field.add_class("aew-field-button")
        super().__init__([HTML(html.step(1, say("Source"))), field, self.error, self.message, self.results, self.item])
        self.add_class("aew-source")
        state.observe(self._show, ["busy", "error", "message", "opened"])
        self._show()

    def _entered(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("event") == "submit":
            self.state.find()

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

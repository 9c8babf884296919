"""Shows the inputs to sign in to a portal and to find the item to export."""

from __future__ import annotations

from datetime import datetime, timezone
from html import escape

from ipywidgets import HTML, Dropdown, HBox, Text, VBox

from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.state.item_picker import ItemPicker
from arcgis_export_widgets.state.sign_in import SignIn
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import (
    LiveText,
    SecretForm,
    button,
    linked,
    on_enter,
    replace_children,
    show,
)


class SignInView(VBox):  # type: ignore[misc]
    """Inputs for a `SignIn`, hidden while a portal is open."""

    def __init__(self, state: SignIn) -> None:
        self.state = state
        self.summary = LiveText().add_class("aew-who")
        self.toggle = button("", lambda: state.set_trait("open", not state.open))
        text = Text(description=say("Portal address"), placeholder="https://www.arcgis.com")
        self.url = linked(text, state, "url")
        choices = [(say(method.choice), name) for name, method in state.methods.items()]
        self.method = linked(Dropdown(description=say("Sign in with"), options=choices), state, "method")
        self.inputs = {
            name: linked(Text(description=say(field.label), placeholder=say(field.placeholder)), state, name)
            for name, field in state.fields.items()
        }
        self.ask = button(say("Get the link to the page"), state.ask_for_page)
        self.link = HTML()
        self.secret = SecretForm()
        self.secret.on_secret(state.sign_in)
        self.plain = button("", state.sign_in)
        self.plain.button_style = "primary"
        self.error = HTML()
        ways = (*self.inputs.values(), self.ask, self.link, self.secret, self.plain)
        self.fields = VBox([self.url, self.method, *ways, self.error]).add_class("aew-panel")
        heading = HTML(f'<h2 class="aew-title">{escape(say("ArcGIS export"))}</h2>')
        head = HBox([heading, self.summary, self.toggle]).add_class("aew-head")
        super().__init__([head, self.fields])
        self.add_class("aew-sign-in")
        state.observe(self._show, ["portal", "busy", "error", "open", "method", "link"])
        state.observe(lambda _: self.secret.clear(), ["portal", "method"])
        self._show()

    def _show(self, _: object = None) -> None:
        state, method = self.state, self.state.chosen
        self.summary.text = state.summary
        self.error.value = html.error(state.error)
        self.toggle.description = say("Close") if state.open else say("Change portal or user")
        self.link.value = _link(state.link)
        self.secret.label = say(method.secret.label) if method.secret else ""
        self.secret.disabled = self.plain.disabled = state.busy
        self.secret.button = self.plain.description = say("Signing in") if state.busy else say(method.action)
        on_page = method.page is not None
        show(state.open, self.fields)
        show(state.portal is not None, self.toggle)
        names = {field.name for field in method.fields}
        for name, text in self.inputs.items():
            show(name in names, text)
        show(on_page and not state.link, self.ask)
        show(on_page and state.link, self.link)
        show(method.secret is not None and (state.link or not on_page), self.secret)
        show(method.secret is None, self.plain)


def _link(address: str) -> str:
    if not address:
        return ""
    return say(
        "{start}Open the sign-in page{end} in a new tab, sign in there, and copy the code it shows.",
        start=f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">',
        end="</a>",
    )


class ItemCards(VBox):  # type: ignore[misc]
    """A card for each item that an `ItemPicker` found, with a button that opens the item."""

    def __init__(self, state: ItemPicker) -> None:
        self.state = state
        self.cards: dict[str, _Card] = {}
        super().__init__()
        self.add_class("aew-found")
        state.observe(self._show, "results")
        state.observe(self._show_contents, "contents")
        self._show()

    def _show(self, _: object = None) -> None:
        self.cards = {item.id: _Card(self.state, item) for item in self.state.results}
        replace_children(self, self.cards.values())
        show(self.cards, self)

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
        """Show the item's details and a line about its layers."""
        about = f'<div class="aew-hint">{escape(_about(self._item))}</div>'
        self.text.value = f"{about}{_snippet(self._item)}<div>{escape(layers)}</div>"


class ItemPickerView(VBox):  # type: ignore[misc]
    """The search field of an `ItemPicker`, its results and the open item."""

    def __init__(self, state: ItemPicker) -> None:
        self.state = state
        text = Text(description=say("Item"), placeholder=say("words to search for, item id or address"))
        self.text = linked(text, state, "text")
        on_enter(text, state.find)
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
    facts = say("{type}, owner {owner}", type=item.type, owner=item.owner)
    return (
        f'<div class="aew-item"><strong>{escape(item.title)}</strong><span>{escape(facts)}</span>{_snippet(item)}'
        f'<div class="aew-{kind}">{escape(right.reason)}</div></div>'
    )


def _snippet(item: Item) -> str:
    return f"<div>{escape(item.snippet)}</div>" if item.snippet else ""


def _about(item: Item) -> str:
    if item.modified_ms is None:
        return say("{type}, owner {owner}", type=item.type, owner=item.owner)
    day = f"{datetime.fromtimestamp(item.modified_ms / 1000, tz=timezone.utc):%Y-%m-%d}"
    return say("{type}, owner {owner}, changed {day}", type=item.type, owner=item.owner, day=day)

"""Signing in."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, Button, Dropdown, HBox, Text, VBox, link

from arcgis_export_widgets.language import say
from arcgis_export_widgets.state.sign_in import SignIn
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import LiveText, SecretForm


class SignInView(VBox):  # type: ignore[misc]
    """Fields of a `SignIn`, folded away while a portal is open."""

    def __init__(self, state: SignIn) -> None:
        self.state = state
        self.summary = LiveText()
        self.summary.add_class("aew-who")
        self.toggle = Button()
        self.toggle.on_click(lambda _: state.set_trait("open", not state.open))
        self.url = Text(description=say("Portal address"), placeholder="https://www.arcgis.com")
        choices = [(say(method.choice), name) for name, method in state.methods.items()]
        self.method = Dropdown(description=say("Sign in with"), options=choices)
        self.inputs = {
            name: Text(description=say(field.label), placeholder=say(field.placeholder))
            for name, field in state.fields.items()
        }
        self.ask = Button(description=say("Get the link to the page"))
        self.ask.on_click(lambda _: state.ask_for_page())
        self.link = HTML()
        self.secret = SecretForm()
        self.secret.on_secret(state.sign_in)
        self.plain = Button(button_style="primary")
        self.plain.on_click(lambda _: state.sign_in())
        self.error = HTML()
        link((state, "url"), (self.url, "value"))
        link((state, "method"), (self.method, "value"))
        for name, text in self.inputs.items():
            link((state, name), (text, "value"))
        page = (self.ask, self.link)
        self.fields = VBox([self.url, self.method, *self.inputs.values(), *page, self.secret, self.plain, self.error])
        self.fields.add_class("aew-panel")
        heading = HTML(f'<h2 class="aew-title">{escape(say("ArcGIS export"))}</h2>')
        head = HBox([heading, self.summary, self.toggle])
        head.add_class("aew-head")
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
        shown = {
            self.fields: state.open,
            self.toggle: state.portal is not None,
            **{text: name in {field.name for field in method.fields} for name, text in self.inputs.items()},
            self.ask: on_page and not state.link,
            self.link: on_page and bool(state.link),
            self.secret: method.secret is not None and (not on_page or bool(state.link)),
            self.plain: method.secret is None,
        }
        for widget, is_shown in shown.items():
            widget.layout.display = None if is_shown else "none"


def _link(address: str) -> str:
    if not address:
        return ""
    return say(
        "{start}Open the sign-in page{end} in a new tab, sign in there, and copy the code it shows.",
        start=f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">',
        end="</a>",
    )

"""Signing in."""

from __future__ import annotations

from ipywidgets import HTML, Button, HBox, Text, VBox, link

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
        self.url = Text(description="Portal address", placeholder="https://www.arcgis.com")
        self.username = Text(description="User name", placeholder="empty to look around without signing in")
        self.password = SecretForm(label="Password")
        self.password.on_secret(state.sign_in)
        self.error = HTML()
        link((state, "url"), (self.url, "value"))
        link((state, "username"), (self.username, "value"))
        self.fields = VBox([self.url, self.username, self.password, self.error])
        self.fields.add_class("aew-panel")
        heading = HTML('<h2 class="aew-title">ArcGIS export</h2>')
        head = HBox([heading, self.summary, self.toggle])
        head.add_class("aew-head")
        super().__init__([head, self.fields])
        self.add_class("aew-sign-in")
        state.observe(self._show, ["portal", "busy", "error", "open"])
        state.observe(lambda _: self.password.clear(), "portal")
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        self.summary.text = state.summary
        self.error.value = html.error(state.error)
        self.fields.layout.display = None if state.open else "none"
        self.toggle.description = "Close" if state.open else "Change portal or user"
        self.toggle.layout.display = "none" if state.portal is None else None
        self.password.disabled = state.busy
        self.password.button = "Signing in" if state.busy else "Sign in"

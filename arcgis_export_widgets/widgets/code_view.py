"""Code that does what the form does, and requests that fill the form."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, Dropdown, HBox, Textarea, VBox, link

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.request.dialects import Dialect
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.saved_request import SavedRequest
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.controls import button, show
from arcgis_export_widgets.widgets.elements import CopyButton, LiveText

_NONE_YET = mark("# Choose an item and tick a layer: the code for it appears here.")


class CodeView(VBox):  # type: ignore[misc]
    """Code for what is chosen, in several dialects, with a button to copy it; written only while it is open."""

    def __init__(self, form: ExportForm) -> None:
        self.state = form
        self._is_open = False
        self.dialect = Dropdown(
            description=say("Code for"), options=[(say(one.value), one) for one in Dialect]
        ).add_class("aew-table-of")
        link((form, "dialect"), (self.dialect, "value"))
        self.code = HTML()
        self.copy = CopyButton(label=say("Copy code"))
        self.saved = SavedRequestView(form.saved_request)
        bar = HBox([self.dialect, self.copy]).add_class("aew-bar")
        super().__init__([bar, self.code, self.saved])
        self.add_class("aew-code")
        form.observe(self._show, "request_code")
        self._show()

    def follow(self, *, is_open: bool) -> None:
        """Start or stop writing the code."""
        self._is_open = is_open
        self._show()

    def _show(self, _: object = None) -> None:
        if not self._is_open:
            self.copy.text = self.code.value = ""  # a saved notebook must not show code for an older choice
            return
        code = self.state.code
        self.copy.text = code
        name, shown = escape(say("Code")), escape(code or say(_NONE_YET))
        self.code.value = f'<pre tabindex="0" role="region" aria-label="{name}"><code>{shown}</code></pre>'


class SavedRequestView(VBox):  # type: ignore[misc]
    """A place to paste a request, folded away until it is wanted."""

    def __init__(self, state: SavedRequest) -> None:
        self.state = state
        self.toggle = button(say("Paste a request"), self._fold, say("Fill the form from a saved request"))
        self.toggle.add_class("aew-quiet")
        self.text = Textarea(
            description=say("Saved request, or exportParameters"), placeholder='{"layers": [{"id": 0}]}', rows=4
        )
        link((state, "text"), (self.text, "value"))
        tooltip = say("Copy layers, filters, format and coordinates into the form")
        self.fill = button(say("Fill the form"), state.fill, tooltip)
        self.message = LiveText()
        self.error = HTML()
        self.fields = VBox([self.text, self.error, self.fill, self.message])
        show(False, self.fields)
        super().__init__([self.toggle, self.fields])
        state.observe(self._show, ["error", "message"])

    def _fold(self) -> None:
        show(self.fields.layout.display == "none", self.fields)

    def _show(self, _: object) -> None:
        self.error.value = html.error(self.state.error)
        self.message.text = self.state.message

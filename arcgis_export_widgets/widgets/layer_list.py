"""All layers of the open service."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, VBox

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.state.layer_list import LayerList
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.closing import close
from arcgis_export_widgets.widgets.colours import colours
from arcgis_export_widgets.widgets.layer_form import LayerFormView

_HINT = mark("Choose an item first; its layers appear here.")


class LayerListView(VBox):  # type: ignore[misc]
    """A `LayerFormView` for each layer of a `LayerList`."""

    def __init__(self, state: LayerList) -> None:
        self.state = state
        self._heading = HTML(html.step(2, say("Layers")))
        self.layers: tuple[LayerFormView, ...] = ()
        super().__init__([self._heading])
        self.add_class("aew-layers")
        state.observe(self._show, "layers")
        self._show()

    def _show(self, _: object = None) -> None:
        before = self.layers
        forms = self.state.layers
        own = colours([form.definition for form in forms])
        self.layers = tuple(LayerFormView(form, colour) for form, colour in zip(forms, own, strict=True))
        hint = HTML(f'<div class="aew-hint">{escape(say(_HINT))}</div>')
        self.children = (self._heading, *(self.layers or (hint,)))
        for view in before:
            close(view)

"""All layers of the open service."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, Button, HBox, VBox

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.state.layer_list import LayerList
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.closing import close
from arcgis_export_widgets.widgets.colours import colours
from arcgis_export_widgets.widgets.layer_form import LayerFormView

_HINT = mark("Choose an item first; its layers appear here.")
_FEW = 3
"""So many layers are ticked one by one."""


class LayerListView(VBox):  # type: ignore[misc]
    """A `LayerFormView` for each layer of a `LayerList`."""

    def __init__(self, state: LayerList) -> None:
        self.state = state
        self.tick_all = Button(description=say("Tick all"), tooltip=say("Export all layers"))
        self.tick_all.on_click(lambda _: self._tick(on=True))
        self.tick_none = Button(description=say("Tick none"), tooltip=say("Begin with no layer ticked"))
        self.tick_none.on_click(lambda _: self._tick(on=False))
        for button in (self.tick_all, self.tick_none):
            button.add_class("aew-quiet")
        self._heading = HBox([HTML(html.step(2, say("Layers"))), self.tick_all, self.tick_none])
        self._heading.add_class("aew-layers-head")
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
        for button in (self.tick_all, self.tick_none):
            button.layout.display = None if len(forms) > _FEW else "none"
        for view in before:
            close(view)

    def _tick(self, *, on: bool) -> None:
        for form in self.state.layers:
            form.ticked = on

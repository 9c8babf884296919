"""Ticking and filtering one layer."""

from __future__ import annotations

from html import escape

from ipywidgets import HTML, Checkbox, HBox, VBox, link

from arcgis_export_widgets.language import say
from arcgis_export_widgets.state.filter_builder import SQL
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import LiveText
from arcgis_export_widgets.widgets.filter_builder import FilterBuilderView


class LayerFormView(VBox):  # type: ignore[misc]
    """Check box, count, filter and fields of a `LayerForm`."""

    def __init__(self, state: LayerForm, colour: str) -> None:
        self.state = state
        definition = state.definition
        self.ticked = Checkbox(description=definition.name, indent=False)
        link((state, "ticked"), (self.ticked, "value"))
        kind = definition.geometry_type.plural if definition.geometry_type else say("table")
        swatch = "" if definition.is_table else f'<i class="aew-swatch" style="background:{colour}"></i>'
        self.kind = HTML(f'{swatch}<span class="aew-kind">{escape(kind)}</span>')
        self.status = LiveText()
        self.status.add_class("aew-count")
        self.filter = FilterBuilderView(state.filter, example=_example(state))
        self.problems = HTML()
        self.fields = HTML(html.fields(definition.fields))
        head = HBox([self.ticked, self.kind, self.status])
        head.add_class("aew-layer-head")
        self.body = VBox([self.filter, self.problems, self.fields])
        self.body.add_class("aew-layer-body")
        super().__init__([head, self.body])
        self.add_class("aew-layer")
        state.observe(self._show, ["ticked", "where", "problems", "matched", "total", "counting", "error"])
        state.filter.observe(self._show, "mode")
        state.filter.root.observe(self._show, "children")
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        self.body.layout.display = None if state.ticked else "none"
        self.status.text = state.status
        found = "".join(html.problem(state.where, problem) for problem in state.problems)
        self.problems.value = found + html.error(state.error)
        wrong = any(problem.is_error for problem in state.problems) or bool(state.error)
        field = self.filter.where
        (field.add_class if wrong else field.remove_class)("aew-invalid")
        self.fields.layout.display = None if state.filter.mode == SQL else "none"
        is_plain = state.filter.mode != SQL and not state.filter.root.children and not self.problems.value
        (self.add_class if is_plain else self.remove_class)("aew-plain")


def _example(state: LayerForm) -> str:
    """A clause that fits the layer, to be typed over."""
    fields = [f for f in state.definition.fields if f.name != state.definition.object_id_field and f.domain is None]
    number = next((f for f in fields if f.type.is_number), None)
    if number is not None:
        return f"{number.name} > 0"
    text = next((f for f in fields if f.type.is_text), None)
    return f"{text.name} LIKE 'A%'" if text is not None else "OBJECTID < 100"

"""Shows the layers of the open service, to tick and filter them."""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import HTML, Checkbox, HBox, Textarea, VBox

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.state.filter_builder import SQL, FilterBuilder
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.layer_list import LayerList
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.colours import colours
from arcgis_export_widgets.widgets.elements import LiveText, button, close, linked, set_class, show
from arcgis_export_widgets.widgets.filter_group import FilterGroupView

_HINT = mark("Choose an item first; its layers appear here.")
_FEW = 3
"""Services with at most this many layers get no buttons to tick all or none of the layers."""
_SHOWN = 300
_DRAWING_S = 0.2
"""Seconds to wait until the browser has drawn a new view; before that, the view cannot get the keyboard focus."""


class FilterBuilderView(VBox):  # type: ignore[misc]
    """Shows the filter of a `FilterBuilder` as conditions or SQL, with a button to switch between the two."""

    def __init__(self, state: FilterBuilder, *, example: str) -> None:
        self.state = state
        name = state.layer.definition.name
        self.root = FilterGroupView(state.root, state)
        self.sql = HTML()
        label, hint = say("{layer} where", layer=name), say("all rows; or for example {example}", example=example)
        self.where = linked(Textarea(description=label, placeholder=hint, rows=2), state, "where")
        self.where.add_class("aew-where")
        self.note = HTML()
        tooltip = say("Write the filter of {layer} as SQL", layer=name)
        self.to_sql = button(say("Edit as SQL"), state.show_sql, tooltip).add_class("aew-quiet")
        tooltip = say("Build the filter of {layer} from conditions", layer=name)
        self.to_conditions = button(say("Edit as conditions"), state.show_conditions, tooltip).add_class("aew-quiet")
        self.root.foot.children = (*self.root.foot.children, self.to_sql)
        super().__init__([self.root, self.sql, self.where, self.note, self.to_conditions])
        self.add_class("aew-filter")
        state.observe(self._show, ["mode", "note", "where"])
        state.root.observe(lambda _: self.root.show_moves(), "version")
        state.observe(self._move_focus, "attention")
        self._show()

    def _move_focus(self, change: dict[str, Any]) -> None:
        part = change["new"]
        if part is not None:
            self.state.runner.later(_DRAWING_S, lambda: self.root.focus_on(part))

    def _show(self, _: object = None) -> None:
        state = self.state
        as_sql = state.mode == SQL
        show(not as_sql, self.root)
        show(as_sql, self.where, self.to_conditions)
        clause = state.where if len(state.where) <= _SHOWN else f"{state.where[:_SHOWN]} ..."
        made = f'<code class="aew-clause aew-made">{escape(clause)}</code>'
        self.sql.value = "" if as_sql or not clause.strip() else made
        self.note.value = f'<div class="aew-hint" role="status">{escape(state.note)}</div>' if state.note else ""
        self.root.show_moves()


class LayerFormView(VBox):  # type: ignore[misc]
    """Check box, count, filter and fields of a `LayerForm`."""

    def __init__(self, state: LayerForm, colour: str) -> None:
        self.state = state
        definition = state.definition
        self.ticked = linked(Checkbox(description=definition.name, indent=False), state, "ticked")
        kind = definition.geometry_type.plural if definition.geometry_type else say("table")
        swatch = "" if definition.is_table else f'<i class="aew-swatch" style="background:{colour}"></i>'
        self.kind = HTML(f'{swatch}<span class="aew-kind">{escape(kind)}</span>')
        self.status = LiveText().add_class("aew-count")
        self.filter = FilterBuilderView(state.filter, example=_example(state))
        self.problems = HTML()
        self.fields = HTML(html.fields(definition.fields))
        head = HBox([self.ticked, self.kind, self.status]).add_class("aew-layer-head")
        self.body = VBox([self.filter, self.problems, self.fields]).add_class("aew-layer-body")
        super().__init__([head, self.body])
        self.add_class("aew-layer")
        state.observe(self._show, ["ticked", "where", "problems", "matched", "total", "counting", "error"])
        state.filter.observe(self._show, "mode")
        state.filter.root.observe(self._show, "children")
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        show(state.ticked, self.body)
        self.status.text = state.status
        found = "".join(html.problem(state.where, problem) for problem in state.problems)
        self.problems.value = found + html.error(state.error)
        wrong = any(problem.is_error for problem in state.problems) or bool(state.error)
        set_class(self.filter.where, "aew-invalid", wrong)
        show(state.filter.mode == SQL, self.fields)
        is_plain = state.filter.mode != SQL and not state.filter.root.children and not self.problems.value
        set_class(self, "aew-plain", is_plain)


class LayerListView(VBox):  # type: ignore[misc]
    """A `LayerFormView` for each layer of a `LayerList`."""

    def __init__(self, state: LayerList) -> None:
        self.state = state
        self.tick_all = button(say("Tick all"), lambda: self._tick(on=True), say("Export all layers"))
        self.tick_none = button(say("Tick none"), lambda: self._tick(on=False), say("Untick all layers"))
        ticking = [one.add_class("aew-quiet") for one in (self.tick_all, self.tick_none)]
        self._heading = HBox([HTML(html.step(2, say("Layers"))), *ticking]).add_class("aew-layers-head")
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
        show(len(forms) > _FEW, self.tick_all, self.tick_none)
        for view in before:
            close(view)

    def _tick(self, *, on: bool) -> None:
        for form in self.state.layers:
            form.ticked = on


def _example(state: LayerForm) -> str:
    """An example of a where clause that is valid for the layer."""
    fields = [f for f in state.definition.fields if f.name != state.definition.object_id_field and f.domain is None]
    number = next((f for f in fields if f.type.is_number), None)
    if number is not None:
        return f"{number.name} > 0"
    text = next((f for f in fields if f.type.is_text), None)
    return f"{text.name} LIKE 'A%'" if text is not None else "OBJECTID < 100"

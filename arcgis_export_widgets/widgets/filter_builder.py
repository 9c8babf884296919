"""A layer's filter, as conditions or as SQL."""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import HTML, Button, Textarea, VBox, link

from arcgis_export_widgets.language import say
from arcgis_export_widgets.state.filter_builder import SQL, FilterBuilder
from arcgis_export_widgets.widgets.filter_group import FilterGroupView

_SHOWN = 300


class FilterBuilderView(VBox):  # type: ignore[misc]
    """Conditions of a `FilterBuilder`, or its SQL; a button leads from one to the other."""

    def __init__(self, state: FilterBuilder, *, example: str) -> None:
        self.state = state
        name = state.layer.definition.name
        self.root = FilterGroupView(state.root, state)
        self.sql = HTML()
        self.where = Textarea(
            description=say("{layer} where", layer=name),
            placeholder=say("all rows; or for example {example}", example=example),
            rows=2,
        )
        self.where.add_class("aew-where")
        link((state, "where"), (self.where, "value"))
        self.note = HTML()
        self.to_sql = Button(
            description=say("Edit as SQL"), tooltip=say("Write the filter of {layer} as SQL", layer=name)
        )
        self.to_sql.on_click(lambda _: state.show_sql())
        self.to_conditions = Button(
            description=say("Edit as conditions"),
            tooltip=say("Build the filter of {layer} from conditions", layer=name),
        )
        self.to_conditions.on_click(lambda _: state.show_conditions())
        for button in (self.to_sql, self.to_conditions):
            button.add_class("aew-quiet")
        self.root.foot.children = (*self.root.foot.children, self.to_sql)
        super().__init__([self.root, self.sql, self.where, self.note, self.to_conditions])
        self.add_class("aew-filter")
        state.observe(self._show, ["mode", "note", "where"])
        state.root.observe(lambda _: self.root.show_moves(), "version")
        state.observe(self._go_on, "attention")
        self._show()

    def _go_on(self, change: dict[str, Any]) -> None:
        if change["new"] is not None:
            self.root.focus_on(change["new"])

    def _show(self, _: object = None) -> None:
        state = self.state
        as_sql = state.mode == SQL
        for widget, shown in ((self.root, not as_sql), (self.where, as_sql), (self.to_conditions, as_sql)):
            widget.layout.display = None if shown else "none"
        clause = state.where if len(state.where) <= _SHOWN else f"{state.where[:_SHOWN]} ..."
        made = f'<code class="aew-clause aew-made">{escape(clause)}</code>'
        self.sql.value = "" if as_sql or not clause.strip() else made
        self.note.value = f'<div class="aew-hint" role="status">{escape(state.note)}</div>' if state.note else ""
        self.root.show_moves()

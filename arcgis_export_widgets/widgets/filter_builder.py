"""A layer's filter, as conditions or as SQL."""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import HTML, Dropdown, HBox, Textarea, VBox, link

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.state.filter_builder import SQL, FilterBuilder, FilterPart
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.state.filter_group import FilterGroup
from arcgis_export_widgets.widgets.controls import button, close, follow, show
from arcgis_export_widgets.widgets.filter_condition import FilterConditionView, PartActions, count

_SHOWN = 300
_DRAWING_S = 0.2
"""How long a new view takes to be drawn; until then it cannot have the keyboard."""
_MATCHES = {"all": mark("all of these hold"), "any": mark("any of these holds")}


class FilterGroupView(VBox):  # type: ignore[misc]
    """Views of a `FilterGroup`'s children, and the choice between all and any of them."""

    def __init__(self, state: FilterGroup, builder: FilterBuilder) -> None:
        self.state = state
        self._builder = builder
        self.is_root = state is builder.root
        matches = [(say(text), match) for match, text in _MATCHES.items()]
        self.match = Dropdown(description=say("Keep rows for which"), options=matches, value=state.match).add_class(
            "aew-match"
        )
        self.match.observe(lambda change: state.set_trait("match", change["new"]), "value")
        self.parts: dict[FilterPart, FilterConditionView | FilterGroupView] = {}
        self.count = HTML()
        self.add_condition = button(
            say("Add condition"), lambda: builder.add_condition(state), say("Add a condition to this group")
        )
        self.add_group = button(
            say("Add group"), lambda: builder.add_group(state), say("Add a group, for OR within AND or AND within OR")
        )
        self.actions = PartActions(state, builder)
        adding = HBox([self.add_condition, self.add_group]).add_class("aew-adding")
        self.foot = HBox([adding, self.count, self.actions])
        show(not self.is_root, self.actions)
        self.foot.add_class("aew-part-foot")
        super().__init__()
        self.add_class("aew-root" if self.is_root else "aew-group")
        follow(self, state, self._show, ["children"])
        follow(self, state, self._show_match, ["match"])
        follow(self, state, self._show_count, ["matched", "counting"])
        self._show()
        self._show_count()

    def focus_on(self, part: FilterPart) -> None:
        """Focus a new condition's field, the buttons of a part that was moved, or this group's first button."""
        view = self.parts.get(part)
        if part is self.state:
            self.add_condition.focus()
        elif view is None:
            for other in self.parts.values():
                if isinstance(other, FilterGroupView):
                    other.focus_on(part)
        elif isinstance(part, FilterCondition) and part.is_blank and isinstance(view, FilterConditionView):
            view.field.focus()
        else:
            view.actions.focus_on()

    def show_moves(self) -> None:
        """Show the possible moves, here and in all parts."""
        for part in self.state.children:
            view = self.parts.get(part)
            if view is None:
                continue  # not drawn yet
            view.actions.show_moves()
            if isinstance(view, FilterGroupView):
                view.show_moves()

    def _show(self, _: object = None) -> None:
        before = self.parts
        self.parts = {part: before.get(part) or self._view(part) for part in self.state.children}
        show(len(self.parts) > 1 or not self.is_root, self.match)
        show(self.parts, self.add_group)
        self.children = [self.match, *self.parts.values(), self.foot]
        for part, view in before.items():
            if part not in self.parts:
                close(view)
        self.show_moves()

    def _view(self, part: FilterPart) -> FilterConditionView | FilterGroupView:
        if isinstance(part, FilterCondition):
            return FilterConditionView(part, self._builder)
        return FilterGroupView(part, self._builder)

    def _show_match(self, _: object) -> None:
        self.match.value = self.state.match

    def _show_count(self, _: object = None) -> None:
        self.count.value = count(self.state)


class FilterBuilderView(VBox):  # type: ignore[misc]
    """Conditions of a `FilterBuilder`, or its SQL, with a button to switch."""

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
        tooltip = say("Write the filter of {layer} as SQL", layer=name)
        self.to_sql = button(say("Edit as SQL"), state.show_sql, tooltip).add_class("aew-quiet")
        tooltip = say("Build the filter of {layer} from conditions", layer=name)
        self.to_conditions = button(say("Edit as conditions"), state.show_conditions, tooltip).add_class("aew-quiet")
        self.root.foot.children = (*self.root.foot.children, self.to_sql)
        super().__init__([self.root, self.sql, self.where, self.note, self.to_conditions])
        self.add_class("aew-filter")
        state.observe(self._show, ["mode", "note", "where"])
        state.root.observe(lambda _: self.root.show_moves(), "version")
        state.observe(self._go_on, "attention")
        self._show()

    def _go_on(self, change: dict[str, Any]) -> None:
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

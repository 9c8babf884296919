"""Conditions and groups, below each other."""

from __future__ import annotations

from ipywidgets import HTML, Button, Dropdown, HBox, VBox

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.state.filter_builder import FilterBuilder, FilterPart
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.state.filter_group import FilterGroup
from arcgis_export_widgets.widgets.closing import close, follow
from arcgis_export_widgets.widgets.filter_condition import FilterConditionView, PartActions, count

_MATCHES = {"all": mark("all of these hold"), "any": mark("any of these holds")}


class FilterGroupView(VBox):  # type: ignore[misc]
    """Views of a `FilterGroup`'s children, and what joins them."""

    def __init__(self, state: FilterGroup, builder: FilterBuilder) -> None:
        self.state = state
        self._builder = builder
        self.is_root = state is builder.root
        matches = [(say(text), match) for match, text in _MATCHES.items()]
        self.match = Dropdown(description=say("Keep rows for which"), options=matches, value=state.match)
        self.match.add_class("aew-match")
        self.match.observe(lambda change: state.set_trait("match", change["new"]), "value")
        self.parts: dict[FilterPart, FilterConditionView | FilterGroupView] = {}
        self.count = HTML()
        self.add_condition = Button(description=say("Add condition"), tooltip=say("Add a condition to this group"))
        self.add_condition.on_click(lambda _: builder.add_condition(state))
        self.add_group = Button(
            description=say("Add group"), tooltip=say("Add a group: conditions joined the other way")
        )
        self.add_group.on_click(lambda _: builder.add_group(state))
        self.actions = PartActions(state, builder)
        adding = HBox([self.add_condition, self.add_group])
        adding.add_class("aew-adding")
        self.foot = HBox([adding, self.count, self.actions])
        self.actions.layout.display = "none" if self.is_root else None
        self.foot.add_class("aew-part-foot")
        super().__init__()
        self.add_class("aew-root" if self.is_root else "aew-group")
        follow(self, state, self._show, ["children"])
        follow(self, state, self._show_match, ["match"])
        follow(self, state, self._show_count, ["matched", "counting"])
        self._show()
        self._show_count()

    def focus_on(self, part: FilterPart) -> None:
        """Put the keyboard where a part's work goes on: a new condition's field, or the buttons of what was moved."""
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
        """Offer the moves there are, here and in all parts."""
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
        self.match.layout.display = None if len(self.parts) > 1 or not self.is_root else "none"
        self.add_group.layout.display = None if self.parts else "none"
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

"""Shows a group of filter conditions that are joined by AND or by OR."""

from __future__ import annotations

from ipywidgets import HTML, Dropdown, HBox, VBox

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.state.filter_builder import FilterBuilder, FilterPart
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.state.filter_group import FilterGroup
from arcgis_export_widgets.widgets.elements import button, close, follow, show
from arcgis_export_widgets.widgets.filter_condition import FilterConditionView, PartActions, count

_MATCHES = {"all": mark("all of these hold"), "any": mark("any of these holds")}


class FilterGroupView(VBox):  # type: ignore[misc]
    """Views of a `FilterGroup`'s children, and the choice between AND and OR."""

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
        tooltip = say("Add a condition to this group")
        self.add_condition = button(say("Add condition"), lambda: builder.add_condition(state), tooltip)
        tooltip = say("Add a group, for OR within AND or AND within OR")
        self.add_group = button(say("Add group"), lambda: builder.add_group(state), tooltip)
        self.actions = PartActions(state, builder)
        adding = HBox([self.add_condition, self.add_group]).add_class("aew-adding")
        self.foot = HBox([adding, self.count, self.actions]).add_class("aew-part-foot")
        show(not self.is_root, self.actions)
        super().__init__()
        self.add_class("aew-root" if self.is_root else "aew-group")
        follow(self, state, self._show, ["children"])
        follow(self, state, self._show_match, ["match"])
        follow(self, state, self._show_count, ["matched", "counting"])
        self._show()
        self._show_count()

    def focus_on(self, part: FilterPart) -> None:
        """Focus a new condition's field, a moved part's buttons, or (for this group itself) its first button."""
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
        """Show each move button in this group and its subgroups only if that move is possible."""
        for part in self.state.children:
            view = self.parts.get(part)
            if view is None:
                continue  # the view of this part is not created yet
            view.actions.show_moves()
            if isinstance(view, FilterGroupView):
                view.show_moves()

    def _show(self, _: object = None) -> None:
        before = self.parts
        self.parts = {}
        for part in self.state.children:
            view = FilterConditionView if isinstance(part, FilterCondition) else FilterGroupView
            self.parts[part] = before.get(part) or view(part, self._builder)
        show(len(self.parts) > 1 or not self.is_root, self.match)
        show(self.parts, self.add_group)
        self.children = [self.match, *self.parts.values(), self.foot]
        for part, view in before.items():
            if part not in self.parts:
                close(view)
        self.show_moves()

    def _show_match(self, _: object) -> None:
        self.match.value = self.state.match

    def _show_count(self, _: object = None) -> None:
        self.count.value = count(self.state)

"""One condition: field, operator, values, and how many rows meet it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ipywidgets import HTML, Button, Dropdown, HBox, VBox

from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.model.fields import Field
from arcgis_export_widgets.state.filter_builder import FilterBuilder, FilterPart
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.closing import follow
from arcgis_export_widgets.widgets.filter_values import ValueInputs
from arcgis_export_widgets.widgets.histogram import HistogramView
from arcgis_export_widgets.widgets.value_choices import ValueChoices


class FilterConditionView(VBox):  # type: ignore[misc]
    """Inputs of a `FilterCondition`."""

    def __init__(self, state: FilterCondition, builder: FilterBuilder) -> None:
        self.state = state
        self._builder, self._offering = builder, False
        fields = [(_name(field, state.definition.fields), field.name) for field in state.definition.fields]
        self.field = Dropdown(description=say("Field"), options=fields, value=state.field)
        self.field.observe(lambda change: state.set_trait("field", change["new"]), "value")
        self.operator = Dropdown(description=say("Comparison"))
        self.operator.observe(self._operator_chosen, "value")
        self.help = builder.help_with(state)
        self.histogram = HistogramView(self.help)
        self.choices = ValueChoices(self.help)
        self.values = ValueInputs(state, self.help)
        self.problem = HTML()
        self.count = HTML()
        self.actions = PartActions(state, builder)
        what = HBox([self.field, self.operator])
        what.add_class("aew-what")
        foot = HBox([self.count, self.actions])
        foot.add_class("aew-part-foot")
        super().__init__([what, self.histogram, self.choices, self.values, self.problem, foot])
        self.add_class("aew-condition")
        follow(self, state, self._show, ["field", "operator", "inputs"])
        follow(self, state, self._show_count, ["matched", "counting"])
        self.help.observe(self._show, "error")
        self._show()
        self._show_count()

    def close(self) -> None:
        """Close it, and ask the portal no more on its behalf."""
        if self.comm is not None:  # ipywidgets closes once more when it is collected
            self._builder.end_help(self.help)
        super().close()

    def _operator_chosen(self, change: dict[str, object]) -> None:
        if change["new"] is not None and not self._offering:
            self.state.set_trait("operator", change["new"])

    def _show(self, _: object = None) -> None:
        state = self.state
        self.field.value = state.field
        options = [(operator.words(state.about.type), operator) for operator in state.operators]
        if list(self.operator.options) != options:
            self._offering = True  # other options choose the first of themselves
            self.operator.options = options
            self._offering = False
        self.operator.value = state.operator
        self.actions.about(state.about.alias)
        doubt = [state.doubt.rstrip(".")] if state.doubt else []
        told = "" if state.is_blank else html.error(state.problem) or html.warnings(doubt)
        reason = self.help.error.rstrip(".")
        no_help = [say("No values to choose from: {reason}", reason=reason)] if reason else []
        self.problem.value = told + html.warnings(no_help)

    def _show_count(self, _: object = None) -> None:
        self.count.value = count(self.state)


class PartActions(HBox):  # type: ignore[misc]
    """Buttons that move a part of the filter, or take it out."""

    def __init__(self, part: FilterPart, builder: FilterBuilder) -> None:
        self._part, self._builder = part, builder
        self.up = Button(description=say("Up"))
        self.up.on_click(lambda _: builder.move(part, -1))
        self.down = Button(description=say("Down"))
        self.down.on_click(lambda _: builder.move(part, 1))
        self.take_out = Button(description=say("Remove"))
        self.take_out.on_click(lambda _: builder.remove(part))
        super().__init__([self.up, self.down, self.take_out])
        self.add_class("aew-part-actions")
        self.up.tooltip = say("Move this group up, into or out of a group")
        self.down.tooltip = say("Move this group down, into or out of a group")
        self.take_out.tooltip = say("Remove this group")

    def about(self, field: str) -> None:
        """Say in tooltips that the buttons act upon the condition on a field."""
        self.up.tooltip = say("Move the condition on {field} up, into or out of a group", field=field)
        self.down.tooltip = say("Move the condition on {field} down, into or out of a group", field=field)
        self.take_out.tooltip = say("Remove the condition on {field}", field=field)

    def focus_on(self) -> None:
        """Put the keyboard on the first button that is offered."""
        next(button for button in self.children if button.layout.display is None).focus()

    def show_moves(self) -> None:
        """Offer the moves there are."""
        for button, step in ((self.up, -1), (self.down, 1)):
            button.layout.display = None if self._builder.can_move(self._part, step) else "none"


def count(part: FilterPart) -> str:
    """How many rows meet a part of the filter by itself."""
    if part.counting:
        return f'<span class="aew-hint">{escape(say("counting"))}</span>'
    if part.matched is None:
        return ""
    told = say_count(
        "{start}{count:,}{end} meets this alone",
        "{start}{count:,}{end} meet this alone",
        part.matched,
        start="<b>",
        end="</b>",
    )
    return f'<span class="aew-alone">{told}</span>'


def _name(field: Field, others: Sequence[Field]) -> str:
    """The alias; with the name where several fields share it."""
    shared = sum(other.alias == field.alias for other in others) > 1
    return f"{field.alias} ({field.name})" if shared else field.alias

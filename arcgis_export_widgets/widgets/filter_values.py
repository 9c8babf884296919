"""Makes the inputs for a condition's values, which depend on the field's type and the operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from functools import partial
from html import escape
from typing import Any

from ipywidgets import HTML, Combobox, DatePicker, Dropdown, HBox, Text, TimePicker, VBox, Widget

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.model.fields import CodedValues
from arcgis_export_widgets.state.filter_condition import FilterCondition, Input
from arcgis_export_widgets.state.value_help import ValueHelp
from arcgis_export_widgets.where.conditions import UNITS, Operator
from arcgis_export_widgets.widgets.elements import follow, replace_children
from arcgis_export_widgets.widgets.value_choices import value_lines

_RANGE = (mark("{field} {comparison}, from"), mark("{field} {comparison}, to"))


class ValueInputs(VBox):  # type: ignore[misc]
    """The inputs for the values of a `FilterCondition`, replaced when its field or operator changes."""

    def __init__(self, state: FilterCondition, help_with: ValueHelp) -> None:
        self.state = state
        self.help = help_with
        self.fields: list[Widget] = []
        """The inputs, in the order of the condition's values."""
        self._shape: object = None
        self._show_inputs: Callable[[], None] = lambda: None
        self.suggest: Callable[[], None] = lambda: None
        """Updates the suggested values; does nothing for inputs without suggestions."""
        super().__init__()
        self.add_class("aew-values")
        follow(self, state, self._show, ["field", "operator", "inputs"])
        help_with.observe(lambda _: self.suggest(), "counts")
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        shape = state.field, state.operator, state.input, len(state.inputs) if state.input is not Input.LIST else 0
        if shape != self._shape:
            self._shape, self.fields, self.suggest = shape, [], lambda: None
            made, self._show_inputs = _EDITORS[state.input](self, state)
            replace_children(self, made)
        self._show_inputs()

    def label(self, place: int = 0) -> str:
        """The accessible name of the input for the value at index `place`."""
        about, operator = self.state.about, self.state.operator
        if operator in {Operator.BETWEEN, Operator.NOT_BETWEEN}:
            return say(_RANGE[place], field=about.alias, comparison=operator.words(about.type))
        return say("{field} {comparison}", field=about.alias, comparison=operator.words(about.type))

    def give(self, place: int, value: object) -> None:
        """Set the condition's value at index `place`."""
        inputs = list(self.state.inputs)
        inputs[place] = value
        self.state.inputs = tuple(inputs)


_Editor = tuple[Sequence[Widget], Callable[[], None]]


def _each(view: ValueInputs, state: FilterCondition, make: Callable[[int], Widget], *, blank: object) -> _Editor:
    """One input per value, made by `make`, with the word "and" between two inputs."""
    made = [make(place) for place in range(len(state.inputs))]
    row: list[Widget] = []
    for widget in made:
        row += [_and(), widget] if row else [widget]
    return [HBox(row).add_class("aew-value-row")], _link(view, state, made, lambda _, value: value or blank)


def _link(
    view: ValueInputs, state: FilterCondition, widgets: Sequence[Widget], shown: Callable[[int, Any], object]
) -> Callable[[], None]:
    """Link a widget to each value; `shown` converts values for display. Returns a function that updates the widgets."""
    view.fields = list(widgets)

    def show() -> None:
        for place, (widget, value) in enumerate(zip(widgets, state.inputs, strict=False)):
            widget.value = shown(place, value)

    show()
    for place, widget in enumerate(widgets):
        widget.observe(lambda change, place=place: view.give(place, change["new"]), "value")
    return show


def _texts(view: ValueInputs, state: FilterCondition) -> _Editor:
    if view.help.has_counts:
        return _with_suggestions(view, state)
    placeholder = say("number") if state.input is Input.NUMBER else say("text")
    if state.operator in {Operator.LIKE, Operator.NOT_LIKE}:
        placeholder = say("% any letters, _ one letter")
    return _each(view, state, lambda place: Text(description=view.label(place), placeholder=placeholder), blank="")


def _with_suggestions(view: ValueInputs, state: FilterCondition) -> _Editor:
    """A text field that suggests the layer's values."""
    found = view.help
    field = Combobox(description=view.label(), placeholder=say("text"))

    def suggest() -> None:
        field.options = [str(one.value) for one in found.counts]

    def typed(change: dict[str, Any]) -> None:
        if found.is_shortened:
            found.typed = change["new"]

    show = _link(view, state, [field], lambda _, value: value or "")
    suggest()
    field.observe(typed, "value")
    view.suggest = suggest
    return [field], show


def _pickers(pick: Callable[..., Widget]) -> Callable[[ValueInputs, FilterCondition], _Editor]:
    return lambda view, state: _each(view, state, lambda place: pick(description=view.label(place)), blank=None)


def _moments(view: ValueInputs, state: FilterCondition) -> _Editor:
    """For each value, an input for the day and one for an optional time."""
    rows: list[Widget] = []
    pairs = []
    for place in range(len(state.inputs)):
        day = DatePicker(description=say("{label}, day", label=view.label(place)))
        clock = TimePicker(description=say("{label}, time", label=view.label(place)), step=1)
        pairs.append((day, clock))
        row = HBox([day, clock]).add_class("aew-value-row")
        rows += [_and(), row] if rows else [row]
    view.fields = [widget for pair in pairs for widget in pair]

    def show() -> None:
        for (day, clock), value in zip(pairs, state.inputs, strict=False):
            if _moment(day.value, clock.value) != value:
                day.value = value.date() if isinstance(value, datetime) else value
                clock.value = value.time() if isinstance(value, datetime) else None

    show()
    for place, (day, clock) in enumerate(pairs):
        for widget in (day, clock):
            widget.observe(
                lambda _, place=place, day=day, clock=clock: view.give(place, _moment(day.value, clock.value)), "value"
            )
    hint = say("UTC; without a time, the day begins at 00:00")
    return [*rows, HTML(f'<span class="aew-hint">{escape(hint)}</span>')], show


def _and() -> HTML:
    """The word "and", to show between two inputs."""
    return HTML(f'<span class="aew-and">{escape(say("and"))}</span>')


def _moment(day: date | None, clock: time | None) -> date | None:
    return day if day is None or clock is None else datetime.combine(day, clock.replace(tzinfo=None))


def _period(view: ValueInputs, state: FilterCondition) -> _Editor:
    count = Text(description=say("{label}, how many", label=view.label()), placeholder="30")
    units = [(say(unit), unit) for unit in UNITS]
    unit = Dropdown(description=say("{label}, unit", label=view.label()), options=units)
    show = _link(view, state, [count, unit], lambda place, value: value or (UNITS[0] if place else ""))
    return [HBox([count, unit]).add_class("aew-value-row")], show


def _code(view: ValueInputs, state: FilterCondition) -> _Editor:
    domain = state.about.domain
    labels, written = (domain.texts, domain.by_text) if isinstance(domain, CodedValues) else ({}, {})
    options = [(say("choose"), None), *((label, code) for code, label in labels.items())]
    choice = Dropdown(description=view.label(), options=options)
    return [choice], _link(view, state, [choice], lambda _, value: value if value in labels else written.get(value))


def _list(view: ValueInputs, state: FilterCondition) -> _Editor:
    area, show = value_lines(state, view.label())
    view.fields = [area]
    return [area], show


_EDITORS: dict[Input, Callable[[ValueInputs, FilterCondition], _Editor]] = {
    Input.NOTHING: lambda _, __: ((), lambda: None),
    Input.TEXT: _texts,
    Input.NUMBER: _texts,
    Input.DAY: _pickers(DatePicker),
    Input.TIME: _pickers(partial(TimePicker, step=1)),
    Input.MOMENT: _moments,
    Input.PERIOD: _period,
    Input.ONE_CODE: _code,
    Input.LIST: _list,
}

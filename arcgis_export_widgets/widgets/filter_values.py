"""Inputs for a condition's values, by the type of its field."""

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
from arcgis_export_widgets.widgets.controls import close, follow
from arcgis_export_widgets.widgets.value_choices import value_lines

_PATTERN_HINT = mark("% any letters, _ one letter")
_RANGE = (mark("{field} {comparison}, from"), mark("{field} {comparison}, to"))


class ValueInputs(VBox):  # type: ignore[misc]
    """The inputs for a `FilterCondition`'s values; they follow its field and operator."""

    def __init__(self, state: FilterCondition, help_with: ValueHelp) -> None:
        self.state = state
        self.help = help_with
        self.fields: list[Widget] = []
        """The inputs themselves, in the order of the values."""
        self._shape: object = None
        self._made: Sequence[Widget] = ()
        self._show_inputs: Callable[[], None] = _nothing
        self.suggest: Callable[[], None] = _nothing
        """Shows the suggestions anew, where there are any."""
        super().__init__()
        self.add_class("aew-values")
        follow(self, state, self._show, ["field", "operator", "inputs"])
        help_with.observe(lambda _: self.suggest(), "counts")
        self._show()

    def _show(self, _: object = None) -> None:
        state = self.state
        shape = state.field, state.operator, state.input, len(state.inputs) if state.input is not Input.LIST else 0
        if shape != self._shape:
            before, self._shape = self._made, shape
            self.fields, self.suggest = [], _nothing
            self._made, self._show_inputs = _EDITORS[state.input](self, state)
            self.children = self._made
            for widget in before:
                close(widget)
        self._show_inputs()

    def label(self, place: int = 0) -> str:
        """The accessible name of a value's input."""
        about, operator = self.state.about, self.state.operator
        if operator in {Operator.BETWEEN, Operator.NOT_BETWEEN}:
            return say(_RANGE[place], field=about.alias, comparison=operator.words(about.type))
        return say("{field} {comparison}", field=about.alias, comparison=operator.words(about.type))

    def give(self, place: int, value: object) -> None:
        """Set one of the condition's values."""
        inputs = list(self.state.inputs)
        inputs[place] = value
        self.state.inputs = tuple(inputs)


_Editor = tuple[Sequence[Widget], Callable[[], None]]


def _each(view: ValueInputs, state: FilterCondition, make: Callable[[int], Widget], *, blank: object) -> _Editor:
    """One widget per value, with "and" between two."""
    made = [make(place) for place in range(len(state.inputs))]
    view.fields = made

    def show() -> None:
        for widget, value in zip(made, state.inputs, strict=False):
            widget.value = blank if value is None else value

    show()
    for place, widget in enumerate(made):
        widget.observe(lambda change, place=place: view.give(place, change["new"]), "value")
    row: list[Widget] = []
    for widget in made:
        row += [_and(), widget] if row else [widget]
    box = HBox(row).add_class("aew-value-row")
    return [box], show


def _texts(view: ValueInputs, state: FilterCondition) -> _Editor:
    if view.help.has_counts:
        return _with_suggestions(view, state)
    if state.operator in {Operator.LIKE, Operator.NOT_LIKE}:
        placeholder = say(_PATTERN_HINT)
    else:
        placeholder = say("number") if state.input is Input.NUMBER else say("text")
    return _each(view, state, lambda place: Text(description=view.label(place), placeholder=placeholder), blank="")


def _with_suggestions(view: ValueInputs, state: FilterCondition) -> _Editor:
    """A text field that suggests the layer's values."""
    found = view.help
    field = Combobox(description=view.label(), placeholder=say("text"))
    view.fields = [field]

    def show() -> None:
        field.value = state.inputs[0] or ""

    def suggest() -> None:
        field.options = [str(one.value) for one in found.counts]

    def typed(change: dict[str, Any]) -> None:
        view.give(0, change["new"])
        if found.is_shortened:
            found.typed = change["new"]

    show()
    suggest()
    field.observe(typed, "value")
    view.suggest = suggest
    return [field], show


def _pickers(pick: Callable[..., Widget]) -> Callable[[ValueInputs, FilterCondition], _Editor]:
    return lambda view, state: _each(view, state, lambda place: pick(description=view.label(place)), blank=None)


def _moments(view: ValueInputs, state: FilterCondition) -> _Editor:
    """A day with an optional time for each value."""
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
    """The word between two values."""
    return HTML(f'<span class="aew-and">{escape(say("and"))}</span>')


def _moment(day: date | None, clock: time | None) -> date | None:
    return day if day is None or clock is None else datetime.combine(day, clock.replace(tzinfo=None))


def _period(view: ValueInputs, state: FilterCondition) -> _Editor:
    count = Text(description=say("{label}, how many", label=view.label()), placeholder="30")
    units = [(say(unit), unit) for unit in UNITS]
    unit = Dropdown(description=say("{label}, unit", label=view.label()), options=units)
    view.fields = [count, unit]

    def show() -> None:
        count.value, unit.value = state.inputs[0] or "", state.inputs[1] or UNITS[0]

    show()
    count.observe(lambda change: view.give(0, change["new"]), "value")
    unit.observe(lambda change: view.give(1, change["new"]), "value")
    row = HBox([count, unit]).add_class("aew-value-row")
    return [row], show


def _code(view: ValueInputs, state: FilterCondition) -> _Editor:
    domain = state.about.domain
    labels, written = (domain.texts, domain.by_text) if isinstance(domain, CodedValues) else ({}, {})
    options = [(say("choose"), None), *((label, code) for code, label in labels.items())]
    choice = Dropdown(description=view.label(), options=options)
    view.fields = [choice]

    def show() -> None:
        value = state.inputs[0]
        choice.value = value if value in labels else written.get(value)

    show()
    choice.observe(lambda change: view.give(0, change["new"]), "value")
    return [choice], show


def _list(view: ValueInputs, state: FilterCondition) -> _Editor:
    area, show = value_lines(state, view.label())
    view.fields = [area]
    return [area], show


def _nothing() -> None:
    pass


_EDITORS: dict[Input, Callable[[ValueInputs, FilterCondition], _Editor]] = {
    Input.NOTHING: lambda _, __: ((), _nothing),
    Input.TEXT: _texts,
    Input.NUMBER: _texts,
    Input.DAY: _pickers(DatePicker),
    Input.TIME: _pickers(partial(TimePicker, step=1)),
    Input.MOMENT: _moments,
    Input.PERIOD: _period,
    Input.ONE_CODE: _code,
    Input.LIST: _list,
}

"""Makes the inputs for a condition with a list of values: check boxes, a search field, and a text area."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any

from ipywidgets import HTML, Checkbox, Combobox, HBox, Textarea, VBox

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.fields import CodedValues, readable
from arcgis_export_widgets.state.filter_condition import FilterCondition, Input
from arcgis_export_widgets.state.value_help import MOST_SUGGESTED, ValueHelp
from arcgis_export_widgets.where.conditions import Operator
from arcgis_export_widgets.widgets.elements import button, follow, on_enter, replace_children, show

_LINE_END = "\u21b5"
_MOST_BOXES = 6
_MOST_CODES = 12
"""Largest number of codes in a domain for which every code gets a check box."""


class ValueChoices(VBox):  # type: ignore[misc]
    """Check boxes for the frequent values of a `ValueHelp`, with counts, and a field to find other values."""

    def __init__(self, state: ValueHelp) -> None:
        self.state = state
        self.boxes: dict[Any, Checkbox] = {}
        self._rows = VBox().add_class("aew-choices")
        self.find = Combobox(description=say("Find a value"), placeholder=say("find a value"))
        self.find.observe(self._typed, "value")
        on_enter(self.find, self._add)
        self.add = button(say("Add"), self._add, say("Add the value to the list"))
        self._finder = HBox([self.find, self.add]).add_class("aew-field-button")
        super().__init__([self._rows, self._finder])
        state.observe(self._show, "counts")
        state.observe(self._answered, "loading")
        follow(self, state.condition, self._show_chosen, ["inputs", "operator", "field"])
        self._show()

    def _show(self, _: object = None) -> None:
        state, condition = self.state, self.state.condition
        is_list = condition.input is Input.LIST and state.has_counts
        show(is_list, self)
        if not is_list:
            return
        if self._is_coded:
            needs_finder = len(self._codes) > _MOST_CODES
            self._suggest_codes()
        else:
            needs_finder = len(state.counts) > _MOST_BOXES and condition.about.type.is_text
            self.find.options = [readable(one.value, condition.about) for one in state.counts]
        show(needs_finder, self._finder)
        if state.typed:
            return  # found values appear as suggestions; the boxes of frequent values stay
        self._rows_of([(one.value, one.count) for one in state.counts])

    def _answered(self, change: dict[str, Any]) -> None:
        """Show check boxes for the domain's codes even if no row has such a code, or if the counts are unknown."""
        if not change["new"] and not self.state.counts:
            self._show()

    def _rows_of(self, counts: Sequence[tuple[Any, int | None]]) -> None:
        about = self.state.condition.about
        domain = about.domain
        if isinstance(domain, CodedValues):
            there = {value for value, _ in counts}
            rows_of_others = None if self.state.error else 0
            others = ((code, rows_of_others) for code in domain.labels if code not in there)
            counts = [*counts, *others][:_MOST_CODES]
        counts = counts if self._is_coded else counts[:_MOST_BOXES]
        most = max((count or 0 for _, count in counts), default=0)
        self.boxes, rows = {}, []
        for value, count in counts:
            box = Checkbox(description=readable(value, about), indent=False, value=self._is_chosen(value))
            box.observe(lambda change, value=value: self._tick(value, ticked=change["new"]), "value")
            self.boxes[value] = box
            share = count / most if count and most else 0
            number = "" if count is None else escape(say("{count:,}", count=count))
            bar = HTML(f'<span class="aew-bar-of"><i style="width:{share:.0%}"></i></span><span>{number}</span>')
            rows.append(HBox([box, bar]))
        replace_children(self._rows, rows)

    @property
    def _codes(self) -> dict[str, Any]:
        """The codes of the field's domain, by label; empty if the field has no coded domain."""
        domain = self.state.condition.about.domain
        return {text: code for code, text in domain.texts.items()} if isinstance(domain, CodedValues) else {}

    def _suggest_codes(self) -> None:
        """Suggest the domain's labels that contain the typed text."""
        typed = self.find.value.strip().casefold()
        found = (label for label in self._codes if typed in label.casefold())
        self.find.options = list(islice(found, MOST_SUGGESTED))

    @property
    def _is_coded(self) -> bool:
        return isinstance(self.state.condition.about.domain, CodedValues)

    def _input(self, value: Any) -> Any:
        return value if self._is_coded or isinstance(value, str) else readable(value)

    def _is_chosen(self, value: Any) -> bool:
        return self._input(value) in self.state.condition.inputs

    def _tick(self, value: Any, *, ticked: bool) -> None:
        condition, given = self.state.condition, self._input(value)
        if ticked is not (given in condition.inputs):
            others = tuple(other for other in condition.inputs if other != given)
            condition.inputs = (*others, given) if ticked else others

    def _show_chosen(self, _: object = None) -> None:
        for value, box in self.boxes.items():
            box.value = self._is_chosen(value)
        if self.state.condition.operator not in {Operator.IN, Operator.NOT_IN}:
            show(False, self)

    def _typed(self, change: dict[str, Any]) -> None:
        if self._is_coded:
            self._suggest_codes()
        elif self.state.is_shortened:
            self.state.typed = change["new"]

    def _add(self) -> None:
        value = self.find.value.strip()
        if value:
            self._tick(self._codes.get(value, value), ticked=True)
            self.find.value = ""


def value_lines(state: FilterCondition, label: str) -> tuple[Textarea, Callable[[], None]]:
    """A text area for a condition's values, one per line, and a function that updates the text from the condition."""
    area = Textarea(
        description=say("{label}, one value per line", label=label), placeholder=say("one value per line"), rows=2
    )
    written: dict[str, Any] = {}
    """The value behind each line shown; a value with line breaks, for example, cannot be read back from its line."""

    def refresh() -> None:
        show(not _all_ticked(state), area)
        if _lines(area.value, state, written) != state.inputs:
            written.clear()
            written.update((_line(value, state), value) for value in state.inputs)
            area.unobserve(typed, "value")  # this change is not the user's
            area.value = "\n".join(written)
            area.observe(typed, "value")

    def typed(change: dict[str, Any]) -> None:
        state.inputs = _lines(change["new"], state, written)

    area.observe(typed, "value")
    refresh()
    return area, refresh


def _all_ticked(state: FilterCondition) -> bool:
    """Whether the check boxes of `ValueChoices` include all of the condition's values; then no text area is needed."""
    domain = state.about.domain
    labels = domain.labels if isinstance(domain, CodedValues) else {}
    return 0 < len(labels) <= _MOST_CODES and all(value in labels for value in state.inputs)


def _line(value: Any, state: FilterCondition) -> str:
    """A value on one line, with a symbol for each line break."""
    return _LINE_END.join(readable(value, state.about).splitlines())


def _lines(text: str, state: FilterCondition, written: Mapping[str, Any]) -> tuple[Any, ...]:
    """The values in a text area: a line in `written` gives its value, a domain's label its code, others their text."""
    domain = state.about.domain
    codes = domain.by_text if isinstance(domain, CodedValues) else {}
    found = ((line, line.strip()) for line in text.splitlines())
    return tuple(written.get(line, codes.get(plain, plain)) for line, plain in found if plain)

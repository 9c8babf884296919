"""The values there are, to be ticked or found."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import islice
from typing import Any

from ipywidgets import HTML, Button, Checkbox, Combobox, HBox, VBox

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.fields import CodedValues, readable
from arcgis_export_widgets.state.filter_condition import Input
from arcgis_export_widgets.state.value_help import MOST_SUGGESTED, ValueHelp
from arcgis_export_widgets.where.operators import Operator
from arcgis_export_widgets.widgets.closing import close, follow

_MOST_BOXES = 6
MOST_CODES = 12
"""Most codes of a domain shown as boxes."""


class ValueChoices(VBox):  # type: ignore[misc]
    """Frequent values of a `ValueHelp` with their counts, and a field that finds the others."""

    def __init__(self, state: ValueHelp) -> None:
        self.state = state
        self.boxes: dict[Any, Checkbox] = {}
        self._rows = VBox()
        self._rows.add_class("aew-choices")
        self.find = Combobox(description=say("Find a value"), placeholder=say("find a value"))
        self.find.observe(self._typed, "value")
        self.find.on_msg(self._entered)
        self.add = Button(description=say("Add"), tooltip=say("Add the value to the list"))
        self.add.on_click(lambda _: self._add())
        self._finder = HBox([self.find, self.add])
        self._finder.add_class("aew-field-button")
        super().__init__([self._rows, self._finder])
        state.observe(self._show, "counts")
        state.observe(self._answered, "loading")
        follow(self, state.condition, self._show_chosen, ["inputs", "operator", "field"])
        self._show()

    def _show(self, _: object = None) -> None:
        state, condition = self.state, self.state.condition
        is_list = condition.input is Input.LIST and state.has_counts
        self.layout.display = None if is_list else "none"
        if not is_list:
            return
        if self._is_coded:
            needs_finder = len(self._codes) > MOST_CODES
            self._suggest_codes()
        else:
            needs_finder = len(state.counts) > _MOST_BOXES and condition.about.type.is_text
            self.find.options = [self._text(one.value) for one in state.counts]
        self._finder.layout.display = None if needs_finder else "none"
        if state.typed:
            return  # found values show as suggestions; the frequent ones stay
        self._rows_of([(one.value, one.count) for one in state.counts])

    def _answered(self, change: dict[str, Any]) -> None:
        """Offer a domain's codes though no row has one of them, or nobody can tell."""
        if not change["new"] and not self.state.counts:
            self._show()

    def _rows_of(self, counts: Sequence[tuple[Any, int | None]]) -> None:
        domain = self.state.condition.about.domain
        if isinstance(domain, CodedValues):
            there = {value for value, _ in counts}
            rows_of_others = None if self.state.error else 0
            others = ((code, rows_of_others) for code in domain.labels if code not in there)
            counts = [*counts, *others][:MOST_CODES]
        counts = counts if self._is_coded else counts[:_MOST_BOXES]
        most = max((count or 0 for _, count in counts), default=0)
        before, self.boxes = self._rows.children, {}
        rows = []
        for value, count in counts:
            box = Checkbox(description=self._text(value), indent=False, value=self._is_chosen(value))
            box.observe(lambda change, value=value: self._tick(value, ticked=change["new"]), "value")
            self.boxes[value] = box
            share = count / most if count and most else 0
            number = "" if count is None else escape(say("{count:,}", count=count))
            bar = HTML(f'<span class="aew-bar-of"><i style="width:{share:.0%}"></i></span><span>{number}</span>')
            row = HBox([box, bar])
            rows.append(row)
        self._rows.children = rows
        for row in before:
            close(row)

    @property
    def _codes(self) -> dict[str, Any]:
        """The domain's codes by what people choose them by; none where there is no such domain."""
        domain = self.state.condition.about.domain
        return {text: code for code, text in domain.texts.items()} if isinstance(domain, CodedValues) else {}

    def _suggest_codes(self) -> None:
        """Offer the labels that have what is being typed in them."""
        typed = self.find.value.strip().casefold()
        found = (label for label in self._codes if typed in label.casefold())
        self.find.options = list(islice(found, MOST_SUGGESTED))

    @property
    def _is_coded(self) -> bool:
        return isinstance(self.state.condition.about.domain, CodedValues)

    def _text(self, value: Any) -> str:
        return readable(value, self.state.condition.about)

    def _input(self, value: Any) -> Any:
        return value if self._is_coded or isinstance(value, str) else readable(value)

    def _is_chosen(self, value: Any) -> bool:
        return self._input(value) in self.state.condition.inputs

    def _tick(self, value: Any, *, ticked: bool) -> None:
        condition, given = self.state.condition, self._input(value)
        if ticked and given not in condition.inputs:
            condition.inputs = (*condition.inputs, given)
        elif not ticked:
            condition.inputs = tuple(other for other in condition.inputs if other != given)

    def _show_chosen(self, _: object = None) -> None:
        for value, box in self.boxes.items():
            box.value = self._is_chosen(value)
        if self.state.condition.operator not in {Operator.IN, Operator.NOT_IN}:
            self.layout.display = "none"

    def _typed(self, change: dict[str, Any]) -> None:
        if self._is_coded:
            self._suggest_codes()
        elif self.state.is_shortened:
            self.state.typed = change["new"]

    def _entered(self, _: Any, content: Any, __: Any) -> None:
        if isinstance(content, dict) and content.get("event") == "submit":
            self._add()

    def _add(self) -> None:
        value = self.find.value.strip()
        if value:
            self._tick(self._codes.get(value, value), ticked=True)
            self.find.value = ""

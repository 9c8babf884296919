"""A condition's list of values, one per line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ipywidgets import Textarea, Widget

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.fields import CodedValues, readable
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.widgets.value_choices import MOST_CODES

if TYPE_CHECKING:
    from arcgis_export_widgets.widgets.filter_values import ValueInputs

_LINE_END = "\u21b5"


def value_lines(view: ValueInputs, state: FilterCondition) -> tuple[Sequence[Widget], Callable[[], None]]:
    """A text area for them, and what shows the condition's values in it."""
    area = Textarea(
        description=say("{label}, one value per line", label=view.label()),
        placeholder=say("one value per line"),
        rows=2,
    )
    view.fields = [area]

    written: dict[str, Any] = {}
    """The lines made here, and the values they stand for, which may hold what lines cannot."""

    def show() -> None:
        area.layout.display = "none" if _all_ticked(state) else None
        if _lines(area.value, state, written) != state.inputs:
            written.clear()
            written.update((_line(value, state), value) for value in state.inputs)
            area.unobserve(typed, "value")  # what is shown is no input
            area.value = "\n".join(written)
            area.observe(typed, "value")

    def typed(change: dict[str, Any]) -> None:
        state.inputs = _lines(change["new"], state, written)

    area.observe(typed, "value")
    show()
    return [area], show


def _all_ticked(state: FilterCondition) -> bool:
    """Whether the boxes of `ValueChoices` show the whole list, so that it need not be written as well."""
    domain = state.about.domain
    labels = domain.labels if isinstance(domain, CodedValues) else {}
    return 0 < len(labels) <= MOST_CODES and all(value in labels for value in state.inputs)


def _line(value: Any, state: FilterCondition) -> str:
    """A value in one line, with a sign where it goes on in another."""
    return _LINE_END.join(readable(value, state.about).splitlines())


def _lines(text: str, state: FilterCondition, written: Mapping[str, Any]) -> tuple[Any, ...]:
    """Values as they stand in a text: those written there, codes by their labels; blanks around them belong to none."""
    domain = state.about.domain
    codes = domain.by_text if isinstance(domain, CodedValues) else {}
    found = ((line, line.strip()) for line in text.splitlines())
    return tuple(written.get(line, codes.get(plain, plain)) for line, plain in found if plain)

"""Shows one condition of a filter: its field, operator, histogram and values, and how many rows match."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from html import escape

from ipywidgets import HTML, Button, ButtonStyle, Dropdown, HBox, VBox

from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.model.fields import Field
from arcgis_export_widgets.state.filter_builder import FilterBuilder, FilterPart
from arcgis_export_widgets.state.filter_condition import FilterCondition
from arcgis_export_widgets.state.value_help import ValueHelp
from arcgis_export_widgets.widgets import html
from arcgis_export_widgets.widgets.elements import button, close, follow, set_class, show
from arcgis_export_widgets.widgets.filter_values import ValueInputs
from arcgis_export_widgets.widgets.value_choices import ValueChoices

_HEIGHT_PX = 44
_LEAST_PX = 2
_LEAST_THOUSANDS = 1e4
_SIZES = {1e9: mark("{number:.3g} bn"), 1e6: mark("{number:.3g} M"), 1e3: mark("{number:.3g} k")}


class FilterConditionView(VBox):  # type: ignore[misc]
    """Inputs for the field, operator and values of a `FilterCondition`."""

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
        what = HBox([self.field, self.operator]).add_class("aew-what")
        foot = HBox([self.count, self.actions]).add_class("aew-part-foot")
        super().__init__([what, self.histogram, self.choices, self.values, self.problem, foot])
        self.add_class("aew-condition")
        follow(self, state, self._show, ["field", "operator", "inputs"])
        follow(self, state, self._show_count, ["matched", "counting"])
        self.help.observe(self._show, "error")
        self._show()
        self._show_count()

    def close(self) -> None:
        """Close the view, and stop requesting its histogram and values."""
        if self.comm is not None:  # ipywidgets closes the view a second time when the view is garbage-collected
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
            self._offering = True  # setting the options makes ipywidgets select the first option
            self.operator.options = options
            self._offering = False
        self.operator.value = state.operator
        self.actions.about(state.about.alias)
        doubt = [state.doubt.rstrip(".")] if state.doubt else []
        problem = "" if state.is_blank else html.error(state.problem) or html.warnings(doubt)
        reason = self.help.error.rstrip(".")
        no_help = [say("No values to choose from: {reason}", reason=reason)] if reason else []
        self.problem.value = problem + html.warnings(no_help)

    def _show_count(self, _: object = None) -> None:
        self.count.value = count(self.state)


class PartActions(HBox):  # type: ignore[misc]
    """Buttons that move or remove a part of the filter."""

    def __init__(self, part: FilterPart, builder: FilterBuilder) -> None:
        self._part, self._builder = part, builder
        tooltip = say("Move this group up, into or out of a group")
        self.up = button(say("Up"), lambda: builder.move(part, -1), tooltip)
        tooltip = say("Move this group down, into or out of a group")
        self.down = button(say("Down"), lambda: builder.move(part, 1), tooltip)
        self.take_out = button(say("Remove"), lambda: builder.remove(part), say("Remove this group"))
        super().__init__([self.up, self.down, self.take_out])
        self.add_class("aew-part-actions")

    def about(self, field: str) -> None:
        """Name the condition's field in the buttons' tooltips."""
        self.up.tooltip = say("Move the condition on {field} up, into or out of a group", field=field)
        self.down.tooltip = say("Move the condition on {field} down, into or out of a group", field=field)
        self.take_out.tooltip = say("Remove the condition on {field}", field=field)

    def focus_on(self) -> None:
        """Give the keyboard focus to the first visible button."""
        next(one for one in self.children if one.layout.display is None).focus()

    def show_moves(self) -> None:
        """Show each move button only if that move is possible."""
        show(self._builder.can_move(self._part, -1), self.up)
        show(self._builder.can_move(self._part, 1), self.down)


def count(part: FilterPart) -> str:
    """HTML that says how many rows a condition or group of the filter matches on its own."""
    if part.counting:
        return f'<span class="aew-hint">{escape(say("counting"))}</span>'
    if part.matched is None:
        return ""
    text = say_count(
        "{start}{count:,}{end} row matches this on its own",
        "{start}{count:,}{end} rows match this on its own",
        part.matched,
        start="<b>",
        end="</b>",
    )
    return f'<span class="aew-alone">{text}</span>'


class HistogramView(VBox):  # type: ignore[misc]
    """Shows the histogram of a `ValueHelp`.

    Each bar is a button as high as the histogram, so that low bars are easy to click as well. The tab key skips the
    bars, because keyboard users can use the inputs below.
    """

    def __init__(self, state: ValueHelp) -> None:
        self.state = state
        self._style = ButtonStyle()
        self.bars: list[Button] = []
        self._row = HBox().add_class("aew-bars")
        self._axis = HTML()
        super().__init__([self._row, self._axis])
        self.add_class("aew-histogram")
        state.observe(self._show, "histogram")
        follow(self, state.condition, self._show_chosen, ["inputs", "operator"])
        self._show()

    def _show(self, _: object = None) -> None:
        found = self.state.histogram
        show(found, self)
        if found is None:
            return
        while len(self.bars) < len(found.counts):
            self.bars.append(self._bar(len(self.bars)))
        shown = self.bars[: len(found.counts)]
        limits = [self._label(limit) for limit in found.boundaries]
        for bar, share, count, low, high in zip(shown, found.shares, found.counts, limits, limits[1:], strict=False):
            height = max(round(share * _HEIGHT_PX), _LEAST_PX) if count else 0
            bar.layout.border_top = f"{_HEIGHT_PX - height}px solid transparent"
            bar.tooltip = say_count(
                "{low} to {high}: {count:,} row", "{low} to {high}: {count:,} rows", count, low=low, high=high
            )
        if len(self._row.children) != len(shown):
            self._row.children = shown
        marks = (limits[0], limits[len(limits) // 2], limits[-1])
        spans = "".join(f"<span>{escape(text)}</span>" for text in marks)
        self._axis.value = f'<div class="aew-axis" aria-hidden="true">{spans}</div>'
        self._show_chosen()

    def _show_chosen(self, _: object = None) -> None:
        for bar, inside in zip(self.bars, self.state.chosen, strict=False):
            set_class(bar, "aew-out", not inside)

    def _bar(self, place: int) -> Button:
        bar = Button(style=self._style, tabbable=False)
        bar.layout.height = f"{_HEIGHT_PX}px"
        bar.on_click(lambda _: self.state.choose_bin(place))
        return bar

    def _label(self, limit: float) -> str:
        return _moment(limit) if self.state.condition.about.type.is_temporal else short_number(limit)

    def close(self) -> None:
        """Close this widget, including bars that are not shown at the moment."""
        for bar in self.bars:
            close(bar)
        self._style.close()
        super().close()


def short_number(value: float) -> str:
    """A number as short text, such as 8.8 M for 8804190."""
    for size, text in _SIZES.items() if abs(value) >= _LEAST_THOUSANDS else ():
        if abs(value) >= size:
            return say(text, number=value / size)
    return say("{number:,.4g}", number=value) if value % 1 else say("{number:,.0f}", number=value)


def _moment(milliseconds: float) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else f"{moment:%Y-%m-%d %H:%M}"


def _name(field: Field, others: Sequence[Field]) -> str:
    """The field's alias, followed by its name if another field has the same alias."""
    shared = sum(other.alias == field.alias for other in others) > 1
    return f"{field.alias} ({field.name})" if shared else field.alias

"""Finds which values a condition can choose from: those of its field in the rows that match the rest of the filter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any as AnyValue

from traitlets import Any, Bool, HasTraits, Tuple, Unicode

from arcgis_export_widgets.language import sentence
from arcgis_export_widgets.model.fields import CodedValues, FieldType
from arcgis_export_widgets.portal import FeatureLayer
from arcgis_export_widgets.portal.layers.statistics import ValueCount
from arcgis_export_widgets.preview.histogram import Histogram, histogram
from arcgis_export_widgets.state.filter_condition import FilterCondition, Input
from arcgis_export_widgets.state.runner import Debounce, Latest, Runner
from arcgis_export_widgets.where.conditions import Operator, starts_with_sql
from arcgis_export_widgets.where.sql import and_

MOST_SUGGESTED = 200
_PAUSE_S = 0.3
_RANGES = {Operator.BETWEEN, Operator.NOT_BETWEEN}
_FROM = {Operator.AT_LEAST, Operator.GREATER}
_UP_TO = {Operator.AT_MOST, Operator.LESS}


class ValueHelp(HasTraits):
    """Finds the histogram or frequent values of a condition's field in the rows that match the rest of the filter.

    Number and date fields have a histogram. `where` returns the rest of the filter as SQL; empty for all rows.
    """

    histogram = Any(None, allow_none=True)
    """The `Histogram` of the field; None until it arrives, or if there is none."""
    counts = Tuple()
    """The field's values and how often each occurs, as `ValueCount` objects; most frequent first."""
    typed = Unicode()
    """What the user typed; only values that start with this text are suggested."""
    loading = Bool(False)
    error = Unicode()

    def __init__(
        self, condition: FilterCondition, layer: FeatureLayer, runner: Runner, where: Callable[[], str]
    ) -> None:
        super().__init__()
        self.condition = condition
        self._layer = layer
        self._where = where
        self._asked: tuple[Input, str, str, str] | None = None
        """Kind of input, field, where clause and typed text for which the last request was made."""
        self._is_stale = False
        self._latest = Latest(runner)
        self._resting = Debounce(runner, _PAUSE_S)
        condition.observe(self.refresh, ["field", "operator"])
        self.observe(self.refresh, "typed")
        self.refresh()

    @property
    def has_histogram(self) -> bool:
        """Whether a histogram is shown, because it helps to choose the condition's values."""
        about, wanted = self.condition.about, _RANGES | _FROM | _UP_TO
        is_spread = (about.type.is_number or about.type is FieldType.DATE) and not isinstance(about.domain, CodedValues)
        return is_spread and self.condition.operator in wanted

    @property
    def has_counts(self) -> bool:
        """Whether the condition's values can be picked from the values in the layer."""
        about, kind = self.condition.about, self.condition.input
        if about.type.is_temporal or about.type in {FieldType.XML, FieldType.BLOB}:
            return False
        exact = self.condition.operator in {Operator.EQUALS, Operator.NOT_EQUALS}
        return kind in {Input.LIST, Input.ONE_CODE} or (kind is Input.TEXT and exact)

    @property
    def is_shortened(self) -> bool:
        """Whether `counts` may lack some of the layer's values."""
        return len(self.counts) >= MOST_SUGGESTED or bool(self.typed)

    def refresh(self, _: object = None) -> None:
        """Request the histogram or values once the filter stops changing, unless they are already known."""
        self._resting.call(self._ask)

    def renew(self) -> None:
        """Request the histogram or values even if they are known, because the layer may have been edited."""
        self._is_stale = True
        self.refresh()

    def choose_bin(self, place: int) -> None:
        """Set the condition's values from a clicked bar, which extends a range or, if inside the range, replaces it."""
        found, condition = self.histogram, self.condition
        if found is None or not 0 <= place < len(found.counts):
            return  # the histogram was replaced during the click
        low, high = (self._input(limit) for limit in found.boundaries[place : place + 2])
        if condition.operator in _FROM:
            condition.inputs = (low,)
        elif condition.operator in _UP_TO:
            condition.inputs = (high,)
        elif condition.operator in _RANGES:
            chosen = [bar for bar, is_chosen in enumerate(self.chosen) if is_chosen]
            first, last = (chosen[0], chosen[-1]) if chosen else (0, -1)
            if condition.condition is None or first <= place <= last:
                condition.inputs = (low, high)
            else:
                condition.inputs = (low, condition.inputs[1]) if place < first else (condition.inputs[0], high)

    @property
    def chosen(self) -> tuple[bool, ...]:
        """For each bar, whether the condition matches at least a part of it."""
        found = self.histogram
        if found is None:
            return ()
        low, high = self._limits()
        inside = [
            (low is None or after > low) and (high is None or before < high)
            for before, after in zip(found.boundaries, found.boundaries[1:], strict=False)
        ]
        is_outside = self.condition.operator is Operator.NOT_BETWEEN
        return tuple(one is not is_outside for one in inside)

    def _limits(self) -> tuple[float | None, float | None]:
        condition = self.condition.condition
        values = [_number(value) for value in condition.values] if condition else []
        if len(values) == 2:  # noqa: PLR2004  from and to
            return values[0], values[1]
        if not values:
            return None, None
        return (values[0], None) if self.condition.operator in _FROM else (None, values[0])

    def _input(self, limit: float) -> AnyValue:
        """Convert a bin's boundary to a value for the condition's input."""
        if not self.condition.about.type.is_temporal:
            return str(int(limit)) if float(limit).is_integer() else repr(limit)
        moment = datetime.fromtimestamp(limit / 1000, tz=timezone.utc).replace(tzinfo=None)
        return moment if moment.time() != datetime.min.time() else moment.date()

    def _ask(self) -> None:
        layer, about, clause, typed = self._layer, self.condition.about, self._where(), self.typed.strip()
        question = self.condition.input, about.name, clause, typed
        if not (self.has_histogram or self.has_counts):
            self._latest.drop()
            self._asked, self.loading, self.error = None, False, ""
            self.histogram, self.counts = None, ()
            return
        if question == self._asked and not self._is_stale:
            return
        if self._asked is None or self._asked[:2] != question[:2]:
            self.histogram, self.counts = None, ()  # the earlier histogram and counts belong to another field
        self._asked, self._is_stale, self.loading, self.error = question, False, True, ""
        if self.has_histogram:
            self._latest.run(lambda: histogram(layer, about, clause), self._drawn, self._failed)
            return
        if typed and about.type.is_text:
            clause = and_(clause, starts_with_sql(about.name, typed))
        self._latest.run(
            lambda: layer.value_counts(about.name, clause, limit=MOST_SUGGESTED), self._counted, self._failed
        )

    def _drawn(self, found: Histogram | None) -> None:
        self.loading, self.histogram = False, found

    def _counted(self, found: tuple[ValueCount, ...]) -> None:
        self.counts, self.loading = found, False

    def _failed(self, error: Exception) -> None:
        self._asked, self.loading = None, False
        self.histogram, self.counts = None, ()
        self.error = sentence(error)

    def close(self) -> None:
        """Stop requesting histograms and values."""
        self.condition.unobserve(self.refresh, ["field", "operator"])
        self._resting.drop()
        self._latest.drop()


def _number(value: AnyValue) -> float:
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or timezone.utc).timestamp() * 1000
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=timezone.utc).timestamp() * 1000
    return float(value)

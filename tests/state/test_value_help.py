from __future__ import annotations

from datetime import date

import pytest

from arcgis_export_widgets.state.filter_builder import FilterBuilder
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.where.conditions import Operator

USA = "345313e619df46f387f9ededbe15ac56"
WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"


@pytest.fixture
def cities(portal):
    return FilterBuilder(portal.feature_service(USA).layer(1), SameThreadRunner())


def helped(builder, field, operator):
    condition = builder.root.add_condition()
    condition.field, condition.operator = field, operator
    return condition, builder.help_with(condition)


def test_the_histogram_is_of_the_rows_the_other_conditions_keep(cities):
    _, found = helped(cities, "POPULATION", Operator.AT_LEAST)
    assert sum(found.histogram.counts) == 7555
    other = cities.root.add_condition()
    other.field, other.operator, other.inputs = "STATE_ABBR", Operator.IN, ("CA",)
    assert sum(found.histogram.counts) == cities.layer.count("STATE_ABBR = 'CA'")


def test_the_own_value_does_not_narrow_the_histogram(cities):
    condition, found = helped(cities, "POPULATION", Operator.AT_LEAST)
    before = found.histogram
    condition.inputs = ("1000000",)
    assert found.histogram == before
    assert sum(found.chosen) == sum(limit > 1_000_000 for limit in before.boundaries[1:])


def test_pressing_bars_sets_and_widens_a_range(cities):
    condition, found = helped(cities, "POPULATION", Operator.BETWEEN)
    found.choose_bin(2)
    assert condition.inputs == ("20000", "50000")
    found.choose_bin(4)
    assert condition.inputs == ("20000", "200000")
    assert found.chosen[:6] == (False, False, True, True, True, False)
    found.choose_bin(3)
    assert condition.inputs == ("50000", "100000")


def test_pressing_a_bar_sets_the_end_the_comparison_has(cities):
    condition, found = helped(cities, "POPULATION", Operator.AT_LEAST)
    found.choose_bin(3)
    assert condition.inputs == ("50000",)
    condition.operator = Operator.LESS
    found.choose_bin(3)
    assert condition.inputs == ("100000",)


def test_bars_of_dates_set_days(portal):
    quakes = FilterBuilder(portal.feature_service(WORLD).layer(0), SameThreadRunner())
    condition, found = helped(quakes, "OCCURRED", Operator.AT_LEAST)
    found.choose_bin(1)
    assert condition.inputs == (date(2018, 2, 1),)
    assert quakes.where == "OCCURRED >= DATE '2018-02-01'"


def test_frequent_values_come_with_their_counts(cities):
    _, found = helped(cities, "STATE_ABBR", Operator.IN)
    first = found.counts[0]
    assert first.count == cities.layer.count(f"STATE_ABBR = '{first.value}'")


def test_typing_asks_for_values_that_begin_like_it(cities):
    _, found = helped(cities, "NAME", Operator.EQUALS)
    assert found.is_shortened
    found.typed = "o'f"
    assert found.counts
    assert all(one.value.lower().startswith("o'f") for one in found.counts)


def test_text_patterns_need_no_help(cities):
    _, found = helped(cities, "NAME", Operator.CONTAINS)
    assert found.histogram is None
    assert found.counts == ()


def test_an_answer_for_a_field_no_longer_chosen_never_shows(portal, steps):
    builder = FilterBuilder(portal.feature_service(USA).layer(1), steps)
    condition, found = helped(builder, "POPULATION", Operator.AT_LEAST)
    steps.rest()
    condition.field = "STATE_ABBR"
    steps.rest()
    while steps.asked:
        steps.answer(-1)
    assert found.histogram is None
    assert found.counts


def test_an_ended_help_asks_no_more(portal, steps):
    builder = FilterBuilder(portal.feature_service(USA).layer(1), steps)
    condition, found = helped(builder, "POPULATION", Operator.AT_LEAST)
    steps.settle()
    builder.end_help(found)
    condition.field = "STATE_ABBR"
    steps.rest()
    assert steps.asked == []


def test_why_there_were_no_values_is_forgotten_where_none_are_needed(cities):
    condition, found = helped(cities, "STATE_ABBR", Operator.IN)
    found.error = "The portal cannot be reached."
    condition.operator = Operator.CONTAINS
    assert found.error == ""


def test_values_that_cannot_be_counted_anew_leave_no_older_numbers(cities):
    _, bars = helped(cities, "POPULATION", Operator.AT_LEAST)
    _, values = helped(cities, "STATE_ABBR", Operator.IN)
    object.__setattr__(cities.layer, "url", "http://127.0.0.1:9/rest/services/x/FeatureServer/1")
    cities.refresh()
    assert "cannot be reached" in bars.error
    assert (bars.histogram, values.counts) == (None, ())

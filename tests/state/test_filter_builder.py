from __future__ import annotations

from dataclasses import replace

import pytest

from arcgis_export_widgets.state.filter_builder import CONDITIONS, SQL, FilterBuilder
from arcgis_export_widgets.state.filter_group import FilterGroup
from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.where.conditions import Operator

USA = "345313e619df46f387f9ededbe15ac56"
TWO = "POPULATION >= 100000 AND STATE_ABBR = 'CA'"
NESTED = "POPULATION >= 100000 AND (STATE_ABBR = 'CA' OR STATE_ABBR = 'OR')"


@pytest.fixture
def cities(portal):
    return portal.feature_service(USA).layer(1)


@pytest.fixture
def builder(cities):
    return FilterBuilder(cities, SameThreadRunner())


def make(builder, field, operator, *inputs):
    condition = builder.root.add_condition()
    condition.field, condition.operator = field, operator
    condition.inputs = inputs
    return condition


def test_conditions_become_the_clause(builder):
    make(builder, "POPULATION", Operator.AT_LEAST, "100000")
    make(builder, "STATE_ABBR", Operator.EQUALS, "CA")
    assert builder.where == TWO


def test_any_joins_with_or(builder):
    builder.root.match = "any"
    make(builder, "STATE_ABBR", Operator.EQUALS, "CA")
    make(builder, "STATE_ABBR", Operator.EQUALS, "OR")
    assert builder.where == "STATE_ABBR = 'CA' OR STATE_ABBR = 'OR'"


def test_a_condition_without_its_value_is_left_out_and_named(builder):
    make(builder, "STATE_ABBR", Operator.EQUALS, "CA")
    make(builder, "POPULATION", Operator.AT_LEAST, "")
    assert builder.where == "STATE_ABBR = 'CA'"
    assert builder.problems == ("Population: give a value, or remove the condition.",)


def test_sql_that_was_typed_is_shown_as_conditions_and_kept_as_typed(builder):
    builder.show_sql()
    builder.where = "population>=100000   and STATE_ABBR='CA'"
    assert builder.show_conditions()
    assert [c.field for c in builder.root.conditions] == ["POPULATION", "STATE_ABBR"]
    assert builder.where == "population>=100000   and STATE_ABBR='CA'"


def test_sql_that_conditions_cannot_say_stays_sql_as_typed(builder):
    builder.where = "POPULATION * 2 > 100000"
    assert builder.mode == SQL
    assert builder.note.startswith("This SQL says more")
    assert builder.where == "POPULATION * 2 > 100000"
    assert not builder.show_conditions()


def test_groups_are_read_and_written(builder):
    builder.where = NESTED
    inner = builder.root.children[1]
    assert isinstance(inner, FilterGroup)
    assert inner.match == "any"
    builder.root.children[0].inputs = ("200000",)
    assert builder.where == NESTED.replace("100000", "200000")


def test_a_cleared_clause_clears_the_conditions(builder):
    builder.where = TWO
    builder.where = ""
    assert builder.root.children == ()
    assert builder.mode == CONDITIONS


def test_each_condition_and_group_is_counted_by_itself(builder, cities):
    builder.where = NESTED
    big, states = builder.root.children
    assert big.matched == cities.count("POPULATION >= 100000")
    assert states.matched == cities.count("STATE_ABBR IN ('CA', 'OR')")
    assert [c.matched for c in states.children] == [
        cities.count("STATE_ABBR = 'CA'"),
        cities.count("STATE_ABBR = 'OR'"),
    ]


def test_the_filter_waits_for_no_view_to_say_where_the_focus_belongs(cities, steps):
    builder = FilterBuilder(cities, steps)
    builder.add_condition(builder.root)
    assert builder.attention is builder.root.children[0]
    builder.remove(builder.attention)
    assert builder.attention is builder.root


def test_a_condition_that_did_not_change_is_not_counted_again(cities, steps):
    builder = FilterBuilder(cities, steps)
    builder.where = TWO
    steps.settle()
    builder.root.children[0].inputs = ("200000",)
    steps.rest()
    assert len(steps.asked) == 1


def test_a_single_condition_needs_no_count_of_its_own(cities, steps):
    builder = FilterBuilder(cities, steps)
    builder.where = "POPULATION >= 100000"
    steps.rest()
    assert steps.asked == []


def test_a_condition_moves_into_a_group_and_out_again(builder):
    builder.where = NESTED
    big, states = builder.root.children
    builder.move(big, 1)
    assert states.children[0] is big
    assert builder.where == "POPULATION >= 100000 OR STATE_ABBR = 'CA' OR STATE_ABBR = 'OR'"
    builder.move(big, -1)
    assert builder.where == NESTED


def test_the_first_cannot_move_up(builder):
    builder.where = TWO
    first, last = builder.root.children
    assert not builder.can_move(first, -1)
    builder.move(last, -1)
    assert builder.root.children == (last, first)


def test_a_group_goes_with_its_last_condition(builder):
    builder.where = NESTED
    group = builder.root.children[1]
    for condition in group.children:
        builder.remove(condition)
    assert builder.where == "POPULATION >= 100000"
    assert len(builder.root.children) == 1


def test_an_unfinished_condition_stops_the_export_of_its_layer(cities):
    form = LayerForm(cities, SameThreadRunner())
    form.filter.root.add_condition()
    assert form.blockers == ("Cities: Population: give a value, or remove the condition.",)
    form.ticked = False
    assert form.blockers == ()


def test_conditions_are_counted_like_typed_sql(cities):
    form = LayerForm(cities, SameThreadRunner())
    make(form.filter, "POPULATION", Operator.AT_LEAST, "100000")
    assert form.matched == cities.count("POPULATION >= 100000")


def test_a_value_with_quotes_is_a_value_and_no_sql(builder, cities):
    make(builder, "NAME", Operator.EQUALS, "x' OR 1=1 --")
    assert builder.where == "NAME = 'x'' OR 1=1 --'"
    assert cities.count(builder.where) == 0


def test_a_layer_without_fields_says_that_there_is_nothing_to_filter_by(cities):
    bare = replace(cities, definition=replace(cities.definition, fields=()))
    builder = FilterBuilder(bare, SameThreadRunner())
    for add in (builder.add_condition, builder.add_group):
        builder.note = ""
        add(builder.root)
        assert builder.note == "Cities has no fields, so there is nothing to filter by."
    assert builder.where == ""
    assert builder.root.children == ()


def rest_of(builder, place):
    condition = list(builder.root.conditions)[place]
    return builder.root.without(condition).to_sql(builder.layer.definition)


@pytest.mark.parametrize(
    ("clause", "place", "rest"),
    [
        (NESTED, 0, "STATE_ABBR = 'CA' OR STATE_ABBR = 'OR'"),
        (NESTED, 1, "POPULATION >= 100000"),
        ("POPULATION >= 100000 OR STATE_ABBR = 'CA'", 0, ""),
        ("NAME = 'Salem' OR (POPULATION >= 100000 AND STATE_ABBR = 'CA')", 2, "POPULATION >= 100000"),
    ],
)
def test_values_are_offered_from_the_rows_a_condition_could_keep(builder, clause, place, rest):
    builder.where = clause
    assert builder.mode == CONDITIONS
    assert rest_of(builder, place) == rest


def test_what_was_said_of_a_clause_is_not_said_of_another(builder):
    builder.show_sql()
    builder.where = "POPULATION >"
    assert not builder.show_conditions()
    assert builder.note == "Correct the SQL first; then it can be shown as conditions."
    builder.where = "POPULATION > 5"
    assert builder.note == ""
    assert builder.show_conditions()

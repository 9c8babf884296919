"""Filters as conditions and groups: the SQL they write, and that reading it back gives the same filter."""

# ruff: noqa: DTZ001 - the dates of a where clause carry no zone

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType, RangeDomain
from arcgis_export_widgets.where.checks import check_where
from arcgis_export_widgets.where.conditions import UNITS, Condition, Group, Operator, operators_for
from arcgis_export_widgets.where.parse import parse
from arcgis_export_widgets.where.sql import value_sql
from arcgis_export_widgets.where.typed_values import doubt, read_condition

O = Operator  # noqa: E741 - as short as a table wants it


@pytest.mark.parametrize(
    ("condition", "sql"),
    [
        (Condition("population", O.GREATER, (100000,)), "POPULATION > 100000"),
        (Condition("AREA_KM2", O.AT_MOST, (-1.5,)), "AREA_KM2 <= -1.5"),
        (Condition("STATE", O.EQUALS, ("CA",)), "STATE = 'CA'"),
        (Condition("NAME", O.NOT_EQUALS, ("O'Brien; DROP TABLE x --",)), "NAME <> 'O''Brien; DROP TABLE x --'"),
        (Condition("POPULATION", O.BETWEEN, (1, 5)), "POPULATION BETWEEN 1 AND 5"),
        (Condition("STATE", O.IN, ("CA", "OR")), "STATE IN ('CA', 'OR')"),
        (Condition("NAME", O.CONTAINS, ("San",)), "NAME LIKE '%San%'"),
        (Condition("NAME", O.STARTS_WITH, ("50%",)), "NAME LIKE '50!%%' ESCAPE '!'"),
        (Condition("NAME", O.LIKE, ("S_n%",)), "NAME LIKE 'S_n%'"),
        (Condition("NAME", O.IS_NOT_NULL), "NAME IS NOT NULL"),
        (Condition("ORDER", O.EQUALS, (1,)), '"ORDER" = 1'),
        (Condition("Größe", O.LESS, (2.5,)), "Größe < 2.5"),
        (Condition("opened", O.LESS, (date(2020, 1, 2),)), "opened < DATE '2020-01-02'"),
        (Condition("opened", O.LESS, (datetime(2020, 1, 2, 3, 4, 5),)), "opened < TIMESTAMP '2020-01-02 03:04:05'"),
        (
            Condition("opened", O.ON_DAY, (date(2020, 2, 29),)),
            "(opened >= DATE '2020-02-29' AND opened < DATE '2020-03-01')",
        ),
        (Condition("opened", O.ON_DAY, (date.max,)), "opened >= DATE '9999-12-31'"),
        (Condition("opened", O.IN_LAST, (30, "days")), "opened >= CURRENT_TIMESTAMP - INTERVAL '30' DAY"),
        (Condition("founded", O.EQUALS, (date(850, 1, 2),)), "founded = DATE '0850-01-02'"),
        (Condition("closes_at", O.AT_LEAST, (time(18, 30),)), "closes_at >= TIME '18:30:00'"),
    ],
)
def test_a_condition_is_written_as_its_field_type_wants_it(condition, sql, cities):
    assert condition.to_sql(cities) == sql
    assert check_where(sql, cities) == ()


def test_a_moment_with_a_zone_is_converted_to_utc(cities):
    moment = datetime(2020, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert Condition("opened", O.LESS, (moment,)).to_sql(cities) == "opened < TIMESTAMP '2019-12-31 22:30:00'"


def test_groups_nest_in_parentheses_and_empty_ones_vanish(cities):
    large, west = Condition("POPULATION", O.GREATER, (5,)), Condition("STATE", O.EQUALS, ("CA",))
    group = Group("all", (large, Group("any", (west, Condition("NAME", O.IS_NULL))), Group("any")))
    assert group.to_sql(cities) == "POPULATION > 5 AND (STATE = 'CA' OR NAME IS NULL)"
    assert Group("any", (Group("any"),)).to_sql(cities) == ""


@pytest.mark.parametrize(
    ("condition", "cause"),
    [
        (Condition("POPLATION", O.IS_NULL), "no field POPLATION"),
        (Condition("POPULATION", O.EQUALS, ("1 OR 1=1",)), "use a number"),
        (Condition("POPULATION", O.EQUALS, (True,)), "use a number"),
        (Condition("POPULATION", O.EQUALS, (float("nan"),)), "use a number"),
        (Condition("STATE", O.EQUALS, (5,)), "use text"),
        (Condition("founded", O.EQUALS, (datetime(2020, 1, 1, 5),)), "use a date"),
        (Condition("POPULATION", O.CONTAINS, ("1",)), "does not suit"),
        (Condition("opened", O.ON_DAY, (datetime(2020, 1, 1),)), "takes a date"),
        (Condition("opened", O.LESS, (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=2))),)), "use a datetime"),
        (Condition("opened", O.IN_LAST, (0, "days")), "whole number"),
        (Condition("opened", O.IN_LAST, (3, "years")), "days, hours, minutes"),
        (Condition("NAME", O.CONTAINS, ("",)), "looks for text"),
    ],
)
def test_what_does_not_suit_the_field_is_refused(condition, cause, cities):
    with pytest.raises(RequestError, match=cause):
        condition.to_sql(cities)


@pytest.mark.parametrize(("operator", "values"), [(O.BETWEEN, (1,)), (O.IN, ()), (O.IS_NULL, (1,)), (O.EQUALS, ())])
def test_the_number_of_values_is_checked_at_once(operator, values):
    with pytest.raises(RequestError, match="takes"):
        Condition("POPULATION", operator, values)


@pytest.mark.parametrize("field_type", FieldType)
def test_every_field_type_can_at_least_be_asked_for_null(field_type):
    assert {O.IS_NULL, O.IS_NOT_NULL} <= set(operators_for(field_type))


NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
MOMENTS = st.datetimes().map(lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000))
TIMES = st.times().map(lambda moment: moment.replace(microsecond=0))
VALUES = {
    "POPULATION": NUMBERS,
    "Größe": NUMBERS,
    "ORDER": NUMBERS,
    "NAME": st.text(),
    "GlobalID": st.uuids().map(str),
    "opened": MOMENTS | st.dates(),
    "founded": st.dates(),
    "closes_at": TIMES,
}


@st.composite
def conditions(draw):
    field = draw(st.sampled_from(sorted(VALUES)))
    operator = draw(st.sampled_from(operators_for(cities_layer().field(field).type)))
    if operator is O.IN_LAST:
        values = (draw(st.integers(1, 10**6)), draw(st.sampled_from(UNITS)))
    elif operator is O.ON_DAY:
        values = (draw(st.dates(max_value=date(9999, 12, 30))),)
    elif operator in {O.CONTAINS, O.STARTS_WITH, O.ENDS_WITH}:
        values = (draw(st.text(min_size=1) | st.text("%_!'", min_size=1)),)
    elif operator in {O.LIKE, O.NOT_LIKE}:
        values = (draw(st.sampled_from(["S_n", "a%b%", "50!%%", "_"])),)
    else:
        count = operator.value_count
        many = st.lists(VALUES[field], min_size=1 if count is None else count, max_size=4 if count is None else count)
        values = tuple(draw(many))
    return Condition(field, operator, values)


def groups():
    def group(children):
        return st.builds(Group, st.sampled_from(["all", "any"]), st.lists(children, max_size=4).map(tuple))

    return group(st.recursive(conditions(), group, max_leaves=8))


def cities_layer():
    kinds = {
        "POPULATION": "Integer",
        "Größe": "Double",
        "ORDER": "SmallInteger",
        "NAME": "String",
        "GlobalID": "GlobalID",
        "opened": "Date",
        "founded": "DateOnly",
        "closes_at": "TimeOnly",
    }
    fields = [{"name": name, "type": f"esriFieldType{kind}"} for name, kind in kinds.items()]
    return LayerDefinition.from_json({"id": 0, "name": "Cities", "fields": fields})


@given(groups())
def test_what_is_written_reads_back_as_the_same_filter(group):
    layer = cities_layer()
    sql = group.to_sql(layer)
    assert check_where(sql, layer) == ()
    assert parse(sql, layer) == group.simplified()


@given(groups())
def test_simplifying_twice_changes_nothing_more(group):
    assert group.simplified().simplified() == group.simplified()


ZONE = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("field", "moment", "sql"),
    [
        ("opened", datetime(2020, 1, 1, 1, 30, tzinfo=ZONE), "TIMESTAMP '2019-12-31 23:30:00'"),
        ("opened", datetime(2020, 1, 1, 1, 30), "TIMESTAMP '2020-01-01 01:30:00'"),
        ("opened", date(2020, 1, 1), "DATE '2020-01-01'"),
        ("founded", date(2020, 1, 1), "DATE '2020-01-01'"),
        ("closes_at", time(1, 30, tzinfo=ZONE), "TIME '01:30:00'"),
    ],
)
def test_a_moment_is_written_in_utc_if_it_has_a_zone_and_as_it_is_if_not(cities, field, moment, sql):
    assert value_sql(moment, cities.field(field)) == sql


@pytest.mark.parametrize(
    ("field", "value", "fits"),
    [
        ("ORDER", 32767, True), ("ORDER", 32768, False), ("ORDER", -32768, True), ("ORDER", -32769, False),
        ("POPULATION", 2**31 - 1, True), ("POPULATION", 2**31, False), ("POPULATION", -(2**31), True),
        ("POPULATION", -(2**31) - 1, False), ("POPULATION", 1.0, True), ("POPULATION", 1.5, False),
        ("VALUE", 1.5, True), ("NAME", "x", True),
    ],
)  # fmt: skip
def test_a_number_that_a_field_cannot_hold_is_doubted(cities, field, value, fits):
    assert (doubt(value, cities.field(field)) == "") is fits


@pytest.mark.parametrize(("value", "fits"), [(-1, False), (0, True), (5, True), (10, True), (10.5, False)])
def test_a_number_outside_of_the_domain_is_doubted(value, fits):
    field = Field("GRADE", FieldType.DOUBLE, domain=RangeDomain("Grade", 0, 10))
    assert (doubt(value, field) == "") is fits


@pytest.mark.parametrize("count", [2, 3])
def test_a_label_of_several_codes_is_no_answer(count):
    labels = dict.fromkeys(range(count), "Road") | {9: "Rail"}
    field = Field("KIND", FieldType.SMALL_INTEGER, domain=CodedValues("Kind", labels))
    with pytest.raises(RequestError, match="label of several codes"):
        read_condition(field, O.EQUALS, ["Road"])
    assert read_condition(field, O.EQUALS, ["Rail"]).values == (9,)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FieldType.GUID, "4e37b0b8-550a-407f-9f02-a695cd9fc4fc", "4e37b0b8-550a-407f-9f02-a695cd9fc4fc"),
        (FieldType.GLOBAL_ID, "{4e37b0b8-550a-407f-9f02-a695cd9fc4fc}", "{4e37b0b8-550a-407f-9f02-a695cd9fc4fc}"),
        (FieldType.GUID, "4e37b0b8", None),
        (FieldType.INTEGER, "12", 12),
        (FieldType.DOUBLE, "\u22121.5", -1.5),
        (FieldType.DOUBLE, "1_000", None),
        (FieldType.DOUBLE, "nan", None),
        (FieldType.DATE_ONLY, "2020-02-30", None),
    ],
)
def test_typed_text_becomes_a_value_of_the_fields_type_or_is_refused(kind, text, value):
    field = Field("F", kind, alias="F")
    if value is None:
        with pytest.raises(RequestError, match="F: "):
            read_condition(field, O.EQUALS, [text])
    else:
        assert read_condition(field, O.EQUALS, [text]).values == (value,)

"""Where clauses written by hand, read into the filter builder, or left as text."""

# ruff: noqa: DTZ001 - the dates of a where clause carry no zone

from datetime import date, datetime

import pytest

from arcgis_export_widgets.where.conditions import Condition, Group, Operator
from arcgis_export_widgets.where.parse import parse

O = Operator  # noqa: E741 - as short as a table wants it


@pytest.mark.parametrize(
    ("clause", "condition"),
    [
        ("population>5", Condition("POPULATION", O.GREATER, (5,))),
        ("5 < POPULATION", Condition("POPULATION", O.GREATER, (5,))),
        ("(POPULATION != -1.50)", Condition("POPULATION", O.NOT_EQUALS, (-1.5,))),
        ("\"State\" = N'CA'", Condition("STATE", O.EQUALS, ("CA",))),
        ("NOT STATE IN ('CA')", Condition("STATE", O.NOT_IN, ("CA",))),
        ("STATE not like 'C_'", Condition("STATE", O.NOT_LIKE, ("C_",))),
        ("STATE LIKE '%50#%%' ESCAPE '!'", None),
        ("STATE LIKE '%C!_%' ESCAPE '!'", Condition("STATE", O.CONTAINS, ("C_",))),
        ("STATE LIKE 'C'", Condition("STATE", O.LIKE, ("C",))),
        ("opened >= DATE '2020-01-01'", Condition("opened", O.AT_LEAST, (date(2020, 1, 1),))),
        ("opened < timestamp '2020-01-01 10:00'", Condition("opened", O.LESS, (datetime(2020, 1, 1, 10),))),
        ("opened >= CURRENT_TIMESTAMP - INTERVAL '3' HOUR", Condition("opened", O.IN_LAST, (3, "hours"))),
    ],
)
def test_a_plain_condition_is_read_whatever_its_spelling(clause, condition, cities):
    assert parse(clause, cities) == (None if condition is None else Group("all", (condition,)))


def test_and_binds_closer_than_or(cities):
    low, high = Condition("POPULATION", O.LESS, (1,)), Condition("POPULATION", O.GREATER, (9,))
    west = Condition("STATE", O.EQUALS, ("CA",))
    group = parse("POPULATION < 1 OR POPULATION > 9 AND STATE = 'CA'", cities)
    assert group == Group("any", (low, Group("all", (high, west))))
    assert group.to_sql(cities) == "POPULATION < 1 OR (POPULATION > 9 AND STATE = 'CA')"


@pytest.mark.parametrize(
    "clause",
    [
        "UPPER(STATE) = 'CA'",
        "POPULATION + 1 > 5",
        "POPULATION = ORDER",
        "1 = 1",
        "NOT (POPULATION > 5 OR STATE = 'CA')",
        "NOT POPULATION > 5",
        "POPULATION > 5 AND UPPER(STATE) = 'CA'",
        "POPULATION IN (1, NULL)",
        "POPULATION = '5'",
        "STATE = 5",
        "opened > '2020-01-01'",
        "opened > TIMESTAMP '2020-01-01 00:00:00 -08:00'",
        "opened > CURRENT_TIMESTAMP - INTERVAL '3 05:00:00' DAY TO SECOND",
        "VALUE = 0.12345678901234567890123",
        "shape IS NULL",
        "POPLATION > 5",
        "POPULATION >",
    ],
)
def test_what_the_builder_cannot_say_stays_text(clause, cities):
    assert parse(clause, cities) is None


@pytest.mark.parametrize("clause", [None, "", "  "])
def test_no_clause_is_an_empty_filter(clause, cities):
    assert parse(clause, cities) == Group()


def test_a_list_of_ten_thousand_values_is_read(cities):
    group = parse(f"OBJECTID IN ({', '.join(map(str, range(10_000)))})", cities)
    assert len(group.children[0].values) == 10_000

from __future__ import annotations

import pytest

from arcgis_export_widgets.where.checks import check_where
from arcgis_export_widgets.where.clause import Clause, read

NUMBERS = ", ".join(map(str, range(10_000)))
TEXTS = ",".join(f"'name {number}'" for number in range(10_000))


QUOTED = ", ".join(f"'{number}th O''Brien'" for number in range(10_000))


@pytest.mark.parametrize("values", [NUMBERS, TEXTS, QUOTED, "1," * 50 + "2", "'','a'," * 50 + "'''a'''"])
def test_a_long_list_keeps_its_first_values_and_everything_else_its_place(values, cities):
    clause = f"POPULATION IN ({values}) AND STATE = 5"
    short = Clause(clause, cities).abridged
    assert len(short) == len(clause)
    assert short.endswith(") AND STATE = 5")
    assert short[:20] == clause[:20]
    assert len(read(short).tokens) < 60


@pytest.mark.parametrize(
    "values",
    ["1, 2, 3", "1," * 50 + "'2'", ", ".join(["DATE '2020-01-01'"] * 50), "1,," * 50, "'a' 'b'," * 50 + "'c'"],
)
def test_short_lists_and_lists_of_different_values_are_read_whole(values, cities):
    assert Clause(f"A IN ({values})", cities).abridged == f"A IN ({values})"


def test_a_fault_behind_a_long_list_is_found_where_it_stands(cities):
    clause = f"POPULATION IN ({NUMBERS}) AND NOTHING = 5"
    (problem,) = check_where(clause, cities)
    assert clause[problem.position : problem.position + problem.length] == "NOTHING"

    problems = check_where(f"POPULATION IN ({TEXTS})", cities)
    assert any("holds numbers" in str(problem) for problem in problems)


def test_a_list_that_is_not_closed_is_still_a_fault(cities):
    assert "never closed" in str(check_where(f"POPULATION IN ({NUMBERS}", cities)[0])

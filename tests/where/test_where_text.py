"""Quotes, brackets, comments, statements and odd operators, each with its place."""

# ruff: noqa: RUF001 - odd quotes are part of the matter

import pytest

from arcgis_export_widgets.where.checks import check_where


@pytest.mark.parametrize(
    ("clause", "at", "meant", "fix"),
    [
        ("STATE = 'CA", 8, "'", "'CA'"),
        ("STATE = 'O'Brien'", 10, "'", "'O''Brien'"),
        ("NAME = O'Brien", 8, "'", "'O''Brien'"),
        ('"STATE = 5', 0, '"', 'add "'),
        ("STATE = ‘CA’", 8, "‘", "straight quotes"),
        ("STATE = “CA”", 8, "“", "straight quotes"),
        ("(POPULATION > 3", 0, "(", "add the missing )"),
        ("POPULATION > (3 AND (STATE = 'CA')", 13, "(", "add the missing )"),
        ("POPULATION > 3) AND STATE = ')'", 14, ")", "remove it"),
        ("POPULATION > 3;", 14, ";", "remove the ;"),
        ("POPULATION > 3; DROP TABLE x", 14, "; DROP TABLE x", "one condition"),
        ("POPULATION > 3 -- large", 15, "-- large", "remove it"),
        ("POPULATION /* large */ > 3", 11, "/* large */", "remove it"),
        ("POPULATION /* > 3", 11, "/* > 3", "remove it"),
        ("[POPULATION] > 3", 0, "[", "in double quotes"),
        ("POPULATION > {0}", 13, "{", "single quotes"),
        ("POPULATION = ?", 13, "?", "single quotes"),
    ],
)
def test_odd_characters_are_located_and_explained(clause, at, meant, fix, cities):
    (problem,) = check_where(clause, cities)
    assert clause[problem.position : problem.position + problem.length] == meant
    assert (problem.position, problem.is_error) == (at, True)
    assert fix in problem.fix


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("==", "="),
        (">>", ">"),
        ("=>", ">="),
        ("=<", "<="),
        ("><", "<>"),
        ("&&", "AND"),
        ("%", "MOD(a, b)"),
        ("< >", "<>"),
        ("> =", ">="),
        ("> >", ">"),
        ("=~", "LIKE"),
    ],
)
def test_operators_of_other_languages_are_translated(written, instead, cities):
    (problem,) = check_where(f"POPULATION {written} 3", cities)
    assert (problem.position, problem.length) == (11, len(written))
    assert problem.fix == f"write {instead}"


def test_an_operator_nobody_knows_is_answered_with_those_there_are(cities):
    (problem,) = check_where("POPULATION <=<=> 3", cities)
    assert problem.fix == "the operators are =, <>, <, >, <= and >="


def test_nothing_inside_of_a_text_or_name_is_looked_at(cities):
    assert check_where("STATE = ') -- ; == “'", cities) == ()
    assert "no field a;b(" in str(check_where('"a;b(" > 3', cities)[0])

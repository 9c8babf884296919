"""Fields, conditions, order of problems; and that nothing a person may type makes the check fail."""

import logging

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlglot.dialects.dialect import Dialect

from arcgis_export_widgets.errors import WhereError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks import check_where, raise_for_where


def test_an_unknown_field_is_named_with_the_nearest_one(cities):
    (problem,) = check_where("POPLATION > 3", cities)
    assert str(problem) == "Layer Cities has no field POPLATION. Did you mean POPULATION?"
    assert (problem.position, problem.length, problem.is_error) == (0, len("POPLATION"), True)


def test_a_field_like_no_other_is_answered_with_the_fields_there_are(cities):
    (problem,) = check_where("AREA_KM2 > qqq", cities)
    assert "OBJECTID, POPULATION, STATE" in str(problem)
    assert problem.position == 11


@pytest.mark.parametrize("clause", ['"Total population" > 3', "Total population > 3", "3 < total population"])
def test_an_alias_is_answered_with_the_real_name(clause, cities):
    (problem,) = check_where(clause, cities)
    assert problem.fix == "write POPULATION"


@pytest.mark.parametrize(
    ("clause", "position", "meant"),
    [
        ('STATE = "California"', 8, "'California'"),
        ("STATE = CA", 8, "'CA'"),
        ("CA = STATE", 0, "'CA'"),
        ("STATE IN (CA, 'OR')", 10, "'CA'"),
        ("STATE = New York", 8, "'New York'"),
        ("STATE = New York AND POPULATION > 3", 8, "'New York'"),
    ],
)
def test_text_without_its_quotes_is_recognised(clause, position, meant, cities):
    (problem,) = check_where(clause, cities)
    assert meant in (problem.fix or "")
    assert problem.position == position


def test_the_geometry_counts_as_a_field_of_layers_but_not_of_tables(cities):
    table = LayerDefinition(id=1, name="Log", fields=cities.fields)
    assert check_where("shape IS NULL", cities) == ()
    assert check_where("shape IS NULL", table)[0].cause == "Layer Log has no field shape"


def test_a_layer_that_tells_no_fields_is_not_blamed_on_the_clause():
    assert check_where("anything > 3", LayerDefinition(id=0, name="Mute", fields=())) == ()


@pytest.mark.parametrize("clause", ["POPULATION", "(STATE)", "NOT POPULATION", "POPULATION > 3 AND STATE"])
def test_a_field_alone_is_no_condition(clause, cities):
    (problem,) = check_where(clause, cities)
    assert problem.cause.endswith("alone is not a condition")


def test_a_second_text_after_or_needs_its_field_again(cities):
    (problem,) = check_where("STATE = 'CA' OR 'OR'", cities)
    assert (problem.position, problem.length) == (16, 4)
    assert "IN ('x', 'y')" in problem.fix


def test_is_goes_with_null_only(cities):
    (problem,) = check_where("POPULATION IS 3", cities)
    assert problem.fix == "use = instead"


def test_all_problems_are_told_errors_first(cities):
    problems = check_where("POPULATION = '3' AND POPLATION = 1 AND STAT = 2", cities)
    assert [problem.is_error for problem in problems] == [True, True, False]
    assert [problem.position for problem in problems] == [21, 39, 13]


def test_an_error_is_raised_with_clause_and_position(cities):
    with pytest.raises(WhereError, match="Did you mean POPULATION") as caught:
        raise_for_where("STATE = 'CA' AND POPLATION > 3", cities)
    assert caught.value.position == 17
    assert caught.value.clause == "STATE = 'CA' AND POPLATION > 3"


@pytest.mark.parametrize(
    ("clause", "drawn"),
    [
        ("STATE = 'CA' AND POPLATION > 3", ["STATE = 'CA' AND POPLATION > 3", " " * 17 + "^^^^^^^^^"]),
        ("(POPULATION > 3", ["(POPULATION > 3", "^"]),
        ("STATE = 'CA'\n\tAND STAT > 3", ["STATE = 'CA'  AND STAT > 3", " " * 18 + "^^^^"]),
        ("STATE = '東京' AND STAT > 3", ["STATE = '東京' AND STAT > 3", " " * 19 + "^^^^"]),
        (
            f"STATE = '{'x' * 500}' AND STAT > 3 AND STATE <> '{'y' * 500}'",
            [f"…{'x' * 54}' AND STAT > 3 AND STATE <> '{'y' * 37}…", " " * 61 + "^^^^"],
        ),
    ],
)
def test_the_text_of_an_error_shows_layer_and_place(cities, clause, drawn):
    with pytest.raises(WhereError) as caught:
        raise_for_where(clause, cities)
    sentence, layer, *lines = str(caught.value).splitlines()
    assert sentence == caught.value.sentence
    assert layer == "In the where clause of layer Cities:"
    assert lines == [f"    {line}" for line in drawn]


def test_a_warning_is_not_raised(cities):
    assert check_where("POPULATION = '3'", cities)
    raise_for_where("POPULATION = '3'", cities)


PIECES = r"""
POPULATION STATE opened POPLATION AND OR NOT IN IS NULL LIKE BETWEEN CASE WHEN THEN END DATE TIMESTAMP INTERVAL DAY
CAST EXTRACT TRIM SUBSTRING POSITION SELECT FROM AS ESCAPE ( ) , . = < > <> ' '' 'x' '2020-01-01' " ` 1 1.5 1e5 - + *
/ || ; -- /* */ [ ] { } : ? @ # $ \ % & | ! ~ é 😀 ² N' x' 0x1F
""".split()  # noqa: SIM905 - a list of seventy lines is harder to read
TEXTS = st.lists(st.sampled_from([*PIECES, " ", "\n", "\x00", "\u2028"]))


@example("A.0")
@example("POPULATION.*")
@given(st.text() | TEXTS.map(" ".join) | TEXTS.map("".join))
def test_no_text_makes_the_check_fail(clause):
    kinds = {"POPULATION": "Integer", "STATE": "String", "opened": "Date"}
    fields = [{"name": name, "type": f"esriFieldType{kind}"} for name, kind in kinds.items()]
    definition = LayerDefinition.from_json({"id": 0, "name": "L", "fields": fields})
    for problem in check_where(clause, definition):
        assert str(problem)
        assert problem.position is None or 0 <= problem.position <= problem.position + problem.length <= len(clause)


@pytest.mark.parametrize("clause", ["(" * 5000 + "POPULATION > 3" + ")" * 5000, "NOT " * 5000 + "POPULATION > 3"])
def test_deep_nesting_is_left_to_the_server(clause, cities):
    assert check_where(clause, cities) == ()


def test_the_parser_says_nothing_in_the_log(cities, caplog):
    with caplog.at_level(logging.INFO):
        check_where("end = 3 x y z (", cities)
        check_where("MERGE INTO x", cities)
    assert caplog.records == []


def test_all_rules_together_read_a_usual_clause_once(cities, monkeypatch):
    read, tokenize = [], Dialect.tokenize

    def counted(self, sql, *arguments):
        read.append(sql)
        return tokenize(self, sql, *arguments)

    monkeypatch.setattr(Dialect, "tokenize", counted)
    clause = "POPULATION > 4321 AND STATE LIKE 'C%' AND opened > DATE '2020-01-01'"
    assert check_where(clause, cities) == ()
    assert len(read) == 1

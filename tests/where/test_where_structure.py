"""Missing, misspelt and misplaced words."""

import pytest

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks import check_where


@pytest.mark.parametrize(
    ("clause", "at", "said"),
    [
        ("POPULATION 100", 11, "An operator such as = or > is missing between POPULATION and 100"),
        ("POPULATION =", 11, "A value is missing after ="),
        ("(POPULATION >)", 12, "A value is missing after >"),
        ("POPULATION > AND STATE = 'CA'", 11, "A value is missing after >"),
        ("POPULATION > 3 AND", 15, "A condition is missing after AND"),
        ("POPULATION > 3 OR ()", 18, "These parentheses are empty"),
        ("AND POPULATION > 3", 0, "A condition is missing before AND"),
        ("POPULATION > 3 AND OR STATE = 'CA'", 19, "A condition is missing before OR"),
        ("POPULATION > 3 AND < 5", 19, "A field is missing before <"),
        ("POPULATION > 3 STATE = 'CA'", 15, "AND or OR is missing between 3 and STATE"),
        ("STATE = 'CA' 'OR'", 13, "AND, OR or a comma is missing between 'CA' and 'OR'"),
        ("POPULATION BETWEN 1 AND 2", 11, "did you mean BETWEEN?"),
        ("STATE LKIE 'C%'", 6, "did you mean LIKE?"),
        ("POPULATION > 3 ADN STATE = 'CA'", 15, "did you mean AND?"),
        ("STATE = Nevada ADN POPULATION > 3", 15, "did you mean AND?"),
        ("POPULATION BETWEEN 1", 11, "BETWEEN needs two values"),
        ("POPULATION BETWEEN 1 TO 3", 11, "BETWEEN needs two values"),
        ("(POPULATION BETWEEN 1) AND STATE = 'CA'", 12, "BETWEEN needs two values"),
        ("POPULATION IN", 0, "IN needs a list"),
        ("POPULATION IN (1,, 2)", 16, "A value is missing after this comma"),
        ("POPULATION IN (1, 2,)", 19, "A value is missing after this comma"),
        ("POPULATION IN (, 2)", 15, "A value is missing before this comma"),
        ("POPULATION IN ()", 11, "The list after IN is empty"),
        ("POPULATION IN 1", 0, "IN needs a list"),
        ("POPULATION > 3 x", 15, "AND or OR is missing between 3 and x"),
        ("POPULATION + > 3", 13, "A value is missing before >"),
        ("POPULATION > 3 )(", 15, "This ) closes nothing"),
        ("POPULATION NOT 3", 11, "NOT cannot come after POPULATION"),
        ("POPULATION > 1,000", 14, "Commas are only used in lists"),
        ("STATE ILIKE 'c%'", 6, "UPPER(field)"),
        ("POPULATION > 3 ORDER BY STATE", 15, "ORDER is not part of"),
        ("POPULATION > 3 LIMIT 5", 15, "LIMIT is not part of"),
        ("CASE WHEN POPULATION > 3 THEN 1 = 1", 0, "CASE needs an END"),
        ("WHERE POPULATION > 3", 0, "only what comes after it"),
        ("SELECT * FROM cities WHERE POPULATION > 3", 0, "complete SELECT statement"),
        ("DELETE FROM cities", 0, "complete DELETE statement"),
        ("POPULATION = (SELECT MAX(POPULATION) FROM cities)", 14, "Subqueries are not supported"),
        ("POPULATION IN (select 1)", 15, "Subqueries are not supported"),
        ("EXISTS (SELECT 1)", 8, "Subqueries are not supported"),
    ],
)
def test_the_missing_or_odd_word_is_located_and_named(clause, at, said, cities):
    (problem,) = check_where(clause, cities)
    assert said in f"{problem.cause}; {problem.fix}"
    assert (problem.position, problem.is_error) == (at, True)


@pytest.mark.parametrize("name", ["SELECT", "WHERE", "ORDER", "LIMIT", "DATE", "VALUE", "INTERVAL", "ALTER", "FROM"])
def test_fields_may_be_called_like_words_of_sql(name):
    layer = LayerDefinition.from_json(
        {"id": 0, "name": "L", "fields": [{"name": name, "type": "esriFieldTypeInteger"}]}
    )
    assert check_where(f"{name} > 3 AND {name.lower()} IS NOT NULL OR {name} IN (1)", layer) == ()


def test_reserved_words_stand_in_double_quotes():
    layer = LayerDefinition.from_json(
        {"id": 0, "name": "L", "fields": [{"name": "case", "type": "esriFieldTypeInteger"}]}
    )
    assert check_where('"CASE" > 3', layer) == ()


def test_a_long_text_is_shortened_in_the_message(cities):
    (problem,) = check_where(f"STATE = '{'x ' * 500}' 5", cities)
    assert len(str(problem)) < 200

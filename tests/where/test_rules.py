"""Every row of every table finds something, and a clause is read and checked once."""

import pytest

from arcgis_export_widgets.language import use_language
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks import check_where, expressions, findings, names, text, unreadable, values
from arcgis_export_widgets.where.checks.rule import Table
from arcgis_export_widgets.where.clause import Clause
from arcgis_export_widgets.where.parse import parse

EXAMPLES = {
    "a quote inside a text, not doubled": "STATE = 'O'Brien'",
    "a name without its second quote": '"STATE = 5',
    "a quote inside a word": "NAME = O'Brien",
    "a text without its second quote": "STATE = 'CA",
    "a typographic quote": "STATE = \u2018CA\u2019",
    "a second statement": "POPULATION > 3; DROP TABLE x",
    "a semicolon at the end": "POPULATION > 3;",
    "a comment": "POPULATION > 3 -- large",
    "a name in brackets": "[POPULATION] > 3",
    "a sign that means nothing": "POPULATION = ?",
    "an operator with a space inside": "POPULATION > = 3",
    "an operator of another language": "POPULATION == 3",
    "an unknown operator": "POPULATION <=<=> 3",
    "a closing parenthesis alone": "POPULATION > 3)",
    "an opening parenthesis alone": "(POPULATION > 3",
    "the word WHERE": "WHERE POPULATION > 3",
    "a complete statement": "DELETE FROM cities",
    "a subquery": "EXISTS (SELECT 1)",
    "nothing after a comma": "POPULATION IN (1,)",
    "nothing before a comma": "POPULATION IN (, 1)",
    "an empty list": "POPULATION IN ()",
    "empty parentheses": "POPULATION > 3 OR ()",
    "two texts side by side": "STATE = 'CA' 'OR'",
    "a connective with nothing before it": "AND POPULATION > 3",
    "a comparison with nothing before it": "> 3",
    "two operators": "POPULATION + > 3",
    "NOT before an operator": "NOT = 3",
    "BETWEEN without AND": "POPULATION BETWEEN 1",
    "NOT after a value": "POPULATION NOT 3",
    "an operator with nothing after it": "POPULATION >",
    "a connective with nothing after it": "POPULATION > 3 AND",
    "an alias of several words": "Total population > 3",
    "what comes after a where clause": "POPULATION > 3 ORDER BY STATE",
    "an operator of another database": "STATE ILIKE 'c%'",
    "several words without quotes": "STATE = New York",
    "a misspelt keyword": "STATE LKIE 'C%'",
    "no AND or OR between two conditions": "POPULATION > 3 STATE = 'CA'",
    "no operator between two values": "POPULATION 3",
    "CASE without END": "CASE WHEN POPULATION > 3 THEN 1 = 1",
    "a comma outside a list": "POPULATION > 1,000",
    "words that mean nothing together": "POPULATION > 3 THEN",
    "an alias": '"Total population" > 3',
    "text in double quotes": 'STATE = "California"',
    "one word without quotes": "STATE = CA",
    "a misspelt field": "POPLATION > 3",
    "an unknown field": "POPULATION > qqq",
    "a field alone": "POPULATION",
    "a text alone": "STATE = 'CA' OR 'OR'",
    "IN without a list": "POPULATION IN 1",
    "IS with a value": "POPULATION IS 3",
    "a wrong number of arguments": "UPPER() = 'CA'",
    "an aggregate": "MAX(POPULATION) > 3",
    "the present moment": "opened > NOW()",
    "a function of another database": "LEN(STATE) = 2",
    "a misspelt function": "UPER(STATE) = 'CA'",
    "an unknown function": "ST_Buffer_2(POPULATION) > 3",
    "a date in another form": "opened > DATE '2020-1-5'",
    "not a date": "opened > DATE '01/02/2020'",
    "a date with something stuck to it": "opened > DATE '2020-01-05x'",
    "a day that does not exist": "opened > DATE '2020-02-30'",
    "a date with a time of day": "opened > DATE '2020-01-05 10:00'",
    "not a time of day": "closes_at > TIME '10'",
    "a time of day that does not exist": "closes_at > TIME '25:00'",
    "LIKE with a number field": "POPULATION LIKE '3%'",
    "LIKE with a date field": "opened LIKE '2020%'",
    "= NULL": "STATE = NULL",
    "a text for a date": "opened > '2020-01-05'",
    "a text that is not a date": "opened > 'yesterday'",
    "a number for a date": "opened > 1577836800000",
    "a date without quotes": "opened > 2020-01-05",
    "a date for a number": "POPULATION > DATE '2020-01-01'",
    "a label for a number": "KIND = 'road'",
    "a text for a number": "POPULATION = 'abc'",
    "a number in quotes": "POPULATION = '100'",
    "a number for a text": "STATE = 5",
    "a label for a code": "STATUS = 'Reviewed'",
    "a code the domain does not have": "STATUS = 'X'",
    "a name without its double quotes": "when IS NULL",
}
TABLES = [
    table
    for module in (expressions, names, text, unreadable, values)
    for table in vars(module).values()
    if isinstance(table, Table)
]


@pytest.fixture
def layer(cities):
    when = LayerDefinition.from_json({"id": 0, "fields": [{"name": "when", "type": "esriFieldTypeDate"}]})
    return LayerDefinition(id=0, name="Cities", fields=(*cities.fields, *when.fields))


def test_every_rule_has_a_name_of_its_own_and_an_example():
    found = [rule.name for table in TABLES for rule in table.rules]
    assert sorted(found) == sorted(EXAMPLES)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_every_rule_finds_its_example(rule, layer):
    assert [problem.rule for problem in check_where(EXAMPLES[rule], layer)] == [rule]


def test_form_filter_builder_and_request_share_one_reading_and_one_check(cities):
    again = LayerDefinition.from_json(dict(cities.definition))
    assert Clause.of("POPULATION > 3", cities) is Clause.of("POPULATION > 3", again)
    assert findings(Clause.of("POPULATION > 3", cities)) is findings(Clause.of("POPULATION > 3", again))


@pytest.mark.parametrize("odd", [[1], {"a": 1}, "soon"])
def test_a_layer_that_describes_itself_oddly_can_still_be_filtered(odd):
    field = {"name": "A", "type": "esriFieldTypeInteger", "length": odd, "alias": odd}
    layer = LayerDefinition.from_json({
        "id": 0, "fields": [field], "editingInfo": {"lastEditDate": odd}, "displayField": odd, "objectIdField": odd,
    })  # fmt: skip
    assert check_where("A > 3", layer) == ()
    assert parse("A > 3", layer) is not None


def test_a_clause_checked_before_is_explained_in_the_language_of_now(cities):
    clause = "UPPER(STATE, NAME) = 'CA'"
    (english,) = check_where(clause, cities)
    use_language("de")
    try:
        (german,) = check_where(clause, cities)
    finally:
        use_language("en")
    assert english.cause == "UPPER takes 1 argument, not 2"
    assert german.cause == "UPPER erwartet 1 Argument, nicht 2"
    assert german.rule == english.rule

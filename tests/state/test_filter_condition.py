from __future__ import annotations

from datetime import date, datetime

import pytest

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.state.filter_condition import FilterCondition, Input
from arcgis_export_widgets.where.conditions import Condition, Operator

STATUS = {"type": "codedValue", "name": "S", "codedValues": [{"name": "Open", "code": 0}, {"name": "Shut", "code": 1}]}
SHARE = {"type": "range", "name": "R", "range": [0, 100]}


@pytest.fixture(scope="module")
def definition():
    fields = [
        {"name": "OBJECTID", "type": "esriFieldTypeOID"},
        {"name": "name", "type": "esriFieldTypeString", "alias": "Name"},
        {"name": "status", "type": "esriFieldTypeSmallInteger", "alias": "Status", "domain": STATUS},
        {"name": "share", "type": "esriFieldTypeDouble", "alias": "Share", "domain": SHARE},
        {"name": "rooms", "type": "esriFieldTypeSmallInteger", "alias": "Rooms"},
        {"name": "opened", "type": "esriFieldTypeDate", "alias": "Opened"},
        {"name": "day", "type": "esriFieldTypeDateOnly", "alias": "Day"},
        {"name": "hour", "type": "esriFieldTypeTimeOnly", "alias": "Hour"},
    ]
    json = {"id": 0, "name": "Parcels", "fields": fields, "objectIdField": "OBJECTID", "displayField": "name"}
    return LayerDefinition.from_json(json)


@pytest.fixture
def make(definition):
    def made(field, operator, *inputs):
        condition = FilterCondition(definition)
        condition.field = field
        condition.operator = operator
        condition.inputs = inputs
        return condition

    return made


@pytest.mark.parametrize(
    ("field", "operator", "inputs", "sql"),
    [
        ("rooms", Operator.BETWEEN, ("2", "5"), "rooms BETWEEN 2 AND 5"),
        ("share", Operator.LESS, ("-0.5",), "share < -0.5"),
        ("status", Operator.EQUALS, (0,), "status = 0"),
        ("status", Operator.IN, (0, 1), "status IN (0, 1)"),
        ("status", Operator.IN, ("Shut",), "status IN (1)"),
        ("name", Operator.CONTAINS, ("50%",), "name LIKE '%50!%%' ESCAPE '!'"),
        ("name", Operator.IN, ("a", "b", "a"), "name IN ('a', 'b')"),
        ("name", Operator.IS_NULL, (), "name IS NULL"),
        ("opened", Operator.ON_DAY, (date(2020, 2, 29),), None),
        (
            "opened",
            Operator.AT_LEAST,
            (datetime.fromisoformat("2020-01-01 08:00"),),
            "opened >= TIMESTAMP '2020-01-01 08:00:00'",
        ),
        ("opened", Operator.IN_LAST, ("30", "days"), "opened >= CURRENT_TIMESTAMP - INTERVAL '30' DAY"),
    ],
)
def test_values_are_read_by_the_type_of_their_field(make, field, operator, inputs, sql):
    condition = make(field, operator, *inputs)
    assert condition.problem == ""
    assert condition.sql == (sql or "(opened >= DATE '2020-02-29' AND opened < DATE '2020-03-01')")


@pytest.mark.parametrize(
    ("field", "operator", "inputs", "said"),
    [
        ("rooms", Operator.EQUALS, ("many",), 'Rooms: "many" is not a number. Write a number such as 1000 or 10.5.'),
        ("rooms", Operator.EQUALS, ("1,000",), 'Rooms: "1,000" is not a number. Write 1000.'),
        ("rooms", Operator.EQUALS, ("-12 345.5",), "Write -12345.5."),
        ("rooms", Operator.EQUALS, ("100k",), 'Rooms: "100k" is not a number. Write 100000.'),
        ("rooms", Operator.EQUALS, ("1.5 M",), "Write 1500000."),
        ("rooms", Operator.EQUALS, ("1,5",), "Write a number such as 1000 or 10.5."),
        ("opened", Operator.AT_LEAST, ("soon",), '"soon" is not a date or time. Write it as in 2020-02-29'),
        ("rooms", Operator.BETWEEN, ("5", "2"), "swap them"),
        ("rooms", Operator.BETWEEN, ("5", None), "give both values"),
        ("rooms", Operator.EQUALS, ("nan",), "is not a number"),
        ("rooms", Operator.EQUALS, ("9" * 400,), "is not a number"),
        ("name", Operator.IN, (), "choose at least one value"),
        ("opened", Operator.IN_LAST, ("0", "days"), "whole number from 1"),
        ("opened", Operator.IN_LAST, ("1000000000", "days"), "before the year 1; give a smaller number"),
        ("opened", Operator.BETWEEN, (datetime.fromisoformat("2020-01-02 08:00"), date(2020, 1, 2)), "swap them"),
    ],
)
def test_what_is_no_value_is_shown_with_a_remedy(make, field, operator, inputs, said):
    condition = make(field, operator, *inputs)
    assert condition.condition is None
    assert condition.sql == ""
    assert said in condition.problem


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("share", "101", "goes from 0 to 100"),
        ("rooms", "40000", "whole numbers from -32,768 to 32,767"),
        ("rooms", "2.5", "none equals 2.5"),
        ("share", "100", ""),
    ],
)
def test_a_value_out_of_range_is_allowed_but_doubted(make, field, value, said):
    condition = make(field, Operator.EQUALS, value)
    assert condition.condition is not None
    assert said in condition.doubt if said else not condition.doubt


@pytest.mark.parametrize(
    ("field", "operator", "kind"),
    [
        ("status", Operator.EQUALS, Input.ONE_CODE),
        ("status", Operator.IN, Input.LIST),
        ("rooms", Operator.LESS, Input.NUMBER),
        ("name", Operator.STARTS_WITH, Input.TEXT),
        ("opened", Operator.ON_DAY, Input.DAY),
        ("opened", Operator.BETWEEN, Input.MOMENT),
        ("opened", Operator.IN_LAST, Input.PERIOD),
        ("day", Operator.LESS, Input.DAY),
        ("hour", Operator.LESS, Input.TIME),
        ("name", Operator.IS_NOT_NULL, Input.NOTHING),
    ],
)
def test_each_kind_of_value_has_its_input(make, field, operator, kind):
    assert make(field, operator).input is kind


def test_another_operator_keeps_the_value_where_it_can(make):
    condition = make("rooms", Operator.AT_LEAST, "3")
    condition.operator = Operator.BETWEEN
    assert condition.inputs == ("3", None)
    condition.operator = Operator.IN
    assert condition.inputs == ("3",)


def test_the_code_zero_is_a_value(make):
    condition = make("status", Operator.EQUALS, 0)
    condition.operator = Operator.IN
    assert condition.sql == "status IN (0)"
    assert not condition.is_blank


def test_a_field_of_another_type_starts_anew(make):
    condition = make("rooms", Operator.AT_LEAST, "3")
    condition.field = "name"
    assert (condition.operator, condition.inputs) == (Operator.IN, ())


def test_a_field_of_the_same_type_keeps_the_value(definition):
    condition = FilterCondition(definition, Condition("opened", Operator.IN_LAST, (30, "days")))
    condition.field = "day"
    assert condition.operator is Operator.EQUALS
    condition.field = "opened"
    assert condition.operator is Operator.AT_LEAST


def test_a_new_condition_asks_for_a_number_rather_than_the_name(definition):
    assert FilterCondition(definition).field == "status"

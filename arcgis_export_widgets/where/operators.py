"""The operators of a filter's conditions, and which of them suit a field."""

from __future__ import annotations

from enum import Enum

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.model.fields import FieldType


class Operator(str, Enum):
    """How a condition compares a field with its values."""

    label: str
    """What people call it, between a field's name and its values."""
    label_of_time: str
    """The same for dates and times; empty if it is the same."""
    sql: str
    """How a clause writes it; empty where it takes more than a word."""
    value_count: int | None
    """How many values it takes; None for one or more."""

    def __new__(  # noqa: PYI034 - an enumeration has no subclasses
        cls, value: str, label: str, label_of_time: str = "", sql: str = "", count: int | None = 1
    ) -> Operator:
        """Make a member from its row."""
        operator = str.__new__(cls, value)
        operator._value_ = value
        operator.label, operator.label_of_time = label, label_of_time
        operator.sql, operator.value_count = sql, count
        return operator

    EQUALS = "=", mark("is"), mark("is exactly"), "="
    NOT_EQUALS = "<>", mark("is not"), mark("is not exactly"), "<>"
    LESS = "<", mark("is less than"), mark("is before"), "<"
    AT_MOST = "<=", mark("is at most"), mark("is at or before"), "<="
    GREATER = ">", mark("is greater than"), mark("is after"), ">"
    AT_LEAST = ">=", mark("is at least"), mark("is at or after"), ">="
    BETWEEN = "between", mark("is between"), "", "BETWEEN", 2  # both included
    NOT_BETWEEN = "not between", mark("is not between"), "", "NOT BETWEEN", 2
    IN = "in", mark("is one of"), "", "IN", None
    NOT_IN = "not in", mark("is none of"), "", "NOT IN", None
    CONTAINS = "contains", mark("contains")  # plain text, in which % and _ mean themselves
    STARTS_WITH = "starts with", mark("starts with")
    ENDS_WITH = "ends with", mark("ends with")
    LIKE = "like", mark("matches the pattern"), "", "LIKE"  # with % and _
    NOT_LIKE = "not like", mark("does not match the pattern"), "", "NOT LIKE"
    ON_DAY = "on day", mark("is on the day")  # a date: any time of that day
    IN_LAST = "in the last", mark("is in the last"), "", "", 2  # a whole number from 1 and one of UNITS
    IS_NULL = "is null", mark("has no value"), "", "IS NULL", 0
    IS_NOT_NULL = "is not null", mark("has a value"), "", "IS NOT NULL", 0

    @property
    def looks_in_text(self) -> bool:
        """Whether its value is part of a text or a pattern, and so not a value of the field."""
        return self in _PATTERNS

    def words(self, field_type: FieldType) -> str:
        """What people call it for fields of a type."""
        return say((self.label_of_time if field_type.is_temporal else "") or self.label)


UNITS = (mark("days"), mark("hours"), mark("minutes"))
"""What `Operator.IN_LAST` counts in; seconds are of no use, and in standardized SQL months have no fixed length."""

_NULL = (Operator.IS_NULL, Operator.IS_NOT_NULL)
_EQUAL = (Operator.EQUALS, Operator.NOT_EQUALS)
_ORDER = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST, Operator.BETWEEN, Operator.NOT_BETWEEN)
_LISTS = (Operator.IN, Operator.NOT_IN)
_PATTERNS = (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.LIKE, Operator.NOT_LIKE)

_NUMBER_OPERATORS = (*_EQUAL, *_ORDER, *_LISTS, *_NULL)
_OPERATORS: dict[FieldType, tuple[Operator, ...]] = {
    FieldType.STRING: (*_EQUAL, *_PATTERNS, *_LISTS, *_ORDER, *_NULL),
    FieldType.XML: _NULL,
    FieldType.BLOB: _NULL,
    FieldType.RASTER: _NULL,
    FieldType.GEOMETRY: _NULL,
    FieldType.GUID: (*_EQUAL, *_LISTS, *_NULL),
    FieldType.GLOBAL_ID: (*_EQUAL, *_LISTS, *_NULL),
    FieldType.DATE: (Operator.ON_DAY, *_ORDER, *_EQUAL, *_LISTS, Operator.IN_LAST, *_NULL),
    FieldType.TIMESTAMP_OFFSET: (*_ORDER, *_EQUAL, *_LISTS, Operator.IN_LAST, *_NULL),
    FieldType.DATE_ONLY: (*_EQUAL, *_ORDER, *_LISTS, *_NULL),
    FieldType.TIME_ONLY: (*_EQUAL, *_ORDER, *_LISTS, *_NULL),
}


def operators_for(field_type: FieldType) -> tuple[Operator, ...]:
    """The operators that make sense for a field of that type, the most usual first."""
    if field_type.is_number:
        return _NUMBER_OPERATORS
    return _OPERATORS.get(field_type, _NULL)

"""What a field can be asked in a filter, by its type."""

from __future__ import annotations

from enum import Enum

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.model.fields import FieldType


class Operator(str, Enum):
    """How a condition compares a field with its values; the comment says which values it takes."""

    EQUALS = "="
    NOT_EQUALS = "<>"
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    BETWEEN = "between"  # two, both included
    NOT_BETWEEN = "not between"
    IN = "in"  # one or more
    NOT_IN = "not in"
    CONTAINS = "contains"  # plain text, in which % and _ mean themselves
    STARTS_WITH = "starts with"
    ENDS_WITH = "ends with"
    LIKE = "like"  # a pattern with % and _
    NOT_LIKE = "not like"
    ON_DAY = "on day"  # a date: any time of that day
    IN_LAST = "in the last"  # a whole number from 1 and one of UNITS
    IS_NULL = "is null"  # none
    IS_NOT_NULL = "is not null"

    @property
    def value_count(self) -> int | None:
        """How many values it takes; None for one or more."""
        return _VALUE_COUNTS.get(self, 1)

    @property
    def looks_in_text(self) -> bool:
        """Whether it looks for part of a text, so that a value is no value of the field."""
        return self in _PATTERNS


UNITS = (mark("days"), mark("hours"), mark("minutes"))
"""What `Operator.IN_LAST` counts in, as seconds do no good and months have no fixed length in standardized SQL."""

_VALUE_COUNTS: dict[Operator, int | None] = {
    Operator.BETWEEN: 2,
    Operator.NOT_BETWEEN: 2,
    Operator.IN: None,
    Operator.NOT_IN: None,
    Operator.IN_LAST: 2,
    Operator.IS_NULL: 0,
    Operator.IS_NOT_NULL: 0,
}

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

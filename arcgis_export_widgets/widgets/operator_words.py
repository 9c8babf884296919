"""Operators as people say them."""

from __future__ import annotations

from arcgis_export_widgets.request.fields import Field
from arcgis_export_widgets.request.operators import Operator

_WORDS = {
    Operator.EQUALS: "is",
    Operator.NOT_EQUALS: "is not",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.GREATER: "is greater than",
    Operator.AT_LEAST: "is at least",
    Operator.BETWEEN: "is between",
    Operator.NOT_BETWEEN: "is not between",
    Operator.IN: "is one of",
    Operator.NOT_IN: "is none of",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.LIKE: "matches the pattern",
    Operator.NOT_LIKE: "does not match the pattern",
    Operator.ON_DAY: "is on the day",
    Operator.IN_LAST: "is in the last",
    Operator.IS_NULL: "has no value",
    Operator.IS_NOT_NULL: "has a value",
}
_OF_TIME = {
    Operator.EQUALS: "is exactly",
    Operator.NOT_EQUALS: "is not exactly",
    Operator.LESS: "is before",
    Operator.AT_MOST: "is at or before",
    Operator.GREATER: "is after",
    Operator.AT_LEAST: "is at or after",
}


def words(operator: Operator, field: Field) -> str:
    """The operator between a field's name and its values."""
    return (_OF_TIME if field.type.is_temporal else {}).get(operator) or _WORDS[operator]

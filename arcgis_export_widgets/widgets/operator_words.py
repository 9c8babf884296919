"""Operators as people say them."""

from __future__ import annotations

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.model.fields import Field
from arcgis_export_widgets.where.operators import Operator

_WORDS = {
    Operator.EQUALS: mark("is"),
    Operator.NOT_EQUALS: mark("is not"),
    Operator.LESS: mark("is less than"),
    Operator.AT_MOST: mark("is at most"),
    Operator.GREATER: mark("is greater than"),
    Operator.AT_LEAST: mark("is at least"),
    Operator.BETWEEN: mark("is between"),
    Operator.NOT_BETWEEN: mark("is not between"),
    Operator.IN: mark("is one of"),
    Operator.NOT_IN: mark("is none of"),
    Operator.CONTAINS: mark("contains"),
    Operator.STARTS_WITH: mark("starts with"),
    Operator.ENDS_WITH: mark("ends with"),
    Operator.LIKE: mark("matches the pattern"),
    Operator.NOT_LIKE: mark("does not match the pattern"),
    Operator.ON_DAY: mark("is on the day"),
    Operator.IN_LAST: mark("is in the last"),
    Operator.IS_NULL: mark("has no value"),
    Operator.IS_NOT_NULL: mark("has a value"),
}
_OF_TIME = {
    Operator.EQUALS: mark("is exactly"),
    Operator.NOT_EQUALS: mark("is not exactly"),
    Operator.LESS: mark("is before"),
    Operator.AT_MOST: mark("is at or before"),
    Operator.GREATER: mark("is after"),
    Operator.AT_LEAST: mark("is at or after"),
}


def words(operator: Operator, field: Field) -> str:
    """The operator between a field's name and its values."""
    return say((_OF_TIME if field.type.is_temporal else {}).get(operator) or _WORDS[operator])

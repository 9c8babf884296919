"""Filters that the form can build: conditions, combined in groups that can be nested.

`Group.to_sql` writes the where clause; `where.parse.parse` turns a where clause back into a group, if possible.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Literal

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import Field, FieldType
from arcgis_export_widgets.where.sql import Value, name_sql, text_sql, value_sql

ESCAPE = "!"
"""Escape character for % and _ in LIKE patterns."""


class Operator(str, Enum):
    """How a condition compares a field with its values."""

    label: str
    """The operator in words, shown between the field's name and the values."""
    label_of_time: str
    """Label for date and time fields; empty if the same as `label`."""
    sql: str
    """The operator in SQL, such as ``<=`` or ``NOT IN``; empty if SQL has no such operator."""
    value_count: int | None
    """Number of values the operator takes; None if it takes one or more."""

    def __new__(  # noqa: PYI034 - an enumeration has no subclasses
        cls, value: str, label: str, label_of_time: str = "", sql: str = "", count: int | None = 1
    ) -> Operator:
        """Create a member from the values in its row below."""
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
    BETWEEN = "between", mark("is between"), "", "BETWEEN", 2  # both values included
    NOT_BETWEEN = "not between", mark("is not between"), "", "NOT BETWEEN", 2
    IN = "in", mark("is one of"), "", "IN", None
    NOT_IN = "not in", mark("is none of"), "", "NOT IN", None
    CONTAINS = "contains", mark("contains")  # plain text: % and _ are not wildcards
    STARTS_WITH = "starts with", mark("starts with")
    ENDS_WITH = "ends with", mark("ends with")
    LIKE = "like", mark("matches the pattern"), "", "LIKE"  # takes a pattern with % and _
    NOT_LIKE = "not like", mark("does not match the pattern"), "", "NOT LIKE"
    ON_DAY = "on day", mark("is on the day")  # takes a date; matches any time of that day
    IN_LAST = "in the last", mark("is in the last"), "", "", 2  # takes a whole number, 1 or more, and one of UNITS
    IS_NULL = "is null", mark("has no value"), "", "IS NULL", 0
    IS_NOT_NULL = "is not null", mark("has a value"), "", "IS NOT NULL", 0

    @property
    def looks_in_text(self) -> bool:
        """Whether the operator searches the field's text for a text or pattern, instead of comparing whole values."""
        return self in _PATTERNS

    def words(self, field_type: FieldType) -> str:
        """The operator's label for fields of this type, in the current language."""
        return say((self.label_of_time if field_type.is_temporal else "") or self.label)


UNITS = (mark("days"), mark("hours"), mark("minutes"))
"""The units of `Operator.IN_LAST`. Months are left out, because they have no fixed length in standardized SQL."""
ANYWHERE = {Operator.CONTAINS: ("%", "%"), Operator.STARTS_WITH: ("", "%"), Operator.ENDS_WITH: ("%", "")}
"""For each operator, the LIKE wildcards before and after the search text."""

_NULL = (Operator.IS_NULL, Operator.IS_NOT_NULL)
_EQUAL = (Operator.EQUALS, Operator.NOT_EQUALS)
_ORDER = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST, Operator.BETWEEN, Operator.NOT_BETWEEN)
_LISTS = (Operator.IN, Operator.NOT_IN)
_PATTERNS = (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH, Operator.LIKE, Operator.NOT_LIKE)

_ORDERED = (*_EQUAL, *_ORDER, *_LISTS, *_NULL)
_OPERATORS: dict[FieldType, tuple[Operator, ...]] = {
    FieldType.STRING: (*_EQUAL, *_PATTERNS, *_LISTS, *_ORDER, *_NULL),
    FieldType.GUID: (*_EQUAL, *_LISTS, *_NULL),
    FieldType.GLOBAL_ID: (*_EQUAL, *_LISTS, *_NULL),
    FieldType.DATE: (Operator.ON_DAY, *_ORDER, *_EQUAL, *_LISTS, Operator.IN_LAST, *_NULL),
    FieldType.TIMESTAMP_OFFSET: (*_ORDER, *_EQUAL, *_LISTS, Operator.IN_LAST, *_NULL),
    FieldType.DATE_ONLY: _ORDERED,
    FieldType.TIME_ONLY: _ORDERED,
}


def operators_for(field_type: FieldType) -> tuple[Operator, ...]:
    """Operators that suit fields of this type, the most common first."""
    if field_type.is_number:
        return _ORDERED
    return _OPERATORS.get(field_type, _NULL)


@dataclass(frozen=True)
class Condition:
    """A field, an operator, and the values the operator takes, if any.

    Raises
    ------
    RequestError
        If `operator` does not take this number of values.
    """

    field: str
    """Name of the field, not its alias."""
    operator: Operator
    values: tuple[Value, ...] = ()

    def __post_init__(self) -> None:
        count = self.operator.value_count
        operator, given = self.operator.value, len(self.values)
        if count is None and not given:
            raise RequestError(say("'{operator}' takes one value or more, not 0.", operator=operator))
        if count is not None and given != count:
            raise RequestError(
                say_count(
                    "'{operator}' takes {count} value, not {given}.",
                    "'{operator}' takes {count} values, not {given}.",
                    count,
                    operator=operator,
                    given=given,
                )
            )

    def to_sql(self, definition: LayerDefinition) -> str:
        """The condition in standardized SQL.

        Raises
        ------
        RequestError
            If the layer does not have the field, or the operator or a value does not suit the field.
        """
        field = definition.field(self.field)
        if field is None:
            raise RequestError(say("Layer {layer} has no field {name}.", layer=definition.name, name=self.field))
        if self.operator not in operators_for(field.type):
            raise _unsuitable(mark("'{operator}' does not suit the field {field}."), self.operator, field)
        name = name_sql(field.name)
        if self.operator in ANYWHERE:
            return f"{name} LIKE {_pattern(self.operator, self.values[0], field)}"
        if self.operator is Operator.ON_DAY:
            return _on_day(name, self.values[0], field)
        if self.operator is Operator.IN_LAST:
            return _in_last(name, *self.values)
        literals = [value_sql(value, field) for value in self.values]
        if self.operator.value_count is None:
            literals = [f"({', '.join(literals)})"]
        return f"{name} {self.operator.sql} {' AND '.join(literals)}".rstrip()


@dataclass(frozen=True)
class Group:
    """Conditions and other groups, joined with AND (``all``) or OR (``any``)."""

    match: Literal["all", "any"] = "all"
    children: tuple[Condition | Group, ...] = ()

    def to_sql(self, definition: LayerDefinition) -> str:
        """The group in standardized SQL; empty, which means all rows, if there are no conditions.

        Raises
        ------
        RequestError
            If a condition does not suit the layer; see `Condition.to_sql`.
        """
        simple = self.simplified()
        parts = [(child.to_sql(definition), isinstance(child, Group)) for child in simple.children]
        joined = " AND " if simple.match == "all" else " OR "
        return joined.join(f"({sql})" if is_group else sql for sql, is_group in parts)

    def simplified(self) -> Group:
        """The same filter without empty groups, and with each group of one child replaced by that child."""
        children = tuple(simple for child in self.children if (simple := _simplified(child)) is not None)
        if len(children) == 1 and isinstance(children[0], Group):
            return children[0]
        return Group(self.match if len(children) > 1 else "all", children)


def _simplified(child: Condition | Group) -> Condition | Group | None:
    if isinstance(child, Condition):
        return child
    simple = child.simplified()
    if len(simple.children) > 1:
        return simple
    return simple.children[0] if simple.children else None


def _unsuitable(text: str, operator: Operator, field: Field, value: Value | None = None) -> RequestError:
    return RequestError(say(text, operator=operator.value, field=field.name, value=value))


def _pattern(operator: Operator, value: Value, field: Field) -> str:
    if not isinstance(value, str) or not value:
        raise _unsuitable(mark("'{operator}' looks for text in {field}, not for {value!r}."), operator, field, value)
    before, after = ANYWHERE[operator]
    if not set(value) & set("%_"):
        return text_sql(f"{before}{value}{after}")
    return f"{text_sql(f'{before}{escaped(value)}{after}')} ESCAPE '{ESCAPE}'"


def escaped(text: str) -> str:
    """Escape % and _ in a text, so that a LIKE pattern matches them literally."""
    return "".join(f"{ESCAPE}{letter}" if letter in f"%_{ESCAPE}" else letter for letter in text)


def starts_with_sql(field: str, text: str) -> str:
    """Where clause for rows in which the field's value starts with `text`, ignoring case."""
    return f"UPPER({name_sql(field)}) LIKE {text_sql(escaped(text.upper()) + '%')} ESCAPE '{ESCAPE}'"


def _on_day(name: str, value: Value, field: Field) -> str:
    """SQL for any time of a day, because on most servers ``=`` would match only midnight."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _unsuitable(mark("'{operator}' takes a date for {field}, not {value!r}."), Operator.ON_DAY, field, value)
    first = value_sql(value, field)
    if value == date.max:  # often means "for ever"; there is no next day
        return f"{name} >= {first}"
    after = value_sql(value + timedelta(days=1), field)
    return f"({name} >= {first} AND {name} < {after})"


def _in_last(name: str, count: Value, unit: Value) -> str:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1 or unit not in UNITS:
        operator, units = Operator.IN_LAST.value, ", ".join(UNITS)
        raise RequestError(say("'{operator}' takes a whole number and one of {units}.", operator=operator, units=units))
    return f"{name} >= CURRENT_TIMESTAMP - INTERVAL '{count}' {str(unit).upper()[:-1]}"

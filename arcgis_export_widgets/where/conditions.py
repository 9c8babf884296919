"""Filters as conditions in nested groups, for a form that builds them, and their where clause.

`Group.to_sql` writes a clause; `parse` in `where.parse` reads one back where conditions can say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import Field
from arcgis_export_widgets.where.operators import UNITS, Operator, operators_for
from arcgis_export_widgets.where.sql import Value, name_sql, text_sql, value_sql

ANYWHERE = {Operator.CONTAINS: ("%", "%"), Operator.STARTS_WITH: ("", "%"), Operator.ENDS_WITH: ("%", "")}
ESCAPE = "!"
"""Makes % and _ mean themselves in the patterns written here."""


@dataclass(frozen=True)
class Condition:
    """One field compared with its values.

    Raises
    ------
    RequestError
        If the number of values is not what the operator takes.
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
            If the layer has no such field, or the operator or a value does not suit it.
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
    """Conditions and groups of which all, or any, must hold."""

    match: Literal["all", "any"] = "all"
    children: tuple[Condition | Group, ...] = ()

    def to_sql(self, definition: LayerDefinition) -> str:
        """The group in standardized SQL; empty, which means all rows, when it holds no condition.

        Raises
        ------
        RequestError
            If a condition does not suit the layer; see `Condition.to_sql`.
        """
        simple = self.simplified()
        joined = " AND " if simple.match == "all" else " OR "
        return joined.join(_child_sql(child, definition) for child in simple.children)

    def simplified(self) -> Group:
        """The same filter without empty groups and without groups of one."""
        children = tuple(kept for child in self.children if (kept := _simplified(child)) is not None)
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


def _child_sql(child: Condition | Group, definition: LayerDefinition) -> str:
    sql = child.to_sql(definition)
    return f"({sql})" if isinstance(child, Group) else sql


def _unsuitable(text: str, operator: Operator, field: Field, value: Value | None = None) -> RequestError:
    return RequestError(say(text, operator=operator.value, field=field.name, value=value))


def _pattern(operator: Operator, value: Value, field: Field) -> str:
    if not isinstance(value, str) or not value:
        raise _unsuitable(mark("'{operator}' looks for a text in {field}, not for {value!r}."), operator, field, value)
    before, after = ANYWHERE[operator]
    if not set(value) & set("%_"):
        return text_sql(f"{before}{value}{after}")
    return f"{text_sql(f'{before}{escaped(value)}{after}')} ESCAPE '{ESCAPE}'"


def escaped(text: str) -> str:
    """A text with what would mean something in a pattern made to mean itself."""
    return "".join(f"{ESCAPE}{letter}" if letter in f"%_{ESCAPE}" else letter for letter in text)


def starts_with_sql(field: str, text: str) -> str:
    """The clause of values that start with a text, in any case."""
    return f"UPPER({name_sql(field)}) LIKE {text_sql(escaped(text.upper()) + '%')} ESCAPE '{ESCAPE}'"


def _on_day(name: str, value: Value, field: Field) -> str:
    """Any time of that day: ``=`` would match midnight only, on most servers."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _unsuitable(mark("'{operator}' takes a date for {field}, not {value!r}."), Operator.ON_DAY, field, value)
    first = value_sql(value, field)
    if value == date.max:  # "for ever"; no day follows
        return f"{name} >= {first}"
    after = value_sql(value + timedelta(days=1), field)
    return f"({name} >= {first} AND {name} < {after})"


def _in_last(name: str, count: Value, unit: Value) -> str:
    if isinstance(count, bool) or not isinstance(count, int) or count < 1 or unit not in UNITS:
        operator, units = Operator.IN_LAST.value, ", ".join(UNITS)
        raise RequestError(say("'{operator}' takes a whole number and one of {units}.", operator=operator, units=units))
    return f"{name} >= CURRENT_TIMESTAMP - INTERVAL '{count}' {str(unit).upper()[:-1]}"

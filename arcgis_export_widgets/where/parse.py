"""Turns a where clause into conditions and groups for the form, if they can express it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from sqlglot import exp

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import Field, FieldType
from arcgis_export_widgets.where.checks import problems_of
from arcgis_export_widgets.where.checks.expressions import moment_of
from arcgis_export_widgets.where.checks.values import column_field, plain_value
from arcgis_export_widgets.where.clause import Clause, Node
from arcgis_export_widgets.where.conditions import ANYWHERE, ESCAPE, UNITS, Condition, Group, Operator, escaped
from arcgis_export_widgets.where.sql import Value

_COMPARISONS: dict[type[Node], tuple[Operator, Operator]] = {
    exp.EQ: (Operator.EQUALS, Operator.EQUALS),
    exp.NEQ: (Operator.NOT_EQUALS, Operator.NOT_EQUALS),
    exp.LT: (Operator.LESS, Operator.GREATER),
    exp.LTE: (Operator.AT_MOST, Operator.AT_LEAST),
    exp.GT: (Operator.GREATER, Operator.LESS),
    exp.GTE: (Operator.AT_LEAST, Operator.AT_MOST),
}
"""For each sqlglot node type, the operator if the field is on the left (``field < value``), then if on the right."""
_NEGATED = {
    Operator.IN: Operator.NOT_IN,
    Operator.BETWEEN: Operator.NOT_BETWEEN,
    Operator.LIKE: Operator.NOT_LIKE,
    Operator.IS_NULL: Operator.IS_NOT_NULL,
}
_MOMENTS: dict[str, Callable[[str], date | datetime | time]] = {
    "DATE": date.fromisoformat,
    "TIMESTAMP": datetime.fromisoformat,
    "TIME": time.fromisoformat,
}


def parse(sql: str | None, definition: LayerDefinition) -> Group | None:
    """Read a where clause as a filter the form can show.

    Parameters
    ----------
    sql
        The clause as the user wrote it; None or blank gives an empty group.
    definition
        The layer that the clause filters.

    Returns
    -------
    Group or None
        None if the clause has errors, or uses something that conditions and groups cannot express, such as arithmetic,
        functions or NOT before a group. The form then shows the clause as text, unchanged.
    """
    if sql is None or not sql.strip():
        return Group()
    clause = Clause.of(sql, definition)
    has_error = any(problem.is_error for problem in problems_of(clause))
    found = None if has_error or clause.tree is None else _read(clause.tree, definition)
    if found is None:
        return None
    group = (found if isinstance(found, Group) else Group("all", (found,))).simplified()
    try:
        group.to_sql(definition)
    except RequestError:
        return None  # a value does not suit its field, but the server may accept it
    return group


def _read(node: Node, definition: LayerDefinition) -> Condition | Group | None:
    if isinstance(node, exp.Paren):
        return _on_day(node.this, definition) or _read(node.this, definition)
    if not isinstance(node, (exp.And, exp.Or)):
        return _condition(node, definition)
    parts = list(node.flatten(unnest=False))  # sqlglot reads A AND B AND C as a pair within a pair
    children = tuple(child for part in parts if (child := _read(part, definition)) is not None)
    return Group("all" if isinstance(node, exp.And) else "any", children) if len(children) == len(parts) else None


def _condition(node: Node, definition: LayerDefinition) -> Condition | None:
    if isinstance(node, exp.Not):
        found = None if isinstance(node.this, exp.Paren) else _condition(node.this, definition)
        negated = _NEGATED.get(found.operator) if found else None
        return Condition(found.field, negated, found.values) if found and negated else None
    if isinstance(node, (exp.Like, exp.Escape)):
        return _like(node, definition)
    if type(node) in _COMPARISONS:
        return _comparison(node, definition)
    return _question(node, definition)


def _question(node: Node, definition: LayerDefinition) -> Condition | None:
    """Read a condition with ``IS NULL``, ``IN`` or ``BETWEEN``; None if the condition is not about a field."""
    field = column_field(node.this, definition)
    if field is None:
        return None
    if isinstance(node, exp.In):
        return _with_values(field, Operator.IN, node.expressions)
    if isinstance(node, exp.Between):
        return _with_values(field, Operator.BETWEEN, [node.args["low"], node.args["high"]])
    is_null = isinstance(node, exp.Is) and isinstance(node.expression, exp.Null)
    return Condition(field.name, Operator.IS_NULL) if is_null else None


def _comparison(node: Node, definition: LayerDefinition) -> Condition | None:
    as_written, exchanged = _COMPARISONS[type(node)]
    for one, other, operator in ((node.this, node.expression, as_written), (node.expression, node.this, exchanged)):
        field = column_field(one, definition)
        if field is None:
            continue
        if operator is Operator.AT_LEAST and (last := _in_last(field, other)):
            return last
        return _with_values(field, operator, [other])
    return None


def _with_values(field: Field, operator: Operator, nodes: list[Node]) -> Condition | None:
    values = tuple(value for node in nodes if (value := _value(node, field)) is not None)
    return Condition(field.name, operator, values) if values and len(values) == len(nodes) else None


def _value(node: Node, field: Field) -> Value | None:
    value = plain_value(node)
    if isinstance(value, float):
        written = node.this.this if isinstance(node, exp.Neg) else node.this
        return value if abs(Decimal(written)) == abs(Decimal(repr(value))) else None
    literal = moment_of(node)
    if value is not None or literal is None:
        return value
    try:
        moment = _MOMENTS[literal.kind](literal.text.replace(" +", "+").replace(" -", "-"))
    except ValueError:
        return None
    is_shifted = isinstance(moment, (datetime, time)) and moment.tzinfo is not None
    return None if is_shifted and field.type is not FieldType.TIMESTAMP_OFFSET else moment


def _on_day(node: Node, definition: LayerDefinition) -> Condition | None:
    """Read ``opened >= DATE 'a' AND opened < DATE 'b'`` in parentheses as "on the day a", if b is the next day."""
    if not isinstance(node, exp.And) or not isinstance(node.this, exp.GTE) or not isinstance(node.expression, exp.LT):
        return None
    low, high = _condition(node.this, definition), _condition(node.expression, definition)
    if low is None or high is None or low.field != high.field or Operator.IN_LAST in {low.operator, high.operator}:
        return None
    field, first, after = definition.field(low.field), low.values[0], high.values[0]
    if field is None or field.type is not FieldType.DATE or type(first) is not date or type(after) is not date:
        return None
    return Condition(field.name, Operator.ON_DAY, (first,)) if after - first == timedelta(days=1) else None


def _in_last(field: Field, node: Node) -> Condition | None:
    """Read ``CURRENT_TIMESTAMP - INTERVAL '30' DAY`` as "in the last 30 days"."""
    if not isinstance(node, exp.Sub) or not isinstance(node.this, exp.CurrentTimestamp):
        return None
    interval = node.expression
    count = plain_value(interval.this) if isinstance(interval, exp.Interval) else None
    unit = f"{interval.text('unit').lower()}s"
    if not isinstance(count, str) or not count.isdecimal() or int(count) < 1 or unit not in UNITS:
        return None
    return Condition(field.name, Operator.IN_LAST, (int(count), unit))


def _like(node: Node, definition: LayerDefinition) -> Condition | None:
    escape = None
    if isinstance(node, exp.Escape):
        node, escape = node.this, plain_value(node.expression)
    field, pattern = column_field(node.this, definition), plain_value(node.expression)
    if field is None or not isinstance(node, exp.Like) or not isinstance(pattern, str):
        return None
    is_negated = bool(node.args.get("negate"))
    for operator in () if is_negated else (Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH):
        text = _sought(operator, pattern, escape)
        if text:
            return Condition(field.name, operator, (text,))
    if escape is not None:
        return None
    return Condition(field.name, Operator.NOT_LIKE if is_negated else Operator.LIKE, (pattern,))


def _sought(operator: Operator, pattern: str, escape: Value | None) -> str | None:
    """The search text in a LIKE pattern; None if the pattern is not one that `operator` writes."""
    before, after = ANYWHERE[operator]
    inside = pattern[len(before) : len(pattern) - len(after)]
    if len(pattern) < len(before + after) or not pattern.startswith(before) or not pattern.endswith(after):
        return None
    if escape is None:
        return None if set(inside) & set("%_") else inside
    text = re.sub(f"{ESCAPE}(.)", r"\1", inside, flags=re.DOTALL)
    return text if escape == ESCAPE and escaped(text) == inside else None

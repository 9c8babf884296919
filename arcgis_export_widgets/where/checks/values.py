"""Whether the values in a where clause fit the fields they are compared with."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType
from arcgis_export_widgets.where.checks.dates import FORMS, as_literal, literal_fault, looks_like_date, looks_like_time
from arcgis_export_widgets.where.checks.problem import WhereProblem
from arcgis_export_widgets.where.sql import Node, span

_ORDERED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
_EXACT = (exp.EQ, exp.NEQ, exp.In)


def value_problems(tree: Node, definition: LayerDefinition) -> Iterator[WhereProblem]:
    """Values that a field of that type or domain cannot have, and literals that mean no moment."""
    for literal in tree.find_all(exp.Cast):
        yield from _literal(literal)
    for node in tree.find_all(*_ORDERED, exp.In, exp.Between, exp.Like):
        for one, other in _compared(node):
            field = column_field(one, definition)
            if field is None:
                continue
            if isinstance(node, exp.Like):
                yield from _like(field, node)
            elif isinstance(other, exp.Null) and isinstance(node, _ORDERED):
                yield _null(one, node)
            else:
                yield from _against(field, other, exact=isinstance(node, _EXACT))


def plain_value(node: Node | None) -> str | int | float | None:
    """A text or number written in the clause; None for anything else."""
    if isinstance(node, exp.Neg):
        value = plain_value(node.this)
        return -value if isinstance(value, (int, float)) else None
    if isinstance(node, exp.National) or (isinstance(node, exp.Literal) and node.is_string):
        return str(node.this)
    return _number(node.this) if isinstance(node, exp.Literal) else None


def _number(written: str) -> int | float | None:
    for read in (int, float):
        try:
            return read(written)
        except ValueError:
            continue
    return None


def column_field(node: Node | None, definition: LayerDefinition) -> Field | None:
    """The field a part of the clause names; None if it is no name, or of none of the fields."""
    if not isinstance(node, exp.Column):
        return None
    return definition.field(".".join(part.name for part in node.parts)) or definition.field(node.name)


def _compared(node: Node) -> Iterator[tuple[Node, Node]]:
    """Each operand with each it is compared with, both ways round."""
    if isinstance(node, exp.In):
        others = node.expressions
    elif isinstance(node, exp.Between):
        others = [node.args["low"], node.args["high"]]
    else:
        others = [node.expression]
    for other in others:
        yield node.this, other
        if not isinstance(node, exp.Like):
            yield other, node.this


def _literal(cast: exp.Cast) -> Iterator[WhereProblem]:
    kind = cast.to.sql().upper()
    if kind not in FORMS or not isinstance(cast.this, exp.Literal) or not cast.this.is_string:
        return
    fault = literal_fault(kind, cast.this.name)
    if fault:
        cause, remedy, is_error = fault
        yield WhereProblem(cause, *span(cast), remedy, is_error=is_error)


def _like(field: Field, node: exp.Like) -> Iterator[WhereProblem]:
    if field.type.is_number or field.type.is_temporal:
        if field.type.is_number:
            cause = say("LIKE compares text, but {field} holds numbers", field=field.name)
        else:
            cause = say("LIKE compares text, but {field} holds dates", field=field.name)
        remedy = say("write {sql} if the server refuses it", sql=f"CAST({field.name} AS VARCHAR(20)) LIKE ...")
        yield WhereProblem(cause, *span(node), remedy, is_error=False)


def _null(column: Node, node: Node) -> WhereProblem:
    sql = f"{column.name} IS {'NOT ' if isinstance(node, exp.NEQ) else ''}NULL"
    return WhereProblem(say("Nothing equals NULL"), *span(column), say("write {sql}", sql=sql))


def _against(field: Field, other: Node, *, exact: bool) -> Iterator[WhereProblem]:
    if field.type.is_temporal:
        yield from _against_date(field, other)
        return
    value = plain_value(other)
    if field.type.is_number:
        yield from _against_number(field, other, value)
    elif field.type is FieldType.STRING and isinstance(value, (int, float)):
        cause = say("{field} holds text, but {value} is a number", field=field.name, value=_written(value))
        remedy = say("write {sql}", sql=f"'{_written(value)}'")
        yield WhereProblem(cause, *span(other), remedy, is_error=False)
    if exact and isinstance(field.domain, CodedValues) and value is not None:
        yield from _against_domain(field, field.domain, other, value)


def _against_number(field: Field, other: Node, value: str | float | None) -> Iterator[WhereProblem]:
    if isinstance(other, exp.Cast) and other.to.sql().upper() in FORMS and isinstance(other.this, exp.Literal):
        cause = say("{field} holds numbers, not dates", field=field.name)
        yield WhereProblem(cause, *span(other), say("compare it with a number"))
    if not isinstance(value, str):
        return
    if isinstance(field.domain, CodedValues) and (code := _code(field.domain, value)) is not None:
        cause = say("'{label}' is a label of {field}, not its code", label=value, field=field.name)
        yield WhereProblem(cause, *span(other), say("write {sql}", sql=_quoted(code)))
        return
    try:
        float(value)
    except ValueError:
        cause = say("{field} holds numbers, but '{value}' is text", field=field.name, value=value)
        yield WhereProblem(cause, *span(other), say("write a number"))
    else:
        cause = say("{field} holds numbers, which need no quotes", field=field.name)
        yield WhereProblem(cause, *span(other), say("write {sql}", sql=value.strip()), is_error=False)


def _against_date(field: Field, other: Node) -> Iterator[WhereProblem]:
    value = plain_value(other)
    form = FORMS["TIME" if field.type is FieldType.TIME_ONLY else "DATE"]
    if isinstance(value, str):
        if looks_like_date(value) or looks_like_time(value):
            cause = say(
                "A plain text compared with the date {field} is not understood by every server", field=field.name
            )
            yield WhereProblem(cause, *span(other), say("write {sql}", sql=as_literal(value)), is_error=False)
        else:
            cause = say("{field} holds dates, but '{value}' is none", field=field.name, value=value)
            yield WhereProblem(cause, *span(other), say("write {sql}", sql=form))
    elif value is not None:
        cause = say(
            "{field} holds dates, and not every server compares them with the number {value}",
            field=field.name,
            value=_written(value),
        )
        yield WhereProblem(cause, *span(other), say("write {sql}", sql=form), is_error=False)
    elif isinstance(other, (exp.Sub, exp.Div)) and all(
        isinstance(n, (exp.Sub, exp.Div, exp.Literal)) for n in other.walk()
    ):
        written = "".join(other.sql().split())
        cause = say("Without quotes {sql} is arithmetic, not a date", sql=written)
        yield WhereProblem(cause, *span(other), say("write {sql}", sql=as_literal(written)))


def _against_domain(field: Field, domain: CodedValues, other: Node, value: str | float) -> Iterator[WhereProblem]:
    if any(_same(code, value) for code in domain.labels):
        return
    if field.type.is_number and isinstance(value, str):
        return  # said already
    code = _code(domain, str(value))
    if code is not None:
        cause = say("'{label}' is a label of {field}, not its code", label=value, field=field.name)
        remedy = say("write {sql}", sql=_quoted(code))
    else:
        cause = say("{code} is no code of {field}", code=_quoted(value), field=field.name)
        remedy = say("the codes are {codes}", codes=_codes(domain))
    yield WhereProblem(cause, *span(other), remedy, is_error=False)


def _same(code: str | float, value: str | float) -> bool:
    if isinstance(code, str) and isinstance(value, str):
        return code.casefold() == value.casefold()  # many services compare text without regard to case
    return str(code) == str(value) or code == value


def _code(domain: CodedValues, label: str) -> str | int | float | None:
    wanted = label.strip().casefold()
    return next((code for code, text in domain.labels.items() if text.strip().casefold() == wanted), None)


def _codes(domain: CodedValues) -> str:
    shown = [f"{_quoted(code)} ({label})" for code, label in list(domain.labels.items())[:5]]
    return ", ".join(shown) + (" ..." if len(domain.labels) > len(shown) else "")


def _quoted(value: str | float) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else _written(value)


def _written(value: str | float) -> str:
    return str(value)

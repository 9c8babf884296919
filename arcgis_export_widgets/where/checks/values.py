"""Rules about values that do not suit the type or domain of the field they are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from arcgis_export_widgets.language import listed, mark
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType
from arcgis_export_widgets.where.checks.expressions import FORMS, as_literal, looks_like_moment, moment_of
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table
from arcgis_export_widgets.where.clause import Node, span
from arcgis_export_widgets.where.sql import name_sql, text_sql

_SHOWN = 5
"""Maximum number of codes listed in a message."""
_ARITHMETIC = (exp.Sub, exp.Div)
_JUDGED_BY_TYPE = {"number text", "date text", "date number"}


@dataclass(frozen=True)
class Comparison:
    """A field and one of the values it is compared with."""

    field: Field
    column: Node
    other: Node
    """Syntax node of the value."""
    value: str | int | float | None
    """The value if it is a string or number literal; else None."""
    node: Node
    """Syntax node of the complete comparison."""

    @property
    def kind(self) -> str:
        """Kind of the field, then kind of the value, such as ``number text``."""
        of_type = self.field.type
        field = "text" if of_type is FieldType.STRING else "date" if of_type.is_temporal else "other"
        return f"{'number' if of_type.is_number else field} {self._kind_of_value}"

    @property
    def _kind_of_value(self) -> str:
        if isinstance(self.node, exp.Like):
            return "LIKE"
        if self.value is not None:
            return "text" if isinstance(self.value, str) else "number"
        if isinstance(self.other, exp.Null):
            return "other" if isinstance(self.node, (exp.In, exp.Between)) else "NULL"
        if isinstance(self.other, _ARITHMETIC):
            return "arithmetic"
        return "moment" if moment_of(self.other) else "other"

    @property
    def domain(self) -> CodedValues | None:
        """The field's coded-value domain; None if the field has none."""
        return self.field.domain if isinstance(self.field.domain, CodedValues) else None

    def found(self, node: Node | None = None, **words: object) -> Found:
        """A fault at the value, or at `node` if given."""
        return Found(span(node or self.other), {"field": self.field.name, "value": self.value, **words})


def comparisons(node: Node, definition: LayerDefinition) -> Iterator[Comparison]:
    """Yield a `Comparison` for each field in the node and each value compared with that field, on either side."""
    others = node.expressions if isinstance(node, exp.In) else [node.expression]
    if isinstance(node, exp.Between):
        others = [node.args["low"], node.args["high"]]
    field = column_field(node.this, definition)
    for other in others:
        if field:
            yield Comparison(field, node.this, other, plain_value(other), node)
        if isinstance(other, exp.Column) and not isinstance(node, exp.Like):
            other_field = column_field(other, definition)
            if other_field:
                yield Comparison(other_field, other, node.this, plain_value(node.this), node)


def plain_value(node: Node | None) -> str | int | float | None:
    """The value of a string or number literal; None for any other node."""
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
    """The field that a node names; None if the node is not a name or the layer has no such field."""
    if not isinstance(node, exp.Column):
        return None
    return definition.field(".".join(part.name for part in node.parts)) or definition.field(node.name)


def _literal(value: str | float) -> str:
    return text_sql(value) if isinstance(value, str) else str(value)


def _like(part: Comparison) -> Found:
    return part.found(part.node, sql=f"CAST({name_sql(part.field.name)} AS VARCHAR(20)) LIKE ...")


def _equals_null(part: Comparison) -> Found:
    sql = f"{part.column.name} IS {'NOT ' if isinstance(part.node, exp.NEQ) else ''}NULL"
    return part.found(part.column, sql=sql)


def _plain_moment(part: Comparison) -> Found | None:
    return part.found(sql=as_literal(str(part.value))) if looks_like_moment(str(part.value)) else None


def _no_moment(part: Comparison) -> Found:
    return part.found(sql=FORMS["TIME" if part.field.type is FieldType.TIME_ONLY else "DATE"])


def _arithmetic(part: Comparison) -> Found | None:
    """Find a date without quotes, such as ``2020-01-05``, which SQL reads as a subtraction."""
    written = "".join(part.other.sql().split())
    is_date = all(isinstance(node, (*_ARITHMETIC, exp.Literal)) for node in part.other.walk())
    return part.found(written=written, sql=as_literal(written)) if is_date else None


def _label(part: Comparison) -> Found | None:
    code = next(iter(part.domain.codes_labelled(str(part.value))), None) if part.domain else None
    return None if code is None else part.found(sql=_literal(code))


def _text_for_number(part: Comparison) -> Found | None:
    try:
        float(str(part.value))
    except ValueError:
        return part.found()
    return None


TYPES = Table(
    Rule("LIKE with a number field", ("number LIKE",), _like, mark("LIKE compares text, but {field} holds numbers"),
         mark("write {sql} if the server refuses it"), is_error=False),
    Rule("LIKE with a date field", ("date LIKE",), _like, mark("LIKE compares text, but {field} holds dates"),
         mark("write {sql} if the server refuses it"), is_error=False),
    Rule("= NULL", ("number NULL", "date NULL", "text NULL", "other NULL"), _equals_null,
         mark("Nothing equals NULL"), mark("write {sql}")),
    Rule("a text for a date", ("date text",), _plain_moment,
         mark("Not every server accepts a plain text for the date {field}"), mark("write {sql}"), is_error=False),
    Rule("a text that is not a date", ("date text",), _no_moment,
         mark("{field} holds dates, and '{value}' is not a date"), mark("write {sql}")),
    Rule("a number for a date", ("date number",), _no_moment,
         mark("{field} holds dates, and not every server compares them with the number {value}"),
         mark("write {sql}"), is_error=False),
    Rule("a date without quotes", ("date arithmetic",), _arithmetic,
         mark("Without quotes {written} is arithmetic, not a date"), mark("write {sql}")),
    Rule("a date for a number", ("number moment",), Comparison.found,
         mark("{field} holds numbers, not dates"), mark("compare it with a number")),
    Rule("a label for a number", ("number text",), _label,
         mark("'{value}' is a label of {field}, not its code"), mark("write {sql}")),
    Rule("a text for a number", ("number text",), _text_for_number,
         mark("{field} holds numbers, but '{value}' is text"), mark("write a number")),
    Rule("a number in quotes", ("number text",), lambda part: part.found(sql=str(part.value).strip()),
         mark("{field} holds numbers, which need no quotes"), mark("write {sql}"), is_error=False),
    Rule("a number for a text", ("text number",), lambda part: part.found(sql=f"'{part.value}'"),
         mark("{field} holds text, but {value} is a number"), mark("write {sql}"), is_error=False),
)  # fmt: skip


def outside_domain(node: Node, definition: LayerDefinition) -> Iterator[Comparison]:
    """Yield the comparisons in the node whose value is not a code of the field's domain."""
    for part in comparisons(node, definition):
        if part.domain is None or part.value is None or part.kind in _JUDGED_BY_TYPE:
            continue
        if not any(_is_same(code, part.value) for code in part.domain.labels):
            yield part


def _is_same(code: str | float, value: str | float | None) -> bool:
    if isinstance(code, str) and isinstance(value, str):
        return code.casefold() == value.casefold()  # many services compare text without regard to case
    return str(code) == str(value) or code == value


def _unknown_code(part: Comparison) -> Found:
    codes = [f"{_literal(code)} ({label})" for code, label in part.domain.labels.items()] if part.domain else []
    return part.found(code=_literal(part.value or ""), codes=lambda: listed(codes, most=_SHOWN))


DOMAINS = Table(
    Rule("a label for a code", (), _label,
         mark("'{value}' is a label of {field}, not its code"), mark("write {sql}"), is_error=False),
    Rule("a code the domain does not have", (), _unknown_code,
         mark("{code} is not a code of {field}"), mark("the codes are {codes}"), is_error=False),
)  # fmt: skip

"""Check the standardized SQL of a where clause node by node, and rewrite it for DuckDB.

None of the caller's SQL reaches DuckDB: sqlglot parses it, each type of node must be in a table of this module or of
`functions`, each column must be a field of the layer, and literals are written anew. Operators are from
https://doc.arcgis.com/en/arcgis-online/reference/sql-agol.htm and from the grammar of Esri's own parser in the
Maps SDK for JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from sqlglot import exp

from arcgis_export_widgets.localportal.layers.fields import DATE, DATE_ONLY, quote_name
from arcgis_export_widgets.localportal.layers.layer import BOUNDS, Layer
from arcgis_export_widgets.localportal.where.functions import arguments, quote_text, write_function
from arcgis_export_widgets.localportal.where.parse import NUMBER, Node, TooLongError, WhereError, days, parse

_BINARY: dict[type[Any], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.DPipe: "||", exp.Like: "LIKE",
}  # fmt: skip
_SUMS: dict[type[Any], str] = {exp.Add: "+", exp.Sub: "-"}
_AGGREGATES: dict[type[Any], str] = {
    exp.Min: "min", exp.Max: "max", exp.Avg: "avg", exp.Sum: "sum", exp.Stddev: "stddev_samp",
    exp.Count: "count", exp.Variance: "var_samp",
}  # fmt: skip
_NOT_TEXT = {
    exp.And, exp.Or, exp.Not, exp.In, exp.Is, exp.Between, exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like,
}  # fmt: skip
_NEW_TEXT = {exp.Cast, exp.Concat, exp.DPipe, exp.Lower, exp.Substring, exp.Trim, exp.Upper}
MOST_NEW_TEXT = 250_000
"""Most characters of all texts that a clause makes from one row: DuckDB makes them for thousands of rows at once, and
does not count them to its memory."""
_NUMBER_LENGTH = 32


def to_duckdb(clause: str, layer: Layer, *, username: str = "", aggregates: bool = False) -> str:
    """Return a clause in standardized SQL as a DuckDB expression over the layer's columns, or raise `WhereError`.

    `username` is the value of CURRENT_USER; if `aggregates`, MIN, MAX, AVG, SUM, STDDEV, COUNT and VAR are allowed.
    """
    try:
        return _Writer(layer, username, aggregates).expression(parse(clause))
    except RecursionError as error:
        raise WhereError("nested too deep") from error


class _Writer:
    def __init__(self, layer: Layer, username: str, aggregates: bool) -> None:
        self._layer = layer
        self.username = username
        self._aggregates = aggregates
        self._now = datetime.now(timezone.utc).replace(tzinfo=None)
        self._length = 0  # at most, of the texts that have been written and that the next node can contain
        self._new_text = 0

    def expression(self, node: Node) -> str:
        before, self._length = self._length, 0
        written = _WRITERS[type(node)](self, node) if type(node) in _WRITERS else self.write_call(node)
        if type(node) in _NEW_TEXT:
            self._new_text += self._length
        if self._new_text > MOST_NEW_TEXT:
            raise TooLongError(f"The clause makes more than {MOST_NEW_TEXT:,} characters of text from each row.")
        self._length = before if type(node) in _NOT_TEXT else before + self._length
        # NOT LIKE, NOT IN etc. are a Not node or a "negate" flag, depending on sqlglot's version
        return f"(NOT {written})" if node.args.get("negate") else written

    def write_call(self, node: Node) -> str:
        written = self.write_aggregate(node) if self._aggregates else None
        written = written or write_function(self.expression, node)
        if written is None:
            raise WhereError(f"{type(node).__name__} is not supported")
        return written

    def write_aggregate(self, node: Node) -> str | None:
        if isinstance(node, exp.Count) and isinstance(node.this, exp.Star):
            return "count(*)"
        if isinstance(node, exp.Anonymous) and node.name.upper() == "VAR":  # sqlglot does not know VAR
            (argument,) = arguments(self.expression, node, "expressions", ignored=("this",))
            return f"var_samp({argument})"
        if type(node) not in _AGGREGATES:
            return None
        (argument,) = arguments(self.expression, node, "this", ignored=("big_int",))
        return f"{_AGGREGATES[type(node)]}({argument})"

    def write_joined(self, node: Node) -> str:
        word = " AND " if isinstance(node, exp.And) else " OR "
        return "(" + word.join(self.expression(part) for part in node.flatten(unnest=False)) + ")"

    def write_binary(self, node: Node) -> str:
        left, right = arguments(self.expression, node, "this", "expression", ignored=("safe", "typed"))
        if isinstance(node, exp.Div | exp.Mod):
            right = f"nullif({right}, 0)"
        return f"({left} {_BINARY[type(node)]} {right})"

    def write_sum(self, node: Node) -> str:
        """Return a sum or difference as DuckDB's SQL; a number after a date is in days: ``CURRENT_TIMESTAMP - 7``."""
        left, right = arguments(self.expression, node, "this", "expression")
        number = days(node.expression)
        if number is not None and self._is_date(node.this):
            right = number
        return f"({left} {_SUMS[type(node)]} {right})"

    def _is_date(self, node: Node) -> bool:
        while isinstance(node, exp.Paren | exp.Add | exp.Sub):
            node = node.this
        if isinstance(node, exp.Cast):
            return str(getattr(node.args["to"].this, "value", "")).upper() in {"DATE", "TIMESTAMP", "DATETIME"}
        if isinstance(node, exp.Column):
            field = self._layer.field(node.name)
            return field is not None and field.esri_type in {DATE, DATE_ONLY}
        return isinstance(node, exp.CurrentDate | exp.CurrentTimestamp)

    def write_column(self, node: Node) -> str:
        if node.args.get("table") is not None or not isinstance(node.this, exp.Identifier):
            raise WhereError("only the layer's own fields can be named")
        field = self._layer.field(node.name)
        if field is None or not field.visible:
            raise WhereError(f"unknown field {node.name}", node.name)
        self._length = field.length or _NUMBER_LENGTH
        return quote_name(field.name)

    def write_is(self, node: Node) -> str:
        if not isinstance(node.expression, exp.Null):
            raise WhereError("only IS NULL is supported")
        column = node.this
        if isinstance(column, exp.Column) and column.name.lower() == "shape" and not self._layer.is_table:
            return f"({BOUNDS[0]} IS NULL)"
        return f"({self.expression(column)} IS NULL)"

    def write_in(self, node: Node) -> str:
        value, *choices = arguments(self.expression, node, "this", "expressions")
        if not choices:
            raise WhereError("IN needs values")
        return f"({value} IN ({', '.join(choices)}))"

    def write_between(self, node: Node) -> str:
        value, low, high = arguments(self.expression, node, "this", "low", "high")
        return f"({value} BETWEEN {low} AND {high})"

    def write_escape(self, node: Node) -> str:
        if not isinstance(node.this, exp.Like) or not isinstance(node.expression, exp.Literal):
            raise WhereError("ESCAPE is supported only after LIKE")
        value, pattern = arguments(self.expression, node.this, "this", "expression")
        written = f"({value} LIKE {pattern} ESCAPE {quote_text(node.expression.name)})"
        return f"(NOT {written})" if node.this.args.get("negate") else written

    def write_literal(self, node: Node) -> str:
        self._length = len(node.name)
        if node.is_string:
            return quote_text(node.name)
        if not NUMBER.fullmatch(node.name):
            raise WhereError("not a number")
        return str(node.name)

    def write_now_as(self, node: Node) -> str:
        if node.this is not None:
            raise WhereError("a precision for the current date or time is not supported")
        name = {exp.CurrentDate: "DATE", exp.CurrentTime: "TIME"}.get(type(node), "TIMESTAMP")
        return f"CAST(CAST('{self._now.isoformat(sep=' ')}' AS TIMESTAMP) AS {name})"


_WRITERS: dict[type[Any], Callable[[_Writer, Node], str]] = {
    **dict.fromkeys((exp.And, exp.Or), _Writer.write_joined),
    **dict.fromkeys(_BINARY, _Writer.write_binary),
    **dict.fromkeys(_SUMS, _Writer.write_sum),
    **dict.fromkeys((exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp), _Writer.write_now_as),
    exp.Between: _Writer.write_between,
    exp.Boolean: lambda _, node: "1" if node.this else "0",
    exp.Column: _Writer.write_column,
    exp.CurrentUser: lambda writer, _: quote_text(writer.username),
    exp.Escape: _Writer.write_escape,
    exp.In: _Writer.write_in,
    exp.Is: _Writer.write_is,
    exp.Literal: _Writer.write_literal,
    exp.National: lambda _, node: quote_text(str(node.this)),
    exp.Neg: lambda writer, node: f"(-{writer.expression(node.this)})",
    exp.Not: lambda writer, node: f"(NOT {writer.expression(node.this)})",
    exp.Null: lambda _writer, _node: "NULL",
    exp.Paren: lambda writer, node: f"({writer.expression(node.this)})",
}

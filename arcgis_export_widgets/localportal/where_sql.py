"""Standardized SQL of a where clause, checked node by node and written anew for DuckDB.

Nothing of the caller's text reaches DuckDB: sqlglot parses it, each node must be one that stands in the tables of this
module, each column must be a field of the layer, and literals are written by us. Functions and operators are those
that hosted layers take (https://doc.arcgis.com/en/arcgis-online/reference/sql-agol.htm and the grammar of Esri's own
parser in the Maps SDK for JavaScript).
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from arcgis_export_widgets.localportal.layers import BOUNDS, quote_name
from arcgis_export_widgets.localportal.where_parse import Node, WhereError, parse
from arcgis_export_widgets.localportal.where_time import NUMBER, interval_length, to_utc

if TYPE_CHECKING:
    from collections.abc import Callable

    from arcgis_export_widgets.localportal.layers import Layer


_BINARY: dict[type[Any], str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/", exp.Mod: "%", exp.DPipe: "||",
    exp.Like: "LIKE",
}  # fmt: skip

# node type -> the arguments it may have, in order, and the DuckDB text they go in; absent ones are left out
_FUNCTIONS: dict[type[Any], tuple[tuple[str, ...], str]] = {
    exp.Abs: (("this",), "abs({})"),
    exp.Acos: (("this",), "acos({})"),
    exp.Asin: (("this",), "asin({})"),
    exp.Atan: (("this",), "atan({})"),
    exp.Ceil: (("this",), "ceil({})"),
    exp.Coalesce: (("this", "expressions"), "coalesce({})"),
    exp.Concat: (("expressions",), "concat({})"),
    exp.Cos: (("this",), "cos({})"),
    exp.Cosh: (("this",), "cosh({})"),
    exp.Floor: (("this",), "floor({})"),
    exp.Length: (("this",), "length({})"),
    exp.Lower: (("this",), "lower({})"),
    exp.Nullif: (("this", "expression"), "nullif({})"),
    exp.Pow: (("this", "expression"), "power({})"),
    exp.Round: (("this", "decimals"), "round({})"),
    exp.Sign: (("this",), "sign({})"),
    exp.Sin: (("this",), "sin({})"),
    exp.Sinh: (("this",), "sinh({})"),
    exp.StrPosition: (("this", "substr"), "strpos({})"),
    exp.Substring: (("this", "start", "length"), "substring({})"),
    exp.Tan: (("this",), "tan({})"),
    exp.Tanh: (("this",), "tanh({})"),
    exp.Upper: (("this",), "upper({})"),
}
_AGGREGATES: dict[type[Any], str] = {
    exp.Min: "min", exp.Max: "max", exp.Avg: "avg", exp.Sum: "sum", exp.Stddev: "stddev_samp",
    exp.Count: "count", exp.Variance: "var_samp",
}  # fmt: skip
_CAST_TYPES = {
    "INT": "INTEGER", "INTEGER": "INTEGER", "SMALLINT": "SMALLINT", "BIGINT": "BIGINT", "FLOAT": "DOUBLE",
    "REAL": "FLOAT", "DOUBLE": "DOUBLE", "VARCHAR": "VARCHAR", "NVARCHAR": "VARCHAR", "CHAR": "VARCHAR",
    "DATE": "DATE", "TIMESTAMP": "TIMESTAMP", "DATETIME": "TIMESTAMP", "TIME": "TIME",
}  # fmt: skip
_EXTRACT_PARTS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "DOW", "DOY", "WEEK"}


def to_duckdb(clause: str, layer: Layer, *, username: str = "", aggregates: bool = False) -> str:
    """Return `clause` as a DuckDB expression over the layer's columns.

    Parameters
    ----------
    clause
        Standardized SQL.
    username
        What CURRENT_USER stands for.
    aggregates
        Whether MIN, MAX, AVG, SUM, STDDEV, COUNT and VAR are allowed, as in a having clause.

    Raises
    ------
    WhereError
        For anything else than one such expression.
    """
    return _Writer(layer, username, aggregates).write(parse(clause))


def quote_text(text: str) -> str:
    """Return `text` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


class _Writer:
    def __init__(self, layer: Layer, username: str, aggregates: bool) -> None:
        self._layer = layer
        self._username = username
        self._aggregates = aggregates
        self._now = datetime.now(timezone.utc).replace(tzinfo=None)

    def write(self, node: Node) -> str:
        """Return the whole tree's text."""
        try:
            return self._expression(node)
        except RecursionError as error:
            raise WhereError("nested too deep") from error

    def _expression(self, node: Node) -> str:
        # sqlglot writes NOT LIKE and its like as a node of their own or as a mark, depending on its version
        written = self._plain(node)
        return f"(NOT {written})" if node.args.get("negate") else written

    def _plain(self, node: Node) -> str:
        kind = type(node)
        if kind in {exp.And, exp.Or}:
            joined = f" {'AND' if kind is exp.And else 'OR'} "
            return "(" + joined.join(self._expression(part) for part in node.flatten(unnest=False)) + ")"
        if kind in _BINARY:
            left, right = self._arguments(node, "this", "expression", ignored=("safe", "typed"))
            return f"({left} {_BINARY[kind]} {right})"
        if kind in _FUNCTIONS:
            names, template = _FUNCTIONS[kind]
            ignored = ("safe", "coalesce", "typed")
            return template.format(", ".join(self._arguments(node, *names, ignored=ignored)))
        if kind is exp.Count and isinstance(node.this, exp.Star) and self._aggregates:
            return "count(*)"
        if kind in _AGGREGATES and self._aggregates:
            (argument,) = self._arguments(node, "this", ignored=("big_int",))
            return f"{_AGGREGATES[kind]}({argument})"
        writer = _OTHERS.get(kind)
        if writer is None:
            raise WhereError(f"{kind.__name__} is not supported")
        return writer(self, node)

    def _arguments(self, node: Node, *names: str, ignored: tuple[str, ...] = ()) -> list[str]:
        """Write the arguments called `names`; an argument of any other name that says something is refused."""
        for name, value in node.args.items():
            if name not in (*names, *ignored, "negate") and value not in (None, False, []):
                raise WhereError(f"{type(node).__name__} with {name} is not supported")
        written = []
        for name in names:
            value = node.args.get(name)
            for part in value if isinstance(value, list) else [value]:
                if hasattr(part, "args"):
                    written.append(self._expression(part))
                elif part is not None:
                    raise WhereError(f"{type(node).__name__} is not supported so")
        return written

    def _column(self, node: Node) -> str:
        if node.args.get("table") is not None or not isinstance(node.this, exp.Identifier):
            raise WhereError("only the layer's own fields can be named")
        field = self._layer.field(node.name)
        if field is None or not field.visible:
            raise WhereError(f"unknown field {node.name}", node.name)
        return quote_name(field.name)

    def _is(self, node: Node) -> str:
        if not isinstance(node.expression, exp.Null):
            raise WhereError("IS goes with NULL")
        column = node.this
        if isinstance(column, exp.Column) and column.name.lower() == "shape" and not self._layer.is_table:
            return f"({BOUNDS[0]} IS NULL)"
        return f"({self._expression(column)} IS NULL)"

    def _in(self, node: Node) -> str:
        value, *choices = self._arguments(node, "this", "expressions")
        if not choices:
            raise WhereError("IN needs values")
        return f"({value} IN ({', '.join(choices)}))"

    def _between(self, node: Node) -> str:
        value, low, high = self._arguments(node, "this", "low", "high")
        return f"({value} BETWEEN {low} AND {high})"

    def _escape(self, node: Node) -> str:
        if not isinstance(node.this, exp.Like) or not isinstance(node.expression, exp.Literal):
            raise WhereError("ESCAPE goes with LIKE")
        value, pattern = self._arguments(node.this, "this", "expression")
        written = f"({value} LIKE {pattern} ESCAPE {quote_text(node.expression.name)})"
        return f"(NOT {written})" if node.this.args.get("negate") else written

    def _literal(self, node: Node) -> str:
        if node.is_string:
            return quote_text(node.name)
        if not NUMBER.fullmatch(node.name):
            raise WhereError("not a number")
        return str(node.name)

    def _case(self, node: Node) -> str:
        subject = f" {self._expression(node.this)}" if node.this else ""
        branches = [
            f" WHEN {self._expression(branch.this)} THEN {self._expression(branch.args['true'])}"
            for branch in node.args["ifs"]
        ]
        default = node.args.get("default")
        otherwise = f" ELSE {self._expression(default)}" if default else ""
        return f"(CASE{subject}{''.join(branches)}{otherwise} END)"

    def _cast(self, node: Node) -> str:
        target = node.args["to"]
        if not isinstance(target, exp.DataType):
            raise WhereError("CAST to that type is not supported")
        name = _CAST_TYPES.get(str(getattr(target.this, "value", target.this)).upper())
        if name is None:
            raise WhereError("CAST to that type is not supported")
        if isinstance(node.this, exp.Literal) and name == "TIMESTAMP":
            return f"CAST({quote_text(to_utc(node.this.name))} AS TIMESTAMP)"
        written = f"CAST({self._expression(node.this)} AS {name})"
        lengths = [part.name for part in target.expressions if part.name.isdigit()]
        return f"left({written}, {lengths[0]})" if name == "VARCHAR" and lengths else written

    def _extract(self, node: Node) -> str:
        part = node.this.name.upper()
        if part not in _EXTRACT_PARTS:
            raise WhereError(f"EXTRACT({part}) is not supported")
        return f"extract({part} FROM {self._expression(node.expression)})"

    def _trim(self, node: Node) -> str:
        function = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.text("position") or "").upper(), "trim")
        value = self._expression(node.this)
        characters = node.args.get("expression")
        return f"{function}({value}{', ' + self._expression(characters) if characters else ''})"

    def _log(self, node: Node) -> str:
        first, *second = self._arguments(node, "this", "expression")
        return f"(ln({second[0]}) / ln({first}))" if second else f"ln({first})"

    def _truncate(self, node: Node) -> str:
        value, *places = self._arguments(node, "this", "decimals", ignored=("fractions_supported",))
        scale = f"power(10, {places[0]})" if places else "1"
        return f"(trunc({value} * {scale}) / {scale})"

    def _interval(self, node: Node) -> str:
        microseconds = round(interval_length(node) / timedelta(microseconds=1))
        return f"to_microseconds({microseconds})"

    def _now_as(self, node: Node) -> str:
        if node.this is not None:
            raise WhereError("no precision here")
        name = {exp.CurrentDate: "DATE", exp.CurrentTime: "TIME"}.get(type(node), "TIMESTAMP")
        return f"CAST(CAST('{self._now.isoformat(sep=' ')}' AS TIMESTAMP) AS {name})"


_OTHERS: dict[type[Any], Callable[[_Writer, Node], str]] = {
    exp.Between: _Writer._between,  # noqa: SLF001
    exp.Boolean: lambda _, node: "1" if node.this else "0",
    exp.Case: _Writer._case,  # noqa: SLF001
    exp.Cast: _Writer._cast,  # noqa: SLF001
    exp.Column: _Writer._column,  # noqa: SLF001
    exp.CurrentDate: _Writer._now_as,  # noqa: SLF001
    exp.CurrentTime: _Writer._now_as,  # noqa: SLF001
    exp.CurrentTimestamp: _Writer._now_as,  # noqa: SLF001
    exp.CurrentUser: lambda writer, _: quote_text(writer._username),  # noqa: SLF001
    exp.Escape: _Writer._escape,  # noqa: SLF001
    exp.Extract: _Writer._extract,  # noqa: SLF001
    exp.In: _Writer._in,  # noqa: SLF001
    exp.Interval: _Writer._interval,  # noqa: SLF001
    exp.Is: _Writer._is,  # noqa: SLF001
    exp.Literal: _Writer._literal,  # noqa: SLF001
    exp.Log: _Writer._log,  # noqa: SLF001
    exp.National: lambda _, node: quote_text(str(node.this)),
    exp.Neg: lambda writer, node: f"(-{writer._expression(node.this)})",  # noqa: SLF001
    exp.Not: lambda writer, node: f"(NOT {writer._expression(node.this)})",  # noqa: SLF001
    exp.Null: lambda _writer, _node: "NULL",
    exp.Paren: lambda writer, node: f"({writer._expression(node.this)})",  # noqa: SLF001
    exp.Trim: _Writer._trim,  # noqa: SLF001
    exp.Trunc: _Writer._truncate,  # noqa: SLF001
}

"""Rewrite the functions of standardized SQL for DuckDB.

Functions with a parameter `write` turn a syntax tree node into DuckDB's SQL, and call `write` to do the same with the
node's arguments. Undefined results (division by zero, logarithm of a negative number, arc cosine of 2) become null.
Other databases may raise an error, depending on the order of evaluation; DuckDB would return not-a-number, which it
sorts above all numbers.

Sources: https://doc.arcgis.com/en/arcgis-online/reference/sql-agol.htm and the function table of Esri's own parser in
the Maps SDK for JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlglot import exp

from arcgis_export_widgets.localportal.where.parse import Node, WhereError, interval_length, to_utc

Write = Callable[[Node], str]

# DuckDB's name of each function, then sqlglot's names of its arguments in order; absent arguments are omitted
_PLAIN: dict[type[Any], tuple[str, ...]] = {
    exp.Abs: ("abs", "this"), exp.Acos: ("acos", "this"), exp.Asin: ("asin", "this"), exp.Atan: ("atan", "this"),
    exp.Ceil: ("ceil", "this"), exp.Coalesce: ("coalesce", "this", "expressions"),
    exp.Concat: ("concat", "expressions"),
    exp.Cos: ("cos", "this"), exp.Cosh: ("cosh", "this"), exp.Floor: ("floor", "this"), exp.Length: ("length", "this"),
    exp.Lower: ("lower", "this"), exp.Nullif: ("nullif", "this", "expression"),
    exp.Pow: ("power", "this", "expression"), exp.Round: ("round", "this", "decimals"), exp.Sign: ("sign", "this"),
    exp.Sin: ("sin", "this"), exp.Sinh: ("sinh", "this"), exp.StrPosition: ("strpos", "this", "substr"),
    exp.Substring: ("substring", "this", "start", "length"), exp.Tan: ("tan", "this"), exp.Tanh: ("tanh", "this"),
    exp.Upper: ("upper", "this"),
}  # fmt: skip
# functions whose result is not finite for some arguments
_PARTIAL = {exp.Acos, exp.Asin, exp.Cosh, exp.Pow, exp.Sinh}
_IGNORED = ("safe", "coalesce", "typed")
_CAST_TYPES = {
    "INT": "INTEGER", "INTEGER": "INTEGER", "SMALLINT": "SMALLINT", "BIGINT": "BIGINT", "FLOAT": "DOUBLE",
    "REAL": "FLOAT", "DOUBLE": "DOUBLE", "VARCHAR": "VARCHAR", "NVARCHAR": "VARCHAR", "CHAR": "VARCHAR",
    "DATE": "DATE", "TIMESTAMP": "TIMESTAMP", "DATETIME": "TIMESTAMP", "TIME": "TIME",
}  # fmt: skip
_EXTRACT_PARTS = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "DOW", "DOY", "WEEK"}
_ZONE_PARTS = {"TIMEZONE_HOUR", "TIMEZONE_MINUTE"}


def quote_text(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def arguments(write: Write, node: Node, *names: str, ignored: tuple[str, ...] = ()) -> list[str]:
    """Return the node's arguments `names` as DuckDB's SQL; raise an error if others, except `ignored`, have values."""
    for name, value in node.args.items():
        if name not in (*names, *ignored, "negate") and value not in (None, False, []):
            raise WhereError(f"{type(node).__name__} with {name} is not supported")
    written = []
    for name in names:
        value = node.args.get(name)
        for part in value if isinstance(value, list) else [value]:
            if hasattr(part, "args"):
                written.append(write(part))
            elif part is not None:
                raise WhereError(f"{type(node).__name__} with {part!r} is not supported")
    return written


def write_function(write: Write, node: Node) -> str | None:
    """Return a function call as DuckDB's SQL; None for a function that hosted layers do not have."""
    kind = type(node)
    if kind in _PLAIN:
        name, *names = _PLAIN[kind]
        written = f"{name}({', '.join(arguments(write, node, *names, ignored=_IGNORED))})"
        return _finite(written) if kind in _PARTIAL else written
    special = _SPECIAL.get(kind)
    return None if special is None else special(write, node)


def _finite(number: str) -> str:
    """Return SQL that is null if `number` is not finite; `number` is in it once, so that nested calls stay short."""
    for value in ("nan", "inf", "-inf"):
        number = f"nullif({number}, CAST('{value}' AS DOUBLE))"
    return number


def _case(write: Write, node: Node) -> str:
    subject = f" {write(node.this)}" if node.this else ""
    branches = [f" WHEN {write(branch.this)} THEN {write(branch.args['true'])}" for branch in node.args["ifs"]]
    default = node.args.get("default")
    otherwise = f" ELSE {write(default)}" if default else ""
    return f"(CASE{subject}{''.join(branches)}{otherwise} END)"


def _cast(write: Write, node: Node) -> str:
    target = node.args["to"]
    if not isinstance(target, exp.DataType):
        raise WhereError("CAST to that type is not supported")
    name = _CAST_TYPES.get(str(getattr(target.this, "value", target.this)).upper())
    if name is None:
        raise WhereError("CAST to that type is not supported")
    if isinstance(node.this, exp.Literal) and (name == "TIMESTAMP" or (name == "DATE" and ":" in node.this.name)):
        return f"CAST({quote_text(to_utc(node.this.name))} AS TIMESTAMP)"
    written = f"CAST({write(node.this)} AS {name})"
    lengths = [part.name for part in target.expressions if part.name.isascii() and part.name.isdigit()]
    return f"left({written}, {lengths[0]})" if name == "VARCHAR" and lengths else written


def _extract(write: Write, node: Node) -> str:
    part = node.this.name.upper()
    if part in _ZONE_PARTS:  # all times are UTC
        return f"(0 * extract(HOUR FROM {write(node.expression)}))"
    if part not in _EXTRACT_PARTS:
        raise WhereError(f"EXTRACT({part}) is not supported")
    return f"extract({part} FROM {write(node.expression)})"


def _trim(write: Write, node: Node) -> str:
    function = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get((node.text("position") or "").upper(), "trim")
    value = write(node.this)
    characters = node.args.get("expression")
    return f"{function}({value}{', ' + write(characters) if characters else ''})"


def _log(write: Write, node: Node) -> str:
    logarithms = [f"ln(nullif(greatest({one}, 0), 0))" for one in arguments(write, node, "this", "expression")]
    return logarithms[0] if len(logarithms) == 1 else f"({logarithms[1]} / nullif({logarithms[0]}, 0))"


def _truncate(write: Write, node: Node) -> str:
    value, *places = arguments(write, node, "this", "decimals", ignored=("fractions_supported",))
    scale = f"power(10, {places[0]})" if places else "1"
    return f"(trunc({value} * {scale}) / {scale})"


def _interval(_write: Write, node: Node) -> str:
    return f"to_microseconds({round(interval_length(node) / timedelta(microseconds=1))})"


_SPECIAL: dict[type[Any], Callable[[Write, Node], str]] = {
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Extract: _extract,
    exp.Interval: _interval,
    exp.Log: _log,
    exp.Trim: _trim,
    exp.Trunc: _truncate,
}

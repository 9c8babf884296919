"""Parse a where clause with sqlglot, within limits, and read its timestamps and intervals."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import sqlglot
from sqlglot import Tokenizer as AnsiTokenizer
from sqlglot import TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

from arcgis_export_widgets.localportal.http.time_limit import time_limit

_REFUSED_TOKENS = {TokenType.SEMICOLON, TokenType.SELECT, TokenType.WITH, TokenType.DCOLON}
Node = Any  # sqlglot's base class of syntax tree nodes changes its name between versions
MOST_CHARACTERS = 250_000
MOST_TOKENS = 100_000
"""Most words, numbers and signs in a clause."""
MOST_CONDITIONS = 10_000
"""Most conditions in a clause that are joined by AND or OR; the values of an IN are one condition."""
MOST_SECONDS = 10.0
_MAX_NESTING = 100
NUMBER = re.compile(r"\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_UNIT_SECONDS = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_OFFSET_TIME = re.compile(r"^(.*\d)\s*([+-]\d{2}):?(\d{2})$", re.ASCII)
_MAX_DAYS = 10_000_000


class StandardizedSql(Dialect):
    """SQL dialect of hosted layers: SQL-92, with names in double quotes or backticks, and text in single quotes."""

    class Tokenizer(AnsiTokenizer):
        """Tokenizer of the dialect."""

        IDENTIFIERS = ['"', "`"]  # noqa: RUF012 - sqlglot's way


class WhereError(ValueError):
    """A where clause is not standardized SQL, or has an unknown field, whose name is `field` (otherwise None)."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLongError(WhereError):
    """A where clause is longer than this portal accepts, or makes longer texts; the message is for the caller."""


def parse(clause: str) -> Node:
    """Return the syntax tree of an expression; raise an error for comments, subqueries or deep nesting."""
    if len(clause) > MOST_CHARACTERS:
        raise TooLongError(f"The clause has {len(clause):,} characters; at most {MOST_CHARACTERS:,} are allowed.")
    if "\0" in clause:
        raise WhereError("a NUL character")
    try:
        with time_limit("Reading the clause", MOST_SECONDS):
            dialect = StandardizedSql()
            tokens = dialect.tokenize(clause)
            _check_nesting(tokens)
            (tree,) = dialect.parser().parse_into(exp.Condition, tokens, clause)
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
        if isinstance(error, WhereError):
            raise
        raise WhereError("not standardized SQL") from error
    if tree is None:
        raise WhereError("no expression")
    return tree


def _check_nesting(tokens: list[sqlglot.Token]) -> None:
    if len(tokens) > MOST_TOKENS:
        raise TooLongError(f"The clause has {len(tokens):,} words and signs; at most {MOST_TOKENS:,} are allowed.")
    conditions = sum(token.token_type in {TokenType.AND, TokenType.OR} for token in tokens)
    if conditions > MOST_CONDITIONS:
        raise TooLongError(f"The clause joins {conditions:,} conditions; at most {MOST_CONDITIONS:,} are allowed.")
    depth = prefixes = 0
    for token in tokens:
        if token.comments or token.token_type in _REFUSED_TOKENS:
            raise WhereError("comments, second statements and subqueries are not supported")
        if token.token_type in {TokenType.L_PAREN, TokenType.CASE}:
            depth += 1
        elif token.token_type in {TokenType.R_PAREN, TokenType.END}:
            depth -= 1
        prefixes = prefixes + 1 if token.token_type in {TokenType.NOT, TokenType.DASH} else 0
        if max(depth, prefixes) > _MAX_NESTING:
            raise WhereError("nested too deep")


def to_utc(text: str) -> str:
    """Return a timestamp in UTC if it has a UTC offset, such as ``+02:00``; return any other text unchanged."""
    match = _OFFSET_TIME.match(text.strip())
    if not match or ":" not in match[1]:
        return text
    try:
        moment = datetime.fromisoformat(match[1].strip())
    except ValueError as error:
        raise WhereError("unreadable timestamp") from error
    hours, minutes = int(match[2]), int(match[3])
    offset = timedelta(hours=hours, minutes=minutes if hours >= 0 and not match[2].startswith("-") else -minutes)
    return (moment - offset).isoformat(sep=" ")


def days(node: Node) -> str | None:
    """Return a number literal (7, -7 or 0.5) as a DuckDB interval of that many days; None for any other node."""
    sign = 1
    while isinstance(node, exp.Paren | exp.Neg):
        sign, node = -sign if isinstance(node, exp.Neg) else sign, node.this
    if not isinstance(node, exp.Literal) or node.is_string or not NUMBER.fullmatch(node.name):
        return None
    number = sign * float(node.name)
    if abs(number) > _MAX_DAYS:
        raise WhereError("too many days")
    return f"to_microseconds({round(number * 86_400_000_000)})"


def interval_length(node: Node) -> timedelta:
    """Return the duration of an interval such as ``INTERVAL '3 05:32:28' DAY TO SECOND``."""
    value, unit = node.this, node.args.get("unit")
    is_negative = isinstance(value, exp.Neg)
    value = value.this if is_negative else value
    if not isinstance(value, exp.Literal) or unit is None:
        raise WhereError("unreadable interval")
    first = (unit.this.name if isinstance(unit, exp.IntervalSpan) else unit.name).upper()
    last = unit.expression.name.upper() if isinstance(unit, exp.IntervalSpan) else first
    units = list(_UNIT_SECONDS)
    if first not in units or last not in units or units.index(first) > units.index(last):
        raise WhereError("only intervals of days, hours, minutes and seconds are supported")
    wanted = units[units.index(first) : units.index(last) + 1]
    text = value.name.strip()
    sign = -1 if text.startswith("-") != is_negative else 1
    parts = re.split(r"[ :]+", text.lstrip("+-"))
    if len(parts) != len(wanted) or not all(NUMBER.fullmatch(part) for part in parts):
        raise WhereError("the interval does not fit its units")
    seconds = sum(float(part) * _UNIT_SECONDS[name] for part, name in zip(parts, wanted, strict=True))
    try:
        return timedelta(seconds=sign * seconds)
    except OverflowError as error:
        raise WhereError("interval too long") from error

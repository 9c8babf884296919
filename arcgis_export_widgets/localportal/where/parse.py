"""A where clause's text to sqlglot's syntax tree, with limits on what is looked at at all."""

from __future__ import annotations

from typing import Any

import sqlglot
from sqlglot import Tokenizer as AnsiTokenizer
from sqlglot import TokenType, exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError

_REFUSED_TOKENS = {TokenType.SEMICOLON, TokenType.SELECT, TokenType.WITH, TokenType.DCOLON}
Node = Any  # sqlglot's base class of syntax tree nodes changes its name between versions
_MAX_LENGTH = 1_000_000
_MAX_NESTING = 100


class StandardizedSql(Dialect):
    """SQL-92 as hosted layers read it: names in double quotes or backticks, text in single quotes."""

    class Tokenizer(AnsiTokenizer):
        """Text to tokens."""

        IDENTIFIERS = ['"', "`"]  # noqa: RUF012 - sqlglot's way


class WhereError(ValueError):
    """A clause that is not standardized SQL over the layer's fields; `field` names the one that does not exist."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


def parse(clause: str) -> Node:
    """Return the syntax tree of one expression, refusing comments, second statements and absurd nesting."""
    if len(clause) > _MAX_LENGTH or "\0" in clause:
        raise WhereError("clause too long")
    try:
        tokens = StandardizedSql().tokenize(clause)
        _check_nesting(tokens)
        return sqlglot.parse_one(clause, dialect=StandardizedSql, into=exp.Condition)
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError, IndexError) as error:
        if isinstance(error, WhereError):
            raise
        raise WhereError("not standardized SQL") from error


def _check_nesting(tokens: list[sqlglot.Token]) -> None:
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

"""Parses a where clause with sqlglot, once for both the checks and the filter builder.

The dialect is the standardized SQL of hosted layers, https://doc.arcgis.com/en/arcgis-online/reference/sql-agol.htm,
and follows the grammar in Esri's Maps SDK for JavaScript. SQL words that where clauses do not use, such as ORDER, are
not keywords, so they can be names of fields.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar, NamedTuple, TypeAlias

from sqlglot import Token, TokenType, exp
from sqlglot import parser as sqlglot_parser
from sqlglot import tokens as sqlglot_tokens
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from arcgis_export_widgets.model.definition import LayerDefinition

Node: TypeAlias = "exp.Expr"
"""Any node of the syntax tree. The alias is a string, because older sqlglot releases do not have `exp.Expr`."""
Place: TypeAlias = "tuple[int | None, int | None]"
"""A part of the clause, as the offset of its first character and its length; both None for the complete clause."""

_log = logging.getLogger(__name__)

_TYPE_WORDS = {
    "DATE", "TIME", "TIMESTAMP", "INTERVAL", "FROM", "FOR", "AS", "INT", "INTEGER", "SMALLINT", "BIGINT", "FLOAT",
    "REAL", "DOUBLE", "DECIMAL", "NUMERIC", "VARCHAR", "NVARCHAR", "CHAR",
}  # fmt: skip
"""Words that are keywords only before a literal or inside a call; elsewhere they are names."""
_KEYWORDS = _TYPE_WORDS | {
    "||", "<>", "!=", "<=", ">=", "AND", "OR", "NOT", "IN", "IS", "LIKE", "ESCAPE", "BETWEEN", "NULL", "TRUE", "FALSE",
    "CASE", "WHEN", "THEN", "ELSE", "END", "CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER",
}  # fmt: skip
_QUOTED = {TokenType.STRING, TokenType.NATIONAL_STRING, TokenType.IDENTIFIER}
_CHECKED_VALUES = 20
_NUMBER = r"-?\d+(?:\.\d+)?"
_LONG_LISTS = re.compile(
    r"\bIN\s*\(\s*(?:"
    + "|".join(
        rf"(?:{value}\s*,\s*){{{_CHECKED_VALUES},}}{value}"
        for value in (_NUMBER, r"'\d+'", r"'(?!\d+')[^']*(?:''[^']*)*'")  # numbers, numbers in quotes, other strings
    )
    + r")\s*\)",
    re.IGNORECASE,
)
_PIECES = re.compile(
    r"""
    [\s\d,.]+
    | (?P<text>N?'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|`[^`]*`)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<lone_quote>['"`])
    | (?P<smart_quote>[\u2018-\u201f\u00b4])
    | (?P<semicolon>;)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<operator>[<>=!&|^%~]+(?:\s+[<>=]+)*)
    | (?P<bracket>[\[\]])
    | (?P<odd>[{}?:\\])
    | (?P<word>[^\W\d][\w.$\#@]*)
    """,
    re.VERBOSE | re.DOTALL,
)
_NEXT_VALUE = re.compile(rf",\s*(?:{_NUMBER}|'[^']*(?:''[^']*)*')")


class StandardizedSQL(Dialect):
    """The standardized SQL that hosted layers accept, as a sqlglot dialect."""

    IDENTIFIERS_CAN_START_WITH_DIGIT = True

    class Tokenizer(sqlglot_tokens.Tokenizer):
        """Accepts names in double quotes or backticks, and strings in single quotes."""

        IDENTIFIERS: ClassVar = ['"', "`"]
        VAR_SINGLE_TOKENS: ClassVar = {"#", "@", "$"}
        KEYWORDS: ClassVar = {k: v for k, v in sqlglot_tokens.Tokenizer.KEYWORDS.items() if k in _KEYWORDS}

    class Parser(sqlglot_parser.Parser):
        """Leaves function calls as written and accepts only the operators of standardized SQL."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {
            name: parse
            for name, parse in sqlglot_parser.Parser.FUNCTION_PARSERS.items()
            if name in {"CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM"}
        }
        NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": sqlglot_parser.Parser.NO_PAREN_FUNCTION_PARSERS["CASE"]}
        RANGE_PARSERS: ClassVar = {
            kind: parse
            for kind, parse in sqlglot_parser.Parser.RANGE_PARSERS.items()
            if kind in {TokenType.BETWEEN, TokenType.IN, TokenType.IS, TokenType.LIKE}
        }
        ADJACENT_STRINGS_CANNOT_BE_CONNECTED = True


_DIALECT = StandardizedSQL()


@dataclass(frozen=True)
class Piece:
    """A string, name, comment, operator or other piece of a clause, as matched by `_PIECES`."""

    kind: str
    """Name of the `_PIECES` group that matched, if any; ``unopened`` or ``unclosed`` for an unmatched parenthesis."""
    match: re.Match[str]

    @property
    def written(self) -> str:
        """The piece as written in the clause."""
        return self.match.group()

    @property
    def after(self) -> str:
        """The rest of the clause after this piece."""
        return self.match.string[self.match.end() :]


class Reading(NamedTuple):
    """Tokens and syntax tree of a clause, as sqlglot reads them."""

    tokens: tuple[Token, ...]
    tree: Node | None
    """None if the clause cannot be read completely."""
    stopped_at: int | None = None
    """Index of the token at which parsing failed; None if parsing succeeded or sqlglot gives no position."""


@dataclass(frozen=True, eq=False)
class Clause:
    """A where clause and the layer it filters. Create clauses with `Clause.of`, which avoids parsing a clause twice."""

    text: str
    """The clause as the user wrote it."""
    definition: LayerDefinition

    @staticmethod
    def of(text: str, definition: LayerDefinition) -> Clause:
        """Return the cached `Clause` if this text and definition were used recently, otherwise a new one."""
        return _clause(text, definition)

    @cached_property
    def abridged(self) -> str:
        """The clause with all but the first values of long lists replaced by spaces; positions are as in `text`.

        A list is shortened only if its values are all numbers, all numbers in quotes, or all other strings.
        """
        return _LONG_LISTS.sub(_shortened, self.text)

    def pieces(self) -> Iterator[Piece]:
        """Pieces of the abridged clause in order, without paired parentheses; at the end, the last unclosed one."""
        opened: list[re.Match[str]] = []
        for match in _PIECES.finditer(self.abridged):
            kind = match.lastgroup or ""
            if kind == "open":
                opened.append(match)
            elif kind == "close" and opened:
                opened.pop()
            else:
                yield Piece("unopened" if kind == "close" else kind, match)
        if opened:
            yield Piece("unclosed", opened[-1])

    @cached_property
    def reading(self) -> Reading:
        """Tokens and tree of the abridged clause, for the checks."""
        return read(self.abridged)

    @cached_property
    def tree(self) -> Node | None:
        """The tree of the unabridged clause; None if the clause cannot be read."""
        return self.reading.tree if self.abridged == self.text else read(self.text).tree


@lru_cache(maxsize=64)
def _clause(text: str, definition: LayerDefinition) -> Clause:
    return Clause(text, definition)


def read(text: str) -> Reading:
    """Parse a clause. Never raises: if parsing fails, `Reading.tree` is None."""
    try:
        tokens = tuple(_with_names(_DIALECT.tokenize(text)))
    except SqlglotError:
        return Reading((), None)
    parser = _DIALECT.parser(error_level=ErrorLevel.IMMEDIATE, error_message_context=len(text))
    try:
        trees = parser.parse_into(exp.Condition, list(tokens), text)
    except ParseError as error:
        return Reading(tokens, None, _stopped_at(tokens, error))
    except RecursionError:
        return Reading(tokens, None)
    except (AttributeError, IndexError, TypeError, ValueError):
        # sqlglot's own bugs on odd input are not the user's fault; the server decides
        _log.debug("sqlglot could not read a where clause of %d characters", len(text), exc_info=True)
        return Reading(tokens, None)
    return Reading(tokens, trees[0] if len(trees) == 1 else None)


def span(node: Node) -> Place:
    """Offset and length of a node in the clause; both None if sqlglot does not know its position."""
    places = [part.meta for part in node.walk() if "start" in part.meta]
    if not places:
        return None, None
    start = min(place["start"] for place in places)
    return start, max(place["end"] for place in places) - start + 1


def _shortened(found: re.Match[str]) -> str:
    written = found.group()
    end = 0
    for _ in range(_CHECKED_VALUES - 1):
        value = _NEXT_VALUE.search(written, end)
        end = value.end() if value else end
    return f"{written[:end]}{' ' * (len(written) - end - 1)})"


def _with_names(tokens: list[Token]) -> list[Token]:
    """Turn `_TYPE_WORDS` that are not used as keywords into names, as in ``DATE > ...`` and ``TIME IS NULL``."""
    for index, token in enumerate(tokens):
        if token.token_type in _QUOTED or token.text.upper() not in _TYPE_WORDS:
            continue
        before = tokens[index - 1].text.upper() if index else ""
        after = tokens[index + 1].token_type if index + 1 < len(tokens) else None
        is_interval = token.token_type is TokenType.INTERVAL and after in {TokenType.DASH, TokenType.PLUS}
        is_literal = after is TokenType.STRING or is_interval
        is_glue = token.text.upper() in {"FROM", "FOR", "AS"} and _inside_call(tokens, index)
        if not (is_literal or is_glue or before == "AS"):
            token.token_type = TokenType.VAR
    return tokens


def _inside_call(tokens: list[Token], index: int) -> bool:
    depth = 0
    for token in reversed(tokens[:index]):
        depth += (token.token_type is TokenType.R_PAREN) - (token.token_type is TokenType.L_PAREN)
        if depth < 0:
            return True
    return False


def _stopped_at(tokens: tuple[Token, ...], error: ParseError) -> int | None:
    offset = len(error.errors[0].get("start_context") or "") if error.errors else 0
    return next((index for index, token in enumerate(tokens) if token.start >= offset), None)

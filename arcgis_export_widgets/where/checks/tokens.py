"""Faults that show in a clause's tokens and that sqlglot may let pass: statements, subqueries, gaps in lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import Token, TokenType

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table

NAMES = (TokenType.VAR, TokenType.IDENTIFIER)
_TEXTS = (TokenType.STRING, TokenType.NATIONAL_STRING)
_NOW = (TokenType.CURRENT_DATE, TokenType.CURRENT_TIME, TokenType.CURRENT_TIMESTAMP, TokenType.CURRENT_USER)
VALUES = (*NAMES, *_TEXTS, *_NOW, TokenType.NUMBER, TokenType.NULL, TokenType.TRUE, TokenType.FALSE)
_STATEMENTS = {"SELECT", "UPDATE", "DELETE", "INSERT", "DROP", "CREATE", "ALTER", "MERGE", "EXEC", "WITH"}


@dataclass(frozen=True)
class Spot:
    """A token among its neighbours."""

    tokens: Sequence[Token]
    index: int
    """Of the token; the number of tokens for the end of the clause."""
    names: Mapping[str, str]
    """Field by lower-case name or alias."""

    def at(self, step: int) -> Token | None:
        """The token so many steps further on; None beyond the ends."""
        index = self.index + step
        return self.tokens[index] if 0 <= index < len(self.tokens) else None

    def kind_at(self, step: int) -> TokenType | None:
        """The kind of that token."""
        token = self.at(step)
        return token.token_type if token else None

    @property
    def kind(self) -> TokenType | None:
        """The token's kind; None for the end of the clause."""
        return self.kind_at(0)

    @property
    def word(self) -> str:
        """The token in upper case if it is an unquoted word and no field's name; else empty."""
        token = self.at(0)
        is_word = token is not None and token.token_type is TokenType.VAR
        return token.text.upper() if token and is_word and token.text.lower() not in self.names else ""

    def found(self, step: int = 0, **words: object) -> Found:
        """A fault at the token so many steps further on, which is the ``{word}`` of its texts."""
        token = self.at(step) or self.tokens[-1]
        return Found((token.start, token.end - token.start + 1), {"word": token, **words})

    def gap(self) -> Found:
        """A fault at the token, with it and the one before as ``{after}`` and ``{before}``."""
        return self.found(before=self.at(-1), after=self.at(0))


def at_kind(kinds: Sequence[TokenType | None], *, step: int, at: int = 0) -> Callable[[Spot], Found | None]:
    """Find a spot by the kind of the token `step` further on, and report the one `at` steps further on."""
    wanted = frozenset(kinds)
    return lambda spot: spot.found(at) if spot.kind_at(step) in wanted else None


def _where(spot: Spot) -> Found | None:
    return spot.found() if spot.index == 0 and spot.word == "WHERE" else None


def _leads_on(spot: Spot) -> bool:
    return spot.kind_at(1) in {*VALUES, TokenType.STAR, TokenType.FROM}


def _statement(spot: Spot) -> Found | None:
    return spot.found(word=spot.word) if spot.index == 0 and spot.word in _STATEMENTS and _leads_on(spot) else None


def _subquery(spot: Spot) -> Found | None:
    is_query = spot.word == "SELECT" and (_leads_on(spot) or spot.kind_at(-1) is TokenType.L_PAREN)
    return spot.found() if is_query else None


def _empty_list(spot: Spot) -> Found | None:
    return spot.found(-2) if spot.kind_at(-1) is TokenType.L_PAREN and spot.kind_at(-2) is TokenType.IN else None


def _empty_parentheses(spot: Spot) -> Found | None:
    is_call = spot.kind_at(-2) in {*NAMES, *_NOW}
    return spot.found(-1) if spot.kind_at(-1) is TokenType.L_PAREN and not is_call else None


STATEMENTS = Table(
    Rule("the word WHERE", (TokenType.VAR,), _where,
         mark("The word WHERE is not part of the clause"), mark("write only what comes after it")),
    Rule("a complete statement", (TokenType.VAR,), _statement,
         mark("This is a complete {word} statement"), mark("write only the condition that comes after WHERE")),
    Rule("a subquery", (TokenType.VAR,), _subquery,
         mark("Subqueries are not supported"), mark("write the values themselves, as in FIELD IN (1, 2)")),
)  # fmt: skip
GAPS = Table(
    Rule("nothing after a comma", (TokenType.COMMA, TokenType.R_PAREN), at_kind((TokenType.COMMA,), step=-1, at=-1),
         mark("A value is missing after this comma"), mark("add it, or remove the comma")),
    Rule("nothing before a comma", (TokenType.COMMA,), at_kind((TokenType.L_PAREN,), step=-1),
         mark("A value is missing before this comma"), mark("add it, or remove the comma")),
    Rule("an empty list", (TokenType.R_PAREN,), _empty_list,
         mark("The list after IN is empty"), mark("write its values, as in FIELD IN (1, 2)")),
    Rule("empty parentheses", (TokenType.R_PAREN,), _empty_parentheses,
         mark("These parentheses are empty"), mark("write the condition inside, or remove them")),
    Rule("two texts side by side", _TEXTS, lambda spot: spot.gap() if spot.kind_at(-1) in _TEXTS else None,
         mark("AND, OR or a comma is missing between {before} and {after}"), mark("add it")),
)  # fmt: skip

"""Rules that need only the characters or the tokens of a clause, not its syntax tree.

Rules for characters find faulty quotes, brackets and comments, for which a parser has no helpful message. Rules for
tokens find statements, subqueries and gaps in lists, which sqlglot may accept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import Token, TokenType

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table
from arcgis_export_widgets.where.clause import Piece

_WORD = re.compile(r"[^\W\d]\w*")
_OPERATORS = {"=", "<>", "!=", "<", ">", "<=", ">=", "||"}
_MAY_FOLLOW = {"AND", "OR", "ESCAPE", "THEN", "WHEN", "ELSE", "END", "FROM", "IN", "IS", "LIKE", "NOT", "BETWEEN"}
_INSTEAD = {
    "==": "=", "===": "=", "=>": ">=", "=<": "<=", ">>": ">", "<<": "<", "><": "<>", "=!": "<>", "!==": "<>",
    "<=>": "=", "&&": "AND", "&": "AND", "|": "OR", "!": "NOT", "^": "POWER(a, b)", "%": "MOD(a, b)",
    "=~": "LIKE", "~": "LIKE", "~=": "LIKE", "!~": "NOT LIKE",
}  # fmt: skip


def _found(piece: Piece, **words: str) -> Found:
    """A fault at a piece; the piece as written replaces ``{word}`` in the rule's texts."""
    return Found((piece.match.start(), len(piece.written)), {"word": piece.written, **words})


def _text_goes_on(piece: Piece) -> Found | None:
    """Find an unescaped quote inside a text, as in ``'O'Brien'``: a word follows the quote without a space."""
    after = _WORD.match(piece.match.string, piece.match.end())
    if not after or after.group().upper() in _MAY_FOLLOW:
        return None
    sql = f"{piece.written[:-1]}''{after.group()}'"
    return Found((piece.match.end() - 1, 1), {"word": after.group(), "sql": sql})


def _quote_in_word(piece: Piece) -> Found | None:
    before, after = re.search(r"\w+\Z", piece.match.string[: piece.match.start()]), re.match(r"\w+", piece.after)
    return _found(piece, sql=f"'{before.group()}''{after.group()}'") if before and after else None


def _open_text(piece: Piece) -> Found:
    word = re.match(r"\w+", piece.after)
    return _found(piece, sql=f"'{word.group() if word else 'text'}'")


def _second_statement(piece: Piece) -> Found | None:
    start = piece.match.start()
    return Found((start, len(piece.match.string) - start), {}) if piece.after.strip() else None


def _split_operator(piece: Piece) -> Found | None:
    joined = "".join(piece.written.split())
    return _found(piece, sql=joined) if joined != piece.written and joined in _OPERATORS else None


def _foreign_operator(piece: Piece) -> Found | None:
    instead = _INSTEAD.get("".join(piece.written.split()))
    return _found(piece, sql=instead) if instead else None


CHARACTERS = Table(
    Rule("a quote inside a text, not doubled", ("text",), _text_goes_on,
         mark("The text ends at the quote before {word}"), mark("write a quote inside a text twice, as in {sql}")),
    Rule("a name without its second quote", ("lone_quote",),
         lambda piece: _found(piece) if piece.written != "'" else None,
         mark("The quote {word} before this name is never closed"), mark("add {word} after the name")),
    Rule("a quote inside a word", ("lone_quote",), _quote_in_word,
         mark("This quote is inside a word"),
         mark("put the text in quotes and double the quote inside it, as in {sql}")),
    Rule("a text without its second quote", ("lone_quote",), _open_text,
         mark("The text that starts at this quote is never closed"), mark("add a quote, as in {sql}")),
    Rule("a typographic quote", ("smart_quote",), _found,
         mark("{word} is a typographic quote"), mark("put text in straight quotes, as in 'text'")),
    Rule("a second statement", ("semicolon",), _second_statement,
         mark("A second statement begins here"), mark("write only one condition")),
    Rule("a semicolon at the end", ("semicolon",), _found,
         mark("A where clause is a single condition"), mark("remove the ; at its end")),
    Rule("a comment", ("comment",), _found, mark("A where clause cannot have comments"), mark("remove it")),
    Rule("a name in brackets", ("bracket",), _found,
         mark("Field names are not written in brackets"), mark("write the name alone, or in double quotes")),
    Rule("a sign that means nothing", ("odd",), _found,
         mark("{word} has no meaning outside quotes"), mark("put text in single quotes, or remove it")),
    Rule("an operator with a space inside", ("operator",), _split_operator,
         mark("An operator is written without spaces"), mark("write {sql}")),
    Rule("an operator of another language", ("operator",), _foreign_operator,
         mark("There is no operator {word}"), mark("write {sql}")),
    Rule("an unknown operator", ("operator",),
         lambda piece: _found(piece) if piece.written not in _OPERATORS else None,
         mark("There is no operator {word}"), mark("the operators are =, <>, <, >, <= and >=")),
    Rule("a closing parenthesis alone", ("unopened",), _found,
         mark("This ) closes nothing"), mark("remove it, or add the ( it belongs to")),
    Rule("an opening parenthesis alone", ("unclosed",), _found,
         mark("This ( is never closed"), mark("add the missing )")),
)  # fmt: skip

NAMES = (TokenType.VAR, TokenType.IDENTIFIER)
_TEXTS = (TokenType.STRING, TokenType.NATIONAL_STRING)
_NOW = (TokenType.CURRENT_DATE, TokenType.CURRENT_TIME, TokenType.CURRENT_TIMESTAMP, TokenType.CURRENT_USER)
VALUES = (*NAMES, *_TEXTS, *_NOW, TokenType.NUMBER, TokenType.NULL, TokenType.TRUE, TokenType.FALSE)
_STATEMENTS = {"SELECT", "UPDATE", "DELETE", "INSERT", "DROP", "CREATE", "ALTER", "MERGE", "EXEC", "WITH"}


@dataclass(frozen=True)
class Spot:
    """A place in a clause: one of the clause's tokens, or the end."""

    tokens: Sequence[Token]
    index: int
    """Index of the token in `tokens`; ``len(tokens)`` for the end of the clause."""
    names: Mapping[str, str]
    """Field names, by name and by alias, both in lower case."""

    def at(self, step: int) -> Token | None:
        """The token `step` tokens after this place, or before it if negative; None beyond either end of the clause."""
        index = self.index + step
        return self.tokens[index] if 0 <= index < len(self.tokens) else None

    def kind_at(self, step: int) -> TokenType | None:
        """Kind of the token that `at` returns for this step; None beyond either end of the clause."""
        token = self.at(step)
        return token.token_type if token else None

    @property
    def kind(self) -> TokenType | None:
        """The token's kind; None for the end of the clause."""
        return self.kind_at(0)

    @property
    def word(self) -> str:
        """The token in upper case if it is an unquoted word, but not the name or alias of a field; else empty."""
        token = self.at(0)
        is_word = token is not None and token.token_type is TokenType.VAR
        return token.text.upper() if token and is_word and token.text.lower() not in self.names else ""

    def found(self, step: int = 0, **words: object) -> Found:
        """A fault at the token that `at` returns for this step; that token replaces ``{word}`` in the rule's texts."""
        token = self.at(step) or self.tokens[-1]
        return Found((token.start, token.end - token.start + 1), {"word": token, **words})

    def gap(self) -> Found:
        """A fault at this token. In the rule's texts, ``{before}`` is the previous token and ``{after}`` this one."""
        return self.found(before=self.at(-1), after=self.at(0))


def at_kind(kinds: Sequence[TokenType | None], *, step: int, at: int = 0) -> Callable[[Spot], Found | None]:
    """Make a check: if the token at `step` has one of the kinds, report the token at `at` (both as in `Spot.at`)."""
    wanted = frozenset(kinds)
    return lambda spot: spot.found(at) if spot.kind_at(step) in wanted else None


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
    Rule("the word WHERE", (TokenType.VAR,),
         lambda spot: spot.found() if spot.index == 0 and spot.word == "WHERE" else None,
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

"""Faults that show in a clause's characters: quotes, brackets, comments, second statements, odd operators.

They are looked for first, in the user's own text, since a parser says nothing helpful about them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table

PIECES = re.compile(
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
_WORD = re.compile(r"[^\W\d]\w*")

_OPERATORS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "||"})
_MAY_FOLLOW = frozenset(
    {"AND", "OR", "ESCAPE", "THEN", "WHEN", "ELSE", "END", "FROM", "IN", "IS", "LIKE", "NOT", "BETWEEN"}
)
_INSTEAD = {
    "==": "=", "===": "=", "=>": ">=", "=<": "<=", ">>": ">", "<<": "<", "><": "<>", "=!": "<>", "!==": "<>",
    "<=>": "=", "&&": "AND", "&": "AND", "|": "OR", "!": "NOT", "^": "POWER(a, b)", "%": "MOD(a, b)",
    "=~": "LIKE", "~": "LIKE", "~=": "LIKE", "!~": "NOT LIKE",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """Characters of a clause that belong together."""

    kind: str
    """A group of `PIECES`; ``unopened`` or ``unclosed`` for a parenthesis without its other half."""
    match: re.Match[str]

    @property
    def written(self) -> str:
        """The piece itself."""
        return self.match.group()

    @property
    def after(self) -> str:
        """What comes after it in the clause."""
        return self.match.string[self.match.end() :]

    def found(self, **words: str) -> Found:
        """A fault of the piece, which is the ``{word}`` of its texts."""
        return Found((self.match.start(), len(self.written)), {"word": self.written, **words})


def pieces(matches: Iterable[re.Match[str]]) -> Iterator[Piece]:
    """The pieces of a clause that rules look at, in order; at the end the last parenthesis that is never closed."""
    opened: list[re.Match[str]] = []
    for match in matches:
        kind = match.lastgroup or ""
        if kind == "open":
            opened.append(match)
        elif kind == "close" and opened:
            opened.pop()
        elif kind == "close":
            yield Piece("unopened", match)
        elif CHARACTERS.at(kind):
            yield Piece(kind, match)
    if opened:
        yield Piece("unclosed", opened[-1])


def _text_goes_on(piece: Piece) -> Found | None:
    """``'O'Brien'``: a quote inside a text ends it, and what follows sticks to it."""
    after = _WORD.match(piece.match.string, piece.match.end())
    if not after or after.group().upper() in _MAY_FOLLOW:
        return None
    sql = f"{piece.written[:-1]}''{after.group()}'"
    return Found((piece.match.end() - 1, 1), {"word": after.group(), "sql": sql})


def _open_name(piece: Piece) -> Found | None:
    return None if piece.written == "'" else piece.found()


def _quote_in_word(piece: Piece) -> Found | None:
    before, after = re.search(r"\w+\Z", piece.match.string[: piece.match.start()]), re.match(r"\w+", piece.after)
    return piece.found(sql=f"'{before.group()}''{after.group()}'") if before and after else None


def _open_text(piece: Piece) -> Found:
    word = re.match(r"\w*", piece.after)
    return piece.found(sql=f"'{(word.group() if word else '') or 'text'}'")


def _second_statement(piece: Piece) -> Found | None:
    start = piece.match.start()
    return Found((start, len(piece.match.string) - start), {}) if piece.after.strip() else None


def _split_operator(piece: Piece) -> Found | None:
    joined = "".join(piece.written.split())
    return piece.found(sql=joined) if joined != piece.written and joined in _OPERATORS else None


def _foreign_operator(piece: Piece) -> Found | None:
    instead = _INSTEAD.get("".join(piece.written.split()))
    return piece.found(sql=instead) if instead else None


def _unknown_operator(piece: Piece) -> Found | None:
    return None if piece.written in _OPERATORS else piece.found()


CHARACTERS = Table(
    Rule("a quote inside a text, not doubled", ("text",), _text_goes_on,
         mark("The text ends at the quote before {word}"), mark("write a quote inside a text twice, as in {sql}")),
    Rule("a name without its second quote", ("lone_quote",), _open_name,
         mark("The name that starts with {word} has no end"), mark("add {word} after the name")),
    Rule("a quote inside a word", ("lone_quote",), _quote_in_word,
         mark("This quote is inside a word"),
         mark("put the text in quotes and write the one inside twice, as in {sql}")),
    Rule("a text without its second quote", ("lone_quote",), _open_text,
         mark("The text that starts at this quote has no end"), mark("add a quote, as in {sql}")),
    Rule("a typographic quote", ("smart_quote",), Piece.found,
         mark("{word} is a typographic quote"), mark("put text in straight quotes, as in 'text'")),
    Rule("a second statement", ("semicolon",), _second_statement,
         mark("A second statement begins here"), mark("keep one condition only")),
    Rule("a semicolon at the end", ("semicolon",), Piece.found,
         mark("A where clause is a single condition"), mark("remove the ; at its end")),
    Rule("a comment", ("comment",), Piece.found,
         mark("A where clause cannot have comments"), mark("remove it")),
    Rule("a name in brackets", ("bracket",), Piece.found,
         mark("Field names are not written in brackets"), mark("write the name alone, or in double quotes")),
    Rule("a sign that means nothing", ("odd",), Piece.found,
         mark("{word} has no meaning outside quotes"), mark("put text in single quotes, or remove it")),
    Rule("an operator with a space inside", ("operator",), _split_operator,
         mark("An operator is written without spaces"), mark("write {sql}")),
    Rule("an operator of another language", ("operator",), _foreign_operator,
         mark("There is no operator {word}"), mark("write {sql}")),
    Rule("an unknown operator", ("operator",), _unknown_operator,
         mark("There is no operator {word}"), mark("the operators are =, <>, <, >, <= and >=")),
    Rule("a closing parenthesis alone", ("unopened",), Piece.found,
         mark("This ) closes nothing"), mark("remove it, or add the ( it belongs to")),
    Rule("an opening parenthesis alone", ("unclosed",), Piece.found,
         mark("This ( is never closed"), mark("add a ) where its part ends")),
)  # fmt: skip

"""Faults of a where clause that show in its characters: quotes, brackets, comments, statements, odd operators.

They are looked for first, with their place in the user's own text, since no parser says anything helpful about them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from arcgis_export_widgets.language import say
from arcgis_export_widgets.where.checks.problem import WhereProblem

_PIECES = re.compile(
    r"""
    (?P<text>N?'(?:[^']|'')*')
    | (?P<name>"(?:[^"]|"")*"|`[^`]*`)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<lone_quote>['"`])
    | (?P<smart_quote>[\u2018-\u201f\u00b4])
    | (?P<semicolon>;)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<operator>[<>=!&|^%~]+(?:\s+[<>=]+)*)
    | (?P<odd>[\[\]{}?:\\])
    | (?P<word>[^\W\d][\w.$\#@]*)
    """,
    re.VERBOSE | re.DOTALL,
)

_OPERATORS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "||"})

_MAY_FOLLOW = frozenset(
    {"AND", "OR", "ESCAPE", "THEN", "WHEN", "ELSE", "END", "FROM", "IN", "IS", "LIKE", "NOT", "BETWEEN"}
)

_INSTEAD = {
    "==": "=", "===": "=", "=>": ">=", "=<": "<=", ">>": ">", "<<": "<", "><": "<>", "=!": "<>", "!==": "<>",
    "<=>": "=", "&&": "AND", "&": "AND", "|": "OR", "!": "NOT", "^": "POWER(a, b)", "%": "MOD(a, b)",
    "=~": "LIKE", "~": "LIKE", "~=": "LIKE", "!~": "NOT LIKE",
}  # fmt: skip


def text_problem(clause: str) -> WhereProblem | None:
    """The first fault in the characters of a clause; None if there is none."""
    return next(_problems(clause), None)


def _problems(clause: str) -> Iterator[WhereProblem]:
    opened: list[int] = []
    for piece in _PIECES.finditer(clause):
        kind, written, start = piece.lastgroup or "", piece.group(), piece.start()
        if kind == "open":
            opened.append(start)
        elif kind == "close":
            if not opened:
                remedy = say("remove it, or add the ( it belongs to")
                yield WhereProblem(say("This ) closes nothing"), start, 1, remedy)
            else:
                opened.pop()
        elif kind == "text":
            yield from _after_text(clause, piece)
        elif kind in _EXPLAIN:
            yield _EXPLAIN[kind](clause, written, start)
        elif kind == "operator":
            yield from _operator(written, start)
    if opened:
        yield WhereProblem(say("This ( is never closed"), opened[-1], 1, say("add a ) where its part ends"))


def _after_text(clause: str, piece: re.Match[str]) -> Iterator[WhereProblem]:
    """``'O'Brien'``: a quote inside a text ends it, and what follows sticks to it."""
    after = re.compile(r"[^\W\d]\w*").match(clause, piece.end())
    if after and after.group().upper() not in _MAY_FOLLOW:
        doubled = f"{piece.group()[:-1]}''{after.group()}'"
        cause = say("The text ends at the quote before {word}", word=after.group())
        remedy = say("a quote inside a text is written twice, as in {sql}", sql=doubled)
        yield WhereProblem(cause, piece.end() - 1, 1, remedy)


def _lone_quote(clause: str, written: str, start: int) -> WhereProblem:
    if written != "'":
        cause = say("The name that starts with {quote} has no end", quote=written)
        return WhereProblem(cause, start, 1, say("add {quote} after the name", quote=written))
    before = re.search(r"\w+\Z", clause[:start])
    inside = re.match(r"\w*", clause[start + 1 :])
    word = inside.group() if inside else ""
    if before and word:
        doubled = f"'{before.group()}''{word}'"
        remedy = say("put the text in quotes and write the one inside twice, as in {sql}", sql=doubled)
        return WhereProblem(say("This quote stands inside of a word"), start, 1, remedy)
    remedy = say("add a quote, as in {sql}", sql=f"'{word or 'text'}'")
    return WhereProblem(say("The text that starts at this quote has no end"), start, 1, remedy)


def _semicolon(clause: str, written: str, start: int) -> WhereProblem:
    if clause[start + 1 :].strip():
        cause = say("A second statement begins here")
        return WhereProblem(cause, start, len(clause) - start, say("keep one condition only"))
    cause = say("A where clause is one condition")
    return WhereProblem(cause, start, len(written), say("remove the ; at its end"))


def _comment(_clause: str, written: str, start: int) -> WhereProblem:
    return WhereProblem(say("A where clause takes no comments"), start, len(written), say("remove it"))


def _smart_quote(_clause: str, written: str, start: int) -> WhereProblem:
    cause = say("{quote} is a typographic quote", quote=written)
    return WhereProblem(cause, start, 1, say("put text in straight quotes, as in 'text'"))


def _odd(_clause: str, written: str, start: int) -> WhereProblem:
    if written in "[]":
        remedy = say("write the name alone, or in double quotes")
        return WhereProblem(say("Names do not stand in brackets"), start, 1, remedy)
    cause = say("{sign} has no meaning outside of quotes", sign=written)
    return WhereProblem(cause, start, 1, say("put text in single quotes, or remove it"))


_EXPLAIN = {
    "lone_quote": _lone_quote,
    "semicolon": _semicolon,
    "comment": _comment,
    "smart_quote": _smart_quote,
    "odd": _odd,
}


def _operator(written: str, start: int) -> Iterator[WhereProblem]:
    if written in _OPERATORS:
        return
    joined = "".join(written.split())
    if joined != written and joined in _OPERATORS:
        cause = say("An operator has no blank inside")
        yield WhereProblem(cause, start, len(written), say("write {sql}", sql=joined))
        return
    instead = _INSTEAD.get(joined)
    remedy = say("write {sql}", sql=instead) if instead else say("the operators are =, <>, <, >, <= and >=")
    yield WhereProblem(say("There is no operator {operator}", operator=written), start, len(written), remedy)

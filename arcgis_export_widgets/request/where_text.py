"""Faults of a where clause that show in its characters: quotes, brackets, comments, statements, odd operators.

They are looked for first, with their place in the user's own text, since no parser says anything helpful about them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from arcgis_export_widgets.request.where_problem import WhereProblem

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
                yield WhereProblem("This ) closes nothing", start, 1, "remove it, or add the ( it belongs to")
            else:
                opened.pop()
        elif kind == "text":
            yield from _after_text(clause, piece)
        elif kind in _EXPLAIN:
            yield _EXPLAIN[kind](clause, written, start)
        elif kind == "operator":
            yield from _operator(written, start)
    if opened:
        yield WhereProblem("This ( is never closed", opened[-1], 1, "add a ) where its part ends")


def _after_text(clause: str, piece: re.Match[str]) -> Iterator[WhereProblem]:
    """``'O'Brien'``: a quote inside a text ends it, and what follows sticks to it."""
    after = re.compile(r"[^\W\d]\w*").match(clause, piece.end())
    if after and after.group().upper() not in _MAY_FOLLOW:
        doubled = f"{piece.group()[:-1]}''{after.group()}'"
        remedy = f"a quote inside a text is written twice, as in {doubled}"
        yield WhereProblem(f"The text ends at the quote before {after.group()}", piece.end() - 1, 1, remedy)


def _lone_quote(clause: str, written: str, start: int) -> WhereProblem:
    if written != "'":
        return WhereProblem(
            f"The name that starts with {written} has no end", start, 1, f"add {written} after the name"
        )
    before = re.search(r"\w+\Z", clause[:start])
    inside = re.match(r"\w*", clause[start + 1 :])
    word = inside.group() if inside else ""
    if before and word:
        remedy = f"put the text in quotes and write the one inside twice, as in '{before.group()}''{word}'"
        return WhereProblem("This quote stands inside of a word", start, 1, remedy)
    return WhereProblem(
        "The text that starts at this quote has no end", start, 1, f"add a quote, as in '{word or 'text'}'"
    )


def _semicolon(clause: str, written: str, start: int) -> WhereProblem:
    if clause[start + 1 :].strip():
        return WhereProblem("A second statement begins here", start, len(clause) - start, "keep one condition only")
    return WhereProblem("A where clause is one condition", start, len(written), "remove the ; at its end")


def _comment(_clause: str, written: str, start: int) -> WhereProblem:
    return WhereProblem("A where clause takes no comments", start, len(written), "remove it")


def _smart_quote(_clause: str, written: str, start: int) -> WhereProblem:
    return WhereProblem(f"{written} is a typographic quote", start, 1, "put text in straight quotes, as in 'text'")


def _odd(_clause: str, written: str, start: int) -> WhereProblem:
    if written in "[]":
        return WhereProblem("Names do not stand in brackets", start, 1, "write the name alone, or in double quotes")
    return WhereProblem(
        f"{written} has no meaning outside of quotes", start, 1, "put text in single quotes, or remove it"
    )


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
        yield WhereProblem("An operator has no blank inside", start, len(written), f"write {joined}")
        return
    instead = _INSTEAD.get(joined)
    remedy = f"write {instead}" if instead else "the operators are =, <>, <, >, <= and >="
    yield WhereProblem(f"There is no operator {written}", start, len(written), remedy)

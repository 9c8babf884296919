"""Rules for clauses that cannot be parsed: which word is missing, misspelt or out of place."""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches

from sqlglot import TokenType

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table
from arcgis_export_widgets.where.checks.text import NAMES, VALUES, Spot, at_kind
from arcgis_export_widgets.where.sql import name_sql

_CONNECTIVES = (TokenType.AND, TokenType.OR)
_NEGATED = (TokenType.LIKE, TokenType.IN, TokenType.BETWEEN)
_COMPARISONS = (
    TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE, TokenType.IS, *_NEGATED,
)  # fmt: skip
_OPERATORS = (*_COMPARISONS, TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH, TokenType.DPIPE)
_STARTS = (*VALUES, TokenType.L_PAREN, TokenType.CASE)
"""Tokens that can start an expression."""
_ENDS = (None, TokenType.R_PAREN, TokenType.COMMA)
"""Tokens that can follow a complete condition; None for the end of the clause."""
_AFTER_WHERE = {"ORDER", "GROUP", "HAVING", "LIMIT", "OFFSET", "UNION", "FETCH"}
_WORDS = ("AND", "OR", "NOT", "LIKE", "IN", "BETWEEN", "IS", "NULL", "ESCAPE")
_LIKE = mark("use LIKE with % and _")
_FOREIGN = {
    "ILIKE": mark("for any case write UPPER(field) LIKE UPPER('text%')"),
    "RLIKE": _LIKE,
    "REGEXP": _LIKE,
    "SIMILAR": _LIKE,
    "GLOB": _LIKE,
    "CONTAINS": mark("use LIKE '%text%'"),
    "EQUALS": mark("use ="),
    "ISNULL": mark("use IS NULL"),
    "NOTNULL": mark("use IS NOT NULL"),
    "XOR": mark("combine AND, OR and NOT instead"),
}


def _not_before(spot: Spot) -> Found | None:
    is_misplaced = spot.kind_at(-1) is TokenType.NOT and spot.kind not in _NEGATED
    return spot.found(-1, word=spot.at(0)) if is_misplaced else None


def _not_after(spot: Spot) -> Found | None:
    is_misplaced = spot.kind_at(-1) in {*VALUES, TokenType.R_PAREN} and spot.kind_at(1) not in _NEGATED
    return spot.found(word=spot.at(-1)) if is_misplaced else None


def _half_between(spot: Spot) -> Found | None:
    depth = 0
    for token in spot.tokens[spot.index + 1 :]:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if depth < 0:
            break
        if depth == 0 and token.token_type is TokenType.AND:
            return None
    return spot.found()


def _side_by_side(find: Callable[[Spot], Found | None]) -> Callable[[Spot], Found | None]:
    """Restrict a check to places where one value follows another without an operator between them."""

    def found(spot: Spot) -> Found | None:
        is_call = spot.kind_at(-1) in NAMES and spot.kind is TokenType.L_PAREN
        is_gap = spot.kind_at(-1) in {*VALUES, TokenType.R_PAREN} and not is_call
        return find(spot) if is_gap else None

    return found


def _run_of_words(spot: Spot) -> tuple[int, int, str]:
    """The unquoted words around the gap, such as ``New York``: first index, last index, and the words as text."""
    tokens = spot.tokens
    first = last = spot.index - 1
    if tokens[first].token_type is TokenType.VAR:
        while first > 0 and tokens[first - 1].token_type is TokenType.VAR:
            first -= 1
        while last + 1 < len(tokens) and tokens[last + 1].token_type in {TokenType.VAR, TokenType.NUMBER}:
            last += 1
    return first, last, " ".join(token.text for token in tokens[first : last + 1])


def _words_found(spot: Spot, first: int, last: int, **words: str) -> Found:
    start, end = spot.tokens[first].start, spot.tokens[last].end
    return Found((start, end - start + 1), words)


@_side_by_side
def _alias(spot: Spot) -> Found | None:
    first, last, words = _run_of_words(spot)
    name = spot.names.get(words.lower())
    return _words_found(spot, first, last, alias=words, name=name, sql=name_sql(name)) if name else None


@_side_by_side
def _after_where(spot: Spot) -> Found | None:
    token, after = spot.at(0), spot.at(1)
    is_by = after is not None and after.text.upper() == "BY"
    word = token.text.upper() if token and is_by and token.token_type is TokenType.VAR else spot.word
    return spot.found(word=word) if word in _AFTER_WHERE else None


@_side_by_side
def _foreign_word(spot: Spot) -> Found | None:
    hint = _FOREIGN.get(spot.word)
    return spot.found(word=spot.word, hint=lambda: say(hint)) if hint else None


@_side_by_side
def _unquoted_text(spot: Spot) -> Found | None:
    first, last, words = _run_of_words(spot)
    is_compared = first > 0 and spot.tokens[first - 1].token_type in _COMPARISONS and last > first
    leads_on = last + 1 < len(spot.tokens) and spot.tokens[last + 1].token_type in _COMPARISONS
    return _words_found(spot, first, last, sql=f"'{words}'") if is_compared and not leads_on else None


@_side_by_side
def _misspelt(spot: Spot) -> Found | None:
    """Find a keyword with a missing, extra or transposed letter."""
    word = spot.word
    exchanged = [known for known in _WORDS if word and sorted(known) == sorted(word)]
    near = next(iter(exchanged or get_close_matches(word, _WORDS, n=1, cutoff=0.75)), None)
    return spot.found(name=near) if near else None


@_side_by_side
def _missing_connective(spot: Spot) -> Found | None:
    """Find a gap that needs AND or OR, because the value before the gap is already part of a comparison."""
    for token in reversed(spot.tokens[: spot.index - 1]):
        if token.token_type in _COMPARISONS:
            return spot.gap()
        if token.token_type in {*_CONNECTIVES, TokenType.L_PAREN}:
            break
    return None


def _open_case(spot: Spot) -> Found | None:
    """Find the last CASE, if there are more CASEs than ENDs."""
    kinds = [token.token_type for token in spot.tokens]
    is_last = TokenType.CASE not in kinds[spot.index + 1 :]
    return spot.found() if is_last and kinds.count(TokenType.CASE) > kinds.count(TokenType.END) else None


UNREADABLE = Table(
    Rule("a connective with nothing before it", _CONNECTIVES,
         at_kind((None, TokenType.L_PAREN, TokenType.NOT, *_CONNECTIVES), step=-1),
         mark("A condition is missing before {word}"), mark("add it, or remove {word}")),
    Rule("a comparison with nothing before it", _COMPARISONS,
         at_kind((None, TokenType.L_PAREN, *_CONNECTIVES), step=-1),
         mark("A field is missing before {word}"),
         mark("repeat the field's name in each condition, as in A > 1 AND A < 5")),
    Rule("two operators", _COMPARISONS, at_kind(_OPERATORS, step=-1),
         mark("A value is missing before {word}"), mark("keep one operator only")),
    Rule("NOT before an operator", _COMPARISONS, _not_before,
         mark("NOT cannot come before {word}"), mark("put NOT before the whole condition, or use <>")),
    Rule("BETWEEN without AND", (TokenType.BETWEEN,), _half_between,
         mark("BETWEEN needs two values joined by AND"), mark("write it as in FIELD BETWEEN 1 AND 5")),
    Rule("NOT after a value", (TokenType.NOT,), _not_after,
         mark("NOT cannot come after {word}"), mark("use <>, or NOT IN, NOT LIKE, NOT BETWEEN")),
    Rule("an operator with nothing after it", (*_CONNECTIVES, *_ENDS), at_kind(_OPERATORS, step=-1, at=-1),
         mark("A value is missing after {word}"), mark("add it")),
    Rule("a connective with nothing after it", _ENDS, at_kind((*_CONNECTIVES, TokenType.NOT), step=-1, at=-1),
         mark("A condition is missing after {word}"), mark("add it, or remove {word}")),
    Rule("an alias of several words", _STARTS, _alias,
         mark("{alias} is the alias of the field {name}"), mark("write {sql}")),
    Rule("what comes after a where clause", _STARTS, _after_where,
         mark("{word} is not part of a where clause"), mark("write only the condition")),
    Rule("an operator of another database", _STARTS, _foreign_word,
         mark("There is no operator {word} in standardized SQL"), "{hint}"),
    Rule("several words without quotes", _STARTS, _unquoted_text,
         mark("Text needs single quotes"), mark("write {sql}")),
    Rule("a misspelt keyword", _STARTS, _misspelt, mark("There is no operator {word}"), mark("did you mean {name}?")),
    Rule("no AND or OR between two conditions", _STARTS, _missing_connective,
         mark("AND or OR is missing between {before} and {after}"), mark("add it")),
    Rule("no operator between two values", _STARTS, _side_by_side(Spot.gap),
         mark("An operator such as = or > is missing between {before} and {after}"), mark("add it")),
)  # fmt: skip
UNFINISHED = Table(
    Rule("CASE without END", (TokenType.CASE,), _open_case,
         mark("CASE needs an END"), mark("write it as in CASE WHEN A > 1 THEN 1 ELSE 0 END = 1")),
)  # fmt: skip
STOPPED = Table(
    Rule("a comma outside a list", (TokenType.COMMA,), Spot.found,
         mark("Commas are only used in lists"), mark("write numbers as in 1000 or 10.5")),
    Rule("words that mean nothing together", (), Spot.found,
         mark("This cannot be read at {word}"), mark("a condition looks like FIELD = 'text' or FIELD > 5")),
)  # fmt: skip

"""Why a where clause cannot be read: which word is missing, misspelt or out of place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from textwrap import shorten

from sqlglot import Token, TokenType

from arcgis_export_widgets.request.where_problem import WhereProblem
from arcgis_export_widgets.request.where_sql import ParsedWhere

_CONNECTIVES = {TokenType.AND, TokenType.OR}
_COMPARISONS = {
    TokenType.EQ, TokenType.NEQ, TokenType.LT, TokenType.LTE, TokenType.GT, TokenType.GTE,
    TokenType.LIKE, TokenType.IN, TokenType.BETWEEN, TokenType.IS,
}  # fmt: skip
_NEGATED = {TokenType.LIKE, TokenType.IN, TokenType.BETWEEN}
_ARITHMETIC = {TokenType.PLUS, TokenType.DASH, TokenType.STAR, TokenType.SLASH, TokenType.DPIPE}
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}
_TEXTS = {TokenType.STRING, TokenType.NATIONAL_STRING}
VALUES = {
    *_NAMES, *_TEXTS, TokenType.NUMBER, TokenType.NULL, TokenType.TRUE, TokenType.FALSE, TokenType.CURRENT_DATE,
    TokenType.CURRENT_TIME, TokenType.CURRENT_TIMESTAMP, TokenType.CURRENT_USER,
}  # fmt: skip
_AFTER_WHERE = {"ORDER", "GROUP", "HAVING", "LIMIT", "OFFSET", "UNION", "FETCH"}
_WORDS = ("AND", "OR", "NOT", "LIKE", "IN", "BETWEEN", "IS", "NULL", "ESCAPE")
_FOREIGN = {
    "ILIKE": "for any case write UPPER(field) LIKE UPPER('text%')",
    "RLIKE": "use LIKE with % and _",
    "REGEXP": "use LIKE with % and _",
    "SIMILAR": "use LIKE with % and _",
    "GLOB": "use LIKE with % and _",
    "CONTAINS": "use LIKE '%text%'",
    "EQUALS": "use =",
    "ISNULL": "use IS NULL",
    "NOTNULL": "use IS NOT NULL",
    "XOR": "combine AND, OR and NOT instead",
}


def structure_problem(clause: str, parsed: ParsedWhere, names: Mapping[str, str]) -> WhereProblem | None:
    """The likeliest reason why sqlglot could not read a clause; None when it gave none either."""
    problem = next(_problems(clause, parsed.tokens, names), None) or _open_case(parsed.tokens)
    if problem or parsed.stopped_at is None:
        return problem
    token = parsed.tokens[parsed.stopped_at]
    if token.token_type is TokenType.COMMA:
        return at_token(token, "Commas stand only in lists", "write numbers as in 1000 or 10.5")
    return at_token(
        token, f"This cannot be read at {shown(clause, token)}", "a condition looks like FIELD = 'text' or FIELD > 5"
    )


def _problems(clause: str, tokens: Sequence[Token], names: Mapping[str, str]) -> Iterator[WhereProblem]:
    for index in range(len(tokens) + 1):
        before = tokens[index - 1] if index else None
        now = tokens[index] if index < len(tokens) else None
        if now is not None and now.token_type in _CONNECTIVES:
            yield from _connective(clause, before, now)
        elif now is not None and now.token_type in _COMPARISONS:
            yield from _comparison(clause, tokens, index)
        elif now is not None and now.token_type is TokenType.NOT:
            yield from _negation(clause, tokens, index)
        elif before is not None and (now is None or now.token_type in {TokenType.R_PAREN, TokenType.COMMA}):
            yield from _ending(clause, before)
        elif before is not None and now is not None and _stand_side_by_side(before, now):
            yield _missing_operator(clause, tokens, index, names)


def _open_case(tokens: Sequence[Token]) -> WhereProblem | None:
    cases = [token for token in tokens if token.token_type is TokenType.CASE]
    if len(cases) > sum(token.token_type is TokenType.END for token in tokens):
        return at_token(cases[-1], "CASE needs an END", "write it as in CASE WHEN A > 1 THEN 1 ELSE 0 END = 1")
    return None


def _connective(clause: str, before: Token | None, now: Token) -> Iterator[WhereProblem]:
    if before is None or before.token_type in {TokenType.L_PAREN, TokenType.NOT, *_CONNECTIVES}:
        yield at_token(now, f"A condition is missing before {now.text}", f"add it, or remove {now.text}")
    elif before.token_type in _COMPARISONS | _ARITHMETIC:
        yield at_token(before, f"A value is missing after {shown(clause, before)}", "add it")


def _comparison(clause: str, tokens: Sequence[Token], index: int) -> Iterator[WhereProblem]:
    now, before = tokens[index], tokens[index - 1] if index else None
    word = shown(clause, now)
    if before is None or before.token_type in {TokenType.L_PAREN, *_CONNECTIVES}:
        yield at_token(
            now, f"A field is missing before {word}", "repeat the field's name in each condition, as in A > 1 AND A < 5"
        )
    elif before.token_type in _COMPARISONS | _ARITHMETIC:
        yield at_token(now, f"A value is missing before {word}", "keep one operator only")
    elif before.token_type is TokenType.NOT and now.token_type not in _NEGATED:
        yield at_token(before, f"NOT does not stand before {word}", "put NOT before the whole condition, or use <>")
    elif now.token_type is TokenType.BETWEEN and not _has_and(tokens[index + 1 :]):
        yield at_token(now, "BETWEEN needs two values joined by AND", "write it as in FIELD BETWEEN 1 AND 5")


def _negation(clause: str, tokens: Sequence[Token], index: int) -> Iterator[WhereProblem]:
    before = tokens[index - 1] if index else None
    now, after = tokens[index], tokens[index + 1] if index + 1 < len(tokens) else None
    negates = after is not None and after.token_type in _NEGATED
    if before is not None and before.token_type in VALUES | {TokenType.R_PAREN} and not negates:
        yield at_token(
            now, f"NOT does not stand after {shown(clause, before)}", "use <>, or NOT IN, NOT LIKE, NOT BETWEEN"
        )


def _ending(clause: str, before: Token) -> Iterator[WhereProblem]:
    word = shown(clause, before)
    if before.token_type in {*_CONNECTIVES, TokenType.NOT}:
        yield at_token(before, f"A condition is missing after {word}", f"add it, or remove {word}")
    elif before.token_type in _COMPARISONS | _ARITHMETIC:
        yield at_token(before, f"A value is missing after {word}", "add it")


def _stand_side_by_side(before: Token, now: Token) -> bool:
    """Whether two values follow each other with no operator between them."""
    if before.token_type in _NAMES and now.token_type is TokenType.L_PAREN:
        return False  # a function and its arguments
    starts = now.token_type in VALUES or now.token_type is TokenType.L_PAREN or now.token_type is TokenType.CASE
    return starts and (before.token_type in VALUES or before.token_type is TokenType.R_PAREN)


def _missing_operator(clause: str, tokens: Sequence[Token], index: int, names: Mapping[str, str]) -> WhereProblem:
    before, now = tokens[index - 1], tokens[index]
    first, last = _run_of_words(tokens, index)
    words = clause[tokens[first].start : tokens[last].end + 1]
    place = (tokens[first].start, len(words))
    if real := names.get(words.lower()):
        return WhereProblem(f"{words} is the alias of the field {real}", *place, f"write {real}")
    if problem := _misplaced_word(tokens, index, names):
        return problem
    compared = first > 0 and tokens[first - 1].token_type in _COMPARISONS and last > first
    leads_on = last + 1 < len(tokens) and tokens[last + 1].token_type in _COMPARISONS
    if compared and not leads_on:
        return WhereProblem("Text stands in single quotes", *place, f"write '{words}'")
    if now.token_type is TokenType.VAR and now.text.lower() not in names and (near := _near_word(now.text.upper())):
        return at_token(now, f"There is no operator {now.text}", f"did you mean {near}?")
    missing = "AND or OR" if _ends_condition(tokens, index) else "An operator such as = or >"
    between = f"{shown(clause, before)} and {shown(clause, now)}"
    return at_token(now, f"{missing} is missing between {between}", "add it")


def _misplaced_word(tokens: Sequence[Token], index: int, names: Mapping[str, str]) -> WhereProblem | None:
    """A word of SQL that is no part of a standardized condition, such as ORDER BY or ILIKE."""
    now, word = tokens[index], tokens[index].text.upper()
    is_by = index + 1 < len(tokens) and tokens[index + 1].text.upper() == "BY"
    if now.token_type is not TokenType.VAR or (now.text.lower() in names and not is_by):
        return None
    if word in _AFTER_WHERE:
        return at_token(now, f"{word} does not belong to a where clause", "write only the condition")
    if word in _FOREIGN:
        return at_token(now, f"There is no operator {word} in standardized SQL", _FOREIGN[word])
    return None


def _near_word(word: str) -> str | None:
    """The keyword a misspelt one was meant to be: with a letter too few or too many, or letters exchanged."""
    exchanged = next((known for known in _WORDS if sorted(known) == sorted(word)), None)
    return exchanged or next(iter(get_close_matches(word, _WORDS, n=1, cutoff=0.75)), None)


def _run_of_words(tokens: Sequence[Token], index: int) -> tuple[int, int]:
    """First and last index of the unquoted words around the gap before `index`, such as those of ``New York``."""
    first = last = index - 1
    if tokens[first].token_type is not TokenType.VAR:
        return first, last
    while first > 0 and tokens[first - 1].token_type is TokenType.VAR:
        first -= 1
    while last + 1 < len(tokens) and tokens[last + 1].token_type in {TokenType.VAR, TokenType.NUMBER}:
        last += 1
    return first, last


def _ends_condition(tokens: Sequence[Token], index: int) -> bool:
    """Whether what precedes the gap before `index` has been compared already."""
    for token in reversed(tokens[: index - 1]):
        if token.token_type in _COMPARISONS:
            return True
        if token.token_type in {*_CONNECTIVES, TokenType.L_PAREN}:
            return False
    return False


def _has_and(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if depth < 0:
            return False
        if depth == 0 and token.token_type is TokenType.AND:
            return True
    return False


def at_token(token: Token, message: str, remedy: str) -> WhereProblem:
    """An error at a token."""
    return WhereProblem(message, token.start, token.end - token.start + 1, remedy)


def shown(clause: str, token: Token) -> str:
    """A token as the user wrote it, shortened if it is long."""
    return shorten(clause[token.start : token.end + 1], 40, placeholder="…")

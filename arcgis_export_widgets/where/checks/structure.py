"""Why a where clause cannot be read: which word is missing, misspelt or out of place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from textwrap import shorten

from sqlglot import Token, TokenType

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.where.checks.problem import WhereProblem
from arcgis_export_widgets.where.literals import name_sql
from arcgis_export_widgets.where.sql import ParsedWhere

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


def structure_problem(clause: str, parsed: ParsedWhere, names: Mapping[str, str]) -> WhereProblem | None:
    """The likeliest reason why sqlglot could not read a clause; None when it gave none either."""
    problem = next(_problems(clause, parsed.tokens, names), None) or _open_case(parsed.tokens)
    if problem or parsed.stopped_at is None:
        return problem
    token = parsed.tokens[parsed.stopped_at]
    if token.token_type is TokenType.COMMA:
        return at_token(token, say("Commas stand only in lists"), say("write numbers as in 1000 or 10.5"))
    cause = say("This cannot be read at {word}", word=shown(clause, token))
    return at_token(token, cause, say("a condition looks like FIELD = 'text' or FIELD > 5"))


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
        remedy = say("write it as in CASE WHEN A > 1 THEN 1 ELSE 0 END = 1")
        return at_token(cases[-1], say("CASE needs an END"), remedy)
    return None


def _connective(clause: str, before: Token | None, now: Token) -> Iterator[WhereProblem]:
    if before is None or before.token_type in {TokenType.L_PAREN, TokenType.NOT, *_CONNECTIVES}:
        cause = say("A condition is missing before {word}", word=now.text)
        yield at_token(now, cause, say("add it, or remove {word}", word=now.text))
    elif before.token_type in _COMPARISONS | _ARITHMETIC:
        yield at_token(before, say("A value is missing after {word}", word=shown(clause, before)), say("add it"))


def _comparison(clause: str, tokens: Sequence[Token], index: int) -> Iterator[WhereProblem]:
    now, before = tokens[index], tokens[index - 1] if index else None
    word = shown(clause, now)
    if before is None or before.token_type in {TokenType.L_PAREN, *_CONNECTIVES}:
        remedy = say("repeat the field's name in each condition, as in A > 1 AND A < 5")
        yield at_token(now, say("A field is missing before {word}", word=word), remedy)
    elif before.token_type in _COMPARISONS | _ARITHMETIC:
        yield at_token(now, say("A value is missing before {word}", word=word), say("keep one operator only"))
    elif before.token_type is TokenType.NOT and now.token_type not in _NEGATED:
        cause = say("NOT does not stand before {word}", word=word)
        yield at_token(before, cause, say("put NOT before the whole condition, or use <>"))
    elif now.token_type is TokenType.BETWEEN and not _has_and(tokens[index + 1 :]):
        cause = say("BETWEEN needs two values joined by AND")
        yield at_token(now, cause, say("write it as in FIELD BETWEEN 1 AND 5"))


def _negation(clause: str, tokens: Sequence[Token], index: int) -> Iterator[WhereProblem]:
    before = tokens[index - 1] if index else None
    now, after = tokens[index], tokens[index + 1] if index + 1 < len(tokens) else None
    negates = after is not None and after.token_type in _NEGATED
    if before is not None and before.token_type in VALUES | {TokenType.R_PAREN} and not negates:
        cause = say("NOT does not stand after {word}", word=shown(clause, before))
        yield at_token(now, cause, say("use <>, or NOT IN, NOT LIKE, NOT BETWEEN"))


def _ending(clause: str, before: Token) -> Iterator[WhereProblem]:
    word = shown(clause, before)
    if before.token_type in {*_CONNECTIVES, TokenType.NOT}:
        cause = say("A condition is missing after {word}", word=word)
        yield at_token(before, cause, say("add it, or remove {word}", word=word))
    elif before.token_type in _COMPARISONS | _ARITHMETIC:
        yield at_token(before, say("A value is missing after {word}", word=word), say("add it"))


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
        cause = say("{alias} is the alias of the field {name}", alias=words, name=real)
        return WhereProblem(cause, *place, say("write {sql}", sql=name_sql(real)))
    if problem := _misplaced_word(tokens, index, names):
        return problem
    compared = first > 0 and tokens[first - 1].token_type in _COMPARISONS and last > first
    leads_on = last + 1 < len(tokens) and tokens[last + 1].token_type in _COMPARISONS
    if compared and not leads_on:
        return WhereProblem(say("Text stands in single quotes"), *place, say("write {sql}", sql=f"'{words}'"))
    if now.token_type is TokenType.VAR and now.text.lower() not in names and (near := _near_word(now.text.upper())):
        cause = say("There is no operator {operator}", operator=now.text)
        return at_token(now, cause, say("did you mean {name}?", name=near))
    around = {"before": shown(clause, before), "after": shown(clause, now)}
    if _ends_condition(tokens, index):
        cause = say("AND or OR is missing between {before} and {after}", **around)
    else:
        cause = say("An operator such as = or > is missing between {before} and {after}", **around)
    return at_token(now, cause, say("add it"))


def _misplaced_word(tokens: Sequence[Token], index: int, names: Mapping[str, str]) -> WhereProblem | None:
    """A word of SQL that is no part of a standardized condition, such as ORDER BY or ILIKE."""
    now, word = tokens[index], tokens[index].text.upper()
    is_by = index + 1 < len(tokens) and tokens[index + 1].text.upper() == "BY"
    if now.token_type is not TokenType.VAR or (now.text.lower() in names and not is_by):
        return None
    if word in _AFTER_WHERE:
        cause = say("{word} does not belong to a where clause", word=word)
        return at_token(now, cause, say("write only the condition"))
    if word in _FOREIGN:
        cause = say("There is no operator {operator} in standardized SQL", operator=word)
        return at_token(now, cause, say(_FOREIGN[word]))
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

"""What sqlglot would let pass and a hosted layer will not: whole statements, subqueries, gaps in lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import Token, TokenType

from arcgis_export_widgets.language import say
from arcgis_export_widgets.where.checks.problem import WhereProblem
from arcgis_export_widgets.where.checks.structure import VALUES, at_token, shown
from arcgis_export_widgets.where.sql import ParsedWhere

_STATEMENTS = {"SELECT", "UPDATE", "DELETE", "INSERT", "DROP", "CREATE", "ALTER", "MERGE", "EXEC", "WITH"}
_TEXTS = {TokenType.STRING, TokenType.NATIONAL_STRING}
_CALLABLE = {
    TokenType.VAR, TokenType.IDENTIFIER, TokenType.CURRENT_DATE, TokenType.CURRENT_TIME, TokenType.CURRENT_TIMESTAMP,
    TokenType.CURRENT_USER,
}  # fmt: skip


def statement_problem(parsed: ParsedWhere, names: Mapping[str, str]) -> WhereProblem | None:
    """A subquery, or a whole statement where only its condition belongs.

    Parameters
    ----------
    names
        Real field name by lower-case name or alias, so that a field called ``SELECT`` is no statement.
    """
    tokens = parsed.tokens
    for index, token in enumerate(tokens):
        word = token.text.upper()
        if token.token_type is not TokenType.VAR or token.text.lower() in names:
            continue
        followed = index + 1 < len(tokens) and tokens[index + 1].token_type in {
            *VALUES,
            TokenType.STAR,
            TokenType.FROM,
        }
        if index == 0 and word == "WHERE":
            cause = say("The word WHERE does not belong to the clause")
            return at_token(token, cause, say("write only what comes after it"))
        if index == 0 and word in _STATEMENTS and followed:
            cause = say("This is a whole {word} statement", word=word)
            return at_token(token, cause, say("write only the condition that comes after WHERE"))
        if word == "SELECT" and (followed or tokens[index - 1].token_type is TokenType.L_PAREN):
            remedy = say("write the values themselves, as in FIELD IN (1, 2)")
            return at_token(token, say("Subqueries are not supported"), remedy)
    return None


def gap_problem(clause: str, parsed: ParsedWhere) -> WhereProblem | None:
    """A value missing in a list or in parentheses, or an operator missing between two texts."""
    return next(_gaps(clause, parsed.tokens), None)


def _gaps(clause: str, tokens: tuple[Token, ...]) -> Iterator[WhereProblem]:
    for index, now in enumerate(tokens):
        before, kind = tokens[index - 1] if index else None, now.token_type
        if before is None:
            continue
        if before.token_type is TokenType.COMMA and kind in {TokenType.COMMA, TokenType.R_PAREN}:
            yield at_token(before, say("A value is missing after this comma"), say("add it, or remove the comma"))
        elif before.token_type is TokenType.L_PAREN and kind is TokenType.COMMA:
            yield at_token(now, say("A value is missing before this comma"), say("add it, or remove the comma"))
        elif before.token_type is TokenType.L_PAREN and kind is TokenType.R_PAREN:
            yield from _empty(tokens, index - 1)
        elif before.token_type in _TEXTS and kind in _TEXTS:
            cause = say(
                "AND, OR or a comma is missing between {before} and {after}",
                before=shown(clause, before),
                after=shown(clause, now),
            )
            yield at_token(now, cause, say("add it"))


def _empty(tokens: tuple[Token, ...], index: int) -> Iterator[WhereProblem]:
    before = tokens[index - 1] if index else None
    if before is not None and before.token_type is TokenType.IN:
        yield at_token(before, say("The list after IN is empty"), say("write its values, as in FIELD IN (1, 2)"))
    elif before is None or before.token_type not in _CALLABLE:
        remedy = say("write the condition inside, or remove them")
        yield at_token(tokens[index], say("These parentheses are empty"), remedy)

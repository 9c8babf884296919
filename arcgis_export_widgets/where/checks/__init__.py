"""Checks a where clause before it is sent, and says what is wrong, where in the clause, and what to do about it.

A problem is an error only if the clause cannot work on any server. If servers differ, or the clause probably does not
do what the user wants, the problem is a warning (``is_error`` False). The clause is never changed.

To add a rule, add a row to a table in a module of this package; ``tests/where/test_rules.py`` then fails until it has
an example clause for the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from textwrap import indent, shorten
from typing import Any, TypeAlias

from sqlglot import Token, exp

from arcgis_export_widgets.errors import WhereError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks import expressions, names, text, unreadable, values
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table, WhereProblem, drawn_place
from arcgis_export_widgets.where.clause import Clause, Node

__all__ = ["WhereProblem", "check_where", "raise_for_where"]

Finding: TypeAlias = "tuple[Rule[Any], Found]"

_LONGEST_WORD = 40

_IN_TREE: tuple[tuple[tuple[type[Node], ...], Callable[[Any, LayerDefinition], Iterator[Any]], Table[Any]], ...] = (
    ((exp.Column,), names.unknown_fields, names.UNKNOWN_FIELDS),
    ((exp.Column, exp.Literal, exp.In, exp.Is), names.alone, names.ALONE),
    ((exp.Anonymous, exp.Substring), expressions.calls, expressions.CALLS),
    ((exp.Cast,), expressions.moments, expressions.MOMENTS),
    (names.COMPARISONS, values.comparisons, values.TYPES),
    ((exp.EQ, exp.NEQ, exp.In), values.outside_domain, values.DOMAINS),
)
"""In each row: node types, a function that yields the parts of such a node to check, and the rules for these parts."""


def check_where(clause: str | None, definition: LayerDefinition) -> tuple[WhereProblem, ...]:
    """Find what is wrong with a where clause, without asking the server.

    Parameters
    ----------
    clause
        The clause as the user wrote it; None or blank means all rows and is never a problem.
    definition
        The layer that the clause filters.

    Returns
    -------
    tuple of WhereProblem
        Errors, then warnings, each in order of position; empty if nothing is wrong. If the clause cannot be read, only
        the first problem is reported. The function never raises.
    """
    if clause is None or not clause.strip():
        return ()
    return problems_of(Clause.of(clause, definition))


def problems_of(clause: Clause) -> tuple[WhereProblem, ...]:
    """The problems of a clause, as from `check_where`, but for a `Clause` instead of its text."""
    problems = dict.fromkeys(_said(clause, rule, found) for rule, found in findings(clause))
    return tuple(sorted(problems, key=lambda problem: (not problem.is_error, problem.position or 0)))


def raise_for_where(clause: str | None, definition: LayerDefinition) -> None:
    """Raise an error for a where clause that cannot work.

    Raises
    ------
    WhereError
        If the clause has an error; describes the first one and shows its position. Warnings do not raise.
    """
    for problem in check_where(clause, definition):
        if problem.is_error:
            heading = say("In the where clause of layer {layer}:", layer=definition.name)
            drawn = indent(drawn_place(clause or "", problem.position, problem.length), "    ")
            raise WhereError(str(problem), clause=clause or "", position=problem.position, shown=f"{heading}\n{drawn}")


@lru_cache(maxsize=64)
def findings(clause: Clause) -> tuple[Finding, ...]:
    """The faults in a clause, each with the rule that found it. Cached without texts, to suit every language."""
    found = _findings(clause)
    if any(rule.is_error for rule, _ in found) and (bare := _bare_name(clause, found)):
        return (bare,)
    return found


def _findings(clause: Clause) -> tuple[Finding, ...]:
    in_characters = filter(None, map(text.CHARACTERS.find, clause.pieces()))
    first = next(chain(in_characters, _in_tokens(clause)), None)
    return tuple(_in_tree(clause)) if first is None else (first,)


def _in_tokens(clause: Clause) -> Iterator[Finding]:
    reading, known = clause.reading, names.field_names(clause.definition)
    spots = [text.Spot(reading.tokens, index, known) for index in range(len(reading.tokens) + 1)]
    tables: tuple[Table[text.Spot], ...] = (text.STATEMENTS, text.GAPS)
    if reading.tree is None:
        tables = (*tables, unreadable.UNREADABLE, unreadable.UNFINISHED)
    for table in tables:
        yield from filter(None, map(table.find, spots))
    if reading.stopped_at is not None and (found := unreadable.STOPPED.find(spots[reading.stopped_at])):
        yield found


def _in_tree(clause: Clause) -> Iterator[Finding]:
    nodes: defaultdict[Any, list[Node]] = defaultdict(list)
    for node in clause.reading.tree.walk() if clause.reading.tree is not None else ():
        nodes[type(node)].append(node)
    for kinds, parts, table in _IN_TREE:
        for node in chain.from_iterable(nodes.get(kind, ()) for kind in kinds):
            yield from filter(None, map(table.find, parts(node, clause.definition)))


def _said(clause: Clause, rule: Rule[Any], found: Found) -> WhereProblem:
    words = {name: _word(clause, word) for name, word in found.words.items()}
    fix = None if rule.fix is None else say(rule.fix, **words)
    return WhereProblem(say(rule.cause, **words), *found.place, fix, rule.is_error, rule.name)


def _word(clause: Clause, word: object) -> object:
    """The value to show in a message: a token as the user wrote it, shortened if long, or the result of a function."""
    if not isinstance(word, Token):
        return word() if callable(word) else word
    return shorten(clause.abridged[word.start : word.end + 1], _LONGEST_WORD, placeholder="…")


def _bare_name(clause: Clause, found: tuple[Finding, ...]) -> Finding | None:
    """The fault of a field name that is missing its double quotes, if adding them leaves fewer faults; else None."""
    now = _faults(clause, found)
    for bare in names.bare_names(clause.abridged, clause.definition):
        quoted = Clause(bare.clause, clause.definition)
        if _faults(quoted, _findings(quoted)) < now:
            return names.BARE_NAMES.find(bare)
    return None


def _faults(clause: Clause, found: tuple[Finding, ...]) -> tuple[bool, int]:
    """How faulty a clause is: unreadable is worst, because only the first fault is found; then the number of errors."""
    return clause.reading.tree is None, sum(rule.is_error for rule, _ in found)

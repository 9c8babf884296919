"""Checking a where clause against its layer before it is sent: cause, place and remedy, in plain words.

Only what cannot work is an error. Where servers differ, or a clause works but cannot mean what was wanted, the problem
is a warning (``is_error`` False): the server has the last word. The clause itself is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from textwrap import indent

from sqlglot import exp

from arcgis_export_widgets.errors import WhereError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks.functions import function_problems
from arcgis_export_widgets.where.checks.long_lists import abridged
from arcgis_export_widgets.where.checks.position import drawn_place
from arcgis_export_widgets.where.checks.problem import WhereProblem
from arcgis_export_widgets.where.checks.quoting import requoted
from arcgis_export_widgets.where.checks.statements import gap_problem, statement_problem
from arcgis_export_widgets.where.checks.structure import structure_problem
from arcgis_export_widgets.where.checks.text import text_problem
from arcgis_export_widgets.where.checks.values import value_problems
from arcgis_export_widgets.where.literals import name_sql
from arcgis_export_widgets.where.sql import Node, ParsedWhere, parse_where, span

__all__ = ["WhereProblem", "check_where", "raise_for_where"]

_SHOWN = 6
"""Most names listed in a message."""

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.In, exp.Between)


def check_where(clause: str | None, definition: LayerDefinition) -> tuple[WhereProblem, ...]:
    """Find what is wrong with a where clause, without asking the server.

    Parameters
    ----------
    clause
        As the user wrote it; None or blank means all rows and is never a problem.
    definition
        The layer the clause is for.

    Returns
    -------
    tuple of WhereProblem
        In the order in which they stand in the clause, errors first; empty if nothing is wrong. A clause that cannot be
        read gives the first fault only. Never raises.
    """
    if clause is None or not clause.strip():
        return ()
    clause = abridged(clause)
    found = _problems(clause, definition)
    if any(problem.is_error for problem in found) and (bare := _bare_name(clause, found, definition)):
        return (bare,)
    return found


def _problems(clause: str, definition: LayerDefinition) -> tuple[WhereProblem, ...]:
    if problem := text_problem(clause):
        return (problem,)
    parsed = parse_where(clause)
    names = _names(definition)
    if problem := statement_problem(parsed, names) or gap_problem(clause, parsed):
        return (problem,)
    if parsed.tree is None:
        problem = structure_problem(clause, parsed, names)
        return (problem,) if problem else ()
    found = dict.fromkeys(
        (
            *_field_problems(parsed, definition, names),
            *_condition_problems(parsed.tree, definition),
            *function_problems(parsed.tree),
            *value_problems(parsed.tree, definition),
        )
    )
    return tuple(sorted(found, key=lambda problem: (not problem.is_error, problem.position or 0)))


def raise_for_where(clause: str | None, definition: LayerDefinition) -> None:
    """Refuse a where clause that cannot work.

    Raises
    ------
    WhereError
        For the first problem that is an error; warnings pass. Its text shows the place in the clause as well.
    """
    for problem in check_where(clause, definition):
        if problem.is_error:
            told = say("In the where clause of layer {layer}:", layer=definition.name)
            drawn = indent(drawn_place(clause or "", problem.position, problem.length), "    ")
            raise WhereError(str(problem), clause=clause or "", position=problem.position, shown=f"{told}\n{drawn}")


def _bare_name(clause: str, found: tuple[WhereProblem, ...], definition: LayerDefinition) -> WhereProblem | None:
    """The error that a field's name lacks its double quotes, where the clause has fewer faults with them."""
    now = _faults(clause, found)
    for other in requoted(clause, definition):
        if _faults(other.clause, _problems(other.clause, definition)) < now:
            cause = say("{name} is read as a field only in double quotes", name=other.name)
            return WhereProblem(cause, other.position, other.length, say("write {sql}", sql=name_sql(other.name)))
    return None


def _faults(clause: str, found: tuple[WhereProblem, ...]) -> tuple[bool, int]:
    """How bad it is: what cannot be read tells its first fault only, so that is worse than any number of others."""
    return parse_where(clause).tree is None, sum(problem.is_error for problem in found)


def _names(definition: LayerDefinition) -> dict[str, str]:
    """Real field name by lower-case name and alias; names win over aliases."""
    by_alias = {field.alias.lower(): field.name for field in definition.fields if field.alias}
    return by_alias | {field.name.lower(): field.name for field in definition.fields}


def _field_problems(parsed: ParsedWhere, definition: LayerDefinition, names: dict[str, str]) -> Iterator[WhereProblem]:
    if parsed.tree is None or not definition.fields:
        return
    for column in parsed.tree.find_all(exp.Column):
        name = ".".join(part.name for part in column.parts)
        is_name = isinstance(column.this, exp.Identifier) and not isinstance(column.parent, exp.Dot)
        if is_name and not _is_known(name, definition):
            yield _unknown_field(name, column, definition, names)


def _is_known(name: str, definition: LayerDefinition) -> bool:
    if definition.field(name) or definition.field(name.rpartition(".")[2]):
        return True
    # the geometry and its measures can be asked for though they are no fields of the definition
    return not definition.is_table and name.lower().startswith("shape")


def _unknown_field(name: str, column: exp.Column, definition: LayerDefinition, names: dict[str, str]) -> WhereProblem:
    missing = say("Layer {layer} has no field {name}", layer=definition.name, name=name)
    if real := names.get(name.lower()):
        cause = say("{alias} is the alias of the field {name}", alias=name, name=real)
        return _at(column, cause, say("write {sql}", sql=name_sql(real)))
    near = get_close_matches(name.lower(), list(names), n=1, cutoff=0.6)
    compared = _compared_with_text(column, definition)
    if column.this.quoted and (compared or not near):
        text = "'" + name.replace("'", "''") + "'"
        cause = say(
            "Double quotes hold names of fields, and layer {layer} has none called {name}",
            layer=definition.name,
            name=name,
        )
        return _at(column, cause, say("write {sql} if it is text", sql=text))
    if compared:
        return _at(column, missing, say("did you mean '{text}' in quotes?", text=name))
    if near:
        return _at(column, missing, say("did you mean {name}?", name=name_sql(names[near[0]])))
    some = ", ".join(field.name for field in definition.fields[:_SHOWN])
    more = " ..." if len(definition.fields) > _SHOWN else ""
    return _at(column, missing, say("its fields are {fields}", fields=some + more))


def _compared_with_text(column: exp.Column, definition: LayerDefinition) -> bool:
    """Whether a column stands where the value of a text field is expected, as CA in ``STATE = CA``."""
    node = column.parent
    if not isinstance(node, _COMPARISONS):
        return False
    other = node.args.get("expression") if node.this is column else node.this
    field = definition.field(other.name) if isinstance(other, exp.Column) else None
    return field is not None and field.type.is_text


def _condition_problems(tree: Node, definition: LayerDefinition) -> Iterator[WhereProblem]:
    """Fields and texts that stand alone where a condition is needed, IN without a list, and IS with a value."""
    for part in _conditions(tree):
        if isinstance(part, exp.Column) and definition.field(part.name):
            cause = say("{name} alone is no condition", name=part.name)
            yield _at(part, cause, say("compare it, as in {name} = ...", name=part.name))
        elif isinstance(part, exp.Literal) and part.is_string:
            cause = say("'{text}' alone is no condition", text=part.name)
            yield _at(part, cause, say("repeat the field's name, as in A = 'x' OR A = 'y', or use IN ('x', 'y')"))
    for node in tree.find_all(exp.Is, exp.In):
        if isinstance(node, exp.In) and not node.expressions:
            yield _at(node, say("IN needs a list in parentheses"), say("write it as in FIELD IN (1, 2)"))
        elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Literal):
            yield _at(node, say("IS goes with NULL only"), say("use = instead"))


def _conditions(tree: Node) -> Iterator[Node]:
    """The parts that AND, OR and NOT join, without their parentheses."""
    waiting: list[Node] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (exp.And, exp.Or)):
            waiting += [node.this, node.expression]
        elif isinstance(node, (exp.Not, exp.Paren)):
            waiting.append(node.this)
        else:
            yield node


def _at(node: Node, message: str, remedy: str) -> WhereProblem:
    position, length = span(node)
    return WhereProblem(message, position, length, remedy)

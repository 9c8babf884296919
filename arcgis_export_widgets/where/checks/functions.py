"""The functions of standardized SQL, and what people write in their place.

Sources: https://doc.arcgis.com/en/arcgis-online/reference/sql-agol.htm and the function table of Esri's Maps SDK for
JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from sqlglot import exp

from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.where.checks.problem import Place, WhereProblem
from arcgis_export_widgets.where.sql import Node, span

_ANY = 1000

ARGUMENT_COUNTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        ("ABS", "ACOS", "ASIN", "ATAN", "CEILING", "CHAR_LENGTH", "COS", "COSH", "FLOOR", "LOG", "LOG10", "LOWER",
         "SIGN", "SIN", "SINH", "TAN", "TANH", "UPPER"), (1, 1)),
    **dict.fromkeys(("MOD", "NULLIF", "POWER"), (2, 2)),
    **dict.fromkeys(("ROUND", "TRUNCATE"), (1, 2)),
    **dict.fromkeys(("COALESCE", "CONCAT"), (1, _ANY)),
    **dict.fromkeys(("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER"), (0, 0)),
    "SUBSTRING": (2, 3),
}  # fmt: skip
"""Least and greatest number of arguments by function."""

_BY_SYNTAX = frozenset({"CAST", "EXTRACT", "POSITION", "TRIM"})
_AGGREGATES = frozenset({"MIN", "MAX", "AVG", "SUM", "COUNT", "STDDEV", "VAR"})

_NO_CALLS = (exp.Interval, exp.IntervalSpan, exp.Dot)
"""Parents of what only looks like a call: ``INTERVAL '1' DAY(3)`` and fields such as ``SHAPE.STArea()``."""

_NOW = frozenset({"NOW", "GETDATE", "GETUTCDATE", "SYSDATE", "TODAY"})
_INSTEAD = {
    **dict.fromkeys(("LEN", "LENGTH", "CHARACTER_LENGTH"), "CHAR_LENGTH(text)"),
    **dict.fromkeys(("ISNULL", "IFNULL", "NVL"), "COALESCE(a, b)"),
    **dict.fromkeys(("SUBSTR", "MID"), "SUBSTRING(text, start, length)"),
    "LEFT": "SUBSTRING(text, 1, length)",
    **dict.fromkeys(("INSTR", "CHARINDEX", "STRPOS"), "POSITION('part' IN text)"),
    **dict.fromkeys(("LTRIM", "RTRIM"), "TRIM(text)"),
    **dict.fromkeys(("UCASE", "TOUPPER"), "UPPER(text)"),
    **dict.fromkeys(("LCASE", "TOLOWER"), "LOWER(text)"),
    **dict.fromkeys(("TO_DATE", "STR_TO_DATE"), "DATE 'yyyy-mm-dd'"),
    "TO_TIMESTAMP": "TIMESTAMP 'yyyy-mm-dd hh:mm:ss'",
    **{part: f"EXTRACT({part} FROM date)" for part in ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")},
    "CEIL": "CEILING(number)",
    "POW": "POWER(number, exponent)",
    "TRUNC": "TRUNCATE(number, decimals)",
    "LN": "LOG(number)",
    **dict.fromkeys(("TO_CHAR", "TO_NUMBER", "CONVERT", "INT", "FLOAT", "STR"), "CAST(value AS type)"),
    **dict.fromkeys(("IF", "IIF", "DECODE"), "CASE WHEN ... THEN ... ELSE ... END"),
}


def function_problems(tree: Node) -> Iterator[WhereProblem]:
    """Calls of functions that hosted layers do not have, or with the wrong number of arguments."""
    for node in tree.find_all(exp.Anonymous, exp.Substring):
        name = node.name.upper() if isinstance(node, exp.Anonymous) else "SUBSTRING"
        place = _name_place(node)
        if name in ARGUMENT_COUNTS:
            yield from _count(name, _argument_count(node), place)
        elif name not in _BY_SYNTAX and not isinstance(node.parent, _NO_CALLS):
            yield _unknown(name, place)


def _name_place(node: Node) -> Place:
    if "start" not in node.meta:
        return span(node)
    return node.meta["start"], node.meta["end"] - node.meta["start"] + 1


def _argument_count(node: Node) -> int:
    if isinstance(node, exp.Anonymous):
        return len(node.expressions)
    return sum(node.args.get(part) is not None for part in ("this", "start", "length"))


def _count(name: str, count: int, place: Place) -> Iterator[WhereProblem]:
    least, most = ARGUMENT_COUNTS[name]
    if least <= count <= most:
        return
    if least == most:
        cause = say_count(
            "{name} takes {count} argument, not {given}",
            "{name} takes {count} arguments, not {given}",
            least,
            name=name,
            given=count,
        )
    elif most == _ANY:
        cause = say_count(
            "{name} takes at least {count} argument, not {given}",
            "{name} takes at least {count} arguments, not {given}",
            least,
            name=name,
            given=count,
        )
    else:
        cause = say(
            "{name} takes {least} to {most} arguments, not {given}", name=name, least=least, most=most, given=count
        )
    yield WhereProblem(cause, *place)


def _unknown(name: str, place: Place) -> WhereProblem:
    missing = say("Standardized SQL has no function {name}", name=name)
    if name in _AGGREGATES:
        cause = say("{name} needs all rows at once, a where clause sees one", name=name)
        return WhereProblem(cause, *place, say("compare with a value"))
    if name in _NOW:
        return WhereProblem(missing, *place, say("write CURRENT_TIMESTAMP or CURRENT_DATE"))
    if instead := _INSTEAD.get(name):
        return WhereProblem(missing, *place, say("write {sql}", sql=instead))
    if near := get_close_matches(name, [*ARGUMENT_COUNTS, *_BY_SYNTAX], n=1, cutoff=0.75):
        return WhereProblem(missing, *place, say("did you mean {name}?", name=near[0]))
    return WhereProblem(missing, *place, say("the server may refuse it"), is_error=False)

"""The functions of standardized SQL, and those of other databases that people write instead.

Sources: https://doc.arcgis.com/en/arcgis-online/reference/sql-agol.htm and the function table of Esri's Maps SDK for
JavaScript.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial

from sqlglot import exp

from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table
from arcgis_export_widgets.where.clause import Node, span

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
"""Parents of nodes that only look like calls: ``INTERVAL '1' DAY(3)`` and fields such as ``SHAPE.STArea()``."""

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


@dataclass(frozen=True)
class Call:
    """A call of a function."""

    node: Node
    name: str
    """In upper case."""

    @property
    def kind(self) -> str:
        """``known``, ``aggregate``, ``now``, ``foreign`` for a function of another database, or ``unknown``."""
        if self.name in ARGUMENT_COUNTS or self.name in _BY_SYNTAX:
            return "known"
        if self.name in _AGGREGATES:
            return "aggregate"
        return "now" if self.name in _NOW else "foreign" if self.name in _INSTEAD else "unknown"

    def found(self, **words: object) -> Found:
        """A fault of the call, at the function's name."""
        meta = self.node.meta
        place = (meta["start"], meta["end"] - meta["start"] + 1) if "start" in meta else span(self.node)
        return Found(place, {"name": self.name, **words})


def calls(node: Node, _: LayerDefinition) -> Iterator[Call]:
    """The node as a call, if it is one."""
    if not isinstance(node.parent, _NO_CALLS):
        yield Call(node, node.name.upper() if isinstance(node, exp.Anonymous) else "SUBSTRING")


def _wrong_count(call: Call) -> Found | None:
    least, most = ARGUMENT_COUNTS.get(call.name, (0, _ANY))
    given = [call.node.args.get(part) for part in ("this", "start", "length")]
    count = len(call.node.expressions) if isinstance(call.node, exp.Anonymous) else 3 - given.count(None)
    if least <= count <= most:
        return None
    return call.found(arguments=partial(_arguments, least, most), given=count)


def _arguments(least: int, most: int) -> str:
    arguments = say_count("{count} argument", "{count} arguments", least)
    if most == _ANY:
        return say("at least {arguments}", arguments=arguments)
    return arguments if least == most else say("{least} to {most} arguments", least=least, most=most)


def _misspelt(call: Call) -> Found | None:
    near = get_close_matches(call.name, [*ARGUMENT_COUNTS, *_BY_SYNTAX], n=1, cutoff=0.75)
    return call.found(near=near[0]) if near else None


CALLS = Table(
    Rule("a wrong number of arguments", ("known",), _wrong_count, mark("{name} takes {arguments}, not {given}")),
    Rule("an aggregate", ("aggregate",), Call.found,
         mark("{name} needs all rows at once, but a where clause is about one row"), mark("compare with a value")),
    Rule("the present moment", ("now",), Call.found,
         mark("Standardized SQL has no function {name}"), mark("write CURRENT_TIMESTAMP or CURRENT_DATE")),
    Rule("a function of another database", ("foreign",), lambda call: call.found(sql=_INSTEAD[call.name]),
         mark("Standardized SQL has no function {name}"), mark("write {sql}")),
    Rule("a misspelt function", ("unknown",), _misspelt,
         mark("Standardized SQL has no function {name}"), mark("did you mean {near}?")),
    Rule("an unknown function", ("unknown",), Call.found,
         mark("Standardized SQL has no function {name}"), mark("the server may refuse it"), is_error=False),
)  # fmt: skip

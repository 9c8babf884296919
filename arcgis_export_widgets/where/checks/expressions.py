"""Rules about function calls, dates and times that are not valid in standardized SQL.

Sources: https://doc.arcgis.com/en/arcgis-online/reference/sql-agol.htm and the function table of Esri's Maps SDK for
JavaScript.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from functools import partial

from sqlglot import exp

from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table
from arcgis_export_widgets.where.clause import Node, span

_ANY = 1000
_ARGUMENT_COUNTS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        ("ABS", "ACOS", "ASIN", "ATAN", "CEILING", "CHAR_LENGTH", "COS", "COSH", "FLOOR", "LOG", "LOG10", "LOWER",
         "SIGN", "SIN", "SINH", "TAN", "TANH", "UPPER"), (1, 1)),
    **dict.fromkeys(("MOD", "NULLIF", "POWER"), (2, 2)),
    **dict.fromkeys(("ROUND", "TRUNCATE"), (1, 2)),
    **dict.fromkeys(("COALESCE", "CONCAT"), (1, _ANY)),
    **dict.fromkeys(("CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "CURRENT_USER"), (0, 0)),
    "SUBSTRING": (2, 3),
}  # fmt: skip
"""Minimum and maximum number of arguments, by function."""

_FUNCTIONS = (*_ARGUMENT_COUNTS, "CAST", "EXTRACT", "POSITION", "TRIM")
_NO_CALLS = (exp.Interval, exp.IntervalSpan, exp.Dot)
"""Inside a node of these types, what looks like a call is none: ``INTERVAL '1' DAY(3)``, or ``SHAPE.STArea()``."""
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
_KINDS = {
    **dict.fromkeys(_FUNCTIONS, "known"),
    **dict.fromkeys(("MIN", "MAX", "AVG", "SUM", "COUNT", "STDDEV", "VAR"), "aggregate"),
    **dict.fromkeys(("NOW", "GETDATE", "GETUTCDATE", "SYSDATE", "TODAY"), "now"),
    **dict.fromkeys(_INSTEAD, "foreign"),
}


@dataclass(frozen=True)
class Call:
    """A function call in a clause."""

    node: Node
    name: str
    """Name of the function, in upper case."""

    @property
    def kind(self) -> str:
        """``known``, ``aggregate``, ``now`` (the present time), ``foreign`` (of another database) or ``unknown``."""
        return _KINDS.get(self.name, "unknown")

    def found(self, **words: object) -> Found:
        """A fault at the function's name."""
        meta = self.node.meta
        place = (meta["start"], meta["end"] - meta["start"] + 1) if "start" in meta else span(self.node)
        return Found(place, {"name": self.name, **words})


def calls(node: Node, _: LayerDefinition) -> Iterator[Call]:
    """Yield the node as a `Call` if it is a function call."""
    if not isinstance(node.parent, _NO_CALLS):
        yield Call(node, node.name.upper() if isinstance(node, exp.Anonymous) else "SUBSTRING")


def _wrong_count(call: Call) -> Found | None:
    least, most = _ARGUMENT_COUNTS.get(call.name, (0, _ANY))
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
    near = get_close_matches(call.name, _FUNCTIONS, n=1, cutoff=0.75)
    return call.found(near=near[0]) if near else None


CALLS = Table(
    Rule("a wrong number of arguments", ("known",), _wrong_count, mark("{name} takes {arguments}, not {given}")),
    Rule("an aggregate", ("aggregate",), Call.found,
         mark("{name} needs many rows, but a where clause is tested row by row"), mark("compare with a value")),
    Rule("the present moment", ("now",), Call.found,
         mark("Standardized SQL has no function {name}"), mark("write CURRENT_TIMESTAMP or CURRENT_DATE")),
    Rule("a function of another database", ("foreign",), lambda call: call.found(sql=_INSTEAD[call.name]),
         mark("Standardized SQL has no function {name}"), mark("write {sql}")),
    Rule("a misspelt function", ("unknown",), _misspelt,
         mark("Standardized SQL has no function {name}"), mark("did you mean {near}?")),
    Rule("an unknown function", ("unknown",), Call.found,
         mark("Standardized SQL has no function {name}"), mark("the server may refuse it"), is_error=False),
)  # fmt: skip

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LOOSE_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?")
_ZONE = re.compile(r"\s*(?:Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)

FORMS = {"DATE": "DATE 'yyyy-mm-dd'", "TIMESTAMP": "TIMESTAMP 'yyyy-mm-dd hh:mm:ss'", "TIME": "TIME 'hh:mm:ss'"}


@dataclass(frozen=True)
class Moment:
    """A date or time literal such as ``DATE '2020-02-29'``, valid or not."""

    kind: str
    """``DATE``, ``TIMESTAMP`` or ``TIME``."""
    text: str
    """The text between the quotes."""
    node: Node

    @property
    def day(self) -> str | None:
        """The date at the start of `text`, in ISO form; None if there is no date."""
        found = _DATE.match(self.text)
        return found.group() if found else None

    @property
    def rest(self) -> str:
        """The part of `text` after the date; for ``TIME``, all of `text`."""
        return self.text if self.kind == "TIME" else self.text[len(self.day or "") :]

    @property
    def clock(self) -> str:
        """The time of day as written, without time zone; empty if there is no time."""
        return self.text if self.kind == "TIME" else _ZONE.sub("", self.rest[1:].strip()).strip()

    def found(self, **words: str | None) -> Found:
        """A fault at the literal."""
        return Found(span(self.node), {"text": self.text, "sql": FORMS[self.kind], **words})


def moment_of(node: Node) -> Moment | None:
    """The node as a `Moment` if it is a date or time literal; else None."""
    kind = node.to.sql().upper() if isinstance(node, exp.Cast) else ""
    is_literal = kind in FORMS and isinstance(node.this, exp.Literal) and node.this.is_string
    return Moment(kind, node.this.name.strip(), node) if is_literal else None


def moments(node: Node, _: LayerDefinition) -> Iterator[Moment]:
    """Yield the node as a `Moment` if it is a date or time literal."""
    if moment := moment_of(node):
        yield moment


def looks_like_moment(text: str) -> bool:
    """Whether a text begins with year, month and day, or is a time of day."""
    text = text.strip()
    return _LOOSE_DATE.match(text) is not None or _TIME.fullmatch(text) is not None


def as_literal(text: str) -> str:
    """Suggest a date or time literal for text such as ``2020-1-5 10:00``; ``DATE 'yyyy-mm-dd'`` for other text."""
    text = text.strip()
    if _TIME.fullmatch(text):
        return f"TIME '{text}'"
    found = _LOOSE_DATE.match(text)
    if not found:
        return FORMS["DATE"]
    year, month, day = found.groups()
    rest = text[found.end() :].lstrip(" T")
    iso = f"{year}-{month:0>2}-{day:0>2}"
    return f"TIMESTAMP '{iso} {rest}'" if rest else f"DATE '{iso}'"


def _other_form(moment: Moment) -> Found | None:
    return moment.found(sql=as_literal(moment.text)) if _LOOSE_DATE.fullmatch(moment.text) and not moment.day else None


def _glued(moment: Moment) -> Found | None:
    return moment.found() if moment.rest.strip() and moment.rest[0] not in " T" else None


def _no_such_day(moment: Moment) -> Found | None:
    try:
        date.fromisoformat(moment.day or "")
    except ValueError:
        return moment.found(day=moment.day)
    return None


def _no_time(moment: Moment) -> Found | None:
    has_none = moment.rest.strip() and not _TIME.fullmatch(moment.clock)
    return moment.found(sql=FORMS["TIME"]) if has_none or not moment.text else None


def _no_such_time(moment: Moment) -> Found | None:
    found = _TIME.fullmatch(moment.clock)
    hour, minute, second = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
    try:
        time(hour, minute, second)
    except ValueError:
        return moment.found(time=moment.clock)
    return None


_DATED = ("DATE", "TIMESTAMP")
_TIMED = ("TIME", "TIMESTAMP")
MOMENTS = Table(
    Rule("a date in another form", _DATED, _other_form,
         mark("'{text}' is not written as ArcGIS writes dates"), mark("write {sql}"), is_error=False),
    Rule("not a date", _DATED, lambda moment: None if moment.day else moment.found(),
         mark("'{text}' is not a date in the form year, month, day"), mark("write {sql}")),
    Rule("a date with something stuck to it", _DATED, _glued, mark("'{text}' is not a date"), mark("write {sql}")),
    Rule("a day that does not exist", _DATED, _no_such_day,
         mark("There is no day {day}"), mark("check its month and day")),
    Rule("a date with a time of day", ("DATE",),
         lambda moment: moment.found(sql=f"TIMESTAMP '{moment.text}'") if moment.rest.strip() else None,
         mark("DATE '{text}' has a time of day"), mark("write {sql}"), is_error=False),
    Rule("not a time of day", _TIMED, _no_time,
         mark("'{text}' has no time of day in the form hh:mm:ss"), mark("write {sql}")),
    Rule("a time of day that does not exist", _TIMED, _no_such_time,
         mark("{time} is not a valid time of day"), mark("hours go up to 23, minutes and seconds up to 59")),
)  # fmt: skip

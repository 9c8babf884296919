"""Date and time literals of standardized SQL: their form, and whether such a moment exists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time

from sqlglot import exp

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks.rule import Found, Rule, Table
from arcgis_export_widgets.where.clause import Node, span

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LOOSE_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?")
_ZONE = re.compile(r"\s*(?:Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)

FORMS = {"DATE": "DATE 'yyyy-mm-dd'", "TIMESTAMP": "TIMESTAMP 'yyyy-mm-dd hh:mm:ss'", "TIME": "TIME 'hh:mm:ss'"}


@dataclass(frozen=True)
class Moment:
    """A literal such as ``DATE '2020-02-30'``."""

    kind: str
    """``DATE``, ``TIMESTAMP`` or ``TIME``."""
    text: str
    """What is in its quotes."""
    node: Node

    @property
    def day(self) -> str | None:
        """The date at its beginning, in ISO form; None if there is none."""
        found = _DATE.match(self.text)
        return found.group() if found else None

    @property
    def rest(self) -> str:
        """What comes after the date."""
        return self.text if self.kind == "TIME" else self.text[len(self.day or "") :]

    @property
    def clock(self) -> str:
        """The time of day as written, without its zone; empty if there is none."""
        return self.text if self.kind == "TIME" else _ZONE.sub("", self.rest[1:].strip()).strip()

    def found(self, **words: str | None) -> Found:
        """A fault of the literal."""
        return Found(span(self.node), {"text": self.text, "sql": FORMS[self.kind], **words})


def moment_of(node: Node) -> Moment | None:
    """The date or time literal a node is; None if it is something else."""
    kind = node.to.sql().upper() if isinstance(node, exp.Cast) else ""
    is_literal = kind in FORMS and isinstance(node.this, exp.Literal) and node.this.is_string
    return Moment(kind, node.this.name.strip(), node) if is_literal else None


def moments(node: Node, _: LayerDefinition) -> Iterator[Moment]:
    """The node as a date or time literal, if it is one."""
    if moment := moment_of(node):
        yield moment


def looks_like_moment(text: str) -> bool:
    """Whether a text begins with year, month and day, or is a time of day."""
    text = text.strip()
    return _LOOSE_DATE.match(text) is not None or _TIME.fullmatch(text) is not None


def as_literal(text: str) -> str:
    """The literal to suggest for a plain text such as ``2020-1-5 10:00``."""
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
    is_other = not moment.day and _LOOSE_DATE.fullmatch(moment.text)
    return moment.found(sql=as_literal(moment.text)) if is_other else None


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
         mark("There is no time of day {time}"), mark("hours go up to 23, minutes and seconds up to 59")),
)  # fmt: skip

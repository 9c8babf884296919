"""Times in where clauses: timestamps with an offset, numbers of days, and intervals."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sqlglot import exp

from arcgis_export_widgets.localportal.where.parse import Node, WhereError

NUMBER = re.compile(r"\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)
_UNIT_SECONDS = {"DAY": 86400, "HOUR": 3600, "MINUTE": 60, "SECOND": 1}
_OFFSET_TIME = re.compile(r"^(.*\d)\s*([+-]\d{2}):?(\d{2})$", re.ASCII)
_MAX_DAYS = 10_000_000


def to_utc(text: str) -> str:
    """Return a timestamp literal that carries an offset as the same moment in UTC; others unchanged."""
    match = _OFFSET_TIME.match(text.strip())
    if not match or ":" not in match[1]:
        return text
    try:
        moment = datetime.fromisoformat(match[1].strip())
    except ValueError as error:
        raise WhereError("unreadable timestamp") from error
    hours, minutes = int(match[2]), int(match[3])
    offset = timedelta(hours=hours, minutes=minutes if hours >= 0 and not match[2].startswith("-") else -minutes)
    return (moment - offset).isoformat(sep=" ")


def has_time(text: str) -> bool:
    """Whether a date literal also has a time of day, as some clients write it."""
    return ":" in text


def days(node: Node) -> str | None:
    """Return a number literal as that many days, with sign and fraction; None for any other node."""
    sign = 1
    while isinstance(node, exp.Paren | exp.Neg):
        sign, node = -sign if isinstance(node, exp.Neg) else sign, node.this
    if not isinstance(node, exp.Literal) or node.is_string or not NUMBER.fullmatch(node.name):
        return None
    number = sign * float(node.name)
    if abs(number) > _MAX_DAYS:
        raise WhereError("too many days")
    return f"to_microseconds({round(number * 86_400_000_000)})"


def interval_length(node: Node) -> timedelta:
    """Return the length of a day-time interval such as ``INTERVAL '3 05:32:28' DAY TO SECOND``."""
    value, unit = node.this, node.args.get("unit")
    is_negative = isinstance(value, exp.Neg)
    value = value.this if is_negative else value
    if not isinstance(value, exp.Literal) or unit is None:
        raise WhereError("unreadable interval")
    first = (unit.this.name if isinstance(unit, exp.IntervalSpan) else unit.name).upper()
    last = unit.expression.name.upper() if isinstance(unit, exp.IntervalSpan) else first
    units = list(_UNIT_SECONDS)
    if first not in units or last not in units or units.index(first) > units.index(last):
        raise WhereError("only intervals of days, hours, minutes and seconds are supported")
    wanted = units[units.index(first) : units.index(last) + 1]
    text = value.name.strip()
    sign = -1 if text.startswith("-") != is_negative else 1
    parts = re.split(r"[ :]+", text.lstrip("+-"))
    if len(parts) != len(wanted) or not all(NUMBER.fullmatch(part) for part in parts):
        raise WhereError("the interval does not fit its units")
    seconds = sum(float(part) * _UNIT_SECONDS[name] for part, name in zip(parts, wanted, strict=True))
    try:
        return timedelta(seconds=sign * seconds)
    except OverflowError as error:
        raise WhereError("interval too long") from error

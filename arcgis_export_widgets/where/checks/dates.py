"""Date and time literals of standardized SQL: their form, and whether such a moment exists."""

from __future__ import annotations

import re
from datetime import date, time

from arcgis_export_widgets.language import say

_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_LOOSE_DATE = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?")
_ZONE = re.compile(r"\s*(?:Z|[+-]\d{2}:?\d{2})", re.IGNORECASE)

FORMS = {"DATE": "DATE 'yyyy-mm-dd'", "TIMESTAMP": "TIMESTAMP 'yyyy-mm-dd hh:mm:ss'", "TIME": "TIME 'hh:mm:ss'"}


def literal_fault(kind: str, text: str) -> tuple[str, str, bool] | None:
    """What is wrong with a literal such as ``DATE '2020-02-30'``.

    Parameters
    ----------
    kind
        ``DATE``, ``TIMESTAMP`` or ``TIME``.
    text
        What stands in its quotes.

    Returns
    -------
    tuple or None
        Cause, remedy, and whether every server is bound to refuse it; None if nothing is wrong.
    """
    text = text.strip()
    if kind == "TIME":
        return _time_fault(text, text)
    found = _DATE.match(text)
    if not found:
        return _date_form_fault(kind, text)
    day, clock = found.group(), text[found.end() :]
    if clock.strip() and clock[0] not in " T":
        return say("'{text}' is no date", text=text), say("write {sql}", sql=FORMS[kind]), True
    fault = _day_fault(day)
    if not fault and clock.strip():
        cause = say("DATE '{text}' has a time of day", text=text)
        has_time = cause, say("write {sql}", sql=f"TIMESTAMP '{text}'"), False
        fault = has_time if kind == "DATE" else _time_fault(text, _ZONE.sub("", clock[1:].strip()))
    return fault


def looks_like_date(text: str) -> bool:
    """Whether a text begins with year, month and day."""
    return _LOOSE_DATE.match(text.strip()) is not None


def looks_like_time(text: str) -> bool:
    """Whether a text is a time of day."""
    return _TIME.fullmatch(text.strip()) is not None


def as_literal(text: str) -> str:
    """The literal a plain text such as ``2020-1-5 10:00`` was meant to be, for a remedy."""
    text = text.strip()
    if looks_like_time(text):
        return f"TIME '{text}'"
    found = _LOOSE_DATE.match(text)
    if not found:
        return FORMS["DATE"]
    year, month, day = found.groups()
    rest = text[found.end() :].lstrip(" T")
    iso = f"{year}-{month:0>2}-{day:0>2}"
    return f"TIMESTAMP '{iso} {rest}'" if rest else f"DATE '{iso}'"


def _date_form_fault(kind: str, text: str) -> tuple[str, str, bool]:
    found = _LOOSE_DATE.fullmatch(text)
    if found:
        cause = say("'{text}' is not written as ArcGIS writes dates", text=text)
        return cause, say("write {sql}", sql=as_literal(text)), False
    cause = say("'{text}' is no date in the form year, month, day", text=text)
    return cause, say("write {sql}", sql=FORMS[kind]), True


def _day_fault(day: str) -> tuple[str, str, bool] | None:
    try:
        date.fromisoformat(day)
    except ValueError:
        return say("There is no day {day}", day=day), say("check its month and day"), True
    return None


def _time_fault(text: str, clock: str) -> tuple[str, str, bool] | None:
    found = _TIME.fullmatch(clock.strip())
    if not found:
        cause = say("'{text}' has no time of day in the form hh:mm:ss", text=text)
        return cause, say("write {sql}", sql=FORMS["TIME"]), True
    try:
        hour, minute, second = (int(part or 0) for part in found.groups())
        time(hour, minute, second)
    except ValueError:
        cause = say("There is no time of day {time}", time=clock)
        return cause, say("hours go to 23, minutes and seconds to 59"), True
    return None

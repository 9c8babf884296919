"""Turns what the user types or picks for a condition into values of the field's type."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from uuid import UUID

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType, RangeDomain
from arcgis_export_widgets.where.conditions import Condition, Operator
from arcgis_export_widgets.where.sql import Value

_LIMITS = {FieldType.SMALL_INTEGER: 2**15, FieldType.INTEGER: 2**31}
_LONGEST: dict[Value, int] = {"days": 700_000, "hours": 700_000 * 24, "minutes": 700_000 * 24 * 60}
"""Largest number allowed for "in the last", by unit; more would reach back before the year 1."""
_MISSING = {
    None: mark("{field}: choose at least one value, or remove the condition."),
    1: mark("{field}: give a value, or remove the condition."),
    2: mark("{field}: give both values, or remove the condition."),
}
"""Message for a missing value, by `Operator.value_count`."""
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:[, '\u2009\u00a0\u202f]\d{3})+(?:\.\d+)?")
_MINUS = "\u2212"
_TIMES = {"k": 1_000, "m": 1_000_000}
_ABBREVIATED = re.compile(r"([+-]?\d+(?:\.\d+)?)\s*([km])", re.IGNORECASE)


def read_condition(field: Field, operator: Operator, inputs: Sequence[Value | None]) -> Condition:
    """Make a condition from the values the user typed or picked.

    Parameters
    ----------
    inputs
        Typed text, or picked dates and times; None for an input left empty.

    Raises
    ------
    RequestError
        If a value is missing or does not suit the field.
    """
    if operator is Operator.IN_LAST:
        return Condition(field.name, operator, _period(inputs))
    given = [value for value in inputs if value is not None and value != ""]  # 0 is a value
    if operator.value_count != 0 and (not given or len(given) < len(inputs)):
        raise RequestError(say(_MISSING[operator.value_count], field=field.alias))
    # a search text or pattern is not a value of the field, so it is used as typed
    values = tuple(given if operator.looks_in_text else (_read(value, field) for value in given))
    if operator in {Operator.BETWEEN, Operator.NOT_BETWEEN} and _is_reversed(values):
        raise RequestError(say("{field}: the first value is greater than the second; swap them.", field=field.alias))
    return Condition(field.name, operator, tuple(dict.fromkeys(values)) if operator.value_count is None else values)


def _read(value: Value, field: Field) -> Value:
    domain = field.domain if isinstance(field.domain, CodedValues) else None
    if not isinstance(value, str) or (domain and value in domain.labels):
        return value
    text = value.strip()
    if domain and (code := _code(text, field, domain)) is not None:
        return code
    readers, fault = _form(field.type)
    for read in readers:
        try:
            return read(text)
        except ValueError:
            continue
    if not fault:
        return value
    number = _meant(text) or say("a number such as 1000 or 10.5")
    raise RequestError(say(fault, field=field.alias, text=text, number=number))


def doubt(value: Value, field: Field) -> str:
    """Sentence saying why the field's domain or type excludes `value`; empty if neither does."""
    if not isinstance(value, int | float):
        return ""
    if isinstance(field.domain, RangeDomain) and not field.domain.minimum <= value <= field.domain.maximum:
        return say(
            "{field} goes from {minimum:g} to {maximum:g}; {value:g} is outside.",
            field=field.alias,
            minimum=field.domain.minimum,
            maximum=field.domain.maximum,
            value=value,
        )
    limit = _LIMITS.get(field.type)
    if limit is not None and not -limit <= value < limit:
        return say(
            "{field} holds whole numbers from {minimum:,} to {maximum:,}; {value:g} is outside.",
            field=field.alias,
            minimum=-limit,
            maximum=limit - 1,
            value=value,
        )
    if field.type.is_integer and isinstance(value, float) and not value.is_integer():
        return say("{field} holds whole numbers; none equals {value:g}.", field=field.alias, value=value)
    return ""


def _code(text: str, field: Field, domain: CodedValues) -> Value | None:
    """The code for typed text that is a label or the code itself; None if the text is neither."""
    if text in domain.by_text:
        return domain.by_text[text]
    found = domain.codes_labelled(text)
    if len(found) > 1:
        codes = ", ".join(map(str, found))
        raise RequestError(
            say(
                "{field}: {text!r} is the label of several codes, {codes}; write the code that is meant.",
                field=field.alias,
                text=text,
                codes=codes,
            )
        )
    if found:
        return found[0]
    return next((code for code in domain.labels if str(code).casefold() == text.casefold()), None)


def _period(inputs: Sequence[Value | None]) -> tuple[Value, ...]:
    count, unit = (*inputs, None, None)[:2]
    try:
        number = int(str(count).strip())
    except ValueError:
        number = 0
    if number < 1:
        raise RequestError(say("Give how many days, hours or minutes, as a whole number from 1."))
    if number > _LONGEST.get(unit or "days", number):
        raise RequestError(say("{count:,} reaches back before the year 1; give a smaller number.", count=number))
    return number, unit or "days"


def _number(text: str) -> int | float:
    plain = text.replace(_MINUS, "-")
    number = float(plain)
    if "_" in plain or not math.isfinite(number):
        raise ValueError(text)
    try:
        return int(plain)
    except ValueError:
        return number


def _guid(text: str) -> str:
    UUID(text)
    return text


def _meant(text: str) -> str:
    """The number meant by text such as ``1,000`` or ``100k``, without separators or letters; empty for other text."""
    text = text.replace(_MINUS, "-")
    if _GROUPED.fullmatch(text):
        return re.sub(r"[^\d.+-]", "", text)
    found = _ABBREVIATED.fullmatch(text)
    return f"{float(found[1]) * _TIMES[found[2].lower()]:.15g}" if found else ""


def _form(field_type: FieldType) -> tuple[tuple[Callable[[str], Value], ...], str]:
    """Functions to try on text typed for a field type, and the message if all fail; both empty for text fields."""
    if field_type.is_number:
        return (_number,), mark('{field}: "{text}" is not a number. Write {number}.')
    if field_type is FieldType.TIME_ONLY:
        return (time.fromisoformat,), mark('{field}: "{text}" is not a time of day. Write it as in 08:30:00.')
    if field_type.is_temporal:
        fault = mark('{field}: "{text}" is not a date or time. Write it as in 2020-02-29 or 2020-02-29 08:30:00.')
        return (date.fromisoformat, datetime.fromisoformat), fault
    if field_type in {FieldType.GUID, FieldType.GLOBAL_ID}:
        return (_guid,), mark('{field}: "{text}" is not an id. Write one such as 4e37b0b8-550a-407f-9f02-a695cd9fc4fc.')
    return (), ""


def _is_reversed(values: Sequence[Value]) -> bool:
    low, high = (_midnight(value) for value in values)
    try:
        return bool(low > high)  # type: ignore[operator]
    except TypeError:
        return False


def _midnight(value: Value) -> Value:
    """Turn a date into its midnight, so that it can be compared with a datetime."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value

"""Writes standardized SQL: field names, literals for Python values, id lists, and clauses joined with AND.

Source: "Date-time queries" of the Query operation,
https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timezone
from itertools import groupby
from typing import TypeAlias

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.model.fields import Field, FieldType

Value: TypeAlias = "str | int | float | date | datetime | time"

EVERYTHING = "1=1"
"""A where clause that matches every row."""
NO_ROW = -1
"""An object id that no row has."""
_WORTH_A_RANGE = 3

_RESERVED = frozenset({
    "ALL", "AND", "ANY", "AS", "ASC", "BETWEEN", "BY", "CASE", "CAST", "CREATE", "CURRENT_DATE", "CURRENT_TIME",
    "CURRENT_TIMESTAMP", "CURRENT_USER", "DATE", "DELETE", "DESC", "DISTINCT", "DROP", "ELSE", "END", "ESCAPE",
    "EXISTS", "FALSE", "FROM", "GROUP", "HAVING", "IN", "INSERT", "INTERVAL", "INTO", "IS", "JOIN", "LIKE", "NOT",
    "NULL", "ON", "OR", "ORDER", "SELECT", "SET", "TABLE", "THEN", "TIME", "TIMESTAMP", "TRUE", "UNION", "UPDATE",
    "USER", "VALUES", "WHEN", "WHERE", "WITH",
})  # fmt: skip


def name_sql(name: str) -> str:
    """A field's name for use in a clause, in double quotes if it needs them."""
    if re.fullmatch(r"[^\W\d]\w*", name) and name.upper() not in _RESERVED:
        return name
    return '"' + name.replace('"', '""') + '"'


def text_sql(text: str) -> str:
    """A string literal: the text in single quotes, with every single quote in the text doubled."""
    return "'" + text.replace("'", "''") + "'"


def value_sql(value: Value, field: Field) -> str:
    """Write a value as an SQL literal for comparison with a field.

    Parameters
    ----------
    value
        A number for number fields; a string for text and GUID fields; a `date` for date-only fields; a `time` for
        time-only fields; for date fields a `datetime`, or a `date` for midnight of that day. A `datetime` with a time
        zone is converted to UTC; one without is taken to be in the time zone of the layer's date fields, usually UTC.
    field
        The field to compare with.

    Raises
    ------
    RequestError
        If the field's type cannot be compared with `value`.
    """
    literal = None
    if field.type.is_number and isinstance(value, (int, float)) and not isinstance(value, bool):
        literal = repr(value) if math.isfinite(value) else None
    elif field.type.is_text and isinstance(value, str):
        literal = text_sql(value)
    elif field.type in {FieldType.DATE, FieldType.TIMESTAMP_OFFSET, FieldType.DATE_ONLY} and isinstance(value, date):
        literal = _date_sql(value, field.type)
    elif field.type is FieldType.TIME_ONLY and isinstance(value, time):
        literal = f"TIME '{value.replace(tzinfo=None).isoformat()}'"
    if literal is None:
        cause = say("{field} cannot be compared with {value!r}", field=field.name, value=value)
        raise RequestError(f"{cause}; {say(_WANTED.get(field.type, _NUMBER))}.")
    return literal


def ids_clause(field: str, ids: Iterable[int]) -> str:
    """Where clause that matches only the rows with these object ids; consecutive ids are written as ranges.

    Export Item cannot filter by area, so the features of an area are listed by id. Neighbouring features often have
    consecutive ids, so ranges keep the clause short.

    Parameters
    ----------
    field
        Name of the object id field.
    ids
        Object ids in any order, repeats allowed. Without ids, the clause matches no row.
    """
    name = name_sql(field)
    parts: list[str] = []
    single: list[str] = []
    for run in _runs(sorted(set(ids))):
        if len(run) >= _WORTH_A_RANGE:
            parts.append(f"{name} BETWEEN {run[0]} AND {run[-1]}")
        else:
            single += map(str, run)
    if single or not parts:
        parts.append(f"{name} IN ({', '.join(single or [str(NO_ROW)])})")
    return " OR ".join(parts)


def and_(*clauses: str | None) -> str:
    """Join clauses with AND; None and blank clauses are skipped."""
    given = [clause for clause in clauses if clause and clause.strip()]
    return given[0] if len(given) == 1 else " AND ".join(f"({clause})" for clause in given)


def _runs(numbers: Iterable[int]) -> Iterator[list[int]]:
    """Split sorted numbers into runs of consecutive numbers."""
    for _, run in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        yield [number for _, number in run]


_NUMBER = mark("use a number, such as 100")
_WANTED = {
    **dict.fromkeys((FieldType.STRING, FieldType.XML), mark("use text, such as 'CA'")),
    **dict.fromkeys(
        (FieldType.GUID, FieldType.GLOBAL_ID), mark("use text, such as '4e37b0b8-550a-407f-9f02-a695cd9fc4fc'")
    ),
    FieldType.DATE: mark("use a datetime or date"),
    FieldType.TIMESTAMP_OFFSET: mark("use a datetime with a time zone"),
    FieldType.DATE_ONLY: mark("use a date"),
    FieldType.TIME_ONLY: mark("use a time of day"),
    **dict.fromkeys((FieldType.BLOB, FieldType.RASTER, FieldType.GEOMETRY), mark("compare it only with NULL")),
    FieldType.UNKNOWN: mark("the field's type is unknown; write the condition in SQL"),
}


def _date_sql(value: date, field_type: FieldType) -> str | None:
    if not isinstance(value, datetime):
        return f"DATE '{value.isoformat()}'"
    if field_type is FieldType.DATE_ONLY:
        return None  # a time of day would be lost
    if value.tzinfo is None:
        return f"TIMESTAMP '{value.isoformat(sep=' ')}'"
    try:
        utc = value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(sep=" ")
    except OverflowError:
        return None  # before the year 1 or after 9999 in UTC
    return f"TIMESTAMP '{utc} +00:00'" if field_type is FieldType.TIMESTAMP_OFFSET else f"TIMESTAMP '{utc}'"

"""Attribute values as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def readable(value: Any, field: Field | None = None) -> str:
    """One value in words: domain labels for codes, dates for milliseconds since 1970 (in UTC)."""
    if value is None:
        return say("no value")
    if field is not None and isinstance(field.domain, CodedValues) and value in field.domain.labels:
        return field.domain.texts[value]
    if field is not None and field.type is FieldType.DATE and isinstance(value, int | float):
        try:
            moment = _EPOCH + timedelta(milliseconds=value)
        except (OverflowError, ValueError):
            return str(value)  # after the year 9999, before the year 1, or no number: databases have such things
        at_midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
        return f"{moment:%Y-%m-%d}" if at_midnight else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  exact in a double
        return str(int(value))
    return str(value)

"""Reads fields and their domains from a layer's JSON, and formats field values for people."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from functools import cached_property
from typing import Any

from arcgis_export_widgets.language import say

logger = logging.getLogger(__name__)

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class FieldType(str, Enum):
    """ArcGIS's field types, by their REST names."""

    SMALL_INTEGER = "esriFieldTypeSmallInteger"
    INTEGER = "esriFieldTypeInteger"
    BIG_INTEGER = "esriFieldTypeBigInteger"
    SINGLE = "esriFieldTypeSingle"
    DOUBLE = "esriFieldTypeDouble"
    STRING = "esriFieldTypeString"
    DATE = "esriFieldTypeDate"
    DATE_ONLY = "esriFieldTypeDateOnly"
    TIME_ONLY = "esriFieldTypeTimeOnly"
    TIMESTAMP_OFFSET = "esriFieldTypeTimestampOffset"
    OID = "esriFieldTypeOID"
    GLOBAL_ID = "esriFieldTypeGlobalID"
    GUID = "esriFieldTypeGUID"
    GEOMETRY = "esriFieldTypeGeometry"
    BLOB = "esriFieldTypeBlob"
    RASTER = "esriFieldTypeRaster"
    XML = "esriFieldTypeXML"
    UNKNOWN = "unknown"
    """Any type this package does not know; values of such fields are left unchanged."""

    @classmethod
    def of(cls, text: str) -> FieldType:
        """The field type with this REST name, in any letter case, as servers differ; `UNKNOWN` if there is none."""
        wanted = str(text).lower()
        return next((known for known in cls if known.value.lower() == wanted), cls.UNKNOWN)

    @property
    def is_integer(self) -> bool:
        """Whether values are whole numbers, object ids included."""
        return self in {self.SMALL_INTEGER, self.INTEGER, self.BIG_INTEGER, self.OID}

    @property
    def is_number(self) -> bool:
        """Whether values are numbers of any kind, object ids included."""
        return self.is_integer or self in {self.SINGLE, self.DOUBLE}

    @property
    def is_text(self) -> bool:
        """Whether values are written in quotes in a where clause, as text and GUIDs are."""
        return self in {self.STRING, self.GUID, self.GLOBAL_ID, self.XML}

    @property
    def is_temporal(self) -> bool:
        """Whether values are dates, times or both."""
        return self in {self.DATE, self.DATE_ONLY, self.TIME_ONLY, self.TIMESTAMP_OFFSET}


@dataclass(frozen=True)
class CodedValues:
    """A coded-value domain: the codes that are stored, and their labels."""

    name: str
    labels: dict[str | int | float, str] = field(hash=False)
    """Labels by stored code, in the domain's order."""

    @cached_property
    def texts(self) -> dict[str | int | float, str]:
        """Text shown for each code: the label on one line, followed by the code if the label alone is ambiguous."""
        lines = {code: " ".join(label.split()) for code, label in self.labels.items()}
        common = Counter(lines.values())
        codes = {str(code): code for code in self.labels}
        return {
            code: text if text and common[text] == 1 and codes.get(text, code) == code else f"{text} ({code})".strip()
            for code, text in lines.items()
        }

    @cached_property
    def by_text(self) -> dict[str, str | int | float]:
        """Codes by the text shown for them, and also by the code itself written as text."""
        return {str(code): code for code in self.labels} | {text: code for code, text in self.texts.items()}

    def codes_labelled(self, label: str) -> list[str | int | float]:
        """All codes that have this label, ignoring case and spaces around the label."""
        wanted = label.strip().casefold()
        return [code for code, text in self.labels.items() if text.strip().casefold() == wanted]


@dataclass(frozen=True)
class RangeDomain:
    """A range domain: values from `minimum` to `maximum`, both included, are allowed."""

    name: str
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Field:
    """One field of a layer."""

    name: str
    type: FieldType
    alias: str = ""
    """Display name of the field; the same as `name` if the layer has no alias for it."""
    length: int | None = None
    """Maximum number of characters in a value; None if unlimited or unknown."""
    nullable: bool = True
    domain: CodedValues | RangeDomain | None = None

    @classmethod
    def from_json(cls, json: dict[str, Any]) -> Field:
        """Read a field from its JSON object in the layer's ``fields``."""
        name, alias, length = json["name"], json.get("alias"), json.get("length")
        return cls(
            name=name,
            type=FieldType.of(json.get("type", "")),
            alias=alias if alias and isinstance(alias, str) else name,
            length=length if isinstance(length, int) else None,
            nullable=json.get("nullable", True) is not False,
            domain=_domain(json.get("domain")),
        )


def _domain(json: dict[str, Any] | None) -> CodedValues | RangeDomain | None:
    if not json:
        return None
    name = json.get("name") or ""
    try:
        if json.get("type") == "codedValue":
            values = json.get("codedValues") or ()
            return CodedValues(name, {value["code"]: str(value.get("name") or value["code"]) for value in values})
        if json.get("type") == "range" and json.get("range"):
            low, high = json["range"]
            return RangeDomain(name, float(low), float(high))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        logger.debug("domain %s is not in a form ArcGIS uses: %s %s", name, type(error).__name__, error)
    return None  # "inherited" and unknown kinds do not list values


def readable(value: Any, field: Field | None = None) -> str:
    """Format a value for people: a code as its label, milliseconds since 1970 in a date field as a date in UTC."""
    if value is None:
        return say("no value")
    if field is not None and isinstance(field.domain, CodedValues) and value in field.domain.labels:
        return field.domain.texts[value]
    if field is not None and field.type is FieldType.DATE and isinstance(value, int | float):
        try:
            moment = _EPOCH + timedelta(milliseconds=value)
        except (OverflowError, ValueError):
            return str(value)  # databases contain dates after the year 9999, before the year 1, or NaN
        at_midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
        return f"{moment:%Y-%m-%d}" if at_midnight else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  exact in a double
        return str(int(value))
    return str(value)

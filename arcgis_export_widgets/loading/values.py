"""Convert values to the types of their fields, and coded values to their labels."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime, time
from typing import Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from arcgis_export_widgets.errors import LoadError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType

Domains: TypeAlias = Literal["codes", "labels", "categories"]

_INTEGERS = {
    FieldType.SMALL_INTEGER: "Int16", FieldType.INTEGER: "Int32", FieldType.BIG_INTEGER: "Int64",
    FieldType.OID: "Int64",
}  # fmt: skip
_TEXTS = {FieldType.STRING, FieldType.XML}
_IDENTIFIERS = {FieldType.GUID, FieldType.GLOBAL_ID}
TEXT_DTYPE = pd.Series(["text"]).dtype
"""The type pandas gives to strings: ``str`` from pandas 3 on, ``object`` before."""
# how ArcGIS writes dates as text, the most common first; pandas parses all others
_DATE_TEXTS = ("%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d", "%m/%d/%Y")


def values_of(values: pd.Series, field: Field, layer: str) -> pd.Series:
    """Convert the values of a field from their type in the file to the type of the field."""
    try:
        return _as_type(values, field)
    except (TypeError, ValueError, OverflowError) as error:
        raise LoadError(
            say(
                "{layer}: field {field} is {field_type} in the layer, but not in the file ({error}). Is it the "
                "right file? load() without layers= loads it as it is.",
                layer=layer,
                field=field.name,
                field_type=field.type.value,
                error=error,
            )
        ) from error


def _as_type(values: pd.Series, field: Field) -> pd.Series:
    if field.type in _INTEGERS:
        return _as_integers(values, _INTEGERS[field.type])
    if field.type in {FieldType.SINGLE, FieldType.DOUBLE}:
        if not pd.api.types.is_numeric_dtype(values):
            values = values.mask(values == "NaN")  # as ArcGIS writes it in JSON
        return _as_fractions(pd.to_numeric(values), field.type)
    if field.type in {FieldType.DATE, FieldType.TIMESTAMP_OFFSET}:
        return _as_moments(values)
    if field.type is FieldType.DATE_ONLY:
        return _as_moments(values).dt.tz_localize(None)
    if field.type is FieldType.TIME_ONLY:
        values = values.map(_time_text, na_action="ignore")
    if field.type in _IDENTIFIERS:
        values = values.astype("object").map(_identifier, na_action="ignore")
    is_text = field.type in _TEXTS | _IDENTIFIERS | {FieldType.TIME_ONLY}
    if is_text and (values.dtype != TEXT_DTYPE or values.dtype == "object"):
        # a missing string must look the same from every reader, and never become the word "None"
        return values.astype("object").where(values.notna(), None).astype(TEXT_DTYPE)
    return values


def _identifier(value: object) -> str:
    """A GUID as hosted layers write it, in lower case without braces; file geodatabases write ``{ABC...}``."""
    return str(value).strip("{} ").lower()


def _time_text(value: object) -> str:
    """A time of day as ArcGIS writes it in JSON: ``12:30:15``, with milliseconds only if they are not 0."""
    if not isinstance(value, time):
        text = str(value).strip()
        value = (
            datetime.strptime(text, "%I:%M:%S %p").time()  # noqa: DTZ007  a time of day has no zone
            if text[-1:].upper() == "M"
            else time.fromisoformat(text)
        )
    return value.isoformat("milliseconds" if value.microsecond else "seconds")


def _as_fractions(numbers: pd.Series, field_type: FieldType) -> pd.Series:
    """Convert to floating-point numbers: single precision if the field has it and all numbers fit, else double."""
    doubles = numbers.astype("float64")
    if field_type is not FieldType.SINGLE:
        return doubles
    with np.errstate(over="ignore"):
        singles = doubles.astype("float32")
    return doubles if (np.isinf(singles) & ~np.isinf(doubles)).any() else singles


def _as_integers(values: pd.Series, dtype: str) -> pd.Series:
    """Convert to nullable integers of the type `dtype`, or of 64 bits if a number is outside the range of `dtype`."""
    numbers = values
    if not pd.api.types.is_numeric_dtype(values):
        # nullable right away, because floating-point numbers would round large integers
        numbers = pd.to_numeric(values.astype("object"), dtype_backend="numpy_nullable")
        numbers = numbers.mask(numbers.isna(), pd.NA)
    if pd.api.types.is_bool_dtype(numbers):
        numbers = numbers.astype("int8")
    for wide_enough in (dtype, "Int64"):
        try:
            with np.errstate(invalid="ignore"):  # pandas raises an error for a number that is too large
                return numbers.astype(wide_enough)  # type: ignore[call-overload]
        except (TypeError, ValueError, OverflowError):
            continue
    return numbers  # the values have fractions, although the field has an integer type


def _as_moments(values: pd.Series) -> pd.Series:
    """Convert to timestamps in UTC from timestamps, milliseconds since 1970, dates, or strings of any date format."""
    if pd.api.types.is_datetime64_any_dtype(values):
        moments = values if values.dt.tz is not None else values.dt.tz_localize("UTC")
    elif pd.api.types.is_numeric_dtype(values) or pd.api.types.infer_dtype(values) in {"integer", "floating"}:
        moments = pd.to_datetime(pd.to_numeric(values), unit="ms", utc=True)
    elif pd.api.types.infer_dtype(values, skipna=True) == "date":
        days = np.array(values.where(values.notna(), None).tolist(), dtype="datetime64[D]")
        moments = pd.Series(days.astype("datetime64[ms]"), index=values.index).dt.tz_localize("UTC")
    else:
        moments = _from_texts(values.astype("object"))
    return moments.dt.tz_convert("UTC").dt.as_unit("ms")


def _from_texts(texts: pd.Series) -> pd.Series:
    if pd.api.types.infer_dtype(texts, skipna=True) != "string":
        texts = texts.map(str, na_action="ignore")
    for pattern in _DATE_TEXTS:
        try:
            return pd.to_datetime(texts, format=pattern, utc=True)
        except (ValueError, TypeError):
            continue
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # each string is parsed by itself, as wanted
        return pd.to_datetime(texts, utc=True, format="mixed")


def check_domains(domains: str) -> None:
    """Raise `RequestError` unless `domains` is ``codes``, ``labels`` or ``categories``."""
    if domains not in get_args(Domains):
        choices = ", ".join(map(repr, get_args(Domains)))
        raise RequestError(say("domains is one of {choices}, not {domains!r}.", choices=choices, domains=domains))


def decode(frame: pd.DataFrame, fields: Sequence[Field], domains: Domains) -> pd.DataFrame:
    """Replace codes with their labels in all fields with a coded-value domain, unless `domains` is ``codes``.

    ``labels`` gives strings; ``categories`` gives ordered categories, in the domain's order. A code that is not in the
    domain becomes a string, as a category after those of the domain.
    """
    for field in fields:
        if domains == "codes" or not isinstance(field.domain, CodedValues) or field.name not in frame.columns:
            continue
        codes = frame[field.name]
        by_code = {_key(code): label for code, label in field.domain.labels.items()}
        texts = [None if pd.isna(code) else by_code.get(_key(code), str(code)) for code in codes]
        if domains == "labels":
            frame[field.name] = pd.Series(texts, index=codes.index, dtype="object").astype(TEXT_DTYPE)
            continue
        order = dict.fromkeys([*by_code.values(), *(text for text in texts if text is not None)])
        frame[field.name] = pd.Categorical(texts, categories=list(order), ordered=True)
    return frame


def _key(code: object) -> str:
    """A string by which to look up a code, the same for 1, 1.0 and "1": formats differ in how they write codes."""
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)

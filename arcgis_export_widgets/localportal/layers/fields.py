"""Describe fields, and convert their values between Esri's field types and those of pandas, DuckDB and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

OID = "esriFieldTypeOID"
STRING = "esriFieldTypeString"
DATE = "esriFieldTypeDate"
DATE_ONLY = "esriFieldTypeDateOnly"
TIME_ONLY = "esriFieldTypeTimeOnly"

_DEFAULT_LENGTH = 256


@dataclass(frozen=True)
class _FieldType:
    """Names that DuckDB, pandas and the layer's JSON have for a field type; pandas' name is None for text and dates."""

    duckdb: str = "VARCHAR"
    pandas: str | None = None
    actual_type: str = "nvarchar"
    sql_type: str = "sqlTypeOther"


_TYPES = {
    OID: _FieldType("BIGINT", "Int64", "int"),
    "esriFieldTypeSmallInteger": _FieldType("SMALLINT", "Int16", "smallint", "sqlTypeSmallInt"),
    "esriFieldTypeInteger": _FieldType("INTEGER", "Int32", "int", "sqlTypeInteger"),
    "esriFieldTypeBigInteger": _FieldType("BIGINT", "Int64", "bigint", "sqlTypeBigInt"),
    "esriFieldTypeSingle": _FieldType("FLOAT", "float32", "real", "sqlTypeReal"),
    "esriFieldTypeDouble": _FieldType("DOUBLE", "float64", "float", "sqlTypeFloat"),
    STRING: _FieldType(sql_type="sqlTypeNVarchar"),
    DATE: _FieldType("TIMESTAMP", None, "datetime2", "sqlTypeTimestamp2"),
    DATE_ONLY: _FieldType("DATE", None, "date", "sqlTypeDate"),
    TIME_ONLY: _FieldType("TIME", None, "time", "sqlTypeTime"),
}


def _type(esri_type: str) -> _FieldType:
    return _TYPES.get(esri_type, _FieldType())


def quote_name(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Field:
    """One field of a layer; if `visible` is false, a view hides the field.

    `length` is the maximum number of characters of a text field, None for other types; `domain` is Esri's JSON
    of a ``codedValue`` or ``range`` domain.
    """

    name: str
    esri_type: str
    alias: str
    length: int | None = None
    nullable: bool = True
    domain: dict[str, Any] | None = None
    description: str | None = None
    visible: bool = True

    @property
    def is_numeric(self) -> bool:
        """Whether the field's values are numbers."""
        return _type(self.esri_type).pandas is not None

    @property
    def sql(self) -> str:
        """DuckDB expression for the field's column, cast to the type that DuckDB uses for the field."""
        return f"CAST({quote_name(self.name)} AS {_type(self.esri_type).duckdb})"

    def to_json(self, *, full: bool = False) -> dict[str, Any]:
        """Return the field as in the response to a query; if `full`, add the keys that only a layer's JSON has."""
        kind = _type(self.esri_type)
        content: dict[str, Any] = {"name": self.name, "type": self.esri_type}
        if full:
            content["actualType"] = kind.actual_type
        content |= {"alias": self.alias, "sqlType": kind.sql_type}
        if self.length is not None:
            content["length"] = self.length
        elif self.esri_type == DATE:
            content["length"] = 8
        if full:
            content |= {"nullable": self.nullable, "editable": self.esri_type != OID}
        content |= {"domain": self.domain, "defaultValue": None}
        if self.description is not None:
            content["description"] = self.description
        return content


def infer_esri_type(column: pd.Series[Any], declared: str = "") -> str:
    """Return the name of the Esri field type for a column.

    `declared` is pyogrio's name of the type in the file (``int32``, ``datetime64[D]`` ...). Without it, dates without a
    time would become dates with a time, and integers with nulls, which pandas stores as floats, would become doubles.
    """
    kind = declared or str(column.dtype)
    lowered = kind.lower()
    for prefix, esri_type in (
        ("int8", "SmallInteger"),
        ("uint8", "SmallInteger"),
        ("int16", "SmallInteger"),
        ("uint16", "Integer"),
        ("int32", "Integer"),
        ("bool", "SmallInteger"),
        ("int64", "BigInteger"),
        ("uint", "BigInteger"),
        ("float32", "Single"),
        ("float", "Double"),
        ("datetime64[d]", "DateOnly"),
        ("datetime", "Date"),
    ):
        if lowered.startswith(prefix):
            if esri_type == "BigInteger" and _fits_int32(column):
                return "esriFieldTypeInteger"
            return f"esriFieldType{esri_type}"
    return STRING


def _fits_int32(column: pd.Series[Any]) -> bool:
    values = pd.to_numeric(column, errors="coerce").dropna()
    return bool(len(values) == 0 or (values.min() >= -(2**31) and values.max() < 2**31))


def to_stored_values(column: pd.Series[Any], esri_type: str) -> pd.Series[Any]:
    """Return `column` converted to the pandas type that stores values of `esri_type`.

    Numbers become nullable integers or floats, dates become ``datetime64[ms]`` in UTC without a time zone, and all
    else becomes Python strings, with None for null.
    """
    pandas_type = _type(esri_type).pandas
    if pandas_type is not None:
        numbers: pd.Series[Any] = pd.to_numeric(column, errors="raise")
        return numbers.astype(pd.api.types.pandas_dtype(pandas_type))
    if esri_type in {DATE, DATE_ONLY}:
        if pd.api.types.is_numeric_dtype(column.dtype):
            column = pd.to_datetime(column, unit="ms", utc=True)
        stamps = pd.to_datetime(column, utc=True).dt.tz_localize(None).astype("datetime64[ms]")
        return stamps.dt.normalize() if esri_type == DATE_ONLY else stamps
    missing = column.isna().to_numpy()
    texts = column.astype(object).to_numpy(copy=True)
    if not isinstance(column.dtype, pd.StringDtype):
        texts[~missing] = [value if isinstance(value, str) else str(value) for value in texts[~missing]]
    texts[missing] = None
    return pd.Series(texts, index=column.index, dtype=object)


def text_length(values: pd.Series[Any]) -> int:
    """Return a maximum length for a text field: 256, or a higher power of two if a value is longer."""
    longest = max(map(len, filter(None, values.tolist())), default=0)
    length = _DEFAULT_LENGTH
    while length < longest:
        length *= 2
    return length


def to_json_values(column: pd.Series[Any], esri_type: str) -> list[Any]:
    """Return a column's values as ArcGIS writes them in JSON: dates as epoch milliseconds, null as None."""
    if esri_type == DATE:
        return _with_nulls(column.to_numpy().astype("datetime64[ms]").astype(np.int64), column)
    if esri_type == DATE_ONLY:
        return _with_nulls(column.to_numpy().astype("datetime64[D]").astype(str), column)
    if _type(esri_type).pandas is None:
        return column.tolist()
    if esri_type == "esriFieldTypeSingle":
        # as in ArcGIS, the shortest decimal number that becomes the same 32-bit number when it is read
        values = column.to_numpy().astype(str).astype(np.float64)
        return _with_nulls(values, column)
    if isinstance(column.dtype, pd.api.extensions.ExtensionDtype):
        return _with_nulls(column.to_numpy(dtype=np.int64, na_value=0), column)
    return _with_nulls(column.to_numpy(), column)


def _with_nulls(values: np.ndarray[Any, Any], column: pd.Series[Any]) -> list[Any]:
    result: list[Any] = values.tolist()
    for position in np.flatnonzero(column.isna().to_numpy()):
        result[position] = None
    return result


def records(columns: Mapping[str, list[Any]], count: int) -> list[dict[str, Any]]:
    """Return columns as one dictionary per row; `count` is the number of rows, even if there are no columns."""
    rows = zip(*columns.values(), strict=True) if columns else [()] * count
    return [dict(zip(columns, row, strict=True)) for row in rows]

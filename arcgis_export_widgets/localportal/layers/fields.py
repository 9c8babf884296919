"""Field definitions: Esri's field types, and the pandas and DuckDB types that hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

OID = "esriFieldTypeOID"
STRING = "esriFieldTypeString"
DATE = "esriFieldTypeDate"
DATE_ONLY = "esriFieldTypeDateOnly"
TIME_ONLY = "esriFieldTypeTimeOnly"

DUCKDB_TYPES = {
    OID: "BIGINT",
    "esriFieldTypeSmallInteger": "SMALLINT",
    "esriFieldTypeInteger": "INTEGER",
    "esriFieldTypeBigInteger": "BIGINT",
    "esriFieldTypeSingle": "FLOAT",
    "esriFieldTypeDouble": "DOUBLE",
    STRING: "VARCHAR",
    "esriFieldTypeGUID": "VARCHAR",
    "esriFieldTypeGlobalID": "VARCHAR",
    DATE: "TIMESTAMP",
    DATE_ONLY: "DATE",
    TIME_ONLY: "TIME",
}
_PANDAS_TYPES = {
    OID: "Int64",
    "esriFieldTypeSmallInteger": "Int16",
    "esriFieldTypeInteger": "Int32",
    "esriFieldTypeBigInteger": "Int64",
    "esriFieldTypeSingle": "float32",
    "esriFieldTypeDouble": "float64",
}
NUMERIC_TYPES = frozenset(_PANDAS_TYPES)
_DEFAULT_LENGTH = 256


@dataclass(frozen=True)
class Field:
    """One column of a layer.

    Parameters
    ----------
    esri_type
        Such as ``esriFieldTypeString``.
    length
        Largest number of characters of a text column; None for other types.
    domain
        Esri's domain object (``codedValue`` or ``range``), None when the column has none.
    visible
        False for a column that a view hides.
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
        """Whether values are numbers."""
        return self.esri_type in NUMERIC_TYPES

    def to_json(self, *, full: bool = False) -> dict[str, Any]:
        """Return the definition as a query answer carries it; `full` adds what only the layer's own JSON has."""
        content: dict[str, Any] = {"name": self.name, "type": self.esri_type}
        if full:
            content["actualType"] = _ACTUAL_TYPES.get(self.esri_type, "nvarchar")
        content |= {"alias": self.alias, "sqlType": _SQL_TYPES.get(self.esri_type, "sqlTypeOther")}
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


_ACTUAL_TYPES = {
    OID: "int",
    "esriFieldTypeSmallInteger": "smallint",
    "esriFieldTypeInteger": "int",
    "esriFieldTypeBigInteger": "bigint",
    "esriFieldTypeSingle": "real",
    "esriFieldTypeDouble": "float",
    DATE: "datetime2",
    DATE_ONLY: "date",
    TIME_ONLY: "time",
}
_SQL_TYPES = {
    "esriFieldTypeSmallInteger": "sqlTypeSmallInt",
    "esriFieldTypeInteger": "sqlTypeInteger",
    "esriFieldTypeBigInteger": "sqlTypeBigInt",
    "esriFieldTypeSingle": "sqlTypeReal",
    "esriFieldTypeDouble": "sqlTypeFloat",
    STRING: "sqlTypeNVarchar",
    DATE: "sqlTypeTimestamp2",
    DATE_ONLY: "sqlTypeDate",
    TIME_ONLY: "sqlTypeTime",
}


def infer_esri_type(column: pd.Series[Any], declared: str = "") -> str:
    """Return the Esri type for a column.

    Parameters
    ----------
    column
        Values as pandas holds them.
    declared
        The file's own type as pyogrio names it (``int32``, ``datetime64[D]`` ...); decides for integer columns that
        pandas turned into floats because of nulls, and for dates without a time.
    """
    kind = declared or str(column.dtype)
    lowered = kind.lower()
    for prefix, esri_type in (
        ("int8", "SmallInteger"), ("uint8", "SmallInteger"), ("int16", "SmallInteger"), ("uint16", "Integer"),
        ("int32", "Integer"), ("bool", "SmallInteger"), ("int64", "BigInteger"), ("uint", "BigInteger"),
        ("float32", "Single"), ("float", "Double"), ("datetime64[d]", "DateOnly"), ("datetime", "Date"),
    ):  # fmt: skip
        if lowered.startswith(prefix):
            if esri_type == "BigInteger" and _fits_int32(column):
                return "esriFieldTypeInteger"
            return f"esriFieldType{esri_type}"
    return STRING


def _fits_int32(column: pd.Series[Any]) -> bool:
    values = pd.to_numeric(column, errors="coerce").dropna()
    return bool(len(values) == 0 or (values.min() >= -(2**31) and values.max() < 2**31))


def to_held_values(column: pd.Series[Any], esri_type: str) -> pd.Series[Any]:
    """Return `column` in the one pandas type that holds `esri_type`.

    Numbers become nullable integers or floats, dates naive UTC ``datetime64[ms]``, all else Python text with None
    for null.
    """
    if esri_type in _PANDAS_TYPES:
        numbers: pd.Series[Any] = pd.to_numeric(column, errors="raise")
        return numbers.astype(pd.api.types.pandas_dtype(_PANDAS_TYPES[esri_type]))
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
    """Return a length for a text column that holds all of `values`: 256, or the next power of two."""
    longest = max(map(len, filter(None, values.tolist())), default=0)
    length = _DEFAULT_LENGTH
    while length < longest:
        length *= 2
    return length


def to_json_values(column: pd.Series[Any], esri_type: str) -> list[Any]:
    """Return values as ArcGIS writes them in JSON: dates as epoch milliseconds, null as None."""
    if esri_type == DATE:
        return _with_nulls(column.to_numpy().astype("datetime64[ms]").astype(np.int64), column)
    if esri_type == DATE_ONLY:
        return _with_nulls(column.to_numpy().astype("datetime64[D]").astype(str), column)
    if esri_type not in _PANDAS_TYPES:
        return column.tolist()
    if esri_type == "esriFieldTypeSingle":
        # the shortest text that is the same 32-bit number, as ArcGIS writes it
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

"""Find the column types of a layer that is read in batches, so that they are the same as if it were read at once."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from arcgis_export_widgets.loading.values import TEXT_DTYPE

_WITH_GAPS: dict[str, Any] = {"int64": np.dtype("float64"), "uint64": np.dtype("float64"), "bool": pd.BooleanDtype()}
_MIXED = {"mixed", "mixed-integer"}


class ColumnTypes:
    """The column types that can store the values of all frames passed to `add`."""

    def __init__(self) -> None:
        self.read_as_text: frozenset[str] = frozenset()
        """Columns to read from the file as text: if "007" were read as a number, its zeros would be lost."""
        self._examples: dict[str, pd.Series] = {}
        """For each column, a series of its type with one value; missing if all are, no value if there are no rows."""
        self._crs: Any = None
        self._has_geometry: bool | None = None

    @property
    def texts(self) -> frozenset[str]:
        """Names of the text columns."""
        return frozenset(name for name, example in self._examples.items() if example.dtype == TEXT_DTYPE)

    def add(self, frame: pd.DataFrame) -> bool:
        """Add a frame; return False if a type changed, so that the earlier frames must be converted again."""
        fits = True
        if isinstance(frame, gpd.GeoDataFrame):
            fits = self._has_geometry is not False
            self._has_geometry, self._crs = True, frame.crs
        elif self._has_geometry is None:
            self._has_geometry = False
        for name in _plain_columns(frame):
            new, known = _example(_storable(frame[name])), self._examples.get(name)
            joined = new if known is None else _joined(known, new)
            fits &= known is None or (joined.dtype == known.dtype and _kind(joined) == _kind(known))
            fits &= joined.dtype != TEXT_DTYPE or new.dtype == joined.dtype or name in self.read_as_text
            self._examples[name] = joined
        return fits

    def applied(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with its columns converted to these types."""
        frame = frame.copy(deep=False)
        for name in _plain_columns(frame):
            values = frame[name]
            typed = _converted(_storable(values), self._examples[name].dtype)
            if typed is not values:
                frame[name] = typed
        if self._has_geometry and not isinstance(frame, gpd.GeoDataFrame):
            return gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs=self._crs)
        return frame

    def example(self) -> pd.DataFrame:
        """A frame with all columns in these types, and at most one row."""
        example = pd.DataFrame({name: values.reset_index(drop=True) for name, values in self._examples.items()})
        if not self._has_geometry:
            return example
        return gpd.GeoDataFrame(example, geometry=[None] * len(example), crs=self._crs)


def _plain_columns(frame: pd.DataFrame) -> list[str]:
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    return [name for name in frame.columns if name != geometry]


def _storable(values: pd.Series) -> pd.Series:
    """Convert the values to a form that Parquet can store: JSON and columns of mixed types become text."""
    if values.dtype != "object" or _kind(values) not in _MIXED:
        return values
    if any(isinstance(value, np.ndarray) for value in values):  # a list, for which Arrow has a type
        return values
    return values.map(_as_text, na_action="ignore").astype(TEXT_DTYPE)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _kind(values: pd.Series) -> str:
    return pd.api.types.infer_dtype(values, skipna=True) if values.dtype == "object" else values.dtype.kind


def _example(values: pd.Series) -> pd.Series:
    there = values.notna().to_numpy()
    if there.any():
        return values.iloc[[int(there.argmax())]]
    return values.head(1).astype(TEXT_DTYPE if values.dtype == "object" else values.dtype)


def _joined(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return an example in a type that can store the values of both columns."""
    for known, new in ((one, other), (other, one)):
        if not len(new) or (new.isna().all() and new.dtype == TEXT_DTYPE):  # contains no value that would show the type
            return known
        if new.isna().all() and new.dtype == "float64":  # a CSV column without values: missing ones must fit
            return _converted(known, _WITH_GAPS.get(str(known.dtype), known.dtype))
    if one.dtype == other.dtype and _kind(one) == _kind(other):
        return one
    return _converted(one, _common(one, other))


def _common(one: pd.Series, other: pd.Series) -> Any:
    dtypes: tuple[Any, Any] = (one.dtype, other.dtype)
    if all(isinstance(dtype, pd.CategoricalDtype) for dtype in dtypes):
        labels = [label for dtype in dtypes for label in dtype.categories]
        return pd.CategoricalDtype(list(dict.fromkeys(labels)), ordered=True)
    if all(map(pd.api.types.is_datetime64_any_dtype, dtypes)):
        return pd.DatetimeTZDtype("ms", "UTC")
    if all(map(pd.api.types.is_bool_dtype, dtypes)):
        return pd.BooleanDtype()
    if any(map(pd.api.types.is_bool_dtype, dtypes)) or not all(map(pd.api.types.is_numeric_dtype, dtypes)):
        return TEXT_DTYPE
    plain = np.result_type(*(getattr(dtype, "numpy_dtype", dtype) for dtype in dtypes))
    nullable = [dtype for dtype in dtypes if pd.api.types.is_extension_array_dtype(dtype)]
    if plain.kind == "f" and all(dtype.kind != "f" for dtype in nullable):
        return plain  # the floating-point column has a NumPy type, so keep that
    return pd.api.types.pandas_dtype(plain.name.capitalize().replace("Uint", "UInt")) if nullable else plain


def _converted(values: pd.Series, dtype: Any) -> pd.Series:
    if values.dtype == dtype:
        return values
    if isinstance(dtype, pd.CategoricalDtype) and isinstance(values.dtype, pd.CategoricalDtype):
        return values.cat.set_categories(dtype.categories, ordered=True)
    if isinstance(dtype, pd.DatetimeTZDtype) and pd.api.types.is_datetime64_dtype(values.dtype):
        return values.dt.tz_localize("UTC").dt.as_unit("ms")
    if dtype == TEXT_DTYPE:
        return values.map(_as_text, na_action="ignore").astype(TEXT_DTYPE)
    return values.astype(dtype)

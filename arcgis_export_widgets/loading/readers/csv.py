"""CSV, and points from the two columns that hold their coordinates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.detect import Source
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.selection import EVERYTHING, Selection
from arcgis_export_widgets.model.fields import FieldType

_AS_TEXT = {
    FieldType.STRING, FieldType.GUID, FieldType.GLOBAL_ID, FieldType.TIME_ONLY, FieldType.XML,
    FieldType.BIG_INTEGER,  # as a number it would be rounded beside a gap
}  # fmt: skip


def read_csv(source: Source, expected: ExpectedLayer | None, selection: Selection = EVERYTHING) -> pd.DataFrame:
    """Read a CSV with pandas: fifteen times quicker than GDAL, and texts that look like numbers stay texts.

    Raises
    ------
    LoadError
        If it is no CSV in UTF-8.
    """
    with _named_errors(source):
        frame = pd.read_csv(source.path, **_options(expected, selection))
    return with_points(frame, expected)


def csv_names(source: Source) -> list[str]:
    """Names of the columns."""
    with _named_errors(source):
        return list(map(str, pd.read_csv(source.path, nrows=0, **_options(None, EVERYTHING)).columns))


def csv_batches(
    source: Source, expected: ExpectedLayer | None, selection: Selection, batch_rows: int
) -> Iterator[pd.DataFrame]:
    """Read a CSV `batch_rows` rows at a time.

    Without a definition the file is read twice, so that a column has one type from the first row to the last.
    """
    options = _options(expected, selection)
    if expected is None:
        options["dtype"] = _common_types(source, batch_rows, options)
    with _named_errors(source), pd.read_csv(source.path, chunksize=batch_rows, **options) as reader:
        for frame in reader:
            yield with_points(frame.reset_index(drop=True), expected)


def _options(expected: ExpectedLayer | None, selection: Selection) -> dict[str, Any]:
    definition = expected.definition if expected else None
    options: dict[str, Any] = {
        "dtype": {f.name: "object" for f in definition.fields if f.type in _AS_TEXT} if definition else {},
        "encoding": "utf-8-sig",
        "keep_default_na": False,
        "na_values": [""],
    }
    if selection.columns is not None:
        places = {name.lower() for name in _place_names(expected)}
        options["usecols"] = lambda name: name.lower() in places or selection.wants(name, definition)
    return options


def _common_types(source: Source, batch_rows: int, options: dict[str, Any]) -> dict[str, Any]:
    types: dict[str, Any] = {}
    with _named_errors(source), pd.read_csv(source.path, chunksize=batch_rows, **options) as reader:
        for frame in reader:
            for name, found in frame.dtypes.items():
                known = types.get(str(name), found)
                types[str(name)] = found if known == found else _wider(known, found)
    return types


def _wider(one: Any, other: Any) -> Any:
    if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
        return np.result_type(one, other)
    return "object"


@contextmanager
def _named_errors(source: Source) -> Iterator[None]:
    try:
        yield
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise LoadError(say("{file} cannot be read as CSV: {error}", file=source.path.name, error=error)) from error


def _place_names(expected: ExpectedLayer | None) -> tuple[str, str]:
    return (expected and expected.x_column_name) or "x", (expected and expected.y_column_name) or "y"


def with_points(frame: pd.DataFrame, expected: ExpectedLayer | None) -> pd.DataFrame:
    """Make points of the x and y columns, which only the export added; leave tables as they are.

    Raises
    ------
    LoadError
        If the layer has points, but these columns hold something else than coordinates.
    """
    if expected is not None and not expected.has_geometry:
        return frame
    x_name, y_name = _place_names(expected)
    own = {field.name for field in expected.definition.fields} if expected else set()
    x = _column(frame, x_name, own)
    y = _column(frame, y_name, own)
    if x is None or y is None:
        return frame
    try:
        east, north = _coordinates(frame[x]), _coordinates(frame[y])
    except (TypeError, ValueError) as error:
        if expected is None:
            return frame  # a table that happens to have columns of these names
        raise LoadError(
            say("The columns {x} and {y} hold something else than coordinates: {error}", x=x, y=y, error=error)
        ) from error
    points = gpd.points_from_xy(east, north)
    nowhere = (east.isna() | north.isna()).to_numpy()
    if nowhere.any():
        points[nowhere] = None
    return gpd.GeoDataFrame(frame.drop(columns=[x, y]), geometry=points)


def _coordinates(values: pd.Series) -> pd.Series:
    """Numbers; NaN where there are none, which ArcGIS writes as an empty cell or as NaN."""
    if not pd.api.types.is_numeric_dtype(values):
        values = pd.to_numeric(values.mask(values.isin(["NaN", "nan"])))
    numbers = values.astype("float64")
    if np.isinf(numbers).any():
        raise ValueError(say("infinity"))
    return numbers


def _column(frame: pd.DataFrame, name: str, own: set[str]) -> str | None:
    """The column of coordinates: the last of that name in any case, as exports put theirs last."""
    found = [c for c in frame.columns if str(c).lower() == name.lower() and c not in own]
    return found[-1] if found else None

"""Reading one layer of a file as the file has it; what the file lost is another module's business."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading import feature_collection
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.sources import Kind, Source
from arcgis_export_widgets.request.fields import FieldType

_ARROW = find_spec("pyarrow") is not None  # quicker, and other threads run meanwhile
_AS_TEXT = {
    FieldType.STRING, FieldType.GUID, FieldType.GLOBAL_ID, FieldType.TIME_ONLY, FieldType.XML,
    FieldType.BIG_INTEGER,  # as a number it would be rounded beside a gap
}  # fmt: skip
_COUNTER = "fid"  # what GDAL calls a row number that comes from no layer
_WITH_IDS = {Kind.GEODATABASE, Kind.GEOPACKAGE}


def read(source: Source, expected: ExpectedLayer | None) -> pd.DataFrame:
    """Read one layer: a GeoDataFrame if it has geometry, else a DataFrame.

    Raises
    ------
    LoadError
        If the file is damaged.
    """
    with _no_garbage_collection():
        if source.kind is Kind.CSV:
            return _read_csv(source, expected)
        if source.kind is Kind.FEATURE_COLLECTION and source.content is not None:
            return feature_collection.to_frame(source.content)
        frame = _read_with_gdal(source)
    return _with_points(frame, expected) if source.kind is Kind.EXCEL else frame


def _read_with_gdal(source: Source) -> pd.DataFrame:
    options: dict[str, Any] = {} if source.layer == source.path.stem else {"layer": source.layer}
    if source.kind is Kind.EXCEL:
        options["HEADERS"] = "FORCE"  # else a sheet of nothing but texts loses its names
    try:
        if source.kind in _WITH_IDS:
            id_field = pyogrio.read_info(source.path, **options)["fid_column"]
            id_field = "" if id_field == _COUNTER else id_field
            frame: pd.DataFrame = pyogrio.read_dataframe(
                source.path, use_arrow=_ARROW, fid_as_index=bool(id_field), **options
            )
            return _with_ids(frame, id_field) if id_field else frame
        frame = pyogrio.read_dataframe(source.path, use_arrow=_ARROW, **options)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise LoadError(f"{source.path.name} cannot be read as {source.kind.value}: {error}") from error
    return frame


def _with_ids(frame: pd.DataFrame, id_field: str) -> pd.DataFrame:
    """Make a column of the ids a database keeps apart from its fields."""
    if id_field in frame.columns:
        return frame.reset_index(drop=True)
    ids = frame.index.to_numpy()
    frame = frame.reset_index(drop=True)
    frame.insert(0, id_field, ids)
    return frame


def _read_csv(source: Source, expected: ExpectedLayer | None) -> pd.DataFrame:
    """CSV by pandas: fifteen times quicker than through GDAL, and texts that look like numbers stay texts."""
    fields = expected.definition.fields if expected else ()
    types = {field.name: "object" for field in fields if field.type in _AS_TEXT}
    try:
        frame = pd.read_csv(source.path, dtype=types, encoding="utf-8-sig", keep_default_na=False, na_values=[""])
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise LoadError(f"{source.path.name} cannot be read as CSV: {error}") from error
    return _with_points(frame, expected)


def _with_points(frame: pd.DataFrame, expected: ExpectedLayer | None) -> pd.DataFrame:
    """Make points of the x and y columns, which only the export added; leave tables as they are."""
    if expected is not None and not expected.has_geometry:
        return frame
    x_name = (expected and expected.x_column_name) or "x"
    y_name = (expected and expected.y_column_name) or "y"
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
        raise LoadError(f"The columns {x} and {y} hold something else than coordinates: {error}") from error
    points = gpd.points_from_xy(east, north)
    geometry = gpd.GeoSeries(points, index=frame.index).mask(east.isna() | north.isna(), None)
    return gpd.GeoDataFrame(frame.drop(columns=[x, y]), geometry=geometry)


def _coordinates(values: pd.Series) -> pd.Series:
    """Numbers; NaN where there are none, which ArcGIS writes as an empty cell or as NaN."""
    numbers = pd.to_numeric(values.mask(values.isin(["NaN", "nan"]))).astype("float64")
    if np.isinf(numbers).any():
        raise ValueError("infinity")
    return numbers


def _column(frame: pd.DataFrame, name: str, own: set[str]) -> str | None:
    """The column of coordinates: the last of that name in any case, as exports put theirs last."""
    found = [c for c in frame.columns if str(c).lower() == name.lower() and c not in own]
    return found[-1] if found else None


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Hold the collector off while arrays of geometries are made: it would look at each again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

"""Reading one layer of a file as the file has it; what the file lost is another module's business."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
from pyproj import CRS

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.detect import Kind, Source
from arcgis_export_widgets.loading.matching import Part
from arcgis_export_widgets.loading.readers import feature_collection
from arcgis_export_widgets.loading.readers.csv import csv_names, read_csv, with_points
from arcgis_export_widgets.loading.readers.dbf_encoding import true_encoding
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore.column_names import full_names
from arcgis_export_widgets.loading.selection import EVERYTHING, Selection

_ARROW = find_spec("pyarrow") is not None  # quicker, keeps measures, and other threads run meanwhile
_COUNTER = "fid"  # what GDAL calls a row number that comes from no layer
_WITH_IDS = {Kind.GEODATABASE, Kind.GEOPACKAGE}
_DBF = {Kind.SHAPEFILE, Kind.DBF}
_WGS84_WITH_HEIGHT = 4979
_EXACT = 2**53  # beyond it floating-point numbers skip whole ones
GDAL_ERRORS = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
)


def read(source: Source, expected: ExpectedLayer | None, selection: Selection = EVERYTHING) -> pd.DataFrame:
    """Read one layer: a GeoDataFrame if it has geometry, else a DataFrame.

    Raises
    ------
    LoadError
        If the file is damaged.
    """
    with no_garbage_collection():
        if source.kind is Kind.CSV:
            return read_csv(source, expected, selection)
        if source.kind is Kind.FEATURE_COLLECTION and source.content is not None:
            return feature_collection.to_frame(source.content)
        with gdal_errors(source):
            frame = in_two_dimensions(_read_with_gdal(source, expected, selection))
    return with_points(frame, expected) if source.kind is Kind.EXCEL else frame


def names_in(part: Part) -> list[str]:
    """Names of all fields of a layer: by its definition, or where nobody knows it as the file has them."""
    if part.definition is not None:
        return [field.name for field in part.definition.fields]
    source = part.source
    if source.kind is Kind.CSV:
        return csv_names(source)
    if source.kind is Kind.FEATURE_COLLECTION and source.content is not None:
        return list(map(str, feature_collection.to_frame(source.content).columns))
    with gdal_errors(source):
        info = pyogrio.read_info(source.path, **opening_options(source))
    ids = [info["fid_column"]] if source.kind in _WITH_IDS and info["fid_column"] not in {"", _COUNTER} else []
    return [*ids, *map(str, info["fields"])]


def opening_options(source: Source) -> dict[str, Any]:
    """Options by which pyogrio finds the layer and reads its texts rightly."""
    options: dict[str, Any] = {} if source.layer == source.path.stem else {"layer": source.layer}
    if source.kind is Kind.EXCEL:
        options["HEADERS"] = "FORCE"  # else a sheet of nothing but texts loses its names
    if source.kind in _DBF and (encoding := true_encoding(source.path)) is not None:
        options["encoding"] = encoding
    return options


def gdal_options(source: Source, expected: ExpectedLayer | None, selection: Selection) -> dict[str, Any]:
    """Options for pyogrio's readers: which layer, which columns, which box, and whether row numbers are its ids."""
    options = opening_options(source)
    if source.kind not in _WITH_IDS and selection is EVERYTHING:
        return options
    info = pyogrio.read_info(source.path, **options)
    definition = expected.definition if expected else None
    # KML's names are sorted out after reading, and reading less of it would save no time
    if selection.columns is not None and source.kind not in {Kind.KML, Kind.EXCEL}:
        columns = [str(name) for name in info["fields"]]
        in_geodatabase = source.kind is Kind.GEODATABASE
        names = full_names(columns, definition.fields, in_geodatabase=in_geodatabase) if definition else {}
        options["columns"] = [name for name in columns if selection.wants(names.get(name, name), definition)]
    if selection.box is not None and info["geometry_type"] is not None:
        options["bbox"] = selection.bounds(CRS.from_user_input(info["crs"]) if info["crs"] else None)
    id_field = info["fid_column"]
    if source.kind in _WITH_IDS and id_field not in {"", _COUNTER} and selection.wants(id_field, definition):
        options["fid_as_index"] = True
        options["id_field"] = id_field
    return options


def _read_with_gdal(source: Source, expected: ExpectedLayer | None, selection: Selection) -> pd.DataFrame:
    options = gdal_options(source, expected, selection)
    id_field = options.pop("id_field", None)
    if _ARROW:
        frame = pyogrio.read_dataframe(
            source.path, use_arrow=True, arrow_to_pandas_kwargs={"types_mapper": exact_integers}, **options
        )
    else:
        frame = _with_exact_integers(pyogrio.read_dataframe(source.path, use_arrow=False, **options), source, options)
    return _with_ids(frame, id_field) if id_field else frame


def in_two_dimensions(frame: pd.DataFrame) -> pd.DataFrame:
    """WGS 84 by its usual code: of a GeoJSON with heights GDAL says EPSG:4979, which no other format would say."""
    if isinstance(frame, gpd.GeoDataFrame) and frame.crs is not None and frame.crs.to_epsg() == _WGS84_WITH_HEIGHT:
        return frame.set_crs(4326, allow_override=True)
    return frame


def exact_integers(arrow_type: Any) -> Any:
    """The pandas type for whole numbers of 64 bits, as floating-point numbers would round them beside a gap."""
    return pd.Int64Dtype() if str(arrow_type) == "int64" else None


def _with_exact_integers(frame: pd.DataFrame, source: Source, options: dict[str, Any]) -> pd.DataFrame:
    """Read whole numbers once more, as texts, where a gap made rounded numbers of them."""
    declared = pyogrio.read_info(source.path, **{k: v for k, v in options.items() if k in {"layer", "HEADERS"}})
    of_64_bits = [n for n, d in zip(declared["fields"], declared["dtypes"], strict=True) if d == "int64"]
    bent = [n for n in of_64_bits if n in frame and frame[n].dtype == "float64" and frame[n].abs().max() >= _EXACT]
    if bent:
        terms = ", ".join(f'CAST("{name}" AS character(20)) AS "{name}"' for name in bent)
        sql = f'SELECT {terms} FROM "{declared["layer_name"]}"'  # noqa: S608  names from the file itself
        box = {k: v for k, v in options.items() if k == "bbox"}
        texts = pyogrio.read_dataframe(source.path, sql=sql, sql_dialect="OGRSQL", read_geometry=False, **box)
        for name in bent:
            frame[name] = texts[name].to_numpy(dtype="object")
    return frame


def _with_ids(frame: pd.DataFrame, id_field: str) -> pd.DataFrame:
    """Make a column of the ids a database keeps apart from its fields."""
    if id_field in frame.columns:
        return frame.reset_index(drop=True)
    ids = frame.index.to_numpy()
    frame = frame.reset_index(drop=True)
    frame.insert(0, id_field, ids)
    return frame


@contextmanager
def gdal_errors(source: Source) -> Iterator[None]:
    """What GDAL says of a damaged file, as an error of ours; what it says of measures and texts is dealt with here."""
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Measured .M. geometry types", UserWarning)
            # what no date or JSON can be made of stays the text it is
            warnings.filterwarnings("ignore", "Error parsing datetimes|Could not parse column", UserWarning)
            yield
    except (*GDAL_ERRORS, UnicodeDecodeError) as error:
        raise LoadError(
            say("{file} cannot be read as {kind}: {error}", file=source.path.name, kind=source.kind.value, error=error)
        ) from error


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Hold the collector off while arrays of geometries are made: it would look at each again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

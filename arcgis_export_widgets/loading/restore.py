"""Giving back, from the layer's definition, what a file format could not keep."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading.domains import Domains, decode
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.sources import Kind
from arcgis_export_widgets.request.fields import Field, FieldType

_SHORT_BYTES = 10
_INTEGERS = {
    FieldType.SMALL_INTEGER: "Int16",
    FieldType.INTEGER: "Int32",
    FieldType.BIG_INTEGER: "Int64",
    FieldType.OID: "Int64",
}
_TEXTS = {FieldType.STRING, FieldType.GUID, FieldType.GLOBAL_ID, FieldType.XML}
_TEXT_DTYPE = pd.Series(["text"]).dtype
"""As pandas holds text by itself: ``str`` from pandas 3 on, ``object`` before."""
_MOMENTS = {FieldType.DATE, FieldType.TIMESTAMP_OFFSET}
# as ArcGIS writes dates into texts, most usual first; what is none of these is left to pandas
_DATE_TEXTS = ("%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d", "%m/%d/%Y")
_KML_PARTS = {
    "id", "Name", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "heading", "tilt", "roll", "snippet",
}  # fmt: skip
_WGS84_KINDS = {Kind.GEOJSON, Kind.KML}


def restore(frame: pd.DataFrame, expected: ExpectedLayer, kind: Kind, domains: Domains = "codes") -> pd.DataFrame:
    """Restore names, types, order, aliases and coordinate system of one layer.

    Names are full again where the format cut them; whole numbers are nullable integers; dates are UTC timestamps
    (``datetime64[ms, UTC]``), dates without time ``datetime64[ms]``; coded values are as `domains` says. The fields
    stand in the layer's order, what the export added behind them, the geometry last. ``frame.attrs["aliases"]`` maps
    field names to the names people see, ``frame.attrs["object_id_field"]`` names the field that identifies rows.
    No row is touched.
    """
    if kind is Kind.KML:
        frame = _without_kml_twins(frame, expected.definition.fields)
    frame = _with_full_names(frame, expected.definition.fields)
    if kind is Kind.KML:
        frame = _without_kml_parts(frame, expected)
    for field in expected.definition.fields:
        if field.name in frame.columns:
            frame[field.name] = _restored(frame[field.name], field, expected)
    frame = _in_order(frame, [field.name for field in expected.definition.fields])
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _with_crs(frame, expected, kind)
        if not expected.has_geometry and frame.geometry.isna().all():
            frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    frame = decode(frame, expected.definition.fields, domains)
    frame.attrs["object_id_field"] = expected.definition.object_id_field
    frame.attrs["aliases"] = {f.name: f.alias for f in expected.definition.fields if f.name in frame.columns}
    return frame


def _with_full_names(frame: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """Rename columns to the fields they came from: the same name in any case first, then the name as it was cut."""
    renames: dict[str, str] = {}
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    exact = {field.name for field in fields} & set(frame.columns)
    rest = [str(column) for column in frame.columns if column != geometry and column not in exact]
    columns = {column.lower(): column for column in reversed(rest)}
    open_fields = []
    for field in fields:
        if field.name in exact:
            continue
        if (column := columns.pop(field.name.lower(), None)) is not None:
            renames[column] = field.name
        else:
            open_fields.append(field.name)
    # ids come and go with the format, so both ways of counting them in are tried
    all_names = [field.name for field in fields]
    without_id = [field.name for field in fields if field.type is not FieldType.OID]
    for names in (without_id, all_names):
        for name, short in zip(names, short_names(names), strict=True):
            if name in open_fields and (column := columns.pop(short.lower(), None)) is not None:
                renames[column] = name
                open_fields.remove(name)
    return frame.rename(columns={old: new for old, new in renames.items() if old != new})


def short_names(names: Iterable[str]) -> list[str]:
    """Names as a shapefile has them: ten bytes, made unique with ``_1``, ``_2`` in the order of the fields."""
    taken: set[str] = set()
    short = []
    for name in names:
        candidate, number = _cut(name, _SHORT_BYTES), 0
        while candidate.lower() in taken:
            number += 1
            candidate = f"{_cut(name, _SHORT_BYTES - len(f'_{number}'))}_{number}"
        taken.add(candidate.lower())
        short.append(candidate)
    return short


def _cut(name: str, size_bytes: int) -> str:
    return name.encode()[:size_bytes].decode(errors="ignore")


def _without_kml_twins(frame: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """Where a field is called as a part of KML is, GDAL numbers it (``NAME2``) beside that part: the field it is."""
    by_lower = {part.lower(): part for part in _KML_PARTS}
    names = {field.name for field in fields}
    for field in fields:
        part, twin = by_lower.get(field.name.lower()), f"{field.name}2"
        if part in frame.columns and twin in frame.columns and twin not in names:
            frame = frame.drop(columns=part).rename(columns={twin: field.name})
    return frame


def _without_kml_parts(frame: pd.DataFrame, expected: ExpectedLayer) -> pd.DataFrame:
    """Drop what KML has of its own for every placemark, and heights of 0 that the layer never had."""
    own = {field.name for field in expected.definition.fields}
    frame = frame.drop(columns=[c for c in frame.columns if c in _KML_PARTS and c not in own])
    if isinstance(frame, gpd.GeoDataFrame) and not expected.definition.has_z:
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame


def _restored(values: pd.Series, field: Field, expected: ExpectedLayer) -> pd.Series:
    try:
        return _as_type(values, field)
    except (TypeError, ValueError, OverflowError) as error:
        raise LoadError(
            f"{expected.name}: field {field.name} is {field.type.value} in the layer, but the file holds something "
            f"else in it ({error}). Is it the right file? load() without layers= takes it as it is."
        ) from error


def _as_type(values: pd.Series, field: Field) -> pd.Series:
    if field.type in _INTEGERS:
        return _as_integers(values, _INTEGERS[field.type])
    if field.type in {FieldType.SINGLE, FieldType.DOUBLE}:
        return pd.to_numeric(values).astype("float64")
    if field.type in _MOMENTS:
        return _as_moments(values)
    if field.type is FieldType.DATE_ONLY:
        return _as_moments(values).dt.tz_localize(None)
    if field.type in _TEXTS and values.dtype != _TEXT_DTYPE:
        return values.astype(_TEXT_DTYPE)
    return values


def _as_integers(values: pd.Series, dtype: str) -> pd.Series:
    """Nullable integers; a number outside of the type's range widens the type instead of being bent."""
    numbers = values
    if not pd.api.types.is_numeric_dtype(values):
        # nullable at once: by way of floating-point numbers, big ones would be rounded beside a gap
        numbers = pd.to_numeric(values.astype("object"), dtype_backend="numpy_nullable")
        numbers = numbers.mask(numbers.isna(), pd.NA)
    if pd.api.types.is_bool_dtype(numbers):
        numbers = numbers.astype("int8")
    for wide_enough in (dtype, "Int64"):
        try:
            return numbers.astype(wide_enough)  # type: ignore[call-overload]
        except (TypeError, ValueError, OverflowError):
            continue
    return numbers  # fractions where the layer has whole numbers: kept as they came


def _as_moments(values: pd.Series) -> pd.Series:
    """Timestamps in UTC, from timestamps, milliseconds since 1970, or any of the texts formats write."""
    if pd.api.types.is_datetime64_any_dtype(values):
        moments = values if values.dt.tz is not None else values.dt.tz_localize("UTC")
    elif pd.api.types.is_numeric_dtype(values) or pd.api.types.infer_dtype(values) in {"integer", "floating"}:
        moments = pd.to_datetime(pd.to_numeric(values), unit="ms", utc=True)
    else:
        moments = _from_texts(values.astype("object"))
    return moments.dt.tz_convert("UTC").dt.as_unit("ms")


def _from_texts(texts: pd.Series) -> pd.Series:
    for pattern in _DATE_TEXTS:
        try:
            return pd.to_datetime(texts, format=pattern, utc=True)
        except (ValueError, TypeError):
            continue
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it looks at each text by itself, which is wanted here
        return pd.to_datetime(texts, utc=True, format="mixed")


def _in_order(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    known = [name for name in names if name in frame.columns]
    added = [c for c in frame.columns if c not in known and c != geometry]
    return frame[[*known, *added, *([geometry] if geometry else [])]]


def _with_crs(frame: gpd.GeoDataFrame, expected: ExpectedLayer, kind: Kind) -> gpd.GeoDataFrame:
    """Set the coordinate system where the file names none; what a file says is believed and shown in the receipt."""
    if frame.crs is not None:
        return frame
    if kind in _WGS84_KINDS:
        return frame.set_crs(4326)
    reference = expected.target_sr or expected.definition.spatial_reference
    return frame if reference is None else frame.set_crs(reference.crs)


def distinct_ids(frame: pd.DataFrame, id_field: str | None) -> int | None:
    """How many different object ids a frame has; None if the format does not keep them."""
    if id_field is None or id_field not in frame.columns:
        return None
    return int(np.count_nonzero(~frame[id_field].isna() & ~frame[id_field].duplicated()))

"""Giving back, from the layer's definition, what a file format could not keep."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import datetime, time

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.detect import Kind
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore.column_names import KML_PARTS, full_names, kml_twins
from arcgis_export_widgets.loading.restore.domains import Domains, decode
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.model.fields import Field, FieldType

_INTEGERS = {
    FieldType.SMALL_INTEGER: "Int16",
    FieldType.INTEGER: "Int32",
    FieldType.BIG_INTEGER: "Int64",
    FieldType.OID: "Int64",
}
_TEXTS = {FieldType.STRING, FieldType.XML}
_IDENTIFIERS = {FieldType.GUID, FieldType.GLOBAL_ID}
_TEXT_DTYPE = pd.Series(["text"]).dtype
"""As pandas holds text by itself: ``str`` from pandas 3 on, ``object`` before."""
_MOMENTS = {FieldType.DATE, FieldType.TIMESTAMP_OFFSET}
# as ArcGIS writes dates into texts, most usual first; what is none of these is left to pandas
_DATE_TEXTS = ("%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d", "%m/%d/%Y")
_WGS84_KINDS = {Kind.GEOJSON, Kind.KML}

_NOT_A_NUMBER = "NaN"
"""How ArcGIS writes it in JSON, which has no word of its own for it."""


def restore(frame: pd.DataFrame, expected: ExpectedLayer, kind: Kind, domains: Domains = "codes") -> pd.DataFrame:
    """Restore names, types, order, aliases and coordinate system of one layer.

    Names are full again where the format cut them; whole numbers are nullable integers; dates are UTC timestamps
    (``datetime64[ms, UTC]``; of timestamps with an offset the moment is kept), dates without time ``datetime64[ms]``,
    times without date texts such as ``12:30:15``; GUIDs are lower case without braces; coded values are as `domains`
    says. The fields stand in the layer's order, what the export added behind them, the geometry last. No row is
    touched.

    ``frame.attrs`` holds ``aliases`` (the names people see, by field), ``object_id_field`` (which field identifies
    rows) and ``units`` (by field, of the lengths and areas the service computes).
    """
    if kind is Kind.KML:
        frame = _without_kml_twins(frame, expected.definition.fields)
    frame = _with_full_names(frame, expected.definition.fields, kind)
    if kind is Kind.KML:
        frame = _without_kml_parts(frame, expected)
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    for field in expected.definition.fields:
        if field.name in frame.columns and field.name != shapes:
            frame[field.name] = _restored(frame[field.name], field, expected)
    frame = _in_order(frame, [field.name for field in expected.definition.fields])
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _with_crs(_with_plain_parts(frame, expected.definition.geometry_type), expected, kind)
        if not expected.has_geometry and frame.geometry.isna().all():
            frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    frame = decode(frame, expected.definition.fields, domains)
    frame.attrs["object_id_field"] = expected.definition.object_id_field
    frame.attrs["aliases"] = {f.name: f.alias for f in expected.definition.fields if f.name in frame.columns}
    frame.attrs["units"] = _units(expected.definition, frame)
    return frame


def _units(definition: LayerDefinition, frame: pd.DataFrame) -> dict[str, str]:
    """Units of the fields the service keeps of each shape's length and area.

    Source: ``geometryProperties`` in
    https://developers.arcgis.com/rest/services-reference/enterprise/layer-feature-service/
    """
    told = definition.definition.get("geometryProperties") or {}
    unit = str(told.get("units") or "").removeprefix("esri").lower()
    by_field = {told.get("shapeLengthFieldName"): unit, told.get("shapeAreaFieldName"): f"square {unit}"}
    return {str(name): text for name, text in by_field.items() if unit and name in frame.columns}


def _with_full_names(frame: pd.DataFrame, fields: Sequence[Field], kind: Kind) -> pd.DataFrame:
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    columns = [str(c) for c in frame.columns if c != geometry]
    return frame.rename(columns=full_names(columns, fields, in_geodatabase=kind is Kind.GEODATABASE))


def _without_kml_twins(frame: pd.DataFrame, fields: Sequence[Field]) -> pd.DataFrame:
    """Where a field is called as a part of KML is, take the column GDAL numbered beside that part: the field it is."""
    twins = kml_twins(map(str, frame.columns), fields)
    return frame.drop(columns=list(twins.values())).rename(columns={twin: twin[:-1] for twin in twins})


def _without_kml_parts(frame: pd.DataFrame, expected: ExpectedLayer) -> pd.DataFrame:
    """Drop what KML has of its own for every placemark, and heights of 0 that the layer never had."""
    own = {field.name for field in expected.definition.fields}
    frame = frame.drop(columns=[c for c in frame.columns if c in KML_PARTS and c not in own])
    if isinstance(frame, gpd.GeoDataFrame) and not expected.definition.has_z:
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame


def _restored(values: pd.Series, field: Field, expected: ExpectedLayer) -> pd.Series:
    try:
        return _as_type(values, field)
    except (TypeError, ValueError, OverflowError) as error:
        raise LoadError(
            say(
                "{layer}: field {field} is {field_type} in the layer, but the file holds something else in it "
                "({error}). Is it the right file? load() without layers= takes it as it is.",
                layer=expected.name,
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
            values = values.mask(values == _NOT_A_NUMBER)
        numbers = pd.to_numeric(values)
        return numbers.astype("float32") if field.type is FieldType.SINGLE else numbers.astype("float64")
    if field.type in _MOMENTS:
        return _as_moments(values)
    if field.type is FieldType.DATE_ONLY:
        return _as_moments(values).dt.tz_localize(None)
    if field.type is FieldType.TIME_ONLY:
        values = values.map(_time_text, na_action="ignore")
    if field.type in _IDENTIFIERS:
        values = values.astype("object").map(_identifier, na_action="ignore")
    is_text = field.type in _TEXTS | _IDENTIFIERS | {FieldType.TIME_ONLY}
    if is_text and (values.dtype != _TEXT_DTYPE or values.dtype == "object"):
        # what is missing is one and the same in texts, whatever the reader gave, and never the word "None"
        return values.astype("object").where(values.notna(), None).astype(_TEXT_DTYPE)
    return values


def _identifier(value: object) -> str:
    """A GUID as hosted layers write it: lower case, no braces; file geodatabases write ``{ABC...}``."""
    return str(value).strip("{} ").lower()


def _time_text(value: object) -> str:
    """A time of day as ArcGIS writes it in JSON: ``12:30:15``, with milliseconds only where there are any."""
    if not isinstance(value, time):
        text = str(value).strip()
        value = (
            datetime.strptime(text, "%I:%M:%S %p").time()  # noqa: DTZ007  a time of day has no zone
            if text[-1:].upper() == "M"
            else time.fromisoformat(text)
        )
    return value.isoformat("milliseconds" if value.microsecond else "seconds")


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
    elif pd.api.types.infer_dtype(values, skipna=True) == "date":
        days = np.array(values.where(values.notna(), None).tolist(), dtype="datetime64[D]")
        moments = pd.Series(days.astype("datetime64[ms]"), index=values.index).dt.tz_localize("UTC")
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


def _with_plain_parts(frame: gpd.GeoDataFrame, geometry_type: GeometryType | None) -> gpd.GeoDataFrame:
    """Lines and polygons of one part as that, of several as multi-part, whichever way the format has them all.

    Some write every feature as multi-part, some none of those with a single part; a multipoint stays one.
    """
    geometries = frame.geometry.to_numpy()
    kinds = shapely.get_type_id(geometries)
    if geometry_type is GeometryType.MULTIPOINT:
        changed = np.flatnonzero(kinds == shapely.GeometryType.POINT)
        replaced = shapely.multipoints(geometries[changed], indices=np.arange(len(changed)))
    elif geometry_type in {GeometryType.POLYLINE, GeometryType.POLYGON}:
        multi = (kinds == shapely.GeometryType.MULTILINESTRING) | (kinds == shapely.GeometryType.MULTIPOLYGON)
        changed = np.flatnonzero(multi & (shapely.get_num_geometries(geometries) == 1))
        replaced = shapely.get_geometry(geometries[changed], 0)
    else:
        return frame
    if not len(changed):
        return frame
    geometries = geometries.copy()
    geometries[changed] = replaced
    return frame.set_geometry(gpd.GeoSeries(geometries, index=frame.index, crs=frame.crs))


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

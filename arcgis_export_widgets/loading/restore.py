"""Restore, by the layer's definition, what a file format lost: field names, types and order, shapes, CRS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.values import Domains, decode, values_of
from arcgis_export_widgets.model.definition import GeometryType
from arcgis_export_widgets.model.fields import Field, FieldType
from arcgis_export_widgets.portal.pages.assemble import gc_paused

_SHORT_BYTES = 10
_GEODATABASE_BYTES = 64


def restore(
    frame: pd.DataFrame, expected: ExpectedLayer, export_format: ExportFormat | None = None, domains: Domains = "codes"
) -> pd.DataFrame:
    """Restore field names, types, order, aliases and coordinate system of a layer, or of a batch of its rows.

    Shortened names become full again, and integers become nullable. Dates, and timestamps with an offset, become
    ``datetime64[ms, UTC]``; dates without a time become ``datetime64[ms]``; times of day become strings such as
    ``12:30:15``; GUIDs become lower case, without braces. Coded values are returned as `domains` says. The fields
    come first, in the layer's order, then columns that the export added, then the geometry.

    ``frame.attrs`` contains ``aliases`` (the names people see, by field), ``object_id_field`` (which field identifies
    rows) and ``units`` (by field, for the lengths and areas that the service computes).
    `export_format` is the format of the file; None if the rows are from pages of a query.
    """
    definition = expected.definition
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    columns = [str(column) for column in frame.columns if column != shapes]
    frame = frame.rename(columns=full_names(columns, definition.fields, export_format))
    for field in definition.fields:
        if field.name in frame.columns and field.name != shapes:
            frame[field.name] = values_of(frame[field.name], field, expected.name)
    known = [field.name for field in definition.fields if field.name in frame.columns]
    added = [column for column in frame.columns if column not in known and column != shapes]
    frame = frame[[*known, *added, *([shapes] if shapes else [])]]
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _with_crs(_with_plain_parts(frame, definition.geometry_type), expected, export_format)
        if not expected.has_geometry and frame.geometry.isna().all():
            frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    frame = decode(frame, definition.fields, domains)
    frame.attrs["object_id_field"] = definition.object_id_field
    frame.attrs["aliases"] = {field.name: field.alias for field in definition.fields if field.name in frame.columns}
    # https://developers.arcgis.com/rest/services-reference/enterprise/layer-feature-service/
    shape = definition.definition.get("geometryProperties") or {}
    unit = str(shape.get("units") or "").removeprefix("esri").lower()
    by_field = {shape.get("shapeLengthFieldName"): unit, shape.get("shapeAreaFieldName"): f"square {unit}"}
    frame.attrs["units"] = {str(name): text for name, text in by_field.items() if unit and name in frame.columns}
    return frame


def _with_plain_parts(frame: gpd.GeoDataFrame, geometry_type: GeometryType | None) -> gpd.GeoDataFrame:
    """Make multipart lines and polygons of one part single-part, and the points of a multipoint layer multipoints."""
    geometries = frame.geometry.to_numpy()
    kinds = shapely.get_type_id(geometries)
    if geometry_type is GeometryType.MULTIPOINT:
        changed = np.flatnonzero(kinds == shapely.GeometryType.POINT)
        with gc_paused():
            replaced = shapely.multipoints(geometries[changed], indices=np.arange(len(changed)))
    elif geometry_type in {GeometryType.POLYLINE, GeometryType.POLYGON}:
        multi = (kinds == shapely.GeometryType.MULTILINESTRING) | (kinds == shapely.GeometryType.MULTIPOLYGON)
        changed = np.flatnonzero(multi & (shapely.get_num_geometries(geometries) == 1))
        with gc_paused():
            replaced = shapely.get_geometry(geometries[changed], 0)
    else:
        return frame
    if not len(changed):
        return frame
    geometries = geometries.copy()
    geometries[changed] = replaced
    return frame.set_geometry(gpd.GeoSeries(geometries, index=frame.index, crs=frame.crs))


def _with_crs(frame: gpd.GeoDataFrame, expected: ExpectedLayer, export_format: ExportFormat | None) -> gpd.GeoDataFrame:
    """Set the coordinate system if the file does not name one; otherwise, return the frame unchanged."""
    if frame.crs is not None:
        return frame
    if export_format is not None and not export_format.facts.honours_target_sr:
        return frame.set_crs(4326)
    reference = expected.target_sr or expected.definition.spatial_reference
    return frame if reference is None else frame.set_crs(reference.crs)


def full_names(
    columns: Iterable[str], fields: Sequence[Field], export_format: ExportFormat | None = None
) -> dict[str, str]:
    """Return the full field names by column name, for the columns whose names differ from their fields' names.

    Names that a geodatabase changed are matched first: if the layer has both ``a b`` and ``a_b``, the geodatabase's
    ``a_b`` is the field ``a b``. Names that differ only in case are next, then names that a shapefile shortened. Do
    not include the geometry in `columns`.
    """
    columns = list(columns)
    renames = _geodatabase_renames(columns, fields) if export_format is ExportFormat.FILE_GEODATABASE else {}
    exact = {field.name for field in fields} & (set(columns) - set(renames)) - set(renames.values())
    left = {column.lower(): column for column in reversed(columns) if column not in exact | set(renames)}
    open_fields = []
    for field in fields:
        if field.name in exact or field.name in renames.values():
            continue
        if (column := left.pop(field.name.lower(), None)) is not None:
            renames[column] = field.name
        else:
            open_fields.append(field.name)
    # some formats drop the id field, so names are shortened both with and without it
    all_names = [field.name for field in fields]
    without_id = [field.name for field in fields if field.type is not FieldType.OID]
    for names in (without_id, all_names):
        for name, short in zip(names, short_names(names), strict=True):
            if name in open_fields and (column := left.pop(short.lower(), None)) is not None:
                renames[column] = name
                open_fields.remove(name)
    return {column: name for column, name in renames.items() if column != name}


def _geodatabase_renames(columns: Sequence[str], fields: Sequence[Field]) -> dict[str, str]:
    """Return the field names by geodatabase column, for the fields whose names the geodatabase changed."""
    names = [field.name for field in fields if field.type is not FieldType.OID]
    plain = _unique([_plain(name) for name in names], _GEODATABASE_BYTES)
    renames = {}
    for name, candidate in zip(names, plain, strict=True):
        # a geodatabase appends an underscore to SQL keywords
        column = next((one for one in (candidate, f"{candidate}_") if one in columns and one not in renames), None)
        if column is not None and column != name:
            renames[column] = name
    return renames


def _plain(name: str) -> str:
    """The name as a geodatabase stores it: letters, digits and underscores, not beginning with a digit."""
    plain = re.sub(r"\W", "_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain


def short_names(names: Iterable[str]) -> list[str]:
    """The names as a shapefile stores them: cut to ten bytes, and made unique, in field order, with ``_1``, ``_2``."""
    return _unique(names, _SHORT_BYTES)


def _unique(names: Iterable[str], size_bytes: int) -> list[str]:
    taken: set[str] = set()
    short = []
    for name in names:
        candidate, number = _cut(name, size_bytes), 0
        while candidate.lower() in taken:
            number += 1
            candidate = f"{_cut(name, size_bytes - len(f'_{number}'))}_{number}"
        taken.add(candidate.lower())
        short.append(candidate)
    return short


def _cut(name: str, size_bytes: int) -> str:
    return name.encode()[:size_bytes].decode(errors="ignore")

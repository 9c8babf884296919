"""Restoring, from the layer's definition, what a file format could not hold."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore.column_names import full_names
from arcgis_export_widgets.loading.restore.values import Domains, decode, values_of
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.portal.pages.gc_pause import gc_paused


def restore(
    frame: pd.DataFrame,
    expected: ExpectedLayer,
    export_format: ExportFormat | None = None,
    domains: Domains = "codes",
) -> pd.DataFrame:
    """Restore names, types, order, aliases and coordinate system of one layer, or of a batch of its rows.

    Names are full again where the format cut them; whole numbers are nullable integers; dates are UTC timestamps
    (``datetime64[ms, UTC]``; of timestamps with an offset the moment is kept), dates without time ``datetime64[ms]``,
    times without date texts such as ``12:30:15``; GUIDs are lower case without braces; coded values are as `domains`
    says. The fields come in the layer's order, then what the export added, the geometry last. No row is added or lost.

    ``frame.attrs`` holds ``aliases`` (the names people see, by field), ``object_id_field`` (which field identifies
    rows) and ``units`` (by field, of the lengths and areas the service computes).

    Parameters
    ----------
    export_format
        Of the file; None for pages of a query.
    """
    definition = expected.definition
    shapes = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    columns = [str(column) for column in frame.columns if column != shapes]
    frame = frame.rename(columns=full_names(columns, definition.fields, export_format))
    for field in definition.fields:
        if field.name in frame.columns and field.name != shapes:
            frame[field.name] = values_of(frame[field.name], field, expected.name)
    frame = _in_order(frame, [field.name for field in definition.fields], shapes)
    if isinstance(frame, gpd.GeoDataFrame):
        frame = _with_crs(_with_plain_parts(frame, definition.geometry_type), expected, export_format)
        if not expected.has_geometry and frame.geometry.isna().all():
            frame = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    frame = decode(frame, definition.fields, domains)
    frame.attrs["object_id_field"] = definition.object_id_field
    frame.attrs["aliases"] = {field.name: field.alias for field in definition.fields if field.name in frame.columns}
    frame.attrs["units"] = _units(definition, frame)
    return frame


def _units(definition: LayerDefinition, frame: pd.DataFrame) -> dict[str, str]:
    """Units of the fields the service keeps of each shape's length and area.

    Source: ``geometryProperties`` in
    https://developers.arcgis.com/rest/services-reference/enterprise/layer-feature-service/
    """
    properties = definition.definition.get("geometryProperties") or {}
    unit = str(properties.get("units") or "").removeprefix("esri").lower()
    by_field = {properties.get("shapeLengthFieldName"): unit, properties.get("shapeAreaFieldName"): f"square {unit}"}
    return {str(name): text for name, text in by_field.items() if unit and name in frame.columns}


def _with_plain_parts(frame: gpd.GeoDataFrame, geometry_type: GeometryType | None) -> gpd.GeoDataFrame:
    """Lines and polygons of one part as single-part, of several as multi-part; a multipoint stays one.

    Some formats write every feature as multi-part, others none that has only one part.
    """
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


def _in_order(frame: pd.DataFrame, names: Sequence[str], shapes: str | None) -> pd.DataFrame:
    known = [name for name in names if name in frame.columns]
    added = [column for column in frame.columns if column not in known and column != shapes]
    return frame[[*known, *added, *([shapes] if shapes else [])]]


def _with_crs(frame: gpd.GeoDataFrame, expected: ExpectedLayer, export_format: ExportFormat | None) -> gpd.GeoDataFrame:
    """Set the coordinate system where the file names none; what a file says is believed and shown in the receipt."""
    if frame.crs is not None:
        return frame
    if export_format is not None and not export_format.facts.honours_target_sr:
        return frame.set_crs(4326)
    reference = expected.target_sr or expected.definition.spatial_reference
    return frame if reference is None else frame.set_crs(reference.crs)

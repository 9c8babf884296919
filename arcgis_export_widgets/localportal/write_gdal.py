"""Exported files that GDAL writes: Shapefile, GeoJSON, File Geodatabase, GeoPackage and KML."""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from arcgis_export_widgets.localportal.exported_layer import ExportedLayer, unique_names, zip_folder
from arcgis_export_widgets.localportal.fields import DATE, DATE_ONLY, to_json_values
from arcgis_export_widgets.localportal.file_names import safe_file_name, short_field_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_KML_LOCK = threading.Lock()
_KML_FIELDS = {
    f"LIBKML_{name}_FIELD": f"placemark {name.lower()}"
    for name in ("NAME", "DESCRIPTION", "TIMESTAMP", "BEGIN", "END", "ALTITUDEMODE", "TESSELLATE", "EXTRUDE",
                 "VISIBILITY", "DRAWORDER", "ICON", "HEADING", "TILT", "ROLL", "SNIPPET")
}  # fmt: skip
_GEOMETRY_NAMES = {
    "esriGeometryPoint": "Point",
    "esriGeometryMultipoint": "MultiPoint",
    "esriGeometryPolyline": "MultiLineString",
    "esriGeometryPolygon": "MultiPolygon",
}


def _geometry_name(layer: ExportedLayer) -> str:
    name = _GEOMETRY_NAMES[layer.geometry_type or "esriGeometryPoint"]
    has_z = layer.geometries is not None and bool(shapely.has_z(layer.geometries).any())
    return name + " Z" if has_z else name


def _write_with_gdal(exported: ExportedLayer, frame: pd.DataFrame, path: Path, driver: str, **options: Any) -> None:
    if isinstance(frame, gpd.GeoDataFrame):
        options["geometry_type"] = _geometry_name(exported)
        options["promote_to_multi"] = exported.geometry_type in {"esriGeometryPolyline", "esriGeometryPolygon"}
    pyogrio.write_dataframe(frame, path, driver=driver, **options)


def write_shapefile(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a zip of one shapefile per layer; names cut to 10 characters, dates without time, null numbers as 0."""
    contents = folder / "contents"
    contents.mkdir()
    for layer, name in zip(layers, unique_names(layers), strict=True):
        frame = layer.to_frame()
        names = [field.name for field in layer.fields]
        short = dict(zip(names, short_field_names(names), strict=True))
        frame = frame[[*names, "geometry"] if layer.geometries is not None else names].rename(columns=short)
        for field in layer.fields:
            column = short[field.name]
            if field.esri_type in {DATE, DATE_ONLY}:
                days = pd.Series(frame[column].dt.date, dtype=object)
                frame[column] = days.where(frame[column].notna(), None)
            elif field.is_numeric:
                frame[column] = frame[column].fillna(0)
        extension = "shp" if layer.geometries is not None else "dbf"
        _write_with_gdal(
            layer, frame, contents / f"{name}.{extension}", "ESRI Shapefile", layer_options={"ENCODING": "UTF-8"}
        )
    return zip_folder(contents, folder / f"{base}.zip")


def write_geojson(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one GeoJSON, or a zip of one per layer."""
    if len(layers) == 1:
        return _write_one_geojson(layers[0], folder / f"{base}.geojson")
    contents = folder / "contents"
    contents.mkdir()
    for layer, name in zip(layers, unique_names(layers), strict=True):
        _write_one_geojson(layer, contents / f"{name}.geojson")
    return zip_folder(contents, folder / f"{base}.zip")


def _write_one_geojson(layer: ExportedLayer, path: Path) -> Path:
    frame = layer.to_frame()
    dates = {
        field.name: pd.Series(to_json_values(frame[field.name], DATE), dtype="Int64")
        for field in layer.fields
        if field.esri_type == DATE
    }
    _write_with_gdal(layer, frame.assign(**dates), path, "GeoJSON", layer_options={"RFC7946": "YES"})
    return path


def write_file_geodatabase(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a zip that holds one ``<random GUID>.gdb``, as ArcGIS names it; object ids stay what they are."""
    contents = folder / "contents"
    contents.mkdir()
    database = contents / f"{uuid.uuid4()}.gdb"
    options = {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}
    _write_tables(layers, database, "OpenFileGDB", options)
    return zip_folder(contents, folder / f"{base}.zip")


def write_geopackage(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one GeoPackage with a table per layer; object ids stay what they are."""
    path = folder / f"{base}.gpkg"
    _write_tables(layers, path, "GPKG", {})
    return path


def _write_tables(layers: Sequence[ExportedLayer], path: Path, driver: str, options: dict[str, str]) -> None:
    for number, (layer, name) in enumerate(zip(layers, unique_names(layers), strict=True)):
        # GDAL takes the values of a column that is called like the id column as ids
        own = options | ({"FID": layer.object_id_name} if layer.object_id_name else {})
        _write_with_gdal(layer, layer.to_frame(), path, driver, layer=name, append=number > 0, layer_options=own)


def write_kml(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one KML, or a zip of one per layer; a placemark's name is the layer's display field."""
    if len(layers) == 1:
        return _write_one_kml(layers[0], folder / f"{base}.kml")
    contents = folder / "contents"
    contents.mkdir()
    for layer, name in zip(layers, unique_names(layers), strict=True):
        _write_one_kml(layer, contents / f"{name}.kml")
    return zip_folder(contents, folder / f"{base}.zip")


def _write_one_kml(layer: ExportedLayer, path: Path) -> Path:
    frame = layer.to_frame()
    dates = {
        field.name: frame[field.name]
        .dt.strftime("%Y-%m-%dT%H:%M:%S")
        .astype(object)
        .where(frame[field.name].notna(), None)
        for field in layer.fields
        if field.esri_type in {DATE, DATE_ONLY}
    }
    names = frame[layer.display_field].astype(object).map(lambda value: None if pd.isna(value) else str(value))
    frame = frame.assign(**dates, **{_KML_FIELDS["LIBKML_NAME_FIELD"]: names})
    with _KML_LOCK:
        # without these, GDAL takes fields called "name", "description", "begin" ... out of the attributes
        pyogrio.set_gdal_config_options(_KML_FIELDS)
        try:
            _write_with_gdal(layer, frame, path, "LIBKML", layer=safe_file_name(layer.name))
        finally:
            pyogrio.set_gdal_config_options(dict.fromkeys(_KML_FIELDS))
    return path

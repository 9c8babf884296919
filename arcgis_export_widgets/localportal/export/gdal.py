"""Exported files that GDAL writes: Shapefile, GeoJSON, File Geodatabase, GeoPackage and KML."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from pathlib import Path

import pyogrio

from arcgis_export_widgets.localportal.export.arrow import plain_columns, write_arrow
from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer, unique_names, zip_folder
from arcgis_export_widgets.localportal.export.file_names import safe_file_name, short_field_names
from arcgis_export_widgets.localportal.layers.fields import DATE, DATE_ONLY, TIME_ONLY

_KML_LOCK = threading.Lock()
_KML_FIELDS = {
    f"LIBKML_{name}_FIELD": f"placemark {name.lower()}"
    for name in ("NAME", "DESCRIPTION", "TIMESTAMP", "BEGIN", "END", "ALTITUDEMODE", "TESSELLATE", "EXTRUDE",
                 "VISIBILITY", "DRAWORDER", "ICON", "HEADING", "TILT", "ROLL", "SNIPPET")
}  # fmt: skip


def write_shapefile(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a zip of one shapefile per layer; names cut to 10 characters, dates without time, null numbers as 0."""
    contents = folder / "contents"
    contents.mkdir()
    for layer, name in zip(layers, unique_names(layers), strict=True):
        names = [field.name for field in layer.fields]
        short = dict(zip(names, short_field_names(names), strict=True))
        columns = {}
        for field, (own, plain) in zip(layer.fields, plain_columns(layer).items(), strict=True):
            columns[short[own]] = f"coalesce({plain}, 0)" if field.is_numeric else plain
            if field.esri_type == DATE:
                columns[short[own]] = f"CAST({plain} AS DATE)"
            elif field.esri_type == TIME_ONLY:  # dBASE has no times, and not every GDAL makes them text
                columns[short[own]] = f"CAST({plain} AS VARCHAR)"
        extension = "dbf" if layer.wkb is None else "shp"
        path = contents / f"{name}.{extension}"
        write_arrow(layer, columns, path, "ESRI Shapefile", layer_options={"ENCODING": "UTF-8"})
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
    columns = {
        field.name: f"epoch_ms({plain})" if field.esri_type == DATE else plain
        for field, plain in zip(layer.fields, plain_columns(layer).values(), strict=True)
    }
    write_arrow(layer, columns, path, "GeoJSON", layer_options={"RFC7946": "YES"})
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
        write_arrow(layer, plain_columns(layer), path, driver, layer=name, append=number > 0, layer_options=own)


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
    plain = plain_columns(layer)
    dates = {field.name for field in layer.fields if field.esri_type in {DATE, DATE_ONLY}}
    columns = {
        name: f"strftime({value}, '%Y-%m-%dT%H:%M:%S')" if name in dates else value for name, value in plain.items()
    }
    columns[_KML_FIELDS["LIBKML_NAME_FIELD"]] = f"CAST({plain.get(layer.display_field, 'NULL')} AS VARCHAR)"
    with _KML_LOCK:
        # without these, GDAL takes fields called "name", "description", "begin" ... out of the attributes
        pyogrio.set_gdal_config_options(_KML_FIELDS)
        try:
            write_arrow(layer, columns, path, "LIBKML", layer=safe_file_name(layer.name))
        finally:
            pyogrio.set_gdal_config_options(dict.fromkeys(_KML_FIELDS))
    return path

"""Write exported files with GDAL: Shapefile, GeoJSON, File Geodatabase, GeoPackage, KML and Excel.

GDAL reads an Arrow stream from DuckDB, so features do not pass through Python. This is several times faster than
`pyogrio.write_dataframe` and works without pyarrow.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pyogrio
from pyproj import CRS

from arcgis_export_widgets.localportal.export import files
from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.layers.fields import DATE, DATE_ONLY, TIME_ONLY, quote_name

# no field has this name, as no field name contains a space
_GEOMETRY = "layer geometry"
_GEOMETRY_NAMES = {
    "esriGeometryPoint": "Point",
    "esriGeometryMultipoint": "MultiPoint",
    "esriGeometryPolyline": "MultiLineString",
    "esriGeometryPolygon": "MultiPolygon",
}
_KML_LOCK = threading.Lock()
_KML_FIELDS = {
    f"LIBKML_{name}_FIELD": f"placemark {name.lower()}"
    for name in ("NAME", "DESCRIPTION", "TIMESTAMP", "BEGIN", "END", "ALTITUDEMODE", "TESSELLATE", "EXTRUDE",
                 "VISIBILITY", "DRAWORDER", "ICON", "HEADING", "TILT", "ROLL", "SNIPPET")
}  # fmt: skip
_MAX_SHEET_ROWS = 1_048_575


def write_with_gdal(
    exported: ExportedLayer, columns: Mapping[str, str], path: Path, driver: str, **options: Any
) -> None:
    """Write a layer with the GDAL driver `driver`; `options` are passed to `pyogrio.write_arrow`.

    `columns` are DuckDB expressions over the layer's attributes, by the name of the file's column.
    """
    source = exported.attributes.copy(deep=False)
    terms = [f"{expression} AS {quote_name(name)}" for name, expression in columns.items()]
    if exported.wkb is not None:
        source[_GEOMETRY] = exported.wkb
        terms.append(f"nullif({quote_name(_GEOMETRY)}, ''::BLOB) AS {quote_name(_GEOMETRY)}")
        options |= {
            "geometry_name": _GEOMETRY,
            "geometry_type": _GEOMETRY_NAMES[exported.geometry_type or ""] + (" Z" if exported.has_z else ""),
            "crs": _describe_crs(exported.crs),
        }
    with duckdb.connect(":memory:", config={"threads": 2}) as database:
        database.register("source", source)
        stream = database.sql(f"SELECT {', '.join(terms)} FROM source")  # noqa: S608 - written by us from checked parts
        pyogrio.write_arrow(stream, path, driver=driver, **options)


def _describe_crs(crs: CRS | None) -> str | None:
    """Return a coordinate system as text for GDAL: its EPSG code, or WKT if it has none."""
    if crs is None:
        return None
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt("WKT1_GDAL"))


def write_shapefile(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a zip with a shapefile per layer; field names cut to 10 bytes, dates without time, null numbers as 0."""
    contents = folder / "contents"
    contents.mkdir()
    for layer, name in zip(layers, files.unique_names(layers), strict=True):
        columns = {}
        for field, short in zip(layer.fields, files.short_field_names(layer.columns), strict=True):
            columns[short] = f"coalesce({field.sql}, 0)" if field.is_numeric else field.sql
            if field.esri_type == DATE:
                columns[short] = f"CAST({field.sql} AS DATE)"
            elif field.esri_type == TIME_ONLY:  # dBASE has no times, and not every GDAL converts them to text
                columns[short] = f"CAST({field.sql} AS VARCHAR)"
        path = contents / f"{name}.{'dbf' if layer.wkb is None else 'shp'}"
        write_with_gdal(layer, columns, path, "ESRI Shapefile", layer_options={"ENCODING": "UTF-8"})
    return files.zip_folder(contents, folder / f"{base}.zip")


def write_geojson(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a GeoJSON file, or a zip with one file per layer if there are several."""
    return files.write_each(layers, folder / f"{base}.geojson", _write_one_geojson)


def _write_one_geojson(layer: ExportedLayer, path: Path) -> None:
    columns = {one.name: f"epoch_ms({one.sql})" if one.esri_type == DATE else one.sql for one in layer.fields}
    write_with_gdal(layer, columns, path, "GeoJSON", layer_options={"RFC7946": "YES"})


def write_file_geodatabase(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a zip that contains one ``<random GUID>.gdb``, named as by ArcGIS; object ids are preserved."""
    contents = folder / "contents"
    contents.mkdir()
    options = {"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"}
    _write_tables(layers, contents / f"{uuid.uuid4()}.gdb", "OpenFileGDB", options)
    return files.zip_folder(contents, folder / f"{base}.zip")


def write_geopackage(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one GeoPackage with a table per layer; object ids are preserved."""
    path = folder / f"{base}.gpkg"
    _write_tables(layers, path, "GPKG", {})
    return path


def _write_tables(layers: Sequence[ExportedLayer], path: Path, driver: str, options: dict[str, str]) -> None:
    for number, (layer, name) in enumerate(zip(layers, files.unique_names(layers), strict=True)):
        # GDAL takes the feature ids from the column that the option FID names
        own = options | ({"FID": layer.object_id_name} if layer.object_id_name else {})
        write_with_gdal(layer, layer.columns, path, driver, layer=name, append=number > 0, layer_options=own)


def write_kml(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a KML file, or a zip with one per layer; the display field's value is the name of a placemark."""
    return files.write_each(layers, folder / f"{base}.kml", _write_one_kml)


def _write_one_kml(layer: ExportedLayer, path: Path) -> None:
    columns = {
        one.name: f"strftime({one.sql}, '%Y-%m-%dT%H:%M:%S')" if one.esri_type in {DATE, DATE_ONLY} else one.sql
        for one in layer.fields
    }
    columns[_KML_FIELDS["LIBKML_NAME_FIELD"]] = f"CAST({layer.columns.get(layer.display_field, 'NULL')} AS VARCHAR)"
    with _KML_LOCK:
        # otherwise GDAL does not write fields called "name", "description", "begin" ... as attributes
        pyogrio.set_gdal_config_options(_KML_FIELDS)
        try:
            write_with_gdal(layer, columns, path, "LIBKML", layer=files.safe_file_name(layer.name))
        finally:
            pyogrio.set_gdal_config_options(dict.fromkeys(_KML_FIELDS))


def write_excel(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one workbook with a sheet per layer; the x and y of points are written as columns."""
    path = folder / f"{base}.xlsx"
    for number, (layer, name) in enumerate(zip(layers, files.sheet_names(one.name for one in layers), strict=True)):
        if len(layer.attributes) > _MAX_SHEET_ROWS:
            raise ArcGISError(400, f"Layer '{layer.name}' has more rows than an Excel sheet can hold (1,048,575).")
        coordinates = layer.xy_columns
        columns = layer.columns | {column: quote_name(column) for column in coordinates}
        table = replace(layer, wkb=None, attributes=layer.attributes.assign(**coordinates))
        write_with_gdal(table, columns, path, "XLSX", layer=name, append=number > 0)
    return path

"""Exported files: one writer per format."""

from __future__ import annotations

import shutil
import uuid
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from arcgis_export_widgets.localportal.fields import DATE, DATE_ONLY, OID, Field, to_json_values
from arcgis_export_widgets.localportal.file_names import safe_file_name, short_field_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS


@dataclass(frozen=True)
class ExportedLayer:
    """What of one layer goes into a file.

    Parameters
    ----------
    geometries
        In `crs`; None for a table or when no geometry was asked for.
    """

    layer_id: int
    name: str
    fields: Sequence[Field]
    attributes: pd.DataFrame
    geometries: NDArray[np.object_] | None
    geometry_type: str | None
    crs: CRS | None
    x_column: str = "x"
    y_column: str = "y"
    definition: dict[str, Any] | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return a GeoDataFrame, or a DataFrame when there is no geometry."""
        if self.geometries is None:
            return self.attributes
        frame: pd.DataFrame = gpd.GeoDataFrame(self.attributes, geometry=self.geometries, crs=self.crs)
        return frame


@dataclass(frozen=True)
class ExportFormat:
    """A format Export Item knows.

    Parameters
    ----------
    value
        As the ``exportFormat`` parameter writes it.
    item_type
        Of the exported item; `collection_type` when several layers make it another one.
    honours_target_sr
        False for those that are always WGS 84.
    write
        Takes layers, folder and a file's base name; returns the finished file.
    """

    value: str
    item_type: str
    collection_type: str
    honours_target_sr: bool
    write: Callable[[Sequence[ExportedLayer], Path, str], Path]

    def item_type_for(self, layer_count: int) -> str:
        """Return the type of the exported item."""
        return self.collection_type if layer_count > 1 else self.item_type


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


def _zip_folder(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    shutil.rmtree(folder)
    return target


def _unique_names(layers: Sequence[ExportedLayer]) -> list[str]:
    names: list[str] = []
    for layer in layers:
        name = safe_file_name(layer.name)
        names.append(f"{name}_{layer.layer_id}" if name.lower() in {one.lower() for one in names} else name)
    return names


def write_shapefile(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write a zip of one shapefile per layer; names cut to 10 characters, dates without time, null numbers as 0."""
    contents = folder / "contents"
    contents.mkdir()
    for layer, name in zip(layers, _unique_names(layers), strict=True):
        frame = layer.to_frame()
        names = [field.name for field in layer.fields if field.esri_type != OID]
        short = dict(zip(names, short_field_names(names), strict=True))
        frame = frame[[*names, "geometry"] if layer.geometries is not None else names].rename(columns=short)
        for field in layer.fields:
            if field.esri_type == OID:
                continue
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
    return _zip_folder(contents, folder / f"{base}.zip")


def write_csv(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one CSV, or a zip of ``<layer name>_<layer id>.csv``; only points keep their coordinates."""
    if len(layers) == 1:
        return _write_one_csv(layers[0], folder / f"{base}.csv")
    contents = folder / "contents"
    contents.mkdir()
    for layer in layers:
        _write_one_csv(layer, contents / f"{safe_file_name(layer.name)}_{layer.layer_id}.csv")
    return _zip_folder(contents, folder / f"{base}.zip")


def with_xy_columns(layer: ExportedLayer) -> pd.DataFrame:
    """Return attributes, and for points their x and y."""
    if layer.geometries is None or layer.geometry_type != "esriGeometryPoint":
        return layer.attributes
    return layer.attributes.assign(
        **{layer.x_column: shapely.get_x(layer.geometries), layer.y_column: shapely.get_y(layer.geometries)}
    )


def _write_one_csv(layer: ExportedLayer, path: Path) -> Path:
    frame = with_xy_columns(layer)
    dates = {
        field.name: frame[field.name].dt.strftime(_date_format(field))
        for field in layer.fields
        if field.esri_type in {DATE, DATE_ONLY}
    }
    # the byte order mark is what lets a spreadsheet see that it is UTF-8
    frame.assign(**dates).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def _date_format(field: Field) -> str:
    return "%Y-%m-%d" if field.esri_type == DATE_ONLY else "%m/%d/%Y %I:%M:%S %p"


def write_geojson(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one GeoJSON, or a zip of one per layer."""
    if len(layers) == 1:
        return _write_one_geojson(layers[0], folder / f"{base}.geojson")
    contents = folder / "contents"
    contents.mkdir()
    for layer, name in zip(layers, _unique_names(layers), strict=True):
        _write_one_geojson(layer, contents / f"{name}.geojson")
    return _zip_folder(contents, folder / f"{base}.zip")


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
    """Write a zip that holds one ``<random GUID>.gdb``, as ArcGIS names it."""
    contents = folder / "contents"
    contents.mkdir()
    database = contents / f"{uuid.uuid4()}.gdb"
    for number, (layer, name) in enumerate(zip(layers, _unique_names(layers), strict=True)):
        frame = _without_object_id(layer)
        _write_with_gdal(
            layer, frame, database, "OpenFileGDB",
            layer=name, append=number > 0,
            layer_options={"TARGET_ARCGIS_VERSION": "ARCGIS_PRO_3_2_OR_LATER"},
        )  # fmt: skip
    return _zip_folder(contents, folder / f"{base}.zip")


def write_geopackage(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one GeoPackage with a table per layer."""
    path = folder / f"{base}.gpkg"
    for number, (layer, name) in enumerate(zip(layers, _unique_names(layers), strict=True)):
        frame = _without_object_id(layer)
        _write_with_gdal(layer, frame, path, "GPKG", layer=name, append=number > 0)
    return path


def _without_object_id(layer: ExportedLayer) -> pd.DataFrame:
    """Return the frame without the object id where the format numbers features itself, in the same order."""
    frame = layer.to_frame()
    return frame.drop(columns=[field.name for field in layer.fields if field.esri_type == OID])


FORMATS = {
    one.value.lower(): one
    for one in (
        ExportFormat("Shapefile", "Shapefile", "Shapefile", True, write_shapefile),
        ExportFormat("CSV", "CSV", "CSV Collection", True, write_csv),
        ExportFormat("File Geodatabase", "File Geodatabase", "File Geodatabase", True, write_file_geodatabase),
        ExportFormat("GeoJson", "GeoJson", "GeoJson", False, write_geojson),
        ExportFormat("geoPackage", "GeoPackage", "GeoPackage", True, write_geopackage),
    )
}

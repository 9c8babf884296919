"""Exported tables: CSV and Excel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pyogrio
import shapely

from arcgis_export_widgets.localportal.errors import ArcGISError
from arcgis_export_widgets.localportal.exported_layer import ExportedLayer, zip_folder
from arcgis_export_widgets.localportal.fields import DATE, DATE_ONLY, Field
from arcgis_export_widgets.localportal.file_names import safe_file_name, sheet_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MAX_SHEET_ROWS = 1_048_575


def write_csv(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one CSV, or a zip of ``<layer name>_<layer id>.csv``; only points keep their coordinates."""
    if len(layers) == 1:
        return _write_one_csv(layers[0], folder / f"{base}.csv")
    contents = folder / "contents"
    contents.mkdir()
    for layer in layers:
        _write_one_csv(layer, contents / f"{safe_file_name(layer.name)}_{layer.layer_id}.csv")
    return zip_folder(contents, folder / f"{base}.zip")


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


def write_excel(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one workbook with a sheet per layer; points keep their coordinates as columns.

    Raises
    ------
    ArcGISError
        For more rows than a sheet can hold.
    """
    path = folder / f"{base}.xlsx"
    names = sheet_names([layer.name for layer in layers])
    for number, (layer, name) in enumerate(zip(layers, names, strict=True)):
        if len(layer.attributes) > _MAX_SHEET_ROWS:
            raise ArcGISError(400, f"Layer '{layer.name}' has more rows than an Excel sheet can hold (1,048,575).")
        pyogrio.write_dataframe(with_xy_columns(layer), path, driver="XLSX", layer=name, append=number > 0)
    return path

"""Exported tables: CSV and Excel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from arcgis_export_widgets.localportal.export.arrow import plain_columns, write_arrow
from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer, zip_folder
from arcgis_export_widgets.localportal.export.file_names import safe_file_name, sheet_names
from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.layers.fields import DATE, DATE_ONLY, quote_name

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


def _coordinates(layer: ExportedLayer) -> dict[str, NDArray[np.float64]]:
    """Return the columns that hold x and y of points; none for all else."""
    if layer.geometries is None or layer.geometry_type != "esriGeometryPoint":
        return {}
    return {layer.x_column: shapely.get_x(layer.geometries), layer.y_column: shapely.get_y(layer.geometries)}


def _write_one_csv(layer: ExportedLayer, path: Path) -> Path:
    frame = layer.attributes.assign(**_coordinates(layer))
    dates = {
        field.name: _date_texts(frame[field.name], with_time=field.esri_type == DATE)
        for field in layer.fields
        if field.esri_type in {DATE, DATE_ONLY}
    }
    # the byte order mark is what lets a spreadsheet see that it is UTF-8
    frame.assign(**dates).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def _date_texts(column: pd.Series[Any], *, with_time: bool) -> NDArray[np.object_]:
    """Return dates as ``2020-01-31``, or with time as ``01/31/2020 12:00:00 PM``; None for null.

    Each day and each second of a day is written once and looked up, for pandas takes 10 s for a million dates.
    """
    moments = column.to_numpy().astype("datetime64[s]")
    days = moments.astype("datetime64[D]")
    unique_days, day_of = np.unique(days, return_inverse=True)
    day_texts = pd.Series(unique_days).dt.strftime("%m/%d/%Y" if with_time else "%Y-%m-%d")
    texts: NDArray[np.object_] = day_texts.to_numpy(dtype=object)[day_of]
    if with_time:
        times, time_of = np.unique((moments - days).astype(np.int64), return_inverse=True)
        time_texts = pd.Series(times.astype("datetime64[s]")).dt.strftime(" %I:%M:%S %p")
        known = ~np.isnat(moments)
        texts[known] += time_texts.to_numpy(dtype=object)[time_of[known]]
    texts[np.isnat(moments)] = None
    return texts


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
        coordinates = _coordinates(layer)
        columns = plain_columns(layer) | {column: quote_name(column) for column in coordinates}
        table = replace(layer, wkb=None, attributes=layer.attributes.assign(**coordinates))
        write_arrow(table, columns, path, "XLSX", layer=name, append=number > 0)
    return path

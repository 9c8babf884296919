"""Exported CSV files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer
from arcgis_export_widgets.localportal.export.files import safe_file_name, write_each
from arcgis_export_widgets.localportal.layers.fields import DATE, DATE_ONLY


def write_csv(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one CSV, or a zip of ``<layer name>_<layer id>.csv``; only points keep their coordinates."""
    names = [f"{safe_file_name(layer.name)}_{layer.layer_id}" for layer in layers]
    return write_each(layers, folder / f"{base}.csv", _write_one_csv, names)


def _write_one_csv(layer: ExportedLayer, path: Path) -> None:
    frame = layer.attributes.assign(**layer.xy_columns)
    dates = {
        field.name: _date_texts(frame[field.name], with_time=field.esri_type == DATE)
        for field in layer.fields
        if field.esri_type in {DATE, DATE_ONLY}
    }
    # spreadsheets recognise UTF-8 by the byte order mark
    frame.assign(**dates).to_csv(path, index=False, encoding="utf-8-sig")


def _date_texts(column: pd.Series[Any], *, with_time: bool) -> NDArray[np.object_]:
    """Return dates as ``2020-01-31``, or with time as ``01/31/2020 12:00:00 PM``; None for null.

    Each day and each second of a day is formatted once and looked up: pandas takes 10 s for a million dates.
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

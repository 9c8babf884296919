"""Write exported files without GDAL: CSV, and Feature Collection, which is Esri's JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer
from arcgis_export_widgets.localportal.export.files import safe_file_name, write_each
from arcgis_export_widgets.localportal.geometry.geometry_json import describe_bounds, set_on_each, to_esri, total_bounds
from arcgis_export_widgets.localportal.geometry.spatial_reference import describe_spatial_reference
from arcgis_export_widgets.localportal.http.responses import to_json_bytes
from arcgis_export_widgets.localportal.layers.fields import DATE, DATE_ONLY, records, to_json_values
from arcgis_export_widgets.localportal.layers.layer import drawing_info

_FEATURES_AT_A_TIME = 20_000


def write_csv(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write one layer to a CSV, several to a zip of ``<layer name>_<layer id>.csv``; points get x and y columns."""
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
    """Return dates as ``2020-01-31``, or as ``01/31/2020 12:00:00 PM`` if `with_time`; null as None.

    Each day and time of day is formatted once, however often it occurs: pandas takes 10 s to format a million dates.
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


def write_feature_collection(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write ``{"layers": [{"layerDefinition": ..., "featureSet": ...}]}`` to a file, a batch of features at a time."""
    path = folder / f"{base}.json"
    with path.open("wb") as file:
        file.write(b'{"layers":[')
        for number, layer in enumerate(layers):
            file.write(b"," if number else b"")
            _write_layer(layer, file)
        file.write(b'],"showLegend":true}')
    return path


def _write_layer(layer: ExportedLayer, file: IO[bytes]) -> None:
    definition, feature_set = _describe(layer)
    file.write(b'{"layerDefinition":' + to_json_bytes(definition))
    file.write(b',"featureSet":' + to_json_bytes(feature_set).removesuffix(b"[]}") + b"[")
    for start in range(0, len(layer.attributes), _FEATURES_AT_A_TIME):
        features = _features(layer, slice(start, start + _FEATURES_AT_A_TIME))
        file.write((b"," if start else b"") + to_json_bytes(features)[1:-1])
    file.write(b"]}}")


def _describe(layer: ExportedLayer) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the layer definition, and a feature set whose last key is an empty list of features."""
    definition: dict[str, Any] = {
        "id": layer.layer_id,
        "name": layer.name,
        "type": "Table" if layer.geometries is None else "Feature Layer",
        "objectIdField": layer.object_id_name,
        "displayField": layer.display_field,
        "fields": [field.to_json(full=True) for field in layer.fields],
        "capabilities": "Query",
        "hasZ": layer.has_z,
        "hasM": False,
    }
    feature_set: dict[str, Any] = {}
    if layer.geometries is not None and layer.geometry_type:
        definition["geometryType"] = feature_set["geometryType"] = layer.geometry_type
        definition["extent"] = describe_bounds(total_bounds(layer.geometries), layer.crs)
        definition["drawingInfo"] = drawing_info(layer.definition, layer.geometry_type)
        feature_set["spatialReference"] = describe_spatial_reference(layer.crs)
    return definition, {**feature_set, "features": []}


def _features(layer: ExportedLayer, part: slice) -> list[dict[str, Any]]:
    columns = {one.name: to_json_values(layer.attributes[one.name].iloc[part], one.esri_type) for one in layer.fields}
    features: list[dict[str, Any]] = [
        {"attributes": record} for record in records(columns, len(layer.attributes[part]))
    ]
    if layer.geometries is not None and layer.geometry_type:
        set_on_each(features, "geometry", to_esri(layer.geometries[part], layer.geometry_type, include_z=layer.has_z))
    return features

"""Exported Feature Collection: layer definitions and feature sets in one JSON file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.exported_layer import ExportedLayer
from arcgis_export_widgets.localportal.feature_set import describe_extent
from arcgis_export_widgets.localportal.fields import to_json_values
from arcgis_export_widgets.localportal.geometry_json import to_esri
from arcgis_export_widgets.localportal.layer_json import default_drawing
from arcgis_export_widgets.localportal.responses import to_json_bytes
from arcgis_export_widgets.localportal.spatial_reference import describe_spatial_reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write_feature_collection(layers: Sequence[ExportedLayer], folder: Path, base: str) -> Path:
    """Write ``{"layers": [{"layerDefinition": ..., "featureSet": ...}]}``."""
    path = folder / f"{base}.json"
    content = {"layers": [_describe(layer) for layer in layers], "showLegend": True}
    path.write_bytes(to_json_bytes(content))
    return path


def _describe(layer: ExportedLayer) -> dict[str, Any]:
    fields = [field.to_json(full=True) for field in layer.fields]
    definition: dict[str, Any] = {
        "id": layer.layer_id,
        "name": layer.name,
        "type": "Table" if layer.geometries is None else "Feature Layer",
        "objectIdField": layer.object_id_name,
        "displayField": layer.display_field,
        "fields": fields,
        "capabilities": "Query",
        "hasZ": False,
        "hasM": False,
    }
    columns = [to_json_values(layer.attributes[field.name], field.esri_type) for field in layer.fields]
    names = [field.name for field in layer.fields]
    features: list[dict[str, Any]] = [
        {"attributes": dict(zip(names, record, strict=True))} for record in zip(*columns, strict=True)
    ]
    feature_set: dict[str, Any] = {"features": features}
    if layer.geometries is not None and layer.geometry_type:
        definition["geometryType"] = feature_set["geometryType"] = layer.geometry_type
        definition["extent"] = describe_extent(layer.geometries, layer.crs)
        definition["drawingInfo"] = (layer.definition or {}).get("drawingInfo") or default_drawing(layer.geometry_type)
        feature_set["spatialReference"] = describe_spatial_reference(layer.crs)
        for feature, geometry in zip(features, to_esri(layer.geometries, layer.geometry_type), strict=True):
            if geometry is not None:
                feature["geometry"] = geometry
    return {"layerDefinition": definition, "featureSet": feature_set}

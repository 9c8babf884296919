"""Describe services and layers as JSON with the same keys as in ArcGIS Online."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arcgis_export_widgets.localportal.export.formats import SUPPORTED_EXPORT_FORMATS
from arcgis_export_widgets.localportal.geometry.geometry_json import describe_bounds
from arcgis_export_widgets.localportal.geometry.spatial_reference import describe_spatial_reference
from arcgis_export_widgets.localportal.http.responses import FIXED_KEYS
from arcgis_export_widgets.localportal.layers.layer import Layer, Service, drawing_info

CURRENT_VERSION: float = FIXED_KEYS["service"]["currentVersion"]


def describe_layer(layer: Layer, service: Service) -> dict[str, Any]:
    """Return the JSON of ``FeatureServer/{id}``."""
    limits = service.record_limits(layer)
    content = FIXED_KEYS["layer"] | {
        "supportedExportFormats": SUPPORTED_EXPORT_FORMATS,
        "id": layer.layer_id,
        "name": layer.name,
        "type": _type(layer),
        "serviceItemId": service.item_id,
        "displayField": layer.display_field,
        "description": str(layer.definition.get("description", "")),
        "copyrightText": service.copyright_text,
        "editingInfo": dict.fromkeys(("lastEditDate", "schemaLastEditDate", "dataLastEditDate"), layer.last_edit_ms),
        "infoInEstimates": ["count"] if layer.is_table else ["extent", "count"],
        "objectIdField": layer.object_id_field,
        "uniqueIdField": {"name": layer.object_id_field, "isSystemMaintained": True},
        "fields": [field.to_json(full=True) for field in layer.fields if field.visible],
        "indexes": [
            {
                "name": f"PK_{layer.layer_id}", "fields": layer.object_id_field, "isAscending": True,
                "isUnique": True, "description": "clustered, unique, primary key",
            }
        ],
        "maxRecordCount": service.max_record_count,
        "standardMaxRecordCount": limits["standard"],
        "tileMaxRecordCount": limits["tile"],
        "capabilities": service.capabilities,
    }  # fmt: skip
    if not layer.is_table:
        content |= FIXED_KEYS["layerWithGeometry"] | {
            "geometryType": layer.geometry_type,
            "extent": describe_bounds(layer.extent, layer.crs),
            "drawingInfo": drawing_info(layer.definition, layer.geometry_type),
            "hasZ": layer.has_z,
        }
        if layer.definition.get("timeInfo"):
            content["timeInfo"] = layer.definition["timeInfo"]
    if service.is_view:
        content |= {"isView": True, "isUpdatableView": False, "sourceSchemaChangesAllowed": False}
    return content


def _type(layer: Layer) -> str:
    return "Table" if layer.is_table else "Feature Layer"


def describe_service(service: Service) -> dict[str, Any]:
    """Return the JSON of ``FeatureServer``."""
    crs = next((layer.crs for layer in service.layers if not layer.is_table), None)
    extent = describe_bounds(service.extent_in(crs), crs)
    content = FIXED_KEYS["service"] | {
        "supportedExportFormats": SUPPORTED_EXPORT_FORMATS,
        "serviceItemId": service.item_id,
        "serviceDescription": service.description,
        "maxRecordCount": service.max_record_count,
        "capabilities": service.capabilities,
        "description": service.description,
        "copyrightText": service.copyright_text,
        "spatialReference": describe_spatial_reference(crs),
        "initialExtent": extent,
        "fullExtent": extent,
        "units": _units(crs),
        **layers_and_tables(service, _list_entry),
    }
    return content | ({"isView": True} if service.is_view else {})


def layers_and_tables(service: Service, describe: Callable[[Layer], dict[str, Any]]) -> dict[str, Any]:
    """Return ``layers`` and ``tables``: two lists with the result of `describe` for each layer or table."""
    kinds = {"layers": False, "tables": True}
    return {key: [describe(one) for one in service.layers if one.is_table == kind] for key, kind in kinds.items()}


def _list_entry(layer: Layer) -> dict[str, Any]:
    entry = {"id": layer.layer_id, "name": layer.name, "type": _type(layer)} | FIXED_KEYS["layerInService"]
    return entry if layer.is_table else entry | {"geometryType": layer.geometry_type}


def _units(crs: Any) -> str:
    if crs is None:
        return "esriUnknownUnits"
    return "esriDecimalDegrees" if crs.is_geographic else "esriMeters"

"""The JSON that describes services and layers, with the keys that hosted ones have."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.export.formats import SUPPORTED_EXPORT_FORMATS
from arcgis_export_widgets.localportal.geometry.geometry_json import describe_bounds, total_bounds
from arcgis_export_widgets.localportal.geometry.spatial_reference import describe_spatial_reference
from arcgis_export_widgets.localportal.layers.layer import Layer, Service, drawing_info

CURRENT_VERSION = 11.3
_ADVANCED_QUERY = (
    "supportsPagination", "supportsPaginationOnAggregatedQueries", "supportsQueryRelatedPagination",
    "supportsQueryWithDistance", "supportsReturningQueryExtent", "supportsStatistics", "supportsOrderBy",
    "supportsDistinct", "supportsCountDistinct", "supportsQueryWithResultType", "supportsSqlExpression",
    "supportsHavingClause", "supportsPercentileStatistics", "supportsReturningGeometryCentroid",
    "supportsMaxRecordCountFactor", "supportsDisjointSpatialRel", "supportsDefaultSR",
    "supportsCurrentUserQueries", "supportsQueryAnalytic", "supportsQueryBins", "supportsTimeRelation",
    "supportsTopFeaturesQuery",
)  # fmt: skip
_NOT_SUPPORTED = (
    "supportsAdvancedQueryRelated", "supportsOutFieldSQLExpression", "supportsReturningGeometryEnvelope",
    "supportsQueryWithDatumTransformation", "supportsQueryWithCacheHint",
    "supportsFullTextSearch", "supportsTrueCurve", "supportsQueryAttachments",
)  # fmt: skip
_SPATIAL_RELATIONS = [
    f"esriSpatialRel{name}"
    for name in ("Intersects", "Contains", "Crosses", "EnvelopeIntersects", "IndexIntersects", "Overlaps",
                 "Touches", "Within", "Relation", "Disjoint")
]  # fmt: skip


def describe_layer(layer: Layer, service: Service) -> dict[str, Any]:
    """Return the JSON of ``FeatureServer/{id}``."""
    visible = [field for field in layer.fields if field.visible]
    content: dict[str, Any] = {
        "currentVersion": CURRENT_VERSION,
        "id": layer.layer_id,
        "name": layer.name,
        "type": "Table" if layer.is_table else "Feature Layer",
        "serviceItemId": service.item_id,
        "displayField": layer.display_field,
        "description": str(layer.definition.get("description", "")),
        "copyrightText": service.copyright_text,
        "defaultVisibility": True,
        "editingInfo": {
            "lastEditDate": layer.last_edit_ms,
            "schemaLastEditDate": layer.last_edit_ms,
            "dataLastEditDate": layer.last_edit_ms,
        },
        "relationships": [],
        "isDataVersioned": False,
        "hasContingentValuesDefinition": False,
        "supportsAppend": False,
        "supportsCalculate": False,
        "supportsASyncCalculate": False,
        "supportsTruncate": False,
        "supportsAttachmentsByUploadId": False,
        "supportsRollbackOnFailureParameter": True,
        "supportsStatistics": True,
        "supportsExceedsLimitStatistics": True,
        "supportsAdvancedQueries": True,
        "supportsValidateSql": True,
        "supportsCoordinatesQuantization": True,
        "supportsQuantizationEditMode": True,
        "supportsFieldDescriptionProperty": True,
        "supportsApplyEditsWithGlobalIds": False,
        "supportsReturningQueryGeometry": False,
        "advancedQueryCapabilities": dict.fromkeys(_ADVANCED_QUERY, True) | dict.fromkeys(_NOT_SUPPORTED, False),
        "infoInEstimates": ["count"] if layer.is_table else ["extent", "count"],
        "useStandardizedQueries": True,
        "minScale": 0,
        "maxScale": 0,
        "allowGeometryUpdates": False,
        "hasAttachments": False,
        "htmlPopupType": "esriServerHTMLPopupTypeNone",
        "objectIdField": layer.object_id_field,
        "uniqueIdField": {"name": layer.object_id_field, "isSystemMaintained": True},
        "globalIdField": "",
        "typeIdField": "",
        "dateFieldsTimeReference": {"timeZone": "UTC", "respectsDaylightSaving": False},
        "preferredTimeReference": None,
        "fields": [field.to_json(full=True) for field in visible],
        "indexes": [
            {
                "name": f"PK_{layer.layer_id}", "fields": layer.object_id_field, "isAscending": True,
                "isUnique": True, "description": "clustered, unique, primary key",
            }
        ],
        "types": [],
        "templates": [],
        "supportedQueryFormats": "JSON, geoJSON, PBF",
        "supportedExportFormats": SUPPORTED_EXPORT_FORMATS,
        "hasStaticData": True,
        "maxRecordCount": service.max_record_count,
        "standardMaxRecordCount": service.record_limits(layer)["standard"],
        "standardMaxRecordCountNoGeometry": 32000,
        "tileMaxRecordCount": service.record_limits(layer)["tile"],
        "maxRecordCountFactor": 1,
        "capabilities": service.capabilities,
    }  # fmt: skip
    if not layer.is_table:
        content |= {
            "geometryType": layer.geometry_type,
            "supportedSpatialRelationships": _SPATIAL_RELATIONS,
            "extent": describe_bounds(layer.extent, layer.crs),
            "drawingInfo": drawing_info(layer.definition, layer.geometry_type),
            "hasM": False,
            "hasZ": layer.has_z,
            "enableZDefaults": False,
            "enableNullGeometry": True,
        }
        if layer.definition.get("timeInfo"):
            content["timeInfo"] = layer.definition["timeInfo"]
    if service.is_view:
        content |= {"isView": True, "isUpdatableView": False, "sourceSchemaChangesAllowed": False}
    return content


def describe_service(service: Service) -> dict[str, Any]:
    """Return the JSON of ``FeatureServer``."""
    spatial = [layer for layer in service.layers if not layer.is_table]
    crs = spatial[0].crs if spatial else None
    extent = describe_bounds(total_bounds(service.geometries_in(crs)), crs)
    content: dict[str, Any] = {
        "currentVersion": CURRENT_VERSION,
        "serviceItemId": service.item_id,
        "serviceDescription": service.description,
        "hasVersionedData": False,
        "supportsDisconnectedEditing": False,
        "hasStaticData": True,
        "hasSharedDomains": False,
        "maxRecordCount": service.max_record_count,
        "supportedQueryFormats": "JSON, geoJSON, PBF",
        "supportsVCSProjection": False,
        "supportedExportFormats": SUPPORTED_EXPORT_FORMATS,
        "supportedConvertFileFormats": "JSON",
        "supportedConvertContentFormats": "LayerEditCollection",
        "capabilities": service.capabilities,
        "description": service.description,
        "copyrightText": service.copyright_text,
        "spatialReference": describe_spatial_reference(crs),
        "initialExtent": extent,
        "fullExtent": extent,
        "allowGeometryUpdates": False,
        "units": _units(crs),
        "supportsAppend": False,
        "supportsSharedDomains": False,
        "supportsWebHooks": False,
        "supportsTemporalLayers": False,
        "layerOverridesEnabled": False,
        "syncEnabled": False,
        "supportsApplyEditsWithGlobalIds": False,
        "supportsReturnDeleteResults": True,
        "advancedEditingCapabilities": {},
        "editorTrackingInfo": {
            "enableEditorTracking": False, "enableOwnershipAccessControl": False,
            "allowOthersToQuery": True, "allowOthersToUpdate": True, "allowOthersToDelete": False,
            "allowAnonymousToQuery": True, "allowAnonymousToUpdate": False, "allowAnonymousToDelete": False,
        },
        "xssPreventionInfo": {"xssPreventionEnabled": True, "xssPreventionRule": "InputOnly"},
        "layers": [
            {
                "id": layer.layer_id, "name": layer.name, "parentLayerId": -1, "defaultVisibility": True,
                "subLayerIds": None, "minScale": 0, "maxScale": 0, "type": "Feature Layer",
                "geometryType": layer.geometry_type,
            }
            for layer in spatial
        ],
        "tables": [
            {
                "id": layer.layer_id, "name": layer.name, "parentLayerId": -1, "defaultVisibility": True,
                "subLayerIds": None, "minScale": 0, "maxScale": 0, "type": "Table",
            }
            for layer in service.layers
            if layer.is_table
        ],
    }  # fmt: skip
    return content | ({"isView": True} if service.is_view else {})


def _units(crs: Any) -> str:
    if crs is None:
        return "esriUnknownUnits"
    return "esriDecimalDegrees" if crs.is_geographic else "esriMeters"


def describe_layers(service: Service) -> dict[str, Any]:
    """Return the JSON of ``FeatureServer/layers``."""
    described = [(layer.is_table, describe_layer(layer, service)) for layer in service.layers]
    return {
        "layers": [content for is_table, content in described if not is_table],
        "tables": [content for is_table, content in described if is_table],
    }

"""The JSON of services and layers, with the keys that hosted ones have."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.export.formats import SUPPORTED_EXPORT_FORMATS
from arcgis_export_widgets.localportal.geometry.geometry_json import describe_bounds
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
# keys that are the same for every service and layer
_COMMON: dict[str, Any] = {
    "currentVersion": CURRENT_VERSION, "supportedQueryFormats": "JSON, geoJSON, PBF",
    "supportedExportFormats": SUPPORTED_EXPORT_FORMATS, "hasStaticData": True,
    **dict.fromkeys(("allowGeometryUpdates", "supportsAppend", "supportsApplyEditsWithGlobalIds"), False),
}  # fmt: skip
# for every service
_OF_SERVICE = _COMMON | {
    **dict.fromkeys(("hasVersionedData", "supportsDisconnectedEditing", "hasSharedDomains", "supportsVCSProjection",
                     "supportsSharedDomains", "supportsWebHooks", "supportsTemporalLayers", "layerOverridesEnabled",
                     "syncEnabled"), False),
    "supportedConvertFileFormats": "JSON", "supportedConvertContentFormats": "LayerEditCollection",
    "supportsReturnDeleteResults": True, "advancedEditingCapabilities": {},
    "editorTrackingInfo": {
        "enableEditorTracking": False, "enableOwnershipAccessControl": False,
        "allowOthersToQuery": True, "allowOthersToUpdate": True, "allowOthersToDelete": False,
        "allowAnonymousToQuery": True, "allowAnonymousToUpdate": False, "allowAnonymousToDelete": False,
    },
    "xssPreventionInfo": {"xssPreventionEnabled": True, "xssPreventionRule": "InputOnly"},
}  # fmt: skip
# for every layer
_OF_LAYER = _COMMON | {
    **dict.fromkeys(("isDataVersioned", "hasContingentValuesDefinition", "supportsCalculate", "supportsASyncCalculate",
                     "supportsTruncate", "supportsAttachmentsByUploadId", "supportsReturningQueryGeometry",
                     "hasAttachments"), False),
    **dict.fromkeys(("defaultVisibility", "supportsRollbackOnFailureParameter", "supportsStatistics",
                     "supportsExceedsLimitStatistics", "supportsAdvancedQueries", "supportsValidateSql",
                     "supportsCoordinatesQuantization", "supportsQuantizationEditMode",
                     "supportsFieldDescriptionProperty", "useStandardizedQueries"), True),
    **dict.fromkeys(("relationships", "types", "templates"), ()),
    **dict.fromkeys(("globalIdField", "typeIdField"), ""),
    "advancedQueryCapabilities": dict.fromkeys(_ADVANCED_QUERY, True) | dict.fromkeys(_NOT_SUPPORTED, False),
    "minScale": 0, "maxScale": 0, "htmlPopupType": "esriServerHTMLPopupTypeNone", "preferredTimeReference": None,
    "dateFieldsTimeReference": {"timeZone": "UTC", "respectsDaylightSaving": False},
    "standardMaxRecordCountNoGeometry": 32000, "maxRecordCountFactor": 1,
}  # fmt: skip
# for every layer with geometry
_OF_SPATIAL_LAYER: dict[str, Any] = {
    "supportedSpatialRelationships": _SPATIAL_RELATIONS, "hasM": False, "enableZDefaults": False,
    "enableNullGeometry": True,
}  # fmt: skip
# for every layer in a service's list
_IN_LIST: dict[str, Any] = {
    "parentLayerId": -1, "defaultVisibility": True, "subLayerIds": None, "minScale": 0, "maxScale": 0,
}  # fmt: skip


def describe_layer(layer: Layer, service: Service) -> dict[str, Any]:
    """Return the JSON of ``FeatureServer/{id}``."""
    limits = service.record_limits(layer)
    content = _OF_LAYER | {
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
        content |= _OF_SPATIAL_LAYER | {
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
    listed: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for layer in service.layers:
        geometry_type = {} if layer.is_table else {"geometryType": layer.geometry_type}
        entry = {"id": layer.layer_id, "name": layer.name, "type": _type(layer)}
        listed[layer.is_table].append(entry | _IN_LIST | geometry_type)
    content = _OF_SERVICE | {
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
        "layers": listed[False],
        "tables": listed[True],
    }
    return content | ({"isView": True} if service.is_view else {})


def _units(crs: Any) -> str:
    if crs is None:
        return "esriUnknownUnits"
    return "esriDecimalDegrees" if crs.is_geographic else "esriMeters"

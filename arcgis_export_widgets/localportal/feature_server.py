"""FeatureServer resources: the service, its layers, and their query operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.catalog import ORG_ID
from arcgis_export_widgets.localportal.errors import ArcGISError
from arcgis_export_widgets.localportal.layer_json import (
    CURRENT_VERSION,
    describe_layer,
    describe_layers,
    describe_service,
)
from arcgis_export_widgets.localportal.layer_query import LayerQuery, parse_query
from arcgis_export_widgets.localportal.query import (
    count_rows,
    describe_extent,
    features,
    geojson_features,
    select_rows,
    shape_geometries,
)

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.catalog import Service
    from arcgis_export_widgets.localportal.layers import Layer
    from arcgis_export_widgets.localportal.parameters import Parameters
    from arcgis_export_widgets.localportal.portal import Call, Portal


def query_layer(layer: Layer, parameters: Parameters, *, max_record_count: int, username: str = "") -> dict[str, Any]:
    """Answer ``{layer}/query``."""
    query = parse_query(parameters, layer, max_record_count=max_record_count, username=username)
    if query.return_extent:
        return _extent(layer, query)
    if query.return_count:
        count = count_rows(layer, query)
        if query.format == "geojson":
            return {"type": "FeatureCollection", "properties": {"count": count}, "features": []}
        return {"count": count}
    if query.return_ids:
        ids = layer.object_ids(select_rows(layer, query))
        if query.format == "geojson":
            return {"type": "FeatureCollection", "properties": {"objectIds": ids}, "features": []}
        return {"objectIdFieldName": layer.object_id_field, "objectIds": ids or None}
    rows = select_rows(layer, query, limit=query.limit + 1, offset=query.offset)
    exceeded = len(rows) > query.limit
    write = geojson_features if query.format == "geojson" else features
    return write(layer, query, rows[: query.limit], exceeded=exceeded)


def _extent(layer: Layer, query: LayerQuery) -> dict[str, Any]:
    rows = select_rows(layer, query)
    geometries = None if layer.is_table else shape_geometries(layer, query, rows)
    content = {"extent": describe_extent(geometries, query.out_crs)}
    return {"count": len(rows), **content} if query.return_count else content


def _service(portal: Portal, call: Call) -> Service:
    service = portal.catalog.readable_service(call.path["service"], call.caller)
    if service is None:
        raise ArcGISError(400, "Invalid URL", ["Invalid URL"])
    return service


def _layer(portal: Portal, call: Call) -> tuple[Service, Layer]:
    service = _service(portal, call)
    layer = service.layer(int(call.path["layer_id"]))
    if layer is None:
        raise ArcGISError(400, "Invalid URL", ["Invalid URL"])
    return service, layer


def server_info(_portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``rest/info`` of the server, which names the portal that owns it."""
    return {
        "currentVersion": CURRENT_VERSION,
        "fullVersion": f"{CURRENT_VERSION}.0",
        "owningSystemUrl": call.base_url,
        "owningTenant": ORG_ID,
        "authInfo": {
            "isTokenBasedSecurity": True,
            "tokenServicesUrl": f"{call.base_url}/sharing/rest/generateToken",
        },
    }


def services(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``rest/services``."""
    readable = portal.catalog.readable_services(call.caller)
    return {
        "currentVersion": CURRENT_VERSION,
        "services": [
            {
                "name": service.name,
                "type": "FeatureServer",
                "url": f"{call.base_url}/arcgis/rest/services/{service.name}/FeatureServer",
            }
            for service in readable
        ],
    }


def service_root(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer``."""
    return describe_service(_service(portal, call))


def service_layers(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/layers``."""
    return describe_layers(_service(portal, call))


def layer_root(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}``."""
    service, layer = _layer(portal, call)
    return describe_layer(layer, service)


def layer_query(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/query``."""
    service, layer = _layer(portal, call)
    username = call.caller.username if call.caller else ""
    return query_layer(layer, call.parameters, max_record_count=service.max_record_count, username=username)

"""FeatureServer resources: the service, its layers, and their query operation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
from starlette.responses import Response

from arcgis_export_widgets.localportal import pbf
from arcgis_export_widgets.localportal.aggregation import aggregate, parse_statistics
from arcgis_export_widgets.localportal.bins import bins
from arcgis_export_widgets.localportal.errors import ArcGISError
from arcgis_export_widgets.localportal.feature_set import (
    describe_extent,
    esri_features,
    geojson_features,
    pbf_features,
    shape_geometries,
)
from arcgis_export_widgets.localportal.item import ORG_ID
from arcgis_export_widgets.localportal.layer_json import (
    CURRENT_VERSION,
    describe_layer,
    describe_layers,
    describe_service,
)
from arcgis_export_widgets.localportal.layer_query import LayerQuery, parse_query
from arcgis_export_widgets.localportal.parameters import Parameters
from arcgis_export_widgets.localportal.selection import count_rows, select_rows
from arcgis_export_widgets.localportal.where_parse import WhereError
from arcgis_export_widgets.localportal.where_sql import to_duckdb

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.layers import Layer
    from arcgis_export_widgets.localportal.portal import Call, Portal
    from arcgis_export_widgets.localportal.service import Service


def query_layer(
    service: Service, layer: Layer, call: Call, *, cap: int | None = None, shuffle: bool = False
) -> dict[str, Any] | Response:
    """Answer ``{layer}/query``.

    Parameters
    ----------
    cap, shuffle
        Faults: at most so many features; in another order for every request.
    """
    parameters = call.parameters
    username = call.caller.username if call.caller else ""
    limits = {kind: min(limit, cap or limit) for kind, limit in service.record_limits(layer).items()}
    query = parse_query(parameters, layer, limits=limits, username=username)
    if shuffle and not query.order_by:
        query = replace(query, order_by=("random()",))
    statistics = parse_statistics(parameters, layer)
    if statistics or query.return_distinct or "groupByFieldsForStatistics" in parameters:
        return aggregate(layer, query, parameters, statistics)
    if query.return_extent:
        return _extent(layer, query)
    if query.return_count:
        return _count(layer, query)
    if query.return_ids:
        return _ids(layer, query)
    rows = select_rows(layer, query, limit=query.limit + 1, offset=query.offset)
    exceeded = len(rows) > query.limit
    rows = rows[: query.limit] if query.return_exceeded or not exceeded else rows[:0]
    if query.format == "pbf":
        return _pbf(pbf_features(layer, query, rows, exceeded=exceeded))
    write = geojson_features if query.format == "geojson" else esri_features
    return write(layer, query, rows, exceeded=exceeded)


def _pbf(content: bytes) -> Response:
    headers = {"Content-Disposition": "inline;filename=results.pbf"}
    return Response(content, media_type="application/x-protobuf", headers=headers)


def _count(layer: Layer, query: LayerQuery) -> dict[str, Any] | Response:
    count = count_rows(layer, query)
    if query.format == "pbf":
        return _pbf(pbf.encode_count(count))
    if query.format == "geojson":
        return {"type": "FeatureCollection", "properties": {"count": count}, "features": []}
    return {"count": count}


def _ids(layer: Layer, query: LayerQuery) -> dict[str, Any] | Response:
    ids = layer.object_ids(select_rows(layer, query))
    if query.format == "pbf":
        return _pbf(pbf.encode_ids(layer.object_id_field, ids))
    if query.format == "geojson":
        return {"type": "FeatureCollection", "properties": {"objectIds": ids}, "features": []}
    return {"objectIdFieldName": layer.object_id_field, "objectIds": ids or None}


def _extent(layer: Layer, query: LayerQuery) -> dict[str, Any] | Response:
    rows = select_rows(layer, query)
    geometries = None if layer.is_table else shape_geometries(layer, query, rows)
    extent = describe_extent(geometries, query.out_crs)
    if query.format == "pbf":
        bounds = [extent[key] for key in ("xmin", "ymin", "xmax", "ymax")]
        count = len(rows) if query.return_count else None
        return _pbf(pbf.encode_extent(bounds, extent["spatialReference"], count))
    return {"count": len(rows), "extent": extent} if query.return_count else {"extent": extent}


def find_service(portal: Portal, call: Call) -> Service:
    """Return the service the URL names, when the caller may read it."""
    service = portal.catalog.readable_service(call.path["service"], call.caller)
    if service is None:
        raise ArcGISError(400, "Invalid URL", ["Invalid URL"])
    return service


def _layer(portal: Portal, call: Call) -> tuple[Service, Layer]:
    service = find_service(portal, call)
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
    return describe_service(find_service(portal, call))


def service_layers(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/layers``."""
    return describe_layers(find_service(portal, call))


def layer_root(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}``."""
    service, layer = _layer(portal, call)
    return describe_layer(layer, service)


def layer_query(portal: Portal, call: Call) -> dict[str, Any] | Response:
    """Answer ``FeatureServer/{id}/query``."""
    service, layer = _layer(portal, call)
    cap = portal.faults.take(call.request_path, "cap")
    is_shuffled = portal.faults.take(call.request_path, "shuffle") is not None
    return query_layer(service, layer, call, cap=int(cap.number(100)) if cap else None, shuffle=is_shuffled)


def layer_query_bins(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/queryBins``."""
    service, layer = _layer(portal, call)
    username = call.caller.username if call.caller else ""
    query = parse_query(call.parameters, layer, limits=service.record_limits(layer), username=username)
    return bins(layer, query, call.parameters)


def feature(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/{objectId}``: one feature with all it has."""
    service, layer = _layer(portal, call)
    wanted = Parameters([("objectIds", call.path["object_id"]), ("outFields", "*"), ("f", "json")], query=True)
    query = parse_query(wanted, layer, limits=service.record_limits(layer))
    rows = select_rows(layer, query)
    if len(rows) == 0:
        raise ArcGISError(400, "Invalid or missing input parameters.", ["Feature does not exist."])
    found: dict[str, Any] = esri_features(layer, query, rows, exceeded=False)["features"][0]
    return {"feature": found}


def query_domains(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/queryDomains``: the domains of the fields of some layers, each once."""
    service = find_service(portal, call)
    wanted = call.parameters.json("layers")
    domains: dict[str, dict[str, Any]] = {}
    for layer in service.layers:
        if isinstance(wanted, list) and layer.layer_id not in wanted:
            continue
        for field in layer.fields:
            if field.domain and field.visible:
                domains[str(field.domain.get("name", field.name))] = field.domain
    return {"domains": list(domains.values())}


def validate_sql(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/validateSQL``."""
    _, layer = _layer(portal, call)
    clause = call.parameters.required("sql")
    try:
        sql = to_duckdb(clause, layer)
        layer.run(f"SELECT rowid FROM layer WHERE {sql} LIMIT 0")  # noqa: S608 - written by us
    except WhereError as error:
        code, reason = (3007, f"Field [{error.field}] not found.") if error.field else (3001, str(error))
        return {"isValidSQL": False, "validationErrors": [{"errorCode": code, "description": reason}]}
    except duckdb.Error:
        reason = "A value does not fit the field it is compared with."
        return {"isValidSQL": False, "validationErrors": [{"errorCode": 3002, "description": reason}]}
    return {"isValidSQL": True}

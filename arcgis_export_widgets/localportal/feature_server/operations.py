"""Handle the operations of a FeatureServer: descriptions, single features, queries, estimates and validateSQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

import duckdb
from starlette.responses import Response

from arcgis_export_widgets.localportal.content.accounts import ORG_ID
from arcgis_export_widgets.localportal.faults.faults import QUERY_FAULTS, Fault
from arcgis_export_widgets.localportal.feature_server.descriptions import (
    CURRENT_VERSION,
    describe_layer,
    describe_service,
    layers_and_tables,
)
from arcgis_export_widgets.localportal.geometry.geometry_json import describe_bounds
from arcgis_export_widgets.localportal.http.request import ArcGISError, Parameters, invalid_query
from arcgis_export_widgets.localportal.layers.layer import Layer, Service
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.query.layer_query import LayerQuery, parse_query
from arcgis_export_widgets.localportal.query.response import esri_features, run_query
from arcgis_export_widgets.localportal.query.selection import select_rows, top_rows
from arcgis_export_widgets.localportal.query.statistics import query_bins
from arcgis_export_widgets.localportal.where.duckdb_sql import to_duckdb
from arcgis_export_widgets.localportal.where.parse import WhereError


def find_service(portal: Portal, call: Call) -> Service:
    """Return the service that the URL names; raise an error if it does not exist or the caller may not see it."""
    service = portal.catalog.readable_service(call.path["service"], call.caller)
    return service or invalid_url(portal, call)


def find_layer(portal: Portal, call: Call) -> tuple[Service, Layer]:
    """Return the service and layer that the URL names; raise an error if the caller may not see them."""
    service = find_service(portal, call)
    layer = service.layer(int(call.path["layer_id"]))
    return service, invalid_url(portal, call) if layer is None else layer


def invalid_url(_portal: Portal, _call: Call) -> NoReturn:
    """Raise the error for a URL that does not exist."""
    raise ArcGISError(400, "Invalid URL", ["Invalid URL"])


def server_info(_portal: Portal, call: Call) -> dict[str, Any]:
    """Handle the server's ``rest/info``, which tells clients which portal issues the tokens."""
    return {
        "currentVersion": CURRENT_VERSION,
        "fullVersion": f"{CURRENT_VERSION}.0",
        "owningSystemUrl": call.base_url,
        "owningTenant": ORG_ID,
        "authInfo": {"isTokenBasedSecurity": True, "tokenServicesUrl": f"{call.base_url}/sharing/rest/generateToken"},
    }


def services(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``rest/services``."""
    readable = portal.catalog.readable_services(call.caller)
    listed = [{"name": one.name, "type": "FeatureServer", "url": one.url(call.base_url)} for one in readable]
    return {"currentVersion": CURRENT_VERSION, "services": listed}


def service_root(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer``."""
    return describe_service(find_service(portal, call))


def service_layers(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/layers``."""
    service = find_service(portal, call)
    return layers_and_tables(service, lambda layer: describe_layer(layer, service))


def layer_root(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/{id}``."""
    service, layer = find_layer(portal, call)
    return describe_layer(layer, service)


def feature(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/{id}/{objectId}``: one feature with all its fields."""
    service, layer = find_layer(portal, call)
    wanted = Parameters([("objectIds", call.path["object_id"]), ("outFields", "*"), ("f", "json")], query=True)
    query = parse_query(wanted, layer, limits=service.record_limits(layer))
    rows = select_rows(layer, query)
    if len(rows) == 0:
        raise ArcGISError(400, "Invalid or missing input parameters.", ["Feature does not exist."])
    found: dict[str, Any] = esri_features(layer, query, rows, exceeded=False)["features"][0]
    return {"feature": found}


def query_domains(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/queryDomains``: the domains of the layers' fields, without duplicates."""
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
    """Handle ``FeatureServer/{id}/validateSQL``."""
    _, layer = find_layer(portal, call)
    clause = call.parameters.required("sql")
    try:
        sql = to_duckdb(clause, layer)
        layer.run(f"SELECT rowid FROM layer WHERE {sql} LIMIT 0")  # noqa: S608 - written by us
    except WhereError as error:
        code, reason = (3007, f"Field [{error.field}] not found.") if error.field else (3001, str(error))
        return {"isValidSQL": False, "validationErrors": [{"errorCode": code, "description": reason}]}
    except duckdb.Error:
        reason = "A value does not match the type of the field that it is compared with."
        return {"isValidSQL": False, "validationErrors": [{"errorCode": 3002, "description": reason}]}
    return {"isValidSQL": True}


def _read_query(
    call: Call, service: Service, layer: Layer, parameters: Parameters, faults: Mapping[str, Fault]
) -> LayerQuery:
    """Return the query in `parameters`, within the service's limits and as changed by `faults`."""
    limits = service.record_limits(layer)
    cap = faults.get("cap") or faults.get("short_page")
    if cap is not None:
        limits = {kind: min(limit, int(cap.number)) for kind, limit in limits.items()}
    query = parse_query(parameters, layer, limits=limits, username=call.caller.username if call.caller else "")
    if "shuffle" in faults and not query.order_by:
        query = replace(query, order_by=("random()",))
    overlap = faults.get("overlap")
    if overlap is None or not query.offset:
        return query
    return replace(query, offset=max(query.offset - int(overlap.number), 0))


def query_layer(portal: Portal, call: Call) -> dict[str, Any] | Response:
    """Handle ``FeatureServer/{id}/query``."""
    service, layer = find_layer(portal, call)
    faults = portal.faults.take_each(call.request_path, QUERY_FAULTS)
    query = _read_query(call, service, layer, call.parameters, faults)
    return run_query(layer, query, call.parameters, faults)


def query_service(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/query``: query several layers at once.

    Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service/
    """
    service = find_service(portal, call)
    faults = portal.faults.take_each(call.request_path, QUERY_FAULTS)
    answers: list[dict[str, Any]] = []
    for layer_id, own in _layer_definitions(call.parameters):
        layer = service.layer(layer_id)
        if layer is None:
            raise call.parameters.invalid("layerDefs")
        # pbf and geojson cannot contain several layers
        parameters = call.parameters.replaced({"outFields": "*", **own, "f": "json"})
        query = _read_query(call, service, layer, parameters, faults)
        answer = run_query(layer, query, parameters, faults)
        if isinstance(answer, Response):
            raise call.parameters.invalid("f")
        answers.append({"id": layer_id, **answer})
    return {"layers": answers}


def _layer_definitions(parameters: Parameters) -> list[tuple[int, dict[str, str]]]:
    """Return (layer id, query) pairs of ``layerDefs``: ``{"0": "where"}``, list of objects or ``0:where;1:where``."""
    text = parameters.required("layerDefs")
    with parameters.reading("layerDefs"):
        if not text.startswith(("{", "[")):
            pairs = (part.partition(":") for part in text.split(";") if part.strip())
            return [(int(layer_id), {"where": where}) for layer_id, _, where in pairs]
        content = parameters.json("layerDefs")
        if isinstance(content, dict):
            return [(int(layer_id), {"where": str(where or "")}) for layer_id, where in content.items()]
        return [
            (int(one["layerId"]), {name: str(one[name]) for name in ("where", "outFields") if one.get(name)})
            for one in content
        ]


def query_top_features(portal: Portal, call: Call) -> dict[str, Any] | Response:
    """Handle ``FeatureServer/{id}/queryTopFeatures``: the first features of each group.

    Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-top-features-feature-servicelayer/
    """
    service, layer = find_layer(portal, call)
    faults = portal.faults.take_each(call.request_path, QUERY_FAULTS)
    query = _read_query(call, service, layer, call.parameters, faults)
    if "outStatistics" in call.parameters or query.return_distinct:
        raise invalid_query("outStatistics and returnDistinctValues cannot be used with queryTopFeatures")
    rows = top_rows(layer, query, call.parameters)
    chosen = replace(query, where="TRUE", time=None, spatial=None, object_ids=tuple(layer.object_ids(rows)))
    return run_query(layer, chosen, call.parameters, faults)


def query_layer_bins(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/{id}/queryBins``."""
    service, layer = find_layer(portal, call)
    return query_bins(layer, _read_query(call, service, layer, call.parameters, {}), call.parameters)


def _estimate(layer: Layer) -> dict[str, Any]:
    extent = {} if layer.is_table else {"extent": describe_bounds(layer.extent, layer.crs)}
    return {"count": len(layer), **extent}


def layer_estimates(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/{id}/getEstimates``: number of features and extent of the layer."""
    _, layer = find_layer(portal, call)
    return _estimate(layer)


def service_estimates(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/getEstimates``."""
    layers = find_service(portal, call).layers
    text = (call.parameters.text("layers") or "").strip("[] ")
    wanted = Parameters([("layers", text)]).integers("layers")
    chosen = [layer for layer in layers if wanted is None or layer.layer_id in wanted]
    return {"layerEstimates": [{"layerId": layer.layer_id, **_estimate(layer)} for layer in chosen]}


def query_related_records(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/{id}/queryRelatedRecords``: always an error, as no layer has relationships."""
    find_layer(portal, call)
    raise ArcGISError(
        400, "Invalid or missing input parameters.", ["'relationshipId' parameter is invalid: no such relationship."]
    )

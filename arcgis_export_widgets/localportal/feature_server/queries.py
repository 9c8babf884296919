"""Operations of a FeatureServer that choose rows: query, top features, bins, estimates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from arcgis_export_widgets.localportal.faults.faults import QueryFaults, query_faults
from arcgis_export_widgets.localportal.feature_server.resources import find_layer, find_service
from arcgis_export_widgets.localportal.geometry.geometry_json import describe_bounds
from arcgis_export_widgets.localportal.http.errors import ArcGISError, invalid_query
from arcgis_export_widgets.localportal.http.parameters import Parameters
from arcgis_export_widgets.localportal.http.portal import Call, Portal
from arcgis_export_widgets.localportal.layers.layer import Layer, Service
from arcgis_export_widgets.localportal.query.layer_query import LayerQuery, parse_query
from arcgis_export_widgets.localportal.query.response import answer_query
from arcgis_export_widgets.localportal.query.selection import top_rows
from arcgis_export_widgets.localportal.query.statistics import query_bins


def _read_query(call: Call, service: Service, layer: Layer, parameters: Parameters, faults: QueryFaults) -> LayerQuery:
    """Return the query in `parameters`, within the service's limits and as the faults in force have it."""
    limits = service.record_limits(layer)
    if faults.cap is not None:
        limits = {kind: min(limit, faults.cap) for kind, limit in limits.items()}
    query = parse_query(parameters, layer, limits=limits, username=call.caller.username if call.caller else "")
    if faults.is_shuffled and not query.order_by:
        query = replace(query, order_by=("random()",))
    return replace(query, offset=max(query.offset - faults.early, 0)) if query.offset else query


def layer_query(portal: Portal, call: Call) -> dict[str, Any] | Response:
    """Answer ``FeatureServer/{id}/query``."""
    service, layer = find_layer(portal, call)
    faults = query_faults(portal.faults, call.request_path)
    query = _read_query(call, service, layer, call.parameters, faults)
    return answer_query(layer, query, call.parameters, faults)


def service_query(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/query``: the same query of several layers at once.

    Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service/
    """
    service = find_service(portal, call)
    faults = query_faults(portal.faults, call.request_path)
    answers: list[dict[str, Any]] = []
    for layer_id, own in _layer_definitions(call.parameters):
        layer = service.layer(layer_id)
        if layer is None:
            raise call.parameters.invalid("layerDefs")
        # pbf and geojson have no place for several layers
        parameters = call.parameters.replaced({"outFields": "*", **own, "f": "json"})
        query = _read_query(call, service, layer, parameters, faults)
        answer = answer_query(layer, query, parameters, faults)
        if isinstance(answer, Response):
            raise call.parameters.invalid("f")
        answers.append({"id": layer_id, **answer})
    return {"layers": answers}


def _layer_definitions(parameters: Parameters) -> list[tuple[int, dict[str, str]]]:
    """Read ``layerDefs``: ``{"0": "where"}``, a list of objects, or ``0:where;1:where``."""
    text = parameters.required("layerDefs")
    try:
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
    except (KeyError, TypeError, ValueError) as error:
        raise parameters.invalid("layerDefs") from error


def query_top_features(portal: Portal, call: Call) -> dict[str, Any] | Response:
    """Answer ``FeatureServer/{id}/queryTopFeatures``: the first few features of every group.

    Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-top-features-feature-servicelayer/
    """
    service, layer = find_layer(portal, call)
    faults = query_faults(portal.faults, call.request_path)
    query = _read_query(call, service, layer, call.parameters, faults)
    if "outStatistics" in call.parameters or query.return_distinct:
        raise invalid_query("outStatistics and returnDistinctValues cannot go with queryTopFeatures")
    rows = top_rows(layer, query, call.parameters)
    chosen = replace(query, where="TRUE", time=None, spatial=None, object_ids=tuple(layer.object_ids(rows)))
    return answer_query(layer, chosen, call.parameters, faults)


def layer_query_bins(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/queryBins``."""
    service, layer = find_layer(portal, call)
    return query_bins(layer, _read_query(call, service, layer, call.parameters, QueryFaults()), call.parameters)


def _estimate(layer: Layer) -> dict[str, Any]:
    content: dict[str, Any] = {"count": len(layer)}
    if not layer.is_table:
        content["extent"] = describe_bounds(layer.extent, layer.crs)
    return content


def layer_estimates(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/getEstimates``: count and extent of the whole layer."""
    _, layer = find_layer(portal, call)
    return _estimate(layer)


def service_estimates(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/getEstimates``."""
    service = find_service(portal, call)
    text = (call.parameters.text("layers") or "").strip("[] ")
    wanted = Parameters([("layers", text)]).integers("layers")
    return {
        "layerEstimates": [
            {"layerId": layer.layer_id, **_estimate(layer)}
            for layer in service.layers
            if wanted is None or layer.layer_id in wanted
        ]
    }


def query_related_records(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/queryRelatedRecords``: no layer here has relationships, so no id is one."""
    find_layer(portal, call)
    raise ArcGISError(
        400, "Invalid or missing input parameters.", ["'relationshipId' parameter is invalid: no such relationship."]
    )

"""FeatureServer resources: the service, its layers, single features, domains, and the check of where clauses."""

from __future__ import annotations

from typing import Any, NoReturn

import duckdb

from arcgis_export_widgets.localportal.feature_server.descriptions import (
    CURRENT_VERSION,
    describe_layer,
    describe_layers,
    describe_service,
)
from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.http.parameters import Parameters
from arcgis_export_widgets.localportal.http.portal import Call, Portal
from arcgis_export_widgets.localportal.layers.layer import Layer, Service
from arcgis_export_widgets.localportal.query.layer_query import parse_query
from arcgis_export_widgets.localportal.query.response import esri_features
from arcgis_export_widgets.localportal.query.selection import select_rows
from arcgis_export_widgets.localportal.sharing.accounts import ORG_ID
from arcgis_export_widgets.localportal.where.parse import WhereError
from arcgis_export_widgets.localportal.where.sql import to_duckdb


def find_service(portal: Portal, call: Call) -> Service:
    """Return the service the URL names, when the caller may read it."""
    service = portal.catalog.readable_service(call.path["service"], call.caller)
    return service or invalid_url(portal, call)


def find_layer(portal: Portal, call: Call) -> tuple[Service, Layer]:
    """Return the layer the URL names and its service, when the caller may read them."""
    service = find_service(portal, call)
    layer = service.layer(int(call.path["layer_id"]))
    return service, invalid_url(portal, call) if layer is None else layer


def invalid_url(_portal: Portal, _call: Call) -> NoReturn:
    """Answer an address of the server that stands for nothing."""
    raise ArcGISError(400, "Invalid URL", ["Invalid URL"])


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
    service, layer = find_layer(portal, call)
    return describe_layer(layer, service)


def feature(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``FeatureServer/{id}/{objectId}``: one feature with all it has."""
    service, layer = find_layer(portal, call)
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
    _, layer = find_layer(portal, call)
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

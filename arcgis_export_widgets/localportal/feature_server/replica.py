"""Operation createReplica: copy a service's layers to a file, if the service allows it.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/create-replica/ (sync model ``none``).
"""

from __future__ import annotations

from typing import Any

from starlette.responses import FileResponse, Response

from arcgis_export_widgets.localportal.content.accounts import new_id, now_ms
from arcgis_export_widgets.localportal.content.item import Item
from arcgis_export_widgets.localportal.export.formats import REPLICA_FORMATS
from arcgis_export_widgets.localportal.export.jobs import COMPLETED, FAILED, ExportJob
from arcgis_export_widgets.localportal.export.request import ExportRequest, LayerExport
from arcgis_export_widgets.localportal.feature_server.operations import find_service
from arcgis_export_widgets.localportal.geometry.spatial_reference import SpatialReferenceError, parse_spatial_reference
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.portal import Call, Portal

_TRANSPORT = {"transportType": "esriTransportTypeUrl", "responseType": "esriReplicaResponseTypeData"}
_STATUS = {COMPLETED: "Completed", FAILED: "Failed"}


def _failure(detail: str) -> ArcGISError:
    return ArcGISError(400, "Unable to create replica.", [detail])


def create_replica(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/createReplica``: return the file's URL, or the job's status URL if ``async`` is true."""
    service = find_service(portal, call)
    if not service.allows_extract:
        raise ArcGISError(400, "This operation is not supported.", ["The service lacks the Extract capability."])
    request = _parse(service, call)
    name = call.parameters.text("replicaName") or f"{service.name}_replica"
    job = portal.jobs.start(Item(new_id(), "", name, "Replica", access="public"), request)
    if call.parameters.boolean("async"):
        return {"statusUrl": f"{service.url(call.base_url)}/jobs/{job.job_id}"}
    job.finished.wait()
    if job.status == FAILED:
        raise _failure(job.message)
    return _TRANSPORT | {"URL": _file_url(call, job)}


def _file_url(call: Call, job: ExportJob) -> str:
    suffix = job.item.path.suffix if job.item.path else ""
    return f"{job.request.service.url(call.base_url)}/replicafilescache/{job.job_id}{suffix}"


def _parse(service: Service, call: Call) -> ExportRequest:
    parameters = call.parameters
    wanted = (parameters.text("dataFormat") or "json").lower()
    export_format = REPLICA_FORMATS.get(wanted)
    if export_format is None:
        raise _failure(f"'dataFormat' parameter is invalid: {wanted}")
    layer_ids = parameters.integers("layers")
    queries = parameters.json("layerQueries")
    queries = {} if queries is None else queries
    if not isinstance(queries, dict) or not all(isinstance(one, dict) for one in queries.values()):
        raise _failure("'layerQueries' parameter is invalid")
    if layer_ids is None:
        layer_ids = [layer.layer_id for layer in service.layers]
    layers = []
    for layer_id in layer_ids:
        if service.layer(layer_id) is None:
            raise _failure(f"layer {layer_id} does not exist")
        query = queries.get(str(layer_id), {})
        if str(query.get("queryOption", "")).lower() != "none":
            layers.append(LayerExport(layer_id, query.get("where") or None))
    target_crs = None
    if "replicaSR" in parameters:
        try:
            target_crs = parse_spatial_reference(parameters.text("replicaSR"))
        except SpatialReferenceError as error:
            raise _failure("'replicaSR' parameter is invalid") from error
    return ExportRequest(
        service,
        export_format,
        tuple(layers),
        target_crs,
        only_visible_fields=True,
        username=call.caller.username if call.caller else "",
        spatial=parameters if "geometry" in parameters else None,
    )


def _job(portal: Portal, call: Call) -> ExportJob:
    """Return the replica job that the URL names; raise an error if the service has no such job."""
    service = find_service(portal, call)
    job = portal.jobs.find(call.path["job_id"])
    if job is None or job.request.service is not service or job.item.item_type != "Replica":
        raise ArcGISError(400, "Job does not exist or is inaccessible.")
    return job


def replica_status(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``FeatureServer/jobs/{jobId}``."""
    job = _job(portal, call)
    content: dict[str, Any] = _TRANSPORT | {
        "replicaName": job.item.title,
        "status": _STATUS.get(job.status, "InProgress"),
        "targetType": "client",
        "submissionTime": job.item.created_ms,
        "lastUpdatedTime": now_ms(),
        "resultUrl": _file_url(call, job) if job.status == COMPLETED else "",
    }
    if job.status == FAILED:
        content["error"] = {"code": 400, "message": "Unable to create replica.", "description": job.message}
    return content


def replica_file(portal: Portal, call: Call) -> Response:
    """Handle ``FeatureServer/replicafilescache/{jobId}.{extension}``."""
    job = _job(portal, call)
    if job.item.path is None:
        raise ArcGISError(404, "File not found.")
    return FileResponse(job.item.path, filename=job.item.name, media_type="application/octet-stream")

"""Running createReplica jobs with a data format, in which a service writes a file.

No item is created, and the user need not own the layer. Sources:
https://developers.arcgis.com/rest/services-reference/enterprise/create-replica/ and
https://developers.arcgis.com/rest/services-reference/enterprise/asynchronous-operations/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arcgis_export_widgets.errors import ResponseError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.http.responses import as_documented
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.items.export_job import JobState, JobStatus
from arcgis_export_widgets.request.request import ExportLayer

_FILE_URLS = ("resultUrl", "responseUrl", "URL", "url")


@dataclass(frozen=True)
class SubmittedReplica:
    """The service's response to createReplica: the address of the job's status, or of the file if the job is done."""

    status_url: str | None
    file_url: str | None

    @property
    def job_id(self) -> str:
        """The job's id, which is the last part of the status address."""
        return (self.status_url or self.file_url or "").rstrip("/").rsplit("/", 1)[-1]


@as_documented()
def submit_replica(
    session: PortalSession,
    service_url: str,
    *,
    name: str,
    layers: Sequence[ExportLayer],
    export_format: ExportFormat,
    replica_sr: SpatialReference | None,
) -> SubmittedReplica:
    """Start a job in which the service writes a file of `layers`.

    The request may be repeated if its response was lost: a replica without sync leaves only a file behind, which the
    server deletes after a while.
    """
    response = session.ask(
        f"{service_url}/createReplica",
        {
            "replicaName": name,
            "layers": ",".join(str(layer.id) for layer in layers),
            "layerQueries": json.dumps({str(layer.id): _query(layer) for layer in layers}),
            "replicaSR": json.dumps(replica_sr.to_json()) if replica_sr else None,
            "syncModel": "none",
            "transportType": "esriTransportTypeUrl",
            "dataFormat": export_format.facts.replica_value,
            "returnAttachments": "false",
            "async": "true",
        },
    )
    status_url = response.get("statusUrl") or response.get("statusURL")
    file_url = _file_url(response)
    if not status_url and not file_url:
        raise ResponseError(
            say("{url} accepted the request but returned neither a job nor a file.", url=service_url), url=service_url
        )
    return SubmittedReplica(status_url or None, file_url or None)


@as_documented()
def replica_state(
    session: PortalSession, replica: SubmittedReplica, *, retry: bool = True
) -> tuple[JobState, str | None]:
    """Request a replica's status and the file's address (None until it exists); for `retry` see `PortalSession.ask`."""
    if replica.status_url is None:
        return JobState(JobStatus.COMPLETED, "Completed"), replica.file_url
    response = session.ask(replica.status_url, retry=retry)
    return JobState.from_json(response), _file_url(response)


def _file_url(response: Mapping[str, Any]) -> str | None:
    """The address of the file, under any of the names that servers use; None if there is none yet."""
    return next((response[name] for name in _FILE_URLS if response.get(name)), None)


def _query(layer: ExportLayer) -> dict[str, Any]:
    if layer.where is None:
        return {"queryOption": "all"}
    return {"queryOption": "useFilter", "where": layer.where, "useGeometry": False}

"""createReplica with a data format: a service's layers as a file, without an item and without owning anything.

Sources: https://developers.arcgis.com/rest/services-reference/enterprise/create-replica/ and
https://developers.arcgis.com/rest/services-reference/enterprise/asynchronous-operations/
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arcgis_export_widgets.errors import ResponseError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.items.export_job import JobState, JobStatus, status_message
from arcgis_export_widgets.request.request import ExportLayer


@dataclass(frozen=True)
class SubmittedReplica:
    """The service's response to createReplica: the address of the job's status, or already that of the file."""

    status_url: str | None
    file_url: str | None

    @property
    def job_id(self) -> str:
        """The last part of the status address, which names the job."""
        return (self.status_url or self.file_url or "").rstrip("/").rsplit("/", 1)[-1]


def submit(
    session: PortalSession,
    service_url: str,
    *,
    name: str,
    layers: Sequence[ExportLayer],
    export_format: ExportFormat,
    replica_sr: SpatialReference | None,
) -> SubmittedReplica:
    """Ask the service to write a file of `layers`, in the background.

    It may be asked again when a response got lost: a replica without sync leaves nothing behind but a file that the
    server removes by itself.

    Raises
    ------
    PortalError
        If the service refuses, or names neither a status address nor a file.
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
    file_url = response.get("resultUrl") or response.get("URL") or response.get("url")
    if not status_url and not file_url:
        raise ResponseError(
            say("{url} accepted the replica but named neither a status nor a file.", url=service_url), url=service_url
        )
    return SubmittedReplica(status_url or None, file_url or None)


def state(session: PortalSession, replica: SubmittedReplica, *, retry: bool = True) -> tuple[JobState, str | None]:
    """Ask for the status of the replica, and for the file's address; see `PortalSession.ask` for `retry`."""
    if replica.status_url is None:
        return JobState(JobStatus.COMPLETED, "Completed"), replica.file_url
    response = session.ask(replica.status_url, retry=retry)
    word = str(response.get("status") or "")
    message = status_message(response.get("error") or response.get("statusMessage"))
    file_url = response.get("resultUrl") or response.get("URL") or None
    return JobState(JobStatus.of(word), word, message), file_url


def _query(layer: ExportLayer) -> dict[str, Any]:
    if layer.where is None:
        return {"queryOption": "all"}
    return {"queryOption": "useFilter", "where": layer.where, "useGeometry": False}

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
    """The service's answer to createReplica: where to look how it stands, or already where the file is."""

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

    It may be asked again when an answer got lost: a replica without sync leaves nothing behind but a file that the
    server removes by itself.

    Raises
    ------
    PortalError
        If the service refuses, or answers neither with a status address nor with a file.
    """
    answer = session.ask(
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
    status_url = answer.get("statusUrl") or answer.get("statusURL")
    file_url = answer.get("resultUrl") or answer.get("URL") or answer.get("url")
    if not status_url and not file_url:
        raise ResponseError(
            say("{url} took the replica but named neither a status nor a file.", url=service_url), url=service_url
        )
    return SubmittedReplica(status_url or None, file_url or None)


def state(session: PortalSession, replica: SubmittedReplica) -> tuple[JobState, str | None]:
    """Look once how the replica stands; with the file's address once there is one."""
    if replica.status_url is None:
        return JobState(JobStatus.COMPLETED, "Completed"), replica.file_url
    answer = session.ask(replica.status_url)
    word = str(answer.get("status") or "")
    told = answer.get("error") or answer.get("statusMessage")
    file_url = answer.get("resultUrl") or answer.get("URL") or None
    return JobState(JobStatus.of(word), word, status_message(told)), file_url


def _query(layer: ExportLayer) -> dict[str, Any]:
    if layer.where is None:
        return {"queryOption": "all"}
    return {"queryOption": "useFilter", "where": layer.where, "useGeometry": False}

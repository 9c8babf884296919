"""The two routes on which a server makes a file: Export Item, run by the portal; createReplica, by the service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from arcgis_export_widgets.errors import ExportError, PermissionDeniedError, ResponseError
from arcgis_export_widgets.events import EventHandler, ExportItemDeleted, ignore
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.items import export_job, replica_job
from arcgis_export_widgets.portal.items.export_job import JobState, SubmittedExport
from arcgis_export_widgets.portal.items.file_names import file_errors, file_stem, write_whole
from arcgis_export_widgets.portal.items.replica_job import SubmittedReplica
from arcgis_export_widgets.workflow.checked_request import CheckedRequest
from arcgis_export_widgets.workflow.job import FileJob
from arcgis_export_widgets.workflow.result import FileResult

HANDLE_VERSION = 1


class ExportJob(FileJob["ExportResult"]):
    """An Export Item job, which runs in the portal.

    Returned by `Portal.export`. On a busy portal, a job may well queue for half an hour: `save` the job if the
    notebook may close before the export is ready.
    """

    export_item_id: str

    def __init__(self, checked: CheckedRequest, export: SubmittedExport, *, started_s: float | None = None) -> None:
        super().__init__(checked, export.job_id, export.export_item_id, started_s=started_s)
        self.export = export

    @property
    def handle(self) -> dict[str, Any]:
        """What `Portal.reattach` needs to resume this job later, even in another notebook.

        Plain JSON without any secret: resuming the job requires signing in again.
        """
        return {
            "handleVersion": HANDLE_VERSION,
            "portal": self.portal.url,
            "jobId": self.job_id,
            "exportItemId": self.export_item_id,
            "contentUser": self.export.content_user,
            "answer": self.export.response,
            "startedAt": self.started_s,
            "request": self.request.to_json(),
            "layers": [
                {"count": layer.count, "lastEditDate": layer.last_edit_before_ms, "extent": layer.extent}
                for layer in self.checked.expected
            ],
        }

    def save(self, path: str | Path) -> Path:
        """Write `handle` to a file, and return its path; raises ExportError if that is impossible."""
        path = Path(path).expanduser()
        with self.handle_on_errors(), file_errors(ExportError, path):
            write_whole(path, json.dumps(self.handle, indent=1))
        return path

    def delete(self) -> None:
        """Delete the exported item from the portal."""
        export_job.delete_item(self.portal.session, self.export)
        self.has_ended = True

    def _state(self, *, retry: bool = True) -> JobState:
        return export_job.state(self.portal.session, self.export, retry=retry)

    def _result(self, seconds: float) -> ExportResult:
        return ExportResult(self, seconds)

    def _drop(self) -> str:
        # ArcGIS cannot stop an export, but deleting the item leaves nothing behind
        self.delete()
        return say("The export was cancelled and its unfinished item deleted.")


class ExportResult(FileResult):
    """The result of an Export Item job.

    Returned by `ExportJob.wait`. The exported item stays in the portal until `delete` is called.
    """

    job: ExportJob

    def delete(self, *, on_event: EventHandler = ignore) -> None:
        """Delete the exported item from the portal; the downloaded file and the frames stay."""
        if not self.deleted:
            self.job.delete()
            self.deleted = True
            on_event(ExportItemDeleted(self.job.export_item_id))

    def _response(self) -> dict[str, Any]:
        response = self.job.export.response
        return {
            "type": response.get("type"),
            "size": response.get("size"),
            "jobId": self.job.job_id,
            "exportItemId": self.job.export_item_id,
            "serviceItemId": response.get("serviceItemId", self.request.item_id),
        }

    def _source(self) -> tuple[str, str, int | None]:
        made = self.job.portal.item(self.job.export_item_id)
        return f"content/items/{made.id}/data", made.name or file_stem(made.title), made.size_bytes

    def _where(self) -> str:
        return "deleted from the portal" if self.deleted else f"item {self.job.export_item_id}"


def start_export(checked: CheckedRequest) -> ExportJob:
    """Start an Export Item job.

    Raises
    ------
    PermissionDeniedError
        If this user may not export the item.
    ExportError
        If the portal's response was lost, and the exported item cannot be found.
    """
    portal = checked.portal
    right = portal.may_export(checked.item, checked.service)
    if right.content_user is None:
        raise PermissionDeniedError(right.reason)
    try:
        export = export_job.submit(portal.session, checked.request, right.content_user)
    except PermissionDeniedError:
        # portals differ in whose content an administrator's export is saved to; the refused export was not started
        if portal.username is None or portal.username == right.content_user:
            raise
        export = export_job.submit(portal.session, checked.request, portal.username)
    return ExportJob(checked, export)


class ReplicaJob(FileJob["ReplicaResult"]):
    """A createReplica job, in which the service writes a file. Returned by `Plan.start`."""

    def __init__(self, checked: CheckedRequest, submitted: SubmittedReplica) -> None:
        super().__init__(checked, submitted.job_id, None)
        self.submitted = submitted
        self.file_url = submitted.file_url
        """Address of the file; None until the job has completed."""

    def _state(self, *, retry: bool = True) -> JobState:
        seen, self.file_url = replica_job.replica_state(self.portal.session, self.submitted, retry=retry)
        return seen

    def _result(self, seconds: float) -> ReplicaResult:
        return ReplicaResult(self, seconds)


class ReplicaResult(FileResult):
    """The result of a createReplica job. Returned by `ReplicaJob.wait`; there is no item to delete."""

    job: ReplicaJob

    def _response(self) -> dict[str, Any]:
        kind = self.request.export_format.facts.item_type_of(len(self.job.checked.expected))
        return {"type": kind, "jobId": self.job.job_id}

    def _source(self) -> tuple[str, str, int | None]:
        if self.job.file_url is None:
            raise ResponseError(say("The service says that the copy is made, but not where it is. Take another route."))
        return self.job.file_url, file_stem(self.request.title or self.job.item.title), None

    def _where(self) -> str:
        return "made by the service"


def start_replica(checked: CheckedRequest) -> ReplicaJob:
    """Start a createReplica job."""
    request = checked.request
    facts = request.export_format.facts
    submitted = replica_job.submit_replica(
        checked.portal.session,
        checked.service.url,
        name=request.title or checked.item.title,
        layers=checked.layers,
        export_format=request.export_format,
        replica_sr=request.target_sr if facts.honours_target_sr else None,
    )
    return ReplicaJob(checked, submitted)

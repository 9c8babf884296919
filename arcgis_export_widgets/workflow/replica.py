"""The route through createReplica: a job of the service that writes a file and makes no item."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.errors import ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.items.export_job import JobState, SubmittedReplica, replica_state, submit_replica
from arcgis_export_widgets.portal.items.file_names import file_stem
from arcgis_export_widgets.workflow.checked_request import CheckedRequest
from arcgis_export_widgets.workflow.job import FileJob
from arcgis_export_widgets.workflow.result import FileResult


class ReplicaJob(FileJob["ReplicaResult"]):
    """A copy the service is writing."""

    def __init__(self, checked: CheckedRequest, replica: SubmittedReplica) -> None:
        super().__init__(checked)
        self.replica = replica
        self.file_url = replica.file_url
        """Where the file is; None until the job is completed."""

    @property
    def job_id(self) -> str:
        """The service's id of the job."""
        return self.replica.job_id

    def _state(self, *, retry: bool = True) -> JobState:
        seen, self.file_url = replica_state(self.portal.session, self.replica, retry=retry)
        return seen

    def _result(self, seconds: float) -> ReplicaResult:
        return ReplicaResult(self, seconds)


class ReplicaResult(FileResult):
    """A copy the service wrote. Returned by `ReplicaJob.wait`; there is no item to delete."""

    job: ReplicaJob

    def _response(self) -> dict[str, Any]:
        return {
            "type": self.request.export_format.facts.item_type_of(len(self.job.checked.expected)),
            "size": None,
            "jobId": self.job.job_id,
            "exportItemId": None,
            "serviceItemId": self.request.item_id,
        }

    def _source(self) -> tuple[str, str, int | None]:
        if self.job.file_url is None:
            raise ResponseError(say("The service says that the copy is made, but not where it is. Take another route."))
        return self.job.file_url, file_stem(self.request.title or self.job.item.title), None

    def _where(self) -> str:
        return "made by the service"


def start_replica(checked: CheckedRequest) -> ReplicaJob:
    """Ask the service to write the file."""
    request = checked.request
    facts = request.export_format.facts
    replica = submit_replica(
        checked.portal.session,
        checked.service.url,
        name=request.title or checked.item.title,
        layers=checked.layers,
        export_format=request.export_format,
        replica_sr=request.target_sr if facts.honours_target_sr else None,
    )
    return ReplicaJob(checked, replica)

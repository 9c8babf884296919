"""The route through createReplica: a job of the service that writes a file and makes no item."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.errors import ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.items.export_job import JobState
from arcgis_export_widgets.portal.items.replica import SubmittedReplica, state, submit
from arcgis_export_widgets.workflow.checked_request import Order
from arcgis_export_widgets.workflow.job import FileJob
from arcgis_export_widgets.workflow.result import FileResult, file_stem


class ReplicaJob(FileJob):
    """A copy the service is writing."""

    def __init__(self, order: Order, replica: SubmittedReplica) -> None:
        super().__init__(order)
        self.replica = replica
        self.file_url = replica.file_url
        """Where the file is; None until the job is completed."""

    @property
    def job_id(self) -> str:
        """The service's id of the job."""
        return self.replica.job_id

    def _look(self) -> JobState:
        seen, self.file_url = state(self.portal.session, self.replica)
        return seen

    def _result(self, seconds: float) -> ReplicaResult:
        return ReplicaResult(self, seconds)


class ReplicaResult(FileResult):
    """A copy the service wrote. Got from `ReplicaJob.wait`; there is no item to delete."""

    job: ReplicaJob

    def _answer(self) -> dict[str, Any]:
        return {
            "type": self.request.export_format.facts.item_type_of(len(self.job.order.expected)),
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


def start_replica(order: Order) -> ReplicaJob:
    """Ask the service to write the file."""
    facts = order.request.export_format.facts
    replica = submit(
        order.portal.session,
        order.service.url,
        name=order.request.title or order.item.title,
        layers=order.layers,
        export_format=order.request.export_format,
        replica_sr=order.request.target_sr if facts.honours_target_sr else None,
    )
    return ReplicaJob(order, replica)

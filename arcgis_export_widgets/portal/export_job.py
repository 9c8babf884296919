"""The Export Item operation and the state of its jobs.

Sources: https://developers.arcgis.com/rest/users-groups-and-items/export-item/ and
https://developers.arcgis.com/rest/users-groups-and-items/status/
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from arcgis_export_widgets.errors import ExportError, PortalUnreachableError, ResponseError
from arcgis_export_widgets.portal.session import PortalSession
from arcgis_export_widgets.request.parameters import ExportRequest


class JobStatus(str, Enum):
    """How a job stands."""

    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """A word this package does not know; the job is treated as still running."""

    @classmethod
    def of(cls, text: str) -> JobStatus:
        """Read a status in any of the forms portals write it, documented or seen."""
        word = text.strip().lower().removeprefix("esrijob").replace(" ", "").replace("_", "")
        if word in {"processing", "partial", "submitted", "executing", "waiting", "new", "pending", "inprogress"}:
            return cls.PROCESSING
        if word in {"completed", "succeeded"}:
            return cls.COMPLETED
        if word in {"failed", "failure", "cancelled", "cancelling", "timedout", "deleted", "completedwitherrors"}:
            return cls.FAILED
        return cls.UNKNOWN


@dataclass(frozen=True)
class SubmittedExport:
    """The portal's answer to an export: which job runs, and which item it will fill."""

    job_id: str
    export_item_id: str
    content_user: str
    """User in whose content the exported item lies."""
    answer: dict[str, Any] = field(default_factory=dict)
    """The answer as it came: type, size, jobId, exportItemId, serviceItemId, exportFormat."""


@dataclass(frozen=True)
class JobState:
    """One look at a job."""

    status: JobStatus
    word: str
    """The portal's own word."""
    message: str = ""
    """The portal's further words, unwrapped where they came as JSON text."""


def submit(session: PortalSession, request: ExportRequest, content_user: str) -> SubmittedExport:
    """Start an export. Sent once: a job started twice would leave two items behind.

    Raises
    ------
    ExportError
        If the answer got lost, so that nobody knows whether the job runs, or names no item.
    PortalError
        If the portal refuses.
    """
    try:
        answer = session.ask(f"content/users/{content_user}/export", request.to_form(), repeatable=False)
    except (PortalUnreachableError, ResponseError) as error:
        lost = ExportError(
            f"The portal's answer to the export got lost ({error}) The job may be running all the same: look for "
            f"'{request.title}' in the content of {content_user} before you export again."
        )
    else:
        if answer.get("jobId") and answer.get("exportItemId"):
            return SubmittedExport(str(answer["jobId"]), str(answer["exportItemId"]), content_user, answer)
        lost = ExportError(f"The portal took the export but named no job or item to wait for; it answered {answer}.")
    raise lost


def state(session: PortalSession, export: SubmittedExport) -> JobState:
    """Look once at how the job stands."""
    answer = session.ask(
        f"content/users/{export.content_user}/items/{export.export_item_id}/status",
        {"jobType": "export", "jobId": export.job_id},
    )
    word = str(answer.get("status") or "")
    return JobState(JobStatus.of(word), word, status_message(answer.get("statusMessage")))


def delete_item(session: PortalSession, export: SubmittedExport) -> None:
    """Delete the item an export filled, past the recycle bin where there is one.

    Source: https://developers.arcgis.com/rest/users-groups-and-items/delete-item/
    """
    session.ask(
        f"content/users/{export.content_user}/items/{export.export_item_id}/delete",
        {"permanentDelete": "true"},
        repeatable=False,
    )


def status_message(value: Any) -> str:
    """A status message as people can read it: it may be plain text, or JSON written into a text."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return str(value)
    if isinstance(value, dict):
        return str(value.get("message") or value.get("description") or json.dumps(value))
    return "" if value is None else str(value).strip()

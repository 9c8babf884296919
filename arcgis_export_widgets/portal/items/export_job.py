"""The Export Item operation and the state of its jobs.

Sources: https://developers.arcgis.com/rest/users-groups-and-items/export-item/ and
https://developers.arcgis.com/rest/users-groups-and-items/status/
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from arcgis_export_widgets.errors import ExportError, PortalError, PortalUnreachableError, ResponseError
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.portal.http.retry import RetryPolicy
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.request.request import ExportRequest

logger = logging.getLogger(__name__)

FINDING_LOST_ITEM = RetryPolicy(attempts=5, first_pause_s=0.5, longest_pause_s=5.0)


class JobStatus(str, Enum):
    """The stage of a job."""

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
    """The portal's response to an export: which job runs, and which item it will fill."""

    job_id: str
    """Empty when the response got lost and the item was found afterwards; the item's status serves, too."""
    export_item_id: str
    content_user: str
    """User in whose content the exported item is."""
    response: dict[str, Any] = field(default_factory=dict)
    """The response as it came: type, size, jobId, exportItemId, serviceItemId, exportFormat."""


@dataclass(frozen=True)
class JobState:
    """The status of a job at one moment."""

    status: JobStatus
    word: str
    """The portal's own word."""
    message: str = ""
    """The portal's further words, unwrapped where they came as JSON text."""


def submit(session: PortalSession, request: ExportRequest, content_user: str) -> SubmittedExport:
    """Start an export. Sent once: a job started twice would leave two items behind.

    When the response gets lost, the user's content is searched for the item that the export made: of this title and
    type, and not there before.

    Raises
    ------
    PortalUnreachableError
        If the portal could not be reached, so that nothing was started.
    ExportError
        If the response got lost and its item cannot be identified, so that nobody knows whether the job runs.
    PortalError
        If the portal refuses.
    """
    before = _made_so_far(session, request, content_user)
    try:
        response = session.ask(f"content/users/{content_user}/export", request.to_form(), repeatable=False)
    except (PortalUnreachableError, ResponseError) as error:
        if isinstance(error, PortalUnreachableError) and not error.may_have_arrived:
            raise
        reason = say("The portal's answer to the export got lost ({error}).", error=error)
    else:
        if response.get("jobId") and response.get("exportItemId"):
            return SubmittedExport(str(response["jobId"]), str(response["exportItemId"]), content_user, response)
        reason = say(
            "The portal accepted the export but named no job or item to wait for; it answered {answer}.",
            answer=response,
        )
    logger.warning("%s Looking for the item it made.", reason)
    found = _find_lost(session, request, content_user, before)
    if len(found) == 1:
        (item_id,) = found
        return SubmittedExport("", item_id, content_user, {"type": found[item_id], "exportItemId": item_id})
    sentences = [reason]
    if found:
        sentences.append(
            say_count(
                "There is {count} new item of that title.", "There are {count} new items of that title.", len(found)
            )
        )
    advice = say(
        "The job may be running all the same: look for '{title}' in the content of {user} before you export again.",
        title=request.title,
        user=content_user,
    )
    raise ExportError(" ".join([*sentences, advice]))


def _made_so_far(session: PortalSession, request: ExportRequest, content_user: str) -> dict[str, str] | None:
    """Types by id of the items in a user's content that an export of `request` may have made; None if unknown."""
    facts = request.export_format.facts
    listing = {"num": 100, "sortField": "created", "sortOrder": "desc"}
    try:
        items = session.ask(f"content/users/{content_user}", listing).get("items") or []
    except PortalError as error:
        logger.warning("the content of %s cannot be listed: %s", content_user, error)
        return None
    kinds = {facts.item_type, facts.collection_type}
    return {
        str(item["id"]): str(item["type"])
        for item in items
        if item.get("title") == request.title and item.get("type") in kinds
    }


def _find_lost(
    session: PortalSession, request: ExportRequest, content_user: str, before: dict[str, str] | None
) -> dict[str, str]:
    """Look for the item of an export whose response got lost; a few times, since it may take the portal a moment."""
    if before is None:
        return {}
    for pause_s in FINDING_LOST_ITEM.pauses():
        session.pause(pause_s)
        now = _made_so_far(session, request, content_user) or {}
        if found := {item_id: kind for item_id, kind in now.items() if item_id not in before}:
            return found
    return {}


def state(session: PortalSession, export: SubmittedExport, *, retry: bool = True) -> JobState:
    """Ask for the status of a job; see `PortalSession.ask` for `retry`."""
    response = session.ask(
        f"content/users/{export.content_user}/items/{export.export_item_id}/status",
        {"jobType": "export", "jobId": export.job_id or None},
        retry=retry,
    )
    word = str(response.get("status") or "")
    message = status_message(response.get("statusMessage"))
    return JobState(JobStatus.of(word), word, "" if message.lower() == word.lower() else message)


def delete_item(session: PortalSession, export: SubmittedExport) -> None:
    """Delete the item of an export for good, without the recycle bin that some portals have.

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
        except (ValueError, RecursionError):
            return str(value)
    if isinstance(value, dict):
        return str(value.get("message") or value.get("description") or json.dumps(value))
    return "" if value is None else str(value).strip()

"""Running Export Item jobs, which write a file as a new item of the portal.

Sources: https://developers.arcgis.com/rest/users-groups-and-items/export-item/ and
https://developers.arcgis.com/rest/users-groups-and-items/status/
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from arcgis_export_widgets.errors import ExportError, PortalError, PortalUnreachableError, ResponseError
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.portal.http.cancellation import Deadline, cleaning_up, waits_end_with
from arcgis_export_widgets.portal.http.responses import as_documented
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
    """A status this package does not know; the job is treated as still running."""

    @classmethod
    def of(cls, text: str) -> JobStatus:
        """Read a status in any spelling that portals use, documented or not."""
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
    """The portal's response to an export: the job, and the item that will contain the file."""

    job_id: str
    """Id of the job; empty if the response was lost and the item was found afterwards; the item's id is then enough."""
    export_item_id: str
    content_user: str
    """The user who owns the exported item."""
    response: dict[str, Any] = field(default_factory=dict)
    """The response, unchanged, with the keys type, size, jobId, exportItemId, serviceItemId and exportFormat."""


@dataclass(frozen=True)
class JobState:
    """The status of a job at one moment."""

    status: JobStatus
    word: str
    """The status as the portal wrote it."""
    message: str = ""
    """The portal's message about the job; may be empty."""

    @classmethod
    def from_json(cls, response: Mapping[str, Any]) -> JobState:
        """Read the response to a request for a job's status."""
        word = str(response.get("status") or "")
        message = _readable(response.get("error") or response.get("statusMessage"))
        return cls(JobStatus.of(word), word, "" if message.lower() == word.lower() else message)


def submit(session: PortalSession, request: ExportRequest, content_user: str) -> SubmittedExport:
    """Start an export. The request is sent once, because a job started twice would leave two items behind.

    If the response is lost, the user's content is searched for the item that the export created: a new item with this
    title and type. Raises ExportError if that item cannot be identified, so that it is unknown whether the job runs,
    and PortalUnreachableError if no job was started. A cancellation ends this only after some seconds, and an interrupt
    deletes the item, so that nothing is left of an export that nobody waits for.
    """
    before = _made_so_far(session, request, content_user)
    try:
        with cleaning_up():
            response = session.ask(f"content/users/{content_user}/export", request.to_form(), repeatable=False)
    except KeyboardInterrupt:
        _delete_lost(session, request, content_user, before)
        raise
    except (PortalUnreachableError, ResponseError) as error:
        if isinstance(error, PortalUnreachableError) and not error.may_have_arrived:
            raise
        reason = say("The portal's response to the export was lost ({error}).", error=error)
    else:
        if response.get("jobId") and response.get("exportItemId"):
            return SubmittedExport(str(response["jobId"]), str(response["exportItemId"]), content_user, response)
        reason = say("The portal accepted the export but returned no id of a job or item: {answer}.", answer=response)
    logger.warning("%s Looking for the item it made.", reason)
    with cleaning_up():
        found = _find_lost(session, request, content_user, before)
    if len(found) == 1:
        (item_id,) = found
        return SubmittedExport("", item_id, content_user, {"type": found[item_id], "exportItemId": item_id})
    if found:
        reason += " " + say_count(
            "There is {count} new item of that title.", "There are {count} new items of that title.", len(found)
        )
    advice = say(
        "The job may be running nevertheless: look for '{title}' in the content of {user} before you export again.",
        title=request.title,
        user=content_user,
    )
    raise ExportError(f"{reason} {advice}")


@as_documented()
def _made_so_far(session: PortalSession, request: ExportRequest, content_user: str) -> dict[str, str] | None:
    """Types, by item id, of the items that an export of `request` may have created; None if they cannot be listed."""
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
    """Look several times for the item of an export whose response was lost, as it may not be listed at once."""
    if before is None:
        return {}
    for pause_s in FINDING_LOST_ITEM.pauses():
        session.pause(pause_s)
        now = _made_so_far(session, request, content_user) or {}
        if found := {item_id: kind for item_id, kind in now.items() if item_id not in before}:
            return found
    return {}


def _delete_lost(
    session: PortalSession, request: ExportRequest, content_user: str, before: dict[str, str] | None
) -> None:
    """Delete the item of an export that was interrupted while it was submitted, if there is one."""
    with waits_end_with(Deadline(0)), cleaning_up():
        found = _find_lost(session, request, content_user, before)
        for item_id in found if len(found) == 1 else ():
            try:
                delete_item(session, SubmittedExport("", item_id, content_user))
            except PortalError as error:
                logger.warning("the item of the interrupted export cannot be deleted: %s", error)


@as_documented()
def state(session: PortalSession, export: SubmittedExport, *, retry: bool = True) -> JobState:
    """Request the status of a job; see `PortalSession.ask` for `retry`."""
    response = session.ask(
        f"content/users/{export.content_user}/items/{export.export_item_id}/status",
        {"jobType": "export", "jobId": export.job_id or None},
        retry=retry,
    )
    return JobState.from_json(response)


def delete_item(session: PortalSession, export: SubmittedExport) -> None:
    """Delete the item of an export permanently, bypassing the recycle bin that some portals have.

    Goes on for some seconds even if the surrounding work was cancelled.
    """
    with cleaning_up():
        session.ask(
            f"content/users/{export.content_user}/items/{export.export_item_id}/delete",
            {"permanentDelete": "true"},
            repeatable=False,
        )


def _readable(value: Any) -> str:
    """Turn a status message into readable text; servers send plain text, a JSON object, or JSON in a string."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    if isinstance(value, dict):
        return str(value.get("message") or value.get("description") or json.dumps(value))
    return "" if value is None else str(value).strip()

"""The route through Export Item: a job of the portal that fills an item with a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arcgis_export_widgets.errors import PermissionDeniedError, RequestError
from arcgis_export_widgets.events import EventHandler, ExportItemDeleted, ignore
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import Item, PortalClient
from arcgis_export_widgets.portal.items.export_job import JobState, SubmittedExport, delete_item, state, submit
from arcgis_export_widgets.portal.items.file_names import file_stem
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.checked_request import CheckedRequest, expected_layers, requested_layers
from arcgis_export_widgets.workflow.job import FileJob
from arcgis_export_widgets.workflow.result import FileResult

_HANDLE_VERSION = 1


class ExportJob(FileJob["ExportResult"]):
    """An export the portal is working on.

    Returned by `Portal.export`. Exports queue: half an hour is not unusual on a busy portal, so `save` the job if the
    notebook may close before.
    """

    def __init__(self, checked: CheckedRequest, export: SubmittedExport, *, started_s: float | None = None) -> None:
        super().__init__(checked, started_s=started_s)
        self.export = export

    @property
    def job_id(self) -> str:
        """The portal's id of the job."""
        return self.export.job_id

    @property
    def export_item_id(self) -> str:
        """Id of the item that will hold the file."""
        return self.export.export_item_id

    @property
    def handle(self) -> dict[str, Any]:
        """What `Portal.reattach` needs to resume this job, in another notebook or tomorrow.

        Plain JSON without any secret: resuming it takes signing in again.
        """
        return {
            "handleVersion": _HANDLE_VERSION,
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
        """Write `handle` to a file, and return its path."""
        path = Path(path).expanduser()
        path.write_text(json.dumps(self.handle, indent=1), encoding="utf-8")
        return path

    def delete(self) -> None:
        """Delete the exported item from the portal."""
        delete_item(self.portal.session, self.export)
        self.has_ended = True

    def _state(self, *, retry: bool = True) -> JobState:
        return state(self.portal.session, self.export, retry=retry)

    def _result(self, seconds: float) -> ExportResult:
        return ExportResult(self, seconds)

    def _drop(self) -> str:
        self.delete()  # ArcGIS has no way to stop an export; without its item, nothing piles up
        return say("The export was cancelled and its unfinished item deleted.")


class ExportResult(FileResult):
    """What an export made.

    Returned by `ExportJob.wait`. The exported item stays in the portal until `delete`.
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
        session = self.job.portal.session
        made = Item.from_json(session.ask(f"content/items/{self.job.export_item_id}"), self.job.portal.url)
        return f"content/items/{made.id}/data", made.name or file_stem(made.title), made.size_bytes

    def _where(self) -> str:
        return "deleted from the portal" if self.deleted else f"item {self.job.export_item_id}"


def start_export(checked: CheckedRequest) -> ExportJob:
    """Start an export.

    Raises
    ------
    PermissionDeniedError
        If this user may not export the item.
    ExportError
        If the portal's response got lost and the item it made cannot be found.
    """
    portal = checked.portal
    right = portal.may_export(checked.item, checked.service)
    if right.content_user is None:
        raise PermissionDeniedError(right.reason)
    try:
        export = submit(portal.session, checked.request, right.content_user)
    except PermissionDeniedError:
        # portals differ in whose content an administrator's export goes to; the refusal started nothing
        if portal.username is None or portal.username == right.content_user:
            raise
        export = submit(portal.session, checked.request, portal.username)
    return ExportJob(checked, export)


def resume(portal: PortalClient, handle: Mapping[str, Any] | str | Path) -> ExportJob:
    """Resume a job; see `Portal.reattach`."""
    content = read_handle(handle)
    if content["portal"] != portal.url:
        raise RequestError(
            say(
                "This job runs at {portal}, not at {other}. Open that portal.",
                portal=content["portal"],
                other=portal.url,
            )
        )
    request = ExportRequest.from_json(content["request"])
    try:
        started_s = float(content["startedAt"])
        counts = [layer["count"] for layer in content["layers"]]
        last_edits_ms = [layer["lastEditDate"] for layer in content["layers"]]
        extents = [_box(layer.get("extent")) for layer in content["layers"]]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RequestError(say("The saved job is damaged: its start or its counts make no sense.")) from error
    item = portal.item(request.item_id)
    service = portal.feature_service(item)
    if len(counts) != len(requested_layers(request, service)):
        raise RequestError(
            say("The service has other layers now than when the job was started; start the export again.")
        )
    expected = expected_layers(request, service, counts, last_edits_ms, extents)
    checked = CheckedRequest(portal, request, item, service, expected)
    return ExportJob(checked, _submitted(content), started_s=started_s)


def abandon(portal: PortalClient, handle: Mapping[str, Any] | str | Path) -> None:
    """Delete the item of a job that will not be resumed."""
    delete_item(portal.session, _submitted(read_handle(handle)))


def _submitted(content: Mapping[str, Any]) -> SubmittedExport:
    return SubmittedExport(
        content["jobId"], content["exportItemId"], content["contentUser"], dict(content.get("answer") or {})
    )


def _box(corners: Any) -> tuple[float, float, float, float] | None:
    if corners is None:
        return None
    xmin, ymin, xmax, ymax = map(float, corners)
    return xmin, ymin, xmax, ymax


def read_handle(handle: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    """A handle, or the one in the file that `ExportJob.save` wrote; asks no server.

    Raises
    ------
    RequestError
        If it is not a handle.
    """
    content: Any = handle
    if isinstance(handle, (str, Path)):
        try:
            content = json.loads(Path(handle).expanduser().read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RequestError(
                say("{file} cannot be read as a saved job: {error}.", file=handle, error=error)
            ) from error
    if not isinstance(content, Mapping) or content.get("handleVersion") != _HANDLE_VERSION:
        raise RequestError(say("This is not a saved job. Give what job.handle returned, or the file job.save() wrote."))
    needed = {"portal", "jobId", "exportItemId", "contentUser", "startedAt", "request", "layers"}
    if missing := sorted(needed - set(content)):
        raise RequestError(say("The saved job is damaged: it lacks {names}.", names=", ".join(missing)))
    return content

"""The route through Export Item: a job of the portal that fills an item with a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import PermissionDeniedError, RequestError
from arcgis_export_widgets.events import EventHandler, ExportItemDeleted, ignore
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.portal.items.export_job import JobState, SubmittedExport, delete_item, state, submit
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.checked_request import Order, expected_layers, layers_asked
from arcgis_export_widgets.workflow.job import FileJob
from arcgis_export_widgets.workflow.result import FileResult, file_stem

if TYPE_CHECKING:
    from arcgis_export_widgets.workflow.portal import Portal

_HANDLE_VERSION = 1


class ExportJob(FileJob):
    """An export the portal is working on.

    Got from `Portal.export`. Exports queue: half an hour is not unusual on a busy portal, so keep `handle` if the
    notebook may close before.
    """

    def __init__(self, order: Order, export: SubmittedExport, *, started_s: float | None = None) -> None:
        super().__init__(order, started_s=started_s)
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
        """All that `Portal.reattach` needs to take this job up again, in another notebook or tomorrow.

        Plain JSON without any secret: whoever takes it up signs in again.
        """
        return {
            "handleVersion": _HANDLE_VERSION,
            "portal": self.portal.url,
            "jobId": self.job_id,
            "exportItemId": self.export_item_id,
            "contentUser": self.export.content_user,
            "answer": self.export.answer,
            "startedAt": self.started_s,
            "request": self.request.to_json(),
            "layers": [
                {"count": layer.count, "lastEditDate": layer.last_edit_before_ms, "extent": layer.extent}
                for layer in self.order.expected
            ],
        }

    def save(self, path: str | Path) -> Path:
        """Write `handle` to a file, and return its path."""
        path = Path(path).expanduser()
        path.write_text(json.dumps(self.handle, indent=1), encoding="utf-8")
        return path

    def _look(self) -> JobState:
        return state(self.portal.session, self.export)

    def _result(self, seconds: float) -> ExportResult:
        return ExportResult(self, seconds)

    def _drop(self) -> str:
        # ArcGIS has no way to stop an export; deleting its item keeps it from piling up
        delete_item(self.portal.session, self.export)
        return say("The export was cancelled and its unfinished item deleted.")


class ExportResult(FileResult):
    """What an export made.

    Got from `ExportJob.wait`. The exported item stays in the portal until `delete`.
    """

    job: ExportJob

    def delete(self, *, on_event: EventHandler = ignore) -> None:
        """Delete the exported item from the portal; the downloaded file and the frames stay."""
        if not self.deleted:
            delete_item(self.job.portal.session, self.job.export)
            self.deleted = True
            on_event(ExportItemDeleted(self.job.export_item_id))

    def _answer(self) -> dict[str, Any]:
        answer = self.job.export.answer
        return {
            "type": answer.get("type"),
            "size": answer.get("size"),
            "jobId": self.job.job_id,
            "exportItemId": self.job.export_item_id,
            "serviceItemId": answer.get("serviceItemId", self.request.item_id),
        }

    def _source(self) -> tuple[str, str, int | None]:
        session = self.job.portal.session
        made = Item.from_json(session.ask(f"content/items/{self.job.export_item_id}"), self.job.portal.url)
        return f"content/items/{made.id}/data", made.name or file_stem(made.title), made.size_bytes

    def _where(self) -> str:
        return "deleted from the portal" if self.deleted else f"item {self.job.export_item_id}"


def start_export(order: Order) -> ExportJob:
    """Start an export.

    Raises
    ------
    PermissionDeniedError
        If this user may not export the item.
    ExportError
        If the answer got lost and the item it made cannot be found.
    """
    portal = order.portal
    right = portal.may_export(order.item, order.service)
    if right.content_user is None:
        raise PermissionDeniedError(right.reason)
    try:
        export = submit(portal.session, order.request, right.content_user)
    except PermissionDeniedError:
        # portals differ in whose content an administrator's export goes to; the refusal started nothing
        if portal.username is None or portal.username == right.content_user:
            raise
        export = submit(portal.session, order.request, portal.username)
    return ExportJob(order, export)


def reattach(portal: Portal, handle: Mapping[str, Any] | str | Path) -> ExportJob:
    """Take up a job again; see `Portal.reattach`."""
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
    if len(counts) != len(layers_asked(request, service)):
        raise RequestError(
            say("The service has other layers now than when the job was started; start the export again.")
        )
    expected = expected_layers(request, service, counts, last_edits_ms, extents)
    order = Order(portal, request, item, service, expected)
    return ExportJob(order, _submitted(content), started_s=started_s)


def abandon(portal: Portal, handle: Mapping[str, Any] | str | Path) -> None:
    """Delete the item of a job that nobody will wait for any more."""
    delete_item(portal.session, _submitted(read_handle(handle)))


def _submitted(content: Mapping[str, Any]) -> SubmittedExport:
    return SubmittedExport(
        content["jobId"], content["exportItemId"], content["contentUser"], dict(content.get("answer") or {})
    )


def _box(told: Any) -> tuple[float, float, float, float] | None:
    if told is None:
        return None
    xmin, ymin, xmax, ymax = map(float, told)
    return xmin, ymin, xmax, ymax


def read_handle(handle: Mapping[str, Any] | str | Path) -> Mapping[str, Any]:
    """A handle, or what stands in the file that `ExportJob.save` wrote; asks nobody.

    Raises
    ------
    RequestError
        If it is none.
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
        raise RequestError(say("This is no saved job. Give what job.handle returned, or the file job.save() wrote."))
    needed = {"portal", "jobId", "exportItemId", "contentUser", "startedAt", "request", "layers"}
    if missing := sorted(needed - set(content)):
        raise RequestError(say("The saved job is damaged: it lacks {names}.", names=", ".join(missing)))
    return content

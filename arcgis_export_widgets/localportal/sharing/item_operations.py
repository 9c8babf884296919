"""Handle requests of the Sharing API for one item: description, file, export, status and deletion."""

from __future__ import annotations

from typing import Any

from starlette.responses import FileResponse, Response

from arcgis_export_widgets.localportal.content.accounts import CREATE_ITEM, new_id
from arcgis_export_widgets.localportal.content.item import Item, may_change
from arcgis_export_widgets.localportal.export.request import parse_export
from arcgis_export_widgets.localportal.http.request import ArcGISError, item_not_found, not_permitted, user_not_found
from arcgis_export_widgets.localportal.portal import Call, Portal

_MAX_BATCH = 100
_EMPTY_PAGE = {"total": 0, "start": 1, "num": 0, "nextStart": -1}


def readable_item(portal: Portal, call: Call) -> Item:
    """Return the item that the URL names; raise an error if it does not exist or the caller may not see it."""
    return portal.catalog.readable_item(call.path["item_id"], call.caller)


def own_item(portal: Portal, call: Call) -> Item:
    """Return the item that the URL names; raise an error if it is not the member's or the caller may not change it."""
    return portal.catalog.changeable_item(call.path["item_id"], call.path["username"], call.caller)


def item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/items/{id}``."""
    return readable_item(portal, call).to_json(call.base_url, caller=call.caller)


def nothing_related(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle an item's ``dependencies``, ``dependencies/listDependentsTo``, ``relatedItems`` and ``resources``.

    The response is always empty: items have no dependencies, relationships or resource files.
    """
    readable_item(portal, call)
    asked = call.request_path.rstrip("/").rpartition("/")[2]
    return {**_EMPTY_PAGE, asked if asked in {"relatedItems", "resources"} else "list": []}


def metadata(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/items/{id}/info/metadata/metadata.xml``: items have no metadata, which is an error in ArcGIS."""
    readable_item(portal, call)
    raise ArcGISError(400, "Item metadata does not exist.", message_code="CONT_0036")


def item_data(portal: Portal, call: Call) -> Response:
    """Handle ``content/items/{id}/data``: the item's file, or an empty response."""
    found = readable_item(portal, call)
    if found.path is None:
        return Response(b"", media_type="application/json; charset=utf-8")
    return FileResponse(found.path, filename=found.name, media_type="application/octet-stream")


def content_owner(portal: Portal, call: Call) -> str:
    """Return the user name that the URL contains; raise an error if the caller may not change that member's content."""
    caller = call.require_caller()
    owner = portal.accounts.find(call.path["username"])
    if owner is None:
        raise user_not_found()
    if owner.username != caller.username and not caller.is_admin:
        raise not_permitted()
    return owner.username


def export(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/export``: create the item at once, and write its file in the background."""
    caller = call.require_caller()
    owner = content_owner(portal, call)
    source = portal.catalog.readable_item(call.parameters.required("itemId"), caller)
    service = source.service
    if service is None:
        message = f"Unable to export item. Item '{source.item_id}' is not a hosted feature service."
        raise ArcGISError(400, message, ["'itemId' parameter is invalid"])
    is_owner = may_change(source, caller)
    if not caller.may(CREATE_ITEM) or not (is_owner or service.allows_extract):
        raise not_permitted()
    request = parse_export(call.parameters, service, caller.username, is_owner=is_owner)
    exported = Item(
        new_id(),
        owner,
        call.parameters.text("title") or source.title,
        request.format.item_type_for(len(request.layers)),
        snippet=call.parameters.text("snippet"),
        tags=call.parameters.names("tags"),
        type_keywords=[request.format.value],
        size_bytes=0,
    )
    portal.catalog.add(exported)
    path = call.request_path
    job = portal.jobs.start(exported, request, portal.faults.take(path, "job_slow", "job_stuck", "job_failed"))
    answer = {"type": exported.item_type, "jobId": job.job_id, "serviceItemId": source.item_id}
    if portal.faults.take(path, "no_export_item") is not None:
        return answer
    return answer | {"size": 0, "exportItemId": exported.item_id, "exportFormat": request.format.value}


def item_status(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/items/{id}/status``.

    ``{id}`` is the id of the exported item; some clients send the id of the service's item and a ``jobId`` instead.
    """
    caller = call.require_caller()
    item_id, job_id = call.path["item_id"], call.parameters.text("jobId")
    found = readable_item(portal, call)
    job = portal.jobs.find(job_id) if job_id else portal.jobs.of_item(item_id)
    if job is None:
        if job_id:
            raise ArcGISError(400, f"Job '{job_id}' does not exist or is inaccessible.")
        return {"status": "completed", "statusMessage": "completed", "itemId": item_id}
    if found.item_id not in {job.item.item_id, job.request.service.item_id}:
        raise item_not_found()
    if not may_change(job.item, caller) and job.request.username != caller.username:
        raise not_permitted()
    return job.to_json()


def delete_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``.../items/{id}/delete``: move an item to the recycle bin, or delete it for good (``permanentDelete``).

    Source: https://developers.arcgis.com/rest/users-groups-and-items/delete-item/
    """
    item_id = call.path["item_id"]
    is_permanent = call.parameters.boolean("permanentDelete")
    if is_permanent and any(one.item_id == item_id for one in portal.catalog.recycled_items()):
        recycled = portal.catalog.recycled_item(item_id, content_owner(portal, call))
        portal.catalog.forget(recycled)
        portal.jobs.forget(recycled)
    else:
        _delete(portal, own_item(portal, call), is_permanent=is_permanent)
    return {"success": True, "itemId": item_id}


def _delete(portal: Portal, item: Item, *, is_permanent: bool) -> None:
    if item.protected:
        raise ArcGISError(
            400, f"Unable to delete item {item.item_id}. Delete protection is turned on.", message_code="CONT_0048"
        )
    is_unfinished_export = item.path is None and item.service is None
    if is_permanent or is_unfinished_export:
        portal.catalog.remove(item)
        gone: Item | None = item
    else:
        gone = portal.catalog.recycle(item)
    if gone is not None:
        portal.jobs.forget(gone)


def can_delete(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/items/{id}/canDelete``."""
    found = own_item(portal, call)
    return {"itemId": found.item_id, "success": not found.protected}


def delete_items(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/deleteItems``; the response has a result for each item."""
    content_owner(portal, call)
    item_ids = call.parameters.names("items")
    is_permanent = call.parameters.boolean("permanentDelete")
    if not 0 < len(item_ids) <= _MAX_BATCH:
        raise ArcGISError(400, f"'items' must name 1 to {_MAX_BATCH} items.")
    results: list[dict[str, Any]] = []
    for item_id in item_ids:
        try:
            found = portal.catalog.changeable_item(item_id, call.path["username"], call.caller)
            _delete(portal, found, is_permanent=is_permanent)
        except ArcGISError as error:
            reason = {"code": error.code, "message": error.message}
            results.append({"itemId": item_id, "success": False, "error": reason})
        else:
            results.append({"itemId": item_id, "success": True})
    return {"results": results}

"""Sharing API: the portal itself, its members, search, items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, Response

from arcgis_export_widgets.localportal.accounts import CREATE_ITEM
from arcgis_export_widgets.localportal.catalog import Item, Service, may_change, may_read, new_id
from arcgis_export_widgets.localportal.errors import ArcGISError, item_not_found, not_permitted
from arcgis_export_widgets.localportal.export_selection import parse_export
from arcgis_export_widgets.localportal.search import find_items, page, sort_items

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.portal import Call, Portal

VERSION = "2026.1"
_DEFAULT_EXPIRATION_MINUTES = 60
_MAX_EXPIRATION_MINUTES = 21600


def rest_root(_portal: Portal, _call: Call) -> dict[str, Any]:
    """Answer ``sharing/rest``."""
    return {"currentVersion": VERSION}


def rest_info(_portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``sharing/rest/info``."""
    return {
        "owningSystemUrl": call.base_url,
        "authInfo": {
            "tokenServicesUrl": f"{call.base_url}/sharing/rest/generateToken",
            "isTokenBasedSecurity": True,
        },
    }


def generate_token(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``generateToken``: a random token for a name and password, or for a token and a server."""
    parameters = call.parameters
    if "username" not in parameters and call.caller is not None:
        user = call.caller
    else:
        user_or_none = portal.accounts.sign_in(parameters.text("username") or "", parameters.text("password") or "")
        if user_or_none is None:
            raise ArcGISError(400, "Unable to generate token.", ["Invalid username or password."])
        user = user_or_none
    minutes = parameters.integer("expiration") or _DEFAULT_EXPIRATION_MINUTES
    lifetime_s = 60 * min(max(minutes, 1), _MAX_EXPIRATION_MINUTES)
    referer = parameters.text("referer") if (parameters.text("client") or "").lower() == "referer" else None
    token = portal.accounts.issue_token(user, lifetime_s, referer)
    return {"token": token.value, "expires": token.expires_ms, "ssl": call.base_url.startswith("https")}


def portal_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``portals/self``."""
    host = call.base_url.partition("://")[2]
    content: dict[str, Any] = {
        "id": portal.org_id,
        "name": portal.name,
        "portalName": "ArcGIS Online",
        "portalHostname": host,
        "customBaseUrl": host,
        "urlKey": None,
        "isPortal": False,
        "portalMode": "multitenant",
        "currentVersion": VERSION,
        "access": "public",
        "allSSL": call.base_url.startswith("https"),
        "httpPort": 80,
        "httpsPort": 443,
        "canSearchPublic": True,
        "canSharePublic": True,
        "canSignInArcGIS": True,
        "culture": "en",
        "region": "WO",
        "units": "metric",
        "maxTokenExpirationMinutes": -1,
        "supportsHostedServices": True,
        "supportsOAuth": True,
        "useStandardizedQuery": True,
        "recycleBinSupported": False,
        "recycleBinEnabled": False,
        "helperServices": {},
        "featuredGroups": [],
        "authorizedCrossOriginDomains": [],
        "defaultBasemap": {"baseMapLayers": [], "title": "None"},
        "defaultExtent": {
            "type": "extent", "xmin": -20037508.34, "ymin": -15000000.0, "xmax": 20037508.34, "ymax": 15000000.0,
            "spatialReference": {"wkid": 102100, "latestWkid": 3857},
        },
    }  # fmt: skip
    if call.caller is not None:
        content["user"] = call.caller.to_json(portal.org_id)
        content["appInfo"] = {}
    return content


def community_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/self``."""
    return call.require_caller().to_json(portal.org_id)


def community_user(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/users/{username}``; only the user and administrators learn all of it."""
    user = portal.accounts.find(call.path["username"])
    if user is None or call.caller is None:
        raise ArcGISError(400, "User does not exist or is inaccessible.", message_code="COM_0018")
    content = user.to_json(portal.org_id)
    if call.caller.username != user.username and not call.caller.is_admin:
        kept = {"username", "id", "fullName", "firstName", "lastName", "description", "tags", "culture", "region",
                "units", "created", "modified", "provider", "access", "groups"}  # fmt: skip
        content = {key: value for key, value in content.items() if key in kept}
    return content


def search(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``search``."""
    parameters = call.parameters
    query = parameters.text("q")
    if query is None and not any(name in parameters for name in ("bbox", "categories", "filter")):
        raise ArcGISError(400, "'q' parameter must be specified.", message_code="SB_0001")
    readable = [item for item in portal.catalog.all_items() if may_read(item, call.caller)]
    found = find_items(readable, " ".join(text for text in (query, parameters.text("filter")) if text))
    found = sort_items(found, parameters.text("sortField") or "", parameters.text("sortOrder") or "asc")
    shown, numbers = page(found, parameters.integer("start", 1) or 1, _number(parameters.integer("num")))
    results = [item.to_json(call.base_url) for item in shown]
    for result in results:
        del result["protected"]
    return {"query": query or "", **numbers, "results": results}


def _number(asked: int | None) -> int:
    return 10 if asked is None else asked


def item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/items/{id}``."""
    found = portal.catalog.readable_item(call.path["item_id"], call.caller)
    return found.to_json(call.base_url, caller=call.caller)


def item_data(portal: Portal, call: Call) -> Response:
    """Answer ``content/items/{id}/data``: the file itself; empty for an item without one."""
    found = portal.catalog.readable_item(call.path["item_id"], call.caller)
    if found.path is None:
        return Response(b"", media_type="application/json; charset=utf-8")
    return FileResponse(found.path, filename=found.name, media_type="application/octet-stream")


def _content_owner(portal: Portal, call: Call) -> str:
    """Return the member whose content the URL names, when the caller may act there."""
    caller = call.require_caller()
    owner = portal.accounts.find(call.path["username"])
    if owner is None:
        raise ArcGISError(400, "User does not exist or is inaccessible.", message_code="COM_0018")
    if owner.username != caller.username and not caller.is_admin:
        raise not_permitted()
    return owner.username


def export(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/export``: make the item at once and its file in the background."""
    caller = call.require_caller()
    owner = _content_owner(portal, call)
    source = portal.catalog.readable_item(call.parameters.required("itemId"), caller)
    service = _exportable_service(source)
    if not caller.may(CREATE_ITEM) or not (may_change(source, caller) or service.allows_extract):
        raise not_permitted()
    request = parse_export(call.parameters, service, caller.username)
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
    job = portal.jobs.start(exported, request)
    return {
        "type": exported.item_type,
        "size": exported.size_bytes,
        "jobId": job.job_id,
        "exportItemId": exported.item_id,
        "serviceItemId": source.item_id,
        "exportFormat": request.format.value,
    }


def _exportable_service(source: Item) -> Service:
    if source.service is None:
        raise ArcGISError(
            400,
            f"Unable to export item. Item '{source.item_id}' is not a hosted feature service.",
            ["'itemId' parameter is invalid"],
        )
    return source.service


def item_status(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/items/{id}/status``.

    The id may be the exported item's or, as one client asks, that of the service with the job's id.
    """
    caller = call.require_caller()
    item_id, job_id = call.path["item_id"], call.parameters.text("jobId")
    found = portal.catalog.readable_item(item_id, caller)
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
    """Answer ``content/users/{username}/items/{id}/delete``."""
    found = portal.catalog.changeable_item(call.path["item_id"], call.path["username"], call.caller)
    if found.protected:
        raise ArcGISError(
            400,
            f"Unable to delete item {found.item_id}. Delete protection is turned on.",
            message_code="CONT_0048",
        )
    portal.catalog.remove(found)
    portal.jobs.forget(found)
    return {"success": True, "itemId": found.item_id}

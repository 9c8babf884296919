"""Sharing API: whom an item is shared with."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.item import Item
from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.http.portal import Call, Portal


def _item(portal: Portal, call: Call, item_id: str) -> Item:
    """Return an item that the caller may change, in the content the URL names or wherever it is."""
    found = portal.catalog.readable_item(item_id, call.require_caller())
    return portal.catalog.changeable_item(item_id, call.path.get("username") or found.owner, call.caller)


def _share(portal: Portal, call: Call, item: Item) -> list[str]:
    """Share `item` as the parameters say; return the groups it could not be shared with."""
    everyone, organisation = call.parameters.boolean("everyone"), call.parameters.boolean("org")
    if any(name in call.parameters for name in ("everyone", "org")):
        item.access = "public" if everyone else "org" if organisation else "private"
    caller, refused = call.require_caller(), []
    for group_id in call.parameters.names("groups"):
        group = next((one for one in portal.groups.seen_by(caller) if one.group_id == group_id), None)
        if group is None or not (caller.is_admin or caller.username in group):
            refused.append(group_id)
        elif group not in item.groups:
            item.groups.append(group)
    return refused


def _unshare(call: Call, item: Item) -> list[str]:
    """Take `item` out of the groups named; return those it was not in."""
    named = call.parameters.names("groups")
    absent = [group_id for group_id in named if group_id not in {group.group_id for group in item.groups}]
    item.groups = [group for group in item.groups if group.group_id not in named]
    return absent


def share_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``.../items/{id}/share``: with everyone, the organisation, groups, or nobody."""
    item = _item(portal, call, call.path["item_id"])
    return {"notSharedWith": _share(portal, call, item), "itemId": item.item_id}


def unshare_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``.../items/{id}/unshare``."""
    item = _item(portal, call, call.path["item_id"])
    return {"notUnsharedFrom": _unshare(call, item), "itemId": item.item_id}


def share_items(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/shareItems`` and ``unshareItems``: each item apart."""
    is_taken_back = call.request_path.rstrip("/").endswith("unshareItems")
    key = "notUnsharedFrom" if is_taken_back else "notSharedWith"
    results: list[dict[str, Any]] = []
    for item_id in call.parameters.names("items"):
        try:
            item = _item(portal, call, item_id)
        except ArcGISError as error:
            results.append({"itemId": item_id, "success": False, "error": {"message": error.message}})
        else:
            left = _unshare(call, item) if is_taken_back else _share(portal, call, item)
            results.append({"itemId": item_id, "success": True, key: left})
    return {"results": results}

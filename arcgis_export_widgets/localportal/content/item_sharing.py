"""Sharing API: sharing items with everyone, the organisation and groups."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.item import Item, may_change
from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.http.portal import Call, Portal


def _changeable(portal: Portal, call: Call, item_id: str) -> Item:
    """Return an item that the caller may change; if the URL names a member, from that member's content only."""
    found = portal.catalog.readable_item(item_id, call.require_caller())
    return portal.catalog.changeable_item(item_id, call.path.get("username") or found.owner, call.caller)


def _share(portal: Portal, call: Call, item: Item) -> list[str]:
    """Share `item` as the parameters say; return the ids of groups with which that is not possible."""
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
    """Stop sharing `item` with the groups named; return the ids of those it was not shared with."""
    named = call.parameters.names("groups")
    absent = [group_id for group_id in named if group_id not in {group.group_id for group in item.groups}]
    item.groups = [group for group in item.groups if group.group_id not in named]
    return absent


def share_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``.../items/{id}/share``: with everyone, the organisation, groups or nobody."""
    item = _changeable(portal, call, call.path["item_id"])
    return {"notSharedWith": _share(portal, call, item), "itemId": item.item_id}


def unshare_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``.../items/{id}/unshare``."""
    item = _changeable(portal, call, call.path["item_id"])
    return {"notUnsharedFrom": _unshare(call, item), "itemId": item.item_id}


def share_items(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/shareItems`` and ``unshareItems``, with a result per item."""
    is_unsharing = call.request_path.rstrip("/").endswith("unshareItems")
    key = "notUnsharedFrom" if is_unsharing else "notSharedWith"
    results: list[dict[str, Any]] = []
    for item_id in call.parameters.names("items"):
        try:
            item = _changeable(portal, call, item_id)
        except ArcGISError as error:
            results.append({"itemId": item_id, "success": False, "error": {"message": error.message}})
        else:
            missed = _unshare(call, item) if is_unsharing else _share(portal, call, item)
            results.append({"itemId": item_id, "success": True, key: missed})
    return {"results": results}


def item_groups(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/items/{id}/groups``: the groups it is shared with, by the caller's role in them."""
    answer: dict[str, list[dict[str, Any]]] = {"admin": [], "member": [], "other": []}
    for group in portal.catalog.readable_item(call.path["item_id"], call.caller).groups:
        if not group.is_seen_by(call.caller):
            continue
        caller = call.caller.username if call.caller else ""
        kind = "admin" if caller == group.owner else "member" if caller in group else "other"
        answer[kind].append(group.to_json(call.caller))
    return answer


def item_sharing(item: Item, call: Call) -> dict[str, Any]:
    """Return whom an item is shared with, as in a member's own content."""
    is_shown = call.caller is not None and may_change(item, call.caller)
    return {"access": item.sharing, "groups": [group.group_id for group in item.groups] if is_shown else []}

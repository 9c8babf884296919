"""Sharing API: what else an item has: groups, dependencies, related items, resources, metadata."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.item import Item, may_change
from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.http.portal import Call, Portal

_PAGE = {"total": 0, "start": 1, "num": 0, "nextStart": -1}


def _item(portal: Portal, call: Call) -> Item:
    return portal.catalog.readable_item(call.path["item_id"], call.caller)


def item_groups(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/items/{id}/groups``: the groups it is shared with, by what the caller is in them."""
    answer: dict[str, list[dict[str, Any]]] = {"admin": [], "member": [], "other": []}
    for group in _item(portal, call).groups:
        if not group.is_seen_by(call.caller):
            continue
        caller = call.caller.username if call.caller else ""
        kind = "admin" if caller == group.owner else "member" if caller in group else "other"
        answer[kind].append(group.to_json(call.caller))
    return answer


def dependencies(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/items/{id}/dependencies`` and ``/listDependentsTo``: no item here leans on another."""
    _item(portal, call)
    return {**_PAGE, "list": []}


def related_items(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/items/{id}/relatedItems``: the portal keeps no relationships between items."""
    _item(portal, call)
    return {**_PAGE, "relatedItems": []}


def resources(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/items/{id}/resources``: items here have no resource files."""
    _item(portal, call)
    return {**_PAGE, "resources": []}


def metadata(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/items/{id}/info/metadata/metadata.xml``: there is none, which ArcGIS tells as an error."""
    _item(portal, call)
    raise ArcGISError(400, "Item metadata does not exist.", message_code="CONT_0036")


def item_sharing(item: Item, call: Call) -> dict[str, Any]:
    """Return what a member's own view of an item tells of its sharing."""
    is_shown = call.caller is not None and may_change(item, call.caller)
    return {"access": item.sharing, "groups": [group.group_id for group in item.groups] if is_shown else []}

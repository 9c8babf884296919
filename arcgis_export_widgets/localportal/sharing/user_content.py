"""Handle requests of the Sharing API that list, change or share a member's folders and items."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.accounts import new_id, now_ms
from arcgis_export_widgets.localportal.content.item import TEXTS, Folder, Item
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.sharing.item_operations import content_owner, own_item, readable_item
from arcgis_export_widgets.localportal.sharing.search import find_page


def user_content(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}`` and ``.../{folderId}``: one page of items, and all folders."""
    owner = content_owner(portal, call)
    folder = _folder(portal, owner, call.path.get("folder_id"))
    folder_id = folder.folder_id if folder else None
    if call.parameters.boolean("inRecycleBin"):
        items = [one for one in portal.catalog.recycled_items() if one.owner == owner]
    else:
        items = [one for one in portal.catalog.all_items() if one.owner == owner and one.folder_id == folder_id]
    shown, numbers = find_page(items, call.parameters, None)
    content: dict[str, Any] = {"username": owner, **numbers}
    content["currentFolder"] = folder.to_json() if folder else None
    content["items"] = [one.to_json(call.base_url, caller=call.caller) for one in shown]
    if folder is None:
        content["folders"] = [one.to_json() for one in portal.catalog.folders_of(owner)]
    return content


def _folder(portal: Portal, owner: str, folder_id: str | None) -> Folder | None:
    """Return the owner's folder with this id; None for the root folder."""
    if folder_id in {None, "", "/"}:
        return None
    for folder in portal.catalog.folders_of(owner):
        if folder.folder_id == folder_id:
            return folder
    raise ArcGISError(400, "Folder does not exist or is inaccessible.", message_code="CONT_0006")


def create_folder(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/createFolder``."""
    owner = content_owner(portal, call)
    title = call.parameters.text("title", "folderName") or ""
    if not title:
        raise ArcGISError(400, "'title' is a required parameter.")
    if any(one.title.lower() == title.lower() for one in portal.catalog.folders_of(owner)):
        raise ArcGISError(409, f"Folder title '{title}' not available.", message_code="CONT_0013")
    folder = Folder(new_id(), owner, title)
    portal.catalog.folders[folder.folder_id] = folder
    return {"success": True, "folder": folder.to_json()}


def delete_folder(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/{folderId}/delete``: delete an empty folder."""
    owner = content_owner(portal, call)
    folder = _folder(portal, owner, call.path["folder_id"])
    if folder is None or any(one.folder_id == folder.folder_id for one in portal.catalog.all_items()):
        raise ArcGISError(400, "Unable to delete folder. It still contains items.")
    portal.catalog.folders.pop(folder.folder_id, None)
    return {"success": True, "folder": folder.to_json()}


def user_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/items/{id}``."""
    item = own_item(portal, call)
    sharing = {"access": item.sharing, "groups": [group.group_id for group in item.groups]}
    return {"item": item.to_json(call.base_url, caller=call.caller), "sharing": sharing}


def update_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/items/{id}/update``: set the properties in the parameters."""
    item, parameters = own_item(portal, call), call.parameters
    access = parameters.text("access")
    if access not in {None, "private", "org", "public"}:
        raise ArcGISError(400, "'access' must be private, org or public.")
    for name, attribute in TEXTS.items():
        if name in parameters:
            setattr(item, attribute, parameters.text(name))
    if "tags" in parameters:
        item.tags = parameters.names("tags")
    if "typeKeywords" in parameters:
        item.type_keywords = parameters.names("typeKeywords")
    item.access = access or item.access
    item.modified_ms = now_ms()
    return {"success": True, "id": item.item_id}


def move_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/items/{id}/move``."""
    item = own_item(portal, call)
    folder = _folder(portal, item.owner, call.parameters.text("folder"))
    folder_id = folder.folder_id if folder else None
    if item.folder_id == folder_id:
        raise ArcGISError(400, "Item is already in that folder.", message_code="CONT_0011")
    item.folder_id = folder_id
    return {"success": True, "itemId": item.item_id, "owner": item.owner, "folder": folder_id or "/"}


def protect_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/items/{id}/protect`` and ``unprotect``."""
    own_item(portal, call).protected = not call.request_path.rstrip("/").endswith("/unprotect")
    return {"success": True}


def restore_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/items/{id}/restore``: move an item out of the recycle bin."""
    owner = content_owner(portal, call)
    item = portal.catalog.recycled_item(call.path["item_id"], owner)
    folder = _folder(portal, owner, call.parameters.text("folder"))
    portal.catalog.restore(item)
    item.folder_id = folder.folder_id if folder else None
    return {"success": True, "itemId": item.item_id}


def _changeable(portal: Portal, call: Call, item_id: str) -> Item:
    """Return an item; raise an error if the caller may not change it or it does not belong to the member in the URL."""
    found = portal.catalog.readable_item(item_id, call.require_caller())
    return portal.catalog.changeable_item(item_id, call.path.get("username") or found.owner, call.caller)


def _share(portal: Portal, call: Call, item: Item) -> dict[str, list[str]]:
    """Share `item` with everyone, the organisation, groups or nobody; return the ids of refused groups."""
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
    return {"notSharedWith": refused}


def _unshare(_portal: Portal, call: Call, item: Item) -> dict[str, list[str]]:
    """Stop sharing `item` with the groups in the parameters; return the ids of groups that did not have it."""
    named = call.parameters.names("groups")
    absent = [group_id for group_id in named if group_id not in {group.group_id for group in item.groups}]
    item.groups = [group for group in item.groups if group.group_id not in named]
    return {"notUnsharedFrom": absent}


def share_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``.../items/{id}/share`` and ``unshare``."""
    item = _changeable(portal, call, call.path["item_id"])
    change = _unshare if "/unshare" in call.request_path else _share
    return {**change(portal, call, item), "itemId": item.item_id}


def share_items(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/users/{username}/shareItems`` and ``unshareItems``; the response has a result for each item."""
    change = _unshare if "/unshare" in call.request_path else _share
    results: list[dict[str, Any]] = []
    for item_id in call.parameters.names("items"):
        try:
            missed = change(portal, call, _changeable(portal, call, item_id))
        except ArcGISError as error:
            results.append({"itemId": item_id, "success": False, "error": {"message": error.message}})
        else:
            results.append({"itemId": item_id, "success": True, **missed})
    return {"results": results}


def item_groups(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/items/{id}/groups``: the groups that have the item, by the caller's role in them."""
    answer: dict[str, list[dict[str, Any]]] = {"admin": [], "member": [], "other": []}
    for group in readable_item(portal, call).groups:
        if not group.is_seen_by(call.caller):
            continue
        caller = call.caller.username if call.caller else ""
        kind = "admin" if caller == group.owner else "member" if caller in group else "other"
        answer[kind].append(group.to_json(call.caller))
    return answer

"""Sharing API: a member's content: lists of items, folders, and changes to items."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.item import Folder, Item
from arcgis_export_widgets.localportal.content.item_operations import content_owner
from arcgis_export_widgets.localportal.content.item_sharing import item_sharing
from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.http.portal import Call, Portal
from arcgis_export_widgets.localportal.sharing.accounts import new_id, now_ms
from arcgis_export_widgets.localportal.sharing.search import find_page

_TEXTS = {
    "title": "title",
    "description": "description",
    "snippet": "snippet",
    "accessInformation": "access_information",
    "licenseInfo": "license_info",
}


def user_content(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}`` and ``.../{folderId}``: one page of items, and the folders."""
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
    """Return the folder of that id; None for the root."""
    if folder_id in {None, "", "/"}:
        return None
    for folder in portal.catalog.folders_of(owner):
        if folder.folder_id == folder_id:
            return folder
    raise ArcGISError(400, "Folder does not exist or is inaccessible.", message_code="CONT_0006")


def create_folder(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/createFolder``."""
    owner = content_owner(portal, call)
    title = call.parameters.text("title", "folderName") or ""
    if not title:
        raise ArcGISError(400, "'title' is a required parameter.")
    if any(one.title.lower() == title.lower() for one in portal.catalog.folders_of(owner)):
        raise ArcGISError(409, f"Folder title '{title}' not available.", message_code="CONT_0013")
    folder = Folder(new_id(), owner, title)
    portal.catalog.add_folder(folder)
    return {"success": True, "folder": folder.to_json()}


def delete_folder(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/{folderId}/delete``; only if it is empty."""
    owner = content_owner(portal, call)
    folder = _folder(portal, owner, call.path["folder_id"])
    if folder is None or any(one.folder_id == folder.folder_id for one in portal.catalog.all_items()):
        raise ArcGISError(400, "Unable to delete folder. It still contains items.")
    portal.catalog.remove_folder(folder)
    return {"success": True, "folder": folder.to_json()}


def _own_item(portal: Portal, call: Call) -> Item:
    return portal.catalog.changeable_item(call.path["item_id"], call.path["username"], call.caller)


def user_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/items/{id}``."""
    item = _own_item(portal, call)
    return {"item": item.to_json(call.base_url, caller=call.caller), "sharing": item_sharing(item, call)}


def update_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/items/{id}/update``: change the properties that are given."""
    item, parameters = _own_item(portal, call), call.parameters
    for name, attribute in _TEXTS.items():
        if name in parameters:
            setattr(item, attribute, parameters.text(name))
    if "tags" in parameters:
        item.tags = parameters.names("tags")
    if "typeKeywords" in parameters:
        item.type_keywords = parameters.names("typeKeywords")
    if "access" in parameters:
        item.access = _access(parameters.text("access") or "")
    item.modified_ms = now_ms()
    return {"success": True, "id": item.item_id}


def _access(text: str) -> str:
    if text not in {"private", "org", "public"}:
        raise ArcGISError(400, "'access' must be private, org or public.")
    return text


def move_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/items/{id}/move``."""
    item = _own_item(portal, call)
    folder = _folder(portal, item.owner, call.parameters.text("folder"))
    folder_id = folder.folder_id if folder else None
    if item.folder_id == folder_id:
        raise ArcGISError(400, "Item is already in that folder.", message_code="CONT_0011")
    item.folder_id = folder_id
    return {"success": True, "itemId": item.item_id, "owner": item.owner, "folder": folder_id or "/"}


def protect_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/items/{id}/protect``."""
    _own_item(portal, call).protected = True
    return {"success": True}


def unprotect_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/items/{id}/unprotect``."""
    _own_item(portal, call).protected = False
    return {"success": True}


def restore_item(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``content/users/{username}/items/{id}/restore``: move it from the recycle bin to the root or a folder."""
    owner = content_owner(portal, call)
    item = portal.catalog.recycled_item(call.path["item_id"], owner)
    folder = _folder(portal, owner, call.parameters.text("folder"))
    portal.catalog.restore(item)
    item.folder_id = folder.folder_id if folder else None
    return {"success": True, "itemId": item.item_id}

"""Items and folders, and who may see or change them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from arcgis_export_widgets.localportal.content.accounts import User, now_ms
from arcgis_export_widgets.localportal.content.groups import Group
from arcgis_export_widgets.localportal.geometry.spatial_reference import WGS84
from arcgis_export_widgets.localportal.http.responses import FIXED_KEYS
from arcgis_export_widgets.localportal.layers.layer import Service

# JSON keys of an item's strings that its owner may change, and the attributes of `Item` that store them
TEXTS = {
    "title": "title", "description": "description", "snippet": "snippet",
    "accessInformation": "access_information", "licenseInfo": "license_info",
}  # fmt: skip


@dataclass
class Item:
    """One item of the portal's content.

    `access` is ``private``, ``org`` or ``public``; the members of `groups` may see the item as well. `path` is the file
    that ``/data`` returns, None if there is no file (yet). `deleted_ms` is when the item was moved to the recycle bin.
    """

    item_id: str
    owner: str
    title: str
    item_type: str
    name: str | None = None
    access: str = "private"
    description: str | None = None
    snippet: str | None = None
    tags: list[str] = field(default_factory=list)
    type_keywords: list[str] = field(default_factory=list)
    access_information: str | None = None
    license_info: str | None = None
    folder_id: str | None = None
    protected: bool = False
    size_bytes: int = -1
    service: Service | None = None
    path: Path | None = None
    properties: dict[str, Any] | None = None
    created_ms: int = field(default_factory=now_ms)
    modified_ms: int = field(default_factory=now_ms)
    views: int = 0
    groups: list[Group] = field(default_factory=list)
    deleted_ms: int | None = None

    @property
    def sharing(self) -> str:
        """The value of ``access`` in JSON: ``shared`` when only groups can see the item."""
        return "shared" if self.access == "private" and self.groups else self.access

    def search_texts(self) -> dict[str, list[str]]:
        """Return the strings to search, by field; see `Searchable`."""
        texts = {
            "title": [self.title], "name": [self.name or ""], "type": [self.item_type], "owner": [self.owner],
            "id": [self.item_id], "tags": self.tags, "typekeywords": self.type_keywords,
            "snippet": [self.snippet or ""], "description": [self.description or ""],
        }  # fmt: skip
        everywhere = [text for listed in texts.values() for text in listed]
        groups = [group.group_id for group in self.groups]
        return {**texts, "": everywhere, "access": [self.sharing], "group": groups}

    def sort_values(self) -> dict[str, Any]:
        """Return the value of each field by which search results can be sorted."""
        return {
            "title": self.title.lower(), "type": self.item_type.lower(), "owner": self.owner.lower(),
            "created": self.created_ms, "uploaded": self.created_ms, "modified": self.modified_ms,
            "numviews": self.views, "size": self.size_bytes, "avgrating": 0,
        }  # fmt: skip

    def extent_degrees(self) -> list[list[float]]:
        """Return ``[[xmin, ymin], [xmax, ymax]]`` in WGS 84; an empty list if the extent is unknown."""
        if self.service is None:
            return []
        bounds = self.service.extent_in(WGS84)
        if not np.isfinite(bounds).all():
            return []
        xmin, ymin, xmax, ymax = bounds.tolist()
        return [[xmin, ymin], [xmax, ymax]]

    def to_json(self, base_url: str, *, caller: User | None = None) -> dict[str, Any]:
        """Return the item as ``content/items/{id}`` describes it; `base_url` is the portal's scheme and host."""
        content = FIXED_KEYS["item"] | {
            "id": self.item_id,
            "owner": self.owner,
            "created": self.created_ms,
            "modified": self.modified_ms,
            "lastViewed": self.modified_ms,
            "name": self.name,
            "title": self.title,
            "type": self.item_type,
            "typeKeywords": self.type_keywords,
            "description": self.description,
            "tags": self.tags,
            "snippet": self.snippet,
            "extent": self.extent_degrees(),
            "accessInformation": self.access_information,
            "licenseInfo": self.license_info,
            "properties": self.properties,
            "url": self.service.url(base_url) if self.service else None,
            "access": self.sharing,
            "size": self.size_bytes,
            "protected": self.protected,
            "numViews": self.views,
        }
        if caller is not None and may_change(self, caller):
            content |= {"ownerFolder": self.folder_id, "itemControl": "admin"}
        if self.deleted_ms is not None:
            content |= {"recycled": True, "deleted": self.deleted_ms}
        return content


@dataclass(frozen=True)
class Folder:
    """A folder in a member's content; items in the root belong to no folder."""

    folder_id: str
    owner: str
    title: str
    created_ms: int = field(default_factory=now_ms)

    def to_json(self) -> dict[str, Any]:
        """Return the folder as ``content/users/{username}`` lists it."""
        return {"username": self.owner, "id": self.folder_id, "title": self.title, "created": self.created_ms}


def may_read(item: Item, caller: User | None) -> bool:
    """Whether the item is public or shared with the caller, or the caller owns it or is an administrator."""
    if item.access == "public":
        return True
    if caller is None:
        return False
    return item.access == "org" or may_change(item, caller) or any(caller.username in one for one in item.groups)


def may_change(item: Item, caller: User) -> bool:
    """Whether the caller owns the item or is an administrator."""
    return caller.is_admin or caller.username == item.owner

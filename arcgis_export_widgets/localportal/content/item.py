"""Items and folders of members' content, and who may see or change them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pyproj import CRS

from arcgis_export_widgets.localportal.geometry.geometry_json import total_bounds
from arcgis_export_widgets.localportal.layers.layer import Service
from arcgis_export_widgets.localportal.sharing.accounts import User
from arcgis_export_widgets.localportal.sharing.groups import Group
from arcgis_export_widgets.localportal.sharing.identifiers import ORG_ID, now_ms


@dataclass
class Item:
    """One item of the portal's content.

    Parameters
    ----------
    access
        ``private``, ``org`` or ``public``.
    groups
        Whose members may see it as well.
    deleted_ms
        When it went to the recycle bin; None when it is not there.
    path
        File behind ``/data``; None when there is none (yet).
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
        """What the portal tells as ``access``: ``shared`` when only groups see it."""
        return "shared" if self.access == "private" and self.groups else self.access

    def search_texts(self) -> dict[str, list[str]]:
        """Return the texts of each field that search looks at."""
        texts = {
            "title": [self.title],
            "name": [self.name or ""],
            "type": [self.item_type],
            "owner": [self.owner],
            "id": [self.item_id],
            "tags": self.tags,
            "typekeywords": self.type_keywords,
            "snippet": [self.snippet or ""],
            "description": [self.description or ""],
        }
        everywhere = [text for listed in texts.values() for text in listed]
        groups = [group.group_id for group in self.groups]
        return {**texts, "": everywhere, "access": [self.sharing], "group": groups}

    def sort_values(self) -> dict[str, Any]:
        """Return the values that search sorts by."""
        return {
            "title": self.title.lower(),
            "created": self.created_ms,
            "uploaded": self.created_ms,
            "modified": self.modified_ms,
            "type": self.item_type.lower(),
            "owner": self.owner.lower(),
            "numviews": self.views,
            "size": self.size_bytes,
            "avgrating": 0,
        }

    def extent_degrees(self) -> list[list[float]]:
        """Return ``[[xmin, ymin], [xmax, ymax]]`` in WGS 84; empty when unknown."""
        if self.service is None:
            return []
        bounds = total_bounds(self.service.geometries_in(CRS.from_epsg(4326)))
        if not np.isfinite(bounds).all():
            return []
        xmin, ymin, xmax, ymax = bounds.tolist()
        return [[xmin, ymin], [xmax, ymax]]

    def to_json(self, base_url: str, *, caller: User | None = None) -> dict[str, Any]:
        """Return the item as ``content/items/{id}`` tells it.

        Parameters
        ----------
        base_url
            Scheme and host under which the caller reached the portal.
        """
        content: dict[str, Any] = {
            "id": self.item_id,
            "owner": self.owner,
            "orgId": ORG_ID,
            "created": self.created_ms,
            "isOrgItem": True,
            "modified": self.modified_ms,
            "guid": None,
            "name": self.name,
            "title": self.title,
            "type": self.item_type,
            "typeKeywords": self.type_keywords,
            "description": self.description,
            "tags": self.tags,
            "snippet": self.snippet,
            "thumbnail": None,
            "documentation": None,
            "extent": self.extent_degrees(),
            "categories": [],
            "spatialReference": None,
            "accessInformation": self.access_information,
            "licenseInfo": self.license_info,
            "culture": "en",
            "properties": self.properties,
            "advancedSettings": None,
            "url": f"{base_url}/arcgis/rest/services/{self.service.name}/FeatureServer" if self.service else None,
            "proxyFilter": None,
            "access": self.sharing,
            "size": self.size_bytes,
            "subInfo": 0,
            "appCategories": [],
            "industries": [],
            "languages": [],
            "largeThumbnail": None,
            "banner": None,
            "screenshots": [],
            "listed": False,
            "protected": self.protected,
            "numComments": 0,
            "numRatings": 0,
            "avgRating": 0,
            "numViews": self.views,
            "scoreCompleteness": 70,
            "groupDesignations": None,
            "lastViewed": self.modified_ms,
        }
        if caller is not None and may_change(self, caller):
            content |= {"ownerFolder": self.folder_id, "itemControl": "admin"}
        if self.deleted_ms is not None:
            content |= {"recycled": True, "deleted": self.deleted_ms}
        return content


@dataclass(frozen=True)
class Folder:
    """A folder in a member's content; the root has none."""

    folder_id: str
    owner: str
    title: str
    created_ms: int = field(default_factory=now_ms)

    def to_json(self) -> dict[str, Any]:
        """Return the folder as user content lists it."""
        return {"username": self.owner, "id": self.folder_id, "title": self.title, "created": self.created_ms}


def may_read(item: Item, caller: User | None) -> bool:
    """Whether the caller may see an item: public, or a member's by sharing, ownership or administration."""
    if item.access == "public":
        return True
    if caller is None:
        return False
    return item.access == "org" or may_change(item, caller) or any(caller.username in one for one in item.groups)


def may_change(item: Item, caller: User) -> bool:
    """Whether the caller owns the item or administrates the organisation."""
    return caller.is_admin or caller.username == item.owner

"""Items and folders of members' content, and who may see or change them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import CRS

from arcgis_export_widgets.localportal.layers import total_bounds

if TYPE_CHECKING:
    from pathlib import Path

    from arcgis_export_widgets.localportal.accounts import User
    from arcgis_export_widgets.localportal.service import Service

ORG_ID = "localOrg00000001"


def new_id() -> str:
    """Return 32 random hexadecimal digits, the form of an item id."""
    return secrets.token_hex(16)


def now_ms() -> int:
    """Return milliseconds since 1970."""
    return round(time.time() * 1000)


@dataclass
class Item:
    """One item of the portal's content.

    Parameters
    ----------
    access
        ``private``, ``org`` or ``public``.
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
            "access": self.access,
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
    return caller is not None and (item.access == "org" or may_change(item, caller))


def may_change(item: Item, caller: User) -> bool:
    """Whether the caller owns the item or administrates the organisation."""
    return caller.is_admin or caller.username == item.owner

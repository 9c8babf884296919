"""Items of the portal and the feature services some of them stand for."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from arcgis_export_widgets.localportal.errors import (
    item_not_found,
    not_permitted,
    token_required,
)
from arcgis_export_widgets.localportal.layers import Layer, total_bounds
from arcgis_export_widgets.localportal.spatial_reference import reproject

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

    from arcgis_export_widgets.localportal.accounts import User

ORG_ID = "localOrg00000001"
SERVICE_KEYWORDS = (
    "ArcGIS Server", "Data", "Feature Access", "Feature Service", "Hosted Service", "Metadata", "Service",
)  # fmt: skip


def new_id() -> str:
    """Return 32 random hexadecimal digits, the form of an item id."""
    return secrets.token_hex(16)


def now_ms() -> int:
    """Return milliseconds since 1970."""
    return round(time.time() * 1000)


@dataclass
class Service:
    """A hosted feature service."""

    name: str
    item_id: str
    layers: list[Layer]
    capabilities: str = "Query"
    max_record_count: int = 2000
    description: str = ""
    copyright_text: str = ""
    is_view: bool = False

    def layer(self, layer_id: int) -> Layer | None:
        """Return the layer or table of that number, or None."""
        return next((layer for layer in self.layers if layer.layer_id == layer_id), None)

    @property
    def allows_extract(self) -> bool:
        """Whether the owner lets others export."""
        return "Extract" in self.capabilities.split(",")

    def record_limits(self, layer: Layer) -> dict[str, int]:
        """Return the largest number of features in an answer for each ``resultType``."""
        is_point = layer.geometry_type == "esriGeometryPoint"
        return {
            "none": self.max_record_count,
            "standard": max(32000 if is_point else 4000, self.max_record_count),
            "tile": max(8000 if is_point else 4000, self.max_record_count),
        }

    def geometries_in(self, crs: CRS | None) -> NDArray[np.object_]:
        """Return the outlines of all layers' extents in `crs`."""
        import shapely  # noqa: PLC0415

        boxes = []
        for layer in self.layers:
            if layer.is_table or not np.isfinite(layer.extent).all():
                continue
            box = np.array([shapely.box(*layer.extent)], dtype=object)
            boxes.append(reproject(box, layer.crs, crs)[0])
        return np.array(boxes, dtype=object)


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
        from pyproj import CRS  # noqa: PLC0415

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


class Catalog:
    """All items, by id, and all services, by name."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._services: dict[str, Item] = {}
        self._folders: dict[str, Folder] = {}
        self._lock = threading.Lock()

    def add(self, item: Item) -> Item:
        """Add an item; the name of its service is made unique."""
        with self._lock:
            if item.service is not None:
                name, number = item.service.name, 1
                while item.service.name.lower() in self._services:
                    number += 1
                    item.service.name = f"{name}_{number}"
                self._services[item.service.name.lower()] = item
            self._items[item.item_id] = item
        return item

    def remove(self, item: Item) -> None:
        """Remove an item and its service."""
        with self._lock:
            self._items.pop(item.item_id, None)
            if item.service is not None:
                self._services.pop(item.service.name.lower(), None)

    def add_folder(self, folder: Folder) -> None:
        """Add a folder."""
        self._folders[folder.folder_id] = folder

    def remove_folder(self, folder: Folder) -> None:
        """Remove a folder."""
        self._folders.pop(folder.folder_id, None)

    def folders_of(self, owner: str) -> list[Folder]:
        """Return a member's folders, oldest first."""
        return [folder for folder in list(self._folders.values()) if folder.owner == owner]

    def all_items(self) -> list[Item]:
        """Return all items, oldest first."""
        with self._lock:
            return list(self._items.values())

    def readable_item(self, item_id: str, caller: User | None) -> Item:
        """Return an item the caller may see, else the error that there is none."""
        item = self._items.get(item_id)
        if item is None or not may_read(item, caller):
            raise item_not_found()
        return item

    def changeable_item(self, item_id: str, owner: str, caller: User | None) -> Item:
        """Return an item in `owner`'s content that the caller may change."""
        if caller is None:
            raise token_required()
        item = self.readable_item(item_id, caller)
        if item.owner.lower() != owner.lower():
            raise item_not_found()
        if not may_change(item, caller):
            raise not_permitted()
        return item

    def readable_service(self, name: str, caller: User | None) -> Service | None:
        """Return the service of that name; None when there is none.

        Raises
        ------
        ArcGISError
            499 without a token, 403 with one, when it is not shared with the caller.
        """
        item = self._services.get(name.lower())
        if item is None or item.service is None:
            return None
        if not may_read(item, caller):
            raise token_required() if caller is None else not_permitted()
        return item.service

    def readable_services(self, caller: User | None) -> list[Service]:
        """Return all services the caller may see."""
        return [item.service for item in self.all_items() if item.service and may_read(item, caller)]

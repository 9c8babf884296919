"""Store the portal's items, services and folders, and publish sample data and files as items."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from arcgis_export_widgets.localportal.content.accounts import User, new_id, now_ms
from arcgis_export_widgets.localportal.content.item import TEXTS, Folder, Item, may_change, may_read
from arcgis_export_widgets.localportal.http.request import item_not_found, not_permitted, token_required
from arcgis_export_widgets.localportal.layers.layer import Layer, Service
from arcgis_export_widgets.localportal.layers.opening import DataError
from arcgis_export_widgets.localportal.layers.read_data import read_layer, read_layers

_BIN_SIZE = 100
SERVICE_KEYWORDS = (
    "ArcGIS Server", "Data", "Feature Access", "Feature Service", "Hosted Service", "Metadata", "Service",
)  # fmt: skip
SAMPLE_FOLDER = Path(__file__).parents[1] / "data"
SAMPLE_PASSWORD = "learn-arcgis"  # noqa: S105 - published on purpose: it opens sample data on a loopback port
SAMPLE_APPLICATION = "classroom-app"
"""Client id of the application that may sign in without a member; its secret is `SAMPLE_PASSWORD`."""
SAMPLE_USERS = (
    ("student", "org_publisher", "Sam Student"),
    ("visitor", "org_viewer", "Vera Visitor"),
    ("teacher", "org_admin", "Tom Teacher"),
    ("colleague", "org_publisher", "Chris Colleague"),
)


class Catalog:
    """All items, services and folders of the portal, and the recycle bin."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._services: dict[str, Item] = {}
        self.folders: dict[str, Folder] = {}
        self._recycled: dict[str, Item] = {}
        self._lock = threading.Lock()

    def add(self, item: Item) -> Item:
        """Add an item; its service gets a number at the end of the name if the name is taken."""
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

    def recycle(self, item: Item) -> Item | None:
        """Move an item to the recycle bin; if the bin is full, remove its oldest item and return it."""
        self.remove(item)
        with self._lock:
            item.deleted_ms = now_ms()
            self._recycled[item.item_id] = item
            oldest = next(iter(self._recycled))
            return self._recycled.pop(oldest) if len(self._recycled) > _BIN_SIZE else None

    def restore(self, item: Item) -> None:
        """Take an item out of the recycle bin."""
        self.forget(item)
        item.deleted_ms = None
        self.add(item)

    def forget(self, item: Item) -> None:
        """Remove an item from the recycle bin for good."""
        with self._lock:
            self._recycled.pop(item.item_id, None)

    def recycled_items(self) -> list[Item]:
        """Return the items in the recycle bin, in the order in which they were deleted."""
        with self._lock:
            return list(self._recycled.values())

    def recycled_item(self, item_id: str, owner: str) -> Item:
        """Return an item of `owner` from the recycle bin; raise an error if it is not there."""
        item = self._recycled.get(item_id)
        if item is None or item.owner != owner:
            raise item_not_found()
        return item

    def folders_of(self, owner: str) -> list[Folder]:
        """Return a member's folders, oldest first."""
        return [folder for folder in list(self.folders.values()) if folder.owner == owner]

    def all_items(self) -> list[Item]:
        """Return all items, oldest first."""
        with self._lock:
            return list(self._items.values())

    def readable_item(self, item_id: str, caller: User | None) -> Item:
        """Return the item with this id; raise an error if it does not exist or the caller may not see it."""
        item = self._items.get(item_id)
        if item is None or not may_read(item, caller):
            raise item_not_found()
        return item

    def changeable_item(self, item_id: str, owner: str, caller: User | None) -> Item:
        """Return an item in `owner`'s content; raise an error if it is not there or the caller may not change it."""
        if caller is None:
            raise token_required()
        item = self.readable_item(item_id, caller)
        if item.owner.lower() != owner.lower():
            raise item_not_found()
        if not may_change(item, caller):
            raise not_permitted()
        return item

    def readable_service(self, name: str, caller: User | None) -> Service | None:
        """Return the service called `name`, None if there is none; raise an error if the caller may not see it."""
        item = self._services.get(name.lower())
        if item is None or item.service is None:
            return None
        if not may_read(item, caller):
            raise token_required() if caller is None else not_permitted()
        return item.service

    def readable_services(self, caller: User | None) -> list[Service]:
        """Return all services the caller may see."""
        return [item.service for item in self.all_items() if item.service and may_read(item, caller)]


def _keywords(layers: Sequence[Layer]) -> list[str]:
    return [*SERVICE_KEYWORDS, "Singlelayer" if len(layers) == 1 else "Multilayer"]


def add_sample_items(catalog: Catalog) -> None:
    """Add the items of ``data/sample.json``."""
    listing = SAMPLE_FOLDER / "sample.json"
    if not listing.exists():
        raise DataError("the sample data are missing from this installation; serve your own with --data FILE")
    for entry in json.loads(listing.read_text("utf-8"))["items"]:
        catalog.add(_sample_item(entry))


def _sample_item(entry: dict[str, Any]) -> Item:
    texts: dict[str, Any] = {attribute: entry.get(key) for key, attribute in TEXTS.items()}
    item = Item(
        entry["itemId"],
        entry.get("owner", "student"),
        item_type=entry.get("type", "Feature Service"),
        name=entry.get("name"),
        access=entry.get("access", "public"),
        tags=list(entry.get("tags", [])),
        type_keywords=list(entry.get("typeKeywords", [])),
        **texts,
    )
    if "file" in entry:
        path = SAMPLE_FOLDER / entry["file"]
        layers = [
            read_layer(path, one["source"], one["id"], one["name"], fields=one.get("fields"), definition=one)
            for one in [*entry.get("layers", []), *entry.get("tables", [])]
        ]
        item.service = Service(
            entry["name"],
            item.item_id,
            layers,
            capabilities=entry.get("capabilities", "Query"),
            description=entry.get("snippet", ""),
            copyright_text=entry.get("accessInformation") or "",
        )
        item.type_keywords = item.type_keywords or _keywords(layers)
    return item


def add_file(catalog: Catalog, path: Path) -> Item:
    """Publish all layers of a vector file as one public service; raise `DataError` if it cannot be read."""
    if not path.exists():
        raise DataError(f"there is no file {path}")
    return add_layers(catalog, read_layers(path), path.stem, owner="student")


def add_layers(
    catalog: Catalog,
    layers: list[Layer],
    title: str,
    *,
    owner: str,
    access: str = "public",
    capabilities: str = "Query",
    is_view: bool = False,
) -> Item:
    """Add layers as one hosted feature service, or as a view if `is_view` is true, and return its item."""
    keywords = [*_keywords(layers), "View Service"] if is_view else _keywords(layers)
    item = Item(new_id(), owner, title, "Feature Service", access=access, type_keywords=keywords)
    name = re.sub(r"\W+", "_", title, flags=re.ASCII).strip("_") or "layer"  # letters, digits and underscores only
    item.service = Service(name, item.item_id, layers, capabilities=capabilities, is_view=is_view)
    catalog.add(item)
    item.name = item.service.name
    return item

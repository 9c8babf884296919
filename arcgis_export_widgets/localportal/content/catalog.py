"""All items of the portal, their feature services and their folders."""

from __future__ import annotations

import threading

from arcgis_export_widgets.localportal.content.accounts import User, now_ms
from arcgis_export_widgets.localportal.content.item import Folder, Item, may_change, may_read
from arcgis_export_widgets.localportal.http.errors import item_not_found, not_permitted, token_required
from arcgis_export_widgets.localportal.layers.layer import Service

_BIN_SIZE = 100


class Catalog:
    """All items and folders, by id, and all services, by name."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}
        self._services: dict[str, Item] = {}
        self.folders: dict[str, Folder] = {}
        self._recycled: dict[str, Item] = {}
        self._lock = threading.Lock()

    def add(self, item: Item) -> Item:
        """Add an item, and make the name of its service unique."""
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
        """Move an item to the recycle bin; return the one that is deleted for good if the bin is full."""
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
        """Return the items in the recycle bin, oldest first."""
        with self._lock:
            return list(self._recycled.values())

    def recycled_item(self, item_id: str, owner: str) -> Item:
        """Return a member's item that is in the recycle bin."""
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
        """Return an item that the caller may see, or raise that there is none."""
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

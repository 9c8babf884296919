"""Describing a portal's items and users, and deciding whether a user may export an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from arcgis_export_widgets.language import say

FEATURE_SERVICE = "Feature Service"
MAP_SERVICE = "Map Service"


@dataclass(frozen=True)
class Item:
    """An item as the portal describes it.

    Source: https://developers.arcgis.com/rest/users-groups-and-items/item/
    """

    id: str
    """The item's id; for a service without an item, the service's address."""
    title: str
    type: str
    owner: str
    url: str | None = None
    """Address of the item's service; None for files."""
    access: str = "private"
    """Who may see the item: ``private``, ``shared``, ``org`` or ``public``."""
    type_keywords: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    snippet: str = ""
    name: str | None = None
    """File name, for items with a file."""
    created_ms: int | None = None
    modified_ms: int | None = None
    """Time of the last change, like `created_ms` in milliseconds since 1970 UTC."""
    size_bytes: int | None = None
    """Size of the item's file; None for services, or if the portal does not know the size."""
    page_url: str = ""
    """Address of the item's page in the portal."""
    json: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The portal's JSON for the item, unchanged."""

    @classmethod
    def from_json(cls, json: Mapping[str, Any], portal_url: str) -> Item:
        """Read an item from the portal's JSON."""
        size = json.get("size")
        return cls(
            id=json["id"],
            title=json.get("title") or json.get("name") or json["id"],
            type=json.get("type") or "",
            owner=json.get("owner") or "",
            url=json.get("url") or None,
            access=json.get("access") or "private",
            type_keywords=tuple(json.get("typeKeywords") or ()),
            tags=tuple(json.get("tags") or ()),
            snippet=json.get("snippet") or "",
            name=json.get("name") or None,
            created_ms=json.get("created"),
            modified_ms=json.get("modified"),
            size_bytes=size if isinstance(size, int) and size > 0 else None,
            page_url=f"{portal_url}/home/item.html?id={json['id']}",
            json=json,
        )

    @classmethod
    def of_service(cls, url: str) -> Item:
        """Describe a service that belongs to no item of the portal, such as one of a server without a portal."""
        *_, name, kind = unquote(url).split("/")
        is_map = kind.lower() == "mapserver"
        return cls(url, name, MAP_SERVICE if is_map else FEATURE_SERVICE, "", url, "public", page_url=url)

    @property
    def in_portal(self) -> bool:
        """Whether the portal has the item; False for a service without an item."""
        return self.id != self.url

    @property
    def is_feature_service(self) -> bool:
        """Whether the item is a service that has layers with features: a feature service or a map service."""
        return self.type in {FEATURE_SERVICE, MAP_SERVICE}

    @property
    def is_view(self) -> bool:
        """Whether the item is a view, which may hide fields and rows of its source."""
        return "View Service" in self.type_keywords

    @property
    def is_hosted(self) -> bool:
        """Whether the portal itself stores the data; only hosted layers can be exported as items."""
        return "Hosted Service" in self.type_keywords

    def __repr__(self) -> str:
        return f"<Item {self.id} {self.title!r}, {self.type} of {self.owner}>"


@dataclass(frozen=True)
class User:
    """The user who is signed in."""

    username: str
    full_name: str = ""
    role: str = ""
    """The user's role: ``org_admin``, ``org_publisher``, ``org_user`` or a custom role's id."""
    privileges: frozenset[str] = frozenset()

    @classmethod
    def from_json(cls, json: Mapping[str, Any]) -> User:
        """Read a user from the portal's JSON, as in ``community/self``."""
        return cls(
            username=json["username"],
            full_name=json.get("fullName") or "",
            role=json.get("role") or "",
            privileges=frozenset(json.get("privileges") or ()),
        )

    @property
    def is_admin(self) -> bool:
        """Whether the user is an administrator of the organisation."""
        return self.role == "org_admin"


@dataclass(frozen=True)
class ExportRight:
    """Whether a user may export an item, and the reason, as a sentence for the user."""

    allowed: bool
    reason: str
    content_user: str | None = None
    """The user in whose content the export runs and who will own the exported item; None if not allowed."""


def export_right(item: Item, user: User | None, capabilities: frozenset[str]) -> ExportRight:
    """Decide whether `user` may export `item`; sends no request.

    The item must be hosted. The owner and administrators may export it; others may if the owner allowed it (capability
    ``Extract``) and they may create items of their own.

    Source: https://enterprise.arcgis.com/en/portal/latest/use/manage-hosted-feature-layers.htm
    """
    if not item.in_portal:
        reason = say("Only items of a portal can be exported, and this service belongs to no item of the portal.")
    elif item.is_feature_service and (item.type_keywords or item.type == MAP_SERVICE) and not item.is_hosted:
        reason = say(
            "The portal cannot export it: the layer is not hosted, its data are on a server outside the portal. "
            "Its features can still be fetched from that server."
        )
    elif user is None:
        reason = say("Sign in to export it. You can view and count its rows without signing in.")
    elif user.username == item.owner:
        return ExportRight(True, say("You may export it: you own it."), user.username)
    elif user.is_admin:
        return ExportRight(True, say("You may export it: you are an administrator."), item.owner)
    elif "Extract" not in capabilities:
        reason = say(
            "Only its owner, {owner}, and administrators may export it. "
            "{owner} can allow others in the item's settings.",
            owner=item.owner,
        )
    elif user.privileges and "portal:user:createItem" not in user.privileges:
        reason = say(
            "Its owner lets others export it, but an export creates an item, and your account may not create items."
        )
    else:
        reason = say("You may export it: {owner} lets others export it.", owner=item.owner)
        return ExportRight(True, reason, user.username)
    return ExportRight(False, reason)

"""Groups of members with which items can be shared."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from arcgis_export_widgets.localportal.content.accounts import User, new_id, now_ms
from arcgis_export_widgets.localportal.http.request import ArcGISError, not_permitted
from arcgis_export_widgets.localportal.http.responses import FIXED_KEYS


@dataclass
class Group:
    """A group; `access` says who may see it: ``private`` (its members), ``org`` or ``public``.

    `members` are user names, the owner's first.
    """

    title: str
    owner: str
    access: str = "private"
    description: str | None = None
    snippet: str | None = None
    tags: list[str] = field(default_factory=list)
    is_invitation_only: bool = False
    members: list[str] = field(default_factory=list)
    group_id: str = field(default_factory=new_id)
    created_ms: int = field(default_factory=now_ms)
    modified_ms: int = field(default_factory=now_ms)

    def __post_init__(self) -> None:
        self.members = [self.owner, *(name for name in self.members if name != self.owner)]

    def __contains__(self, username: str) -> bool:
        return username in self.members

    def search_texts(self) -> dict[str, list[str]]:
        """Return the strings to search, by field; see `Searchable`."""
        texts = {
            "title": [self.title], "owner": [self.owner], "id": [self.group_id], "tags": self.tags,
            "snippet": [self.snippet or ""], "description": [self.description or ""],
        }  # fmt: skip
        return {**texts, "": [text for listed in texts.values() for text in listed], "access": [self.access]}

    def sort_values(self) -> dict[str, Any]:
        """Return the value of each field by which search results can be sorted."""
        return {
            "title": self.title.lower(), "owner": self.owner.lower(),
            "created": self.created_ms, "modified": self.modified_ms,
        }  # fmt: skip

    def is_seen_by(self, caller: User | None) -> bool:
        """Whether the caller may see the group."""
        if self.access == "public":
            return True
        return caller is not None and (self.access == "org" or caller.is_admin or caller.username in self)

    def is_managed_by(self, caller: User | None) -> bool:
        """Whether the caller may change the group."""
        return caller is not None and (caller.is_admin or caller.username == self.owner)

    def to_json(self, caller: User | None = None) -> dict[str, Any]:
        """Return the group as ``community/groups/{id}`` describes it to `caller`."""
        kind = "none"
        if caller is not None and caller.username in self:
            kind = "owner" if caller.username == self.owner else "member"
        return FIXED_KEYS["group"] | {
            "id": self.group_id,
            "title": self.title,
            "isInvitationOnly": self.is_invitation_only,
            "owner": self.owner,
            "description": self.description,
            "snippet": self.snippet,
            "tags": self.tags,
            "created": self.created_ms,
            "modified": self.modified_ms,
            "access": self.access,
            "userMembership": {"username": caller.username if caller else "", "memberType": kind, "applications": 0},
        }


class Groups:
    """All groups of the portal."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}

    def add(self, group: Group) -> None:
        """Add a group."""
        self._groups[group.group_id] = group

    def remove(self, group: Group) -> None:
        """Remove a group."""
        self._groups.pop(group.group_id, None)

    def seen_by(self, caller: User | None) -> list[Group]:
        """Return the groups that the caller may see, oldest first."""
        return [group for group in list(self._groups.values()) if group.is_seen_by(caller)]

    def of_member(self, username: str) -> list[Group]:
        """Return the groups that a member belongs to, oldest first."""
        return [group for group in list(self._groups.values()) if username in group]

    def find(self, group_id: str, caller: User | None) -> Group:
        """Return the group with this id; raise an error if it does not exist or the caller may not see it."""
        group = self._groups.get(group_id)
        if group is None or not group.is_seen_by(caller):
            raise ArcGISError(400, "Group does not exist or is inaccessible.", message_code="COM_0003")
        return group

    def changeable(self, group_id: str, caller: User | None) -> Group:
        """Return the group with this id; raise an error if the caller may not see or change it."""
        group = self.find(group_id, caller)
        if not group.is_managed_by(caller):
            raise not_permitted()
        return group

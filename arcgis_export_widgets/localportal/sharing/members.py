"""Sharing API: the members of the organisation."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.http.portal import Call, Portal
from arcgis_export_widgets.localportal.sharing.accounts import User
from arcgis_export_widgets.localportal.sharing.search import find_page

# what members tell each other; the rest is for the member and administrators
_FOR_COLLEAGUES = {
    "username", "id", "fullName", "firstName", "lastName", "description", "tags", "culture", "region", "units",
    "created", "modified", "provider", "access", "groups", "orgId", "role", "userType", "thumbnail",
}  # fmt: skip


def describe_member(portal: Portal, user: User) -> dict[str, Any]:
    """Return all that ``community/users/{username}`` tells of a member."""
    groups = [group.to_json(user) for group in portal.groups.of_member(user.username)]
    return user.to_json(portal.org_id) | {"groups": groups}


def _describe_to(portal: Portal, user: User, caller: User) -> dict[str, Any]:
    content = describe_member(portal, user)
    if caller.username == user.username or caller.is_admin:
        return content
    content = {key: value for key, value in content.items() if key in _FOR_COLLEAGUES}
    seen = {group.group_id for group in portal.groups.seen_by(caller)}
    return content | {"groups": [group for group in content["groups"] if group["id"] in seen]}


def community_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/self``."""
    return describe_member(portal, call.require_caller())


def community_user(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/users/{username}``; only the user and administrators learn all of it."""
    user = portal.accounts.find(call.path["username"])
    if user is None or call.caller is None:
        raise ArcGISError(400, "User does not exist or is inaccessible.", message_code="COM_0018")
    return _describe_to(portal, user, call.caller)


def search_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/users``: members that fit ``q``; nobody is told to those who have not signed in."""
    query = call.parameters.required("q")
    members = portal.accounts.all_users() if call.caller else []
    found, numbers = find_page(members, call.parameters, query)
    results = [_describe_to(portal, user, call.caller) for user in found if call.caller]
    return {"query": query, **numbers, "results": results}


def portal_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``portals/{id}/users``: all members."""
    caller = call.require_caller()
    found, numbers = find_page(portal.accounts.all_users(), call.parameters, None)
    return {**numbers, "users": [_describe_to(portal, user, caller) for user in found]}

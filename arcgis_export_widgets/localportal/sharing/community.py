"""Handle requests of the Sharing API about the portal itself, the members of the organisation, and groups.

Source: https://developers.arcgis.com/rest/users-groups-and-items/group/
"""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.accounts import CREATE_GROUP, ORG_ID, User, now_ms
from arcgis_export_widgets.localportal.content.groups import Group
from arcgis_export_widgets.localportal.content.item import may_read
from arcgis_export_widgets.localportal.http.request import ArcGISError, Parameters, not_permitted, user_not_found
from arcgis_export_widgets.localportal.http.responses import FIXED_KEYS
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.sharing.search import find_page

_ACCESS = {"private", "org", "public"}
# keys that all members may see; the others are for the member and administrators
_FOR_COLLEAGUES = {
    "username", "id", "fullName", "firstName", "lastName", "description", "tags", "culture", "region", "units",
    "created", "modified", "provider", "access", "groups", "orgId", "role", "userType", "thumbnail",
}  # fmt: skip


def rest_root(_portal: Portal, _call: Call) -> dict[str, Any]:
    """Handle ``sharing/rest``."""
    return {"currentVersion": FIXED_KEYS["portal"]["currentVersion"]}


def rest_info(_portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``sharing/rest/info``."""
    return {
        "owningSystemUrl": call.base_url,
        "authInfo": {"tokenServicesUrl": f"{call.base_url}/sharing/rest/generateToken", "isTokenBasedSecurity": True},
    }


def portal_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``portals/self``."""
    host = call.base_url.partition("://")[2]
    content: dict[str, Any] = {
        "id": ORG_ID,
        "name": portal.name,
        "portalHostname": host,
        "customBaseUrl": host,
        "allSSL": call.base_url.startswith("https"),
        **FIXED_KEYS["portal"],
    }
    if call.caller is not None:
        content["user"] = describe_member(portal, call.caller)
        content["appInfo"] = {}
    return content


def describe_member(portal: Portal, user: User) -> dict[str, Any]:
    """Return the complete description of a member, including the member's groups."""
    groups = [group.to_json(user) for group in portal.groups.of_member(user.username)]
    return user.to_json() | {"groups": groups}


def _describe_to(portal: Portal, user: User, caller: User) -> dict[str, Any]:
    content = describe_member(portal, user)
    if caller.username == user.username or caller.is_admin:
        return content
    content = {key: value for key, value in content.items() if key in _FOR_COLLEAGUES}
    seen = {group.group_id for group in portal.groups.seen_by(caller)}
    return content | {"groups": [group for group in content["groups"] if group["id"] in seen]}


def community_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/self``."""
    return describe_member(portal, call.require_caller())


def community_user(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/users/{username}``; only the member and administrators see all keys."""
    user = portal.accounts.find(call.path["username"])
    if user is None or call.caller is None:
        raise user_not_found()
    return _describe_to(portal, user, call.caller)


def search_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/users``: members that match ``q``; none for anonymous callers."""
    query = call.parameters.required("q")
    members = portal.accounts.all_users() if call.caller else []
    found, numbers = find_page(members, call.parameters, query)
    results = [_describe_to(portal, user, call.caller) for user in found if call.caller]
    return {"query": query, **numbers, "results": results}


def portal_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``portals/{id}/users``: all members."""
    caller = call.require_caller()
    found, numbers = find_page(portal.accounts.all_users(), call.parameters, None)
    return {**numbers, "users": [_describe_to(portal, user, caller) for user in found]}


def search_groups(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups``."""
    query = call.parameters.required("q")
    found, numbers = find_page(portal.groups.seen_by(call.caller), call.parameters, query)
    return {"query": query, **numbers, "results": [one.to_json(call.caller) for one in found]}


def create_group(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/createGroup``."""
    caller = call.require_caller()
    if not caller.may(CREATE_GROUP):
        raise not_permitted()
    title = call.parameters.required("title")
    if any(one.title.lower() == title.lower() for one in portal.groups.of_member(caller.username)):
        raise ArcGISError(400, f"You already have a group named '{title}'. Try a different name.")
    made = Group(title, caller.username)
    _change(made, call.parameters)
    portal.groups.add(made)
    return {"success": True, "group": made.to_json(caller)}


def _change(group: Group, parameters: Parameters) -> None:
    """Set those properties of a group that are in `parameters`."""
    access = parameters.text("access")
    if access is not None and access not in _ACCESS:
        raise parameters.invalid("access")
    group.access = access or group.access
    group.title = parameters.text("title") or group.title
    group.description = parameters.text("description") or group.description
    group.snippet = parameters.text("snippet") or group.snippet
    if "tags" in parameters:
        group.tags = parameters.names("tags")
    group.is_invitation_only = parameters.boolean("isInvitationOnly", group.is_invitation_only)
    group.modified_ms = now_ms()


def group(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}``."""
    return portal.groups.find(call.path["group_id"], call.caller).to_json(call.caller)


def group_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}/users``."""
    found = portal.groups.find(call.path["group_id"], call.caller)
    return {"owner": found.owner, "admins": [found.owner], "users": found.members[1:]}


def update_group(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}/update``: set the properties in the parameters."""
    found = portal.groups.changeable(call.path["group_id"], call.caller)
    _change(found, call.parameters)
    return {"success": True, "groupId": found.group_id}


def delete_group(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}/delete``: delete the group and stop sharing items with it."""
    found = portal.groups.changeable(call.path["group_id"], call.caller)
    for item in portal.catalog.all_items():
        if found in item.groups:
            item.groups.remove(found)
    portal.groups.remove(found)
    return {"success": True, "groupId": found.group_id}


def add_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}/addUsers``."""
    found = portal.groups.changeable(call.path["group_id"], call.caller)
    not_added = []
    for name in call.parameters.names("users"):
        user = portal.accounts.find(name)
        if user is None:
            not_added.append(name)
        elif user.username not in found:
            found.members.append(user.username)
    return {"notAdded": not_added}


def remove_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}/removeUsers``; the owner cannot be removed."""
    found = portal.groups.changeable(call.path["group_id"], call.caller)
    not_removed = []
    for name in call.parameters.names("users"):
        if name in found.members[1:]:
            found.members.remove(name)
        else:
            not_removed.append(name)
    return {"notRemoved": not_removed}


def join_group(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}/join``."""
    caller = call.require_caller()
    found = portal.groups.find(call.path["group_id"], caller)
    if found.is_invitation_only:
        raise ArcGISError(400, "This group is by invitation only.")
    if caller.username not in found:
        found.members.append(caller.username)
    return {"success": True, "groupId": found.group_id}


def leave_group(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``community/groups/{groupId}/leave``."""
    caller = call.require_caller()
    found = portal.groups.find(call.path["group_id"], caller)
    if caller.username not in found.members[1:]:
        raise ArcGISError(400, "Only members who do not own the group can leave it.")
    found.members.remove(caller.username)
    return {"success": True, "groupId": found.group_id}


def group_content(portal: Portal, call: Call) -> dict[str, Any]:
    """Handle ``content/groups/{groupId}`` and ``content/groups/{groupId}/search``: the items shared with the group."""
    found = portal.groups.find(call.path["group_id"], call.caller)
    shared = [item for item in portal.catalog.all_items() if found in item.groups and may_read(item, call.caller)]
    query = call.parameters.text("q")
    shown, numbers = find_page(shared, call.parameters, query)
    items = [item.to_json(call.base_url) for item in shown]
    if call.request_path.rstrip("/").endswith("/search"):
        return {"query": query or "", **numbers, "results": items}
    return {**numbers, "items": items}

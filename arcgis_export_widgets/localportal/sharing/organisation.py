"""Sharing API: the portal itself, tokens, search of items, and the members of the organisation."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.accounts import ORG_ID, User
from arcgis_export_widgets.localportal.content.item import Item, may_read
from arcgis_export_widgets.localportal.http.errors import ArcGISError, user_not_found
from arcgis_export_widgets.localportal.http.parameters import Parameters
from arcgis_export_widgets.localportal.portal import Call, Portal
from arcgis_export_widgets.localportal.sharing.search import find_page

VERSION = "2026.1"
_PORTAL_CONSTANTS: dict[str, Any] = {
    "portalName": "Local portal", "urlKey": None, "isPortal": False, "portalMode": "multitenant",
    "currentVersion": VERSION, "access": "public", "httpPort": 80, "httpsPort": 443, "culture": "en", "region": "WO",
    "units": "metric", "maxTokenExpirationMinutes": -1,
    **dict.fromkeys(("canSearchPublic", "canSharePublic", "canSignInArcGIS", "supportsHostedServices", "supportsOAuth",
                     "useStandardizedQuery", "recycleBinSupported", "recycleBinEnabled"), True),
    "helperServices": {}, "featuredGroups": [], "authorizedCrossOriginDomains": [],
    "defaultBasemap": {"baseMapLayers": [], "title": "None"},
    "defaultExtent": {
        "type": "extent", "xmin": -20037508.34, "ymin": -15000000.0, "xmax": 20037508.34, "ymax": 15000000.0,
        "spatialReference": {"wkid": 102100, "latestWkid": 3857},
    },
}  # fmt: skip
_DEFAULT_EXPIRATION_MINUTES = 60
_MAX_EXPIRATION_MINUTES = 21600
# what members see of each other; the rest is for the member and administrators
_FOR_COLLEAGUES = {
    "username", "id", "fullName", "firstName", "lastName", "description", "tags", "culture", "region", "units",
    "created", "modified", "provider", "access", "groups", "orgId", "role", "userType", "thumbnail",
}  # fmt: skip


def rest_root(_portal: Portal, _call: Call) -> dict[str, Any]:
    """Answer ``sharing/rest``."""
    return {"currentVersion": VERSION}


def rest_info(_portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``sharing/rest/info``."""
    return {
        "owningSystemUrl": call.base_url,
        "authInfo": {"tokenServicesUrl": f"{call.base_url}/sharing/rest/generateToken", "isTokenBasedSecurity": True},
    }


def generate_token(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``generateToken``: a random token for a name and password, or for the caller's own token."""
    parameters = call.parameters
    user = call.caller if "username" not in parameters else None
    user = user or portal.accounts.sign_in(parameters.text("username") or "", parameters.text("password") or "")
    if user is None:
        raise ArcGISError(400, "Unable to generate token.", ["Invalid username or password."])
    minutes = parameters.integer("expiration") or _DEFAULT_EXPIRATION_MINUTES
    lifetime_s = 60 * min(max(minutes, 1), _MAX_EXPIRATION_MINUTES)
    client = (parameters.text("client") or "").lower()
    token = portal.accounts.issue_token(
        user,
        lifetime_s,
        referer=parameters.text("referer") if client == "referer" else None,
        address={"ip": parameters.text("ip"), "requestip": call.address}.get(client),
    )
    return {"token": token.value, "expires": round(token.expires_s * 1000), "ssl": call.base_url.startswith("https")}


def portal_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``portals/self``."""
    host = call.base_url.partition("://")[2]
    content: dict[str, Any] = {
        "id": ORG_ID,
        "name": portal.name,
        "portalHostname": host,
        "customBaseUrl": host,
        "allSSL": call.base_url.startswith("https"),
        **_PORTAL_CONSTANTS,
    }
    if call.caller is not None:
        content["user"] = describe_member(portal, call.caller)
        content["appInfo"] = {}
    return content


def search(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``search``."""
    parameters = call.parameters
    query = parameters.text("q")
    if query is None and not any(name in parameters for name in ("bbox", "categories", "filter")):
        raise ArcGISError(400, "'q' parameter must be specified.", message_code="SB_0001")
    readable = [item for item in portal.catalog.all_items() if may_read(item, call.caller)]
    if "bbox" in parameters:
        readable = _in_box(readable, parameters)
    if "categories" in parameters:  # no item has one
        readable = []
    found, numbers = find_page(readable, parameters, query)
    results = [item.to_json(call.base_url) for item in found]
    for result in results:
        del result["protected"]
    return {"query": query or "", **numbers, "results": results}


def _in_box(items: list[Item], parameters: Parameters) -> list[Item]:
    """Return the items whose extent intersects ``bbox=xmin,ymin,xmax,ymax`` in degrees."""
    try:
        xmin, ymin, xmax, ymax = (float(part) for part in parameters.names("bbox"))
    except ValueError as error:
        raise parameters.invalid("bbox") from error
    found = []
    for item in items:
        extent = item.extent_degrees()
        if extent and extent[0][0] <= xmax and extent[1][0] >= xmin and extent[0][1] <= ymax and extent[1][1] >= ymin:
            found.append(item)
    return found


def describe_member(portal: Portal, user: User) -> dict[str, Any]:
    """Return everything about a member, with the groups."""
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
    """Answer ``community/self``."""
    return describe_member(portal, call.require_caller())


def community_user(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/users/{username}``; only the member and administrators see everything."""
    user = portal.accounts.find(call.path["username"])
    if user is None or call.caller is None:
        raise user_not_found()
    return _describe_to(portal, user, call.caller)


def search_users(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/users``: members that match ``q``; anonymous callers see none."""
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

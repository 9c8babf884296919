"""Sharing API: the portal itself, its members, tokens and search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.errors import ArcGISError
from arcgis_export_widgets.localportal.item import may_read
from arcgis_export_widgets.localportal.search import find_items, page, sort_items

if TYPE_CHECKING:
    from arcgis_export_widgets.localportal.portal import Call, Portal

VERSION = "2026.1"
_DEFAULT_EXPIRATION_MINUTES = 60
_MAX_EXPIRATION_MINUTES = 21600


def rest_root(_portal: Portal, _call: Call) -> dict[str, Any]:
    """Answer ``sharing/rest``."""
    return {"currentVersion": VERSION}


def rest_info(_portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``sharing/rest/info``."""
    return {
        "owningSystemUrl": call.base_url,
        "authInfo": {
            "tokenServicesUrl": f"{call.base_url}/sharing/rest/generateToken",
            "isTokenBasedSecurity": True,
        },
    }


def generate_token(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``generateToken``: a random token for a name and password, or for a token and a server."""
    parameters = call.parameters
    if "username" not in parameters and call.caller is not None:
        user = call.caller
    else:
        user_or_none = portal.accounts.sign_in(parameters.text("username") or "", parameters.text("password") or "")
        if user_or_none is None:
            raise ArcGISError(400, "Unable to generate token.", ["Invalid username or password."])
        user = user_or_none
    minutes = parameters.integer("expiration") or _DEFAULT_EXPIRATION_MINUTES
    lifetime_s = 60 * min(max(minutes, 1), _MAX_EXPIRATION_MINUTES)
    referer = parameters.text("referer") if (parameters.text("client") or "").lower() == "referer" else None
    token = portal.accounts.issue_token(user, lifetime_s, referer)
    return {"token": token.value, "expires": token.expires_ms, "ssl": call.base_url.startswith("https")}


def portal_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``portals/self``."""
    host = call.base_url.partition("://")[2]
    content: dict[str, Any] = {
        "id": portal.org_id,
        "name": portal.name,
        "portalName": "Local portal",
        "portalHostname": host,
        "customBaseUrl": host,
        "urlKey": None,
        "isPortal": False,
        "portalMode": "multitenant",
        "currentVersion": VERSION,
        "access": "public",
        "allSSL": call.base_url.startswith("https"),
        "httpPort": 80,
        "httpsPort": 443,
        "canSearchPublic": True,
        "canSharePublic": True,
        "canSignInArcGIS": True,
        "culture": "en",
        "region": "WO",
        "units": "metric",
        "maxTokenExpirationMinutes": -1,
        "supportsHostedServices": True,
        "supportsOAuth": True,
        "useStandardizedQuery": True,
        "recycleBinSupported": False,
        "recycleBinEnabled": False,
        "helperServices": {},
        "featuredGroups": [],
        "authorizedCrossOriginDomains": [],
        "defaultBasemap": {"baseMapLayers": [], "title": "None"},
        "defaultExtent": {
            "type": "extent", "xmin": -20037508.34, "ymin": -15000000.0, "xmax": 20037508.34, "ymax": 15000000.0,
            "spatialReference": {"wkid": 102100, "latestWkid": 3857},
        },
    }  # fmt: skip
    if call.caller is not None:
        content["user"] = call.caller.to_json(portal.org_id)
        content["appInfo"] = {}
    return content


def community_self(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/self``."""
    return call.require_caller().to_json(portal.org_id)


def community_user(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``community/users/{username}``; only the user and administrators learn all of it."""
    user = portal.accounts.find(call.path["username"])
    if user is None or call.caller is None:
        raise ArcGISError(400, "User does not exist or is inaccessible.", message_code="COM_0018")
    content = user.to_json(portal.org_id)
    if call.caller.username != user.username and not call.caller.is_admin:
        kept = {"username", "id", "fullName", "firstName", "lastName", "description", "tags", "culture", "region",
                "units", "created", "modified", "provider", "access", "groups"}  # fmt: skip
        content = {key: value for key, value in content.items() if key in kept}
    return content


def search(portal: Portal, call: Call) -> dict[str, Any]:
    """Answer ``search``."""
    parameters = call.parameters
    query = parameters.text("q")
    if query is None and not any(name in parameters for name in ("bbox", "categories", "filter")):
        raise ArcGISError(400, "'q' parameter must be specified.", message_code="SB_0001")
    readable = [item for item in portal.catalog.all_items() if may_read(item, call.caller)]
    found = find_items(readable, " ".join(text for text in (query, parameters.text("filter")) if text))
    found = sort_items(found, parameters.text("sortField") or "", parameters.text("sortOrder") or "asc")
    shown, numbers = page(found, parameters.integer("start", 1) or 1, _number(parameters.integer("num")))
    results = [item.to_json(call.base_url) for item in shown]
    for result in results:
        del result["protected"]
    return {"query": query or "", **numbers, "results": results}


def _number(asked: int | None) -> int:
    return 10 if asked is None else asked

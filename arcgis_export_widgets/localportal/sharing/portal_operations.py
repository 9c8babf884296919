"""Sharing API: the portal itself, tokens and search."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.localportal.content.item import Item, may_read
from arcgis_export_widgets.localportal.http.errors import ArcGISError
from arcgis_export_widgets.localportal.http.parameters import Parameters
from arcgis_export_widgets.localportal.http.portal import Call, Portal
from arcgis_export_widgets.localportal.sharing.members import describe_member
from arcgis_export_widgets.localportal.sharing.search import find_page

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
    client = (parameters.text("client") or "").lower()
    token = portal.accounts.issue_token(
        user,
        lifetime_s,
        referer=parameters.text("referer") if client == "referer" else None,
        address={"ip": parameters.text("ip"), "requestip": call.address}.get(client),
    )
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
        "recycleBinSupported": True,
        "recycleBinEnabled": True,
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
    """Return the items whose extent meets ``bbox=xmin,ymin,xmax,ymax`` in degrees."""
    try:
        xmin, ymin, xmax, ymax = (float(part) for part in parameters.names("bbox"))
    except ValueError as error:
        raise parameters.invalid("bbox") from error
    kept = []
    for item in items:
        extent = item.extent_degrees()
        if extent and extent[0][0] <= xmax and extent[1][0] >= xmin and extent[0][1] <= ymax and extent[1][1] >= ymin:
            kept.append(item)
    return kept

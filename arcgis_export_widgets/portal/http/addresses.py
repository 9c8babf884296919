"""Reading the addresses of portals, item pages, services and layers."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit, urlunsplit

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say

_ITEM_ID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
_SERVICE = re.compile(r"(?P<service>.*/(?:FeatureServer|MapServer))(?:/(?P<layer>\d+))?/?$", re.IGNORECASE)
# what follows the portal's own address in the pages and operations of ArcGIS Online and Enterprise
_PORTAL_PAGES = re.compile(r"/(?:home|sharing|apps|portaladmin)(?:/.*)?$", re.IGNORECASE)


@dataclass(frozen=True)
class ItemReference:
    """An item as the user gave it: exactly one of `item_id` and `service_url` is set."""

    item_id: str | None = None
    service_url: str | None = None
    """Address of a feature service, without layer number."""
    layer_id: int | None = None
    """Number of the layer; None if the address contained none."""


def portal_url(text: str) -> str:
    """Get the portal's own address (the part before ``/sharing/rest``) from its address or that of any of its pages.

    Raises RequestError if `text` is not a web address.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text or not text else f"https://{text}")
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise RequestError(
            say("The portal's address {address!r} cannot be read: {error}.", address=_shown(text), error=error)
        ) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or " " in parts.netloc:
        raise RequestError(
            say(
                "{address!r} is not a portal's address. It looks like https://www.arcgis.com, "
                "https://myorg.maps.arcgis.com or https://gis.example.org/portal.",
                address=_shown(text),
            )
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    path = _PORTAL_PAGES.sub("", parts.path).rstrip("/")
    return urlunsplit((parts.scheme, f"{host}{port}", path, "", ""))


def item_reference(text: str) -> ItemReference:
    """Read an item id, the address of an item's page, or the address of a feature service or layer.

    Raises RequestError for any other text.
    """
    text = text.strip()
    if _ITEM_ID.fullmatch(text):
        return ItemReference(item_id=text.lower())
    if "://" in text:
        parts = urlsplit(text)
        query = {key.lower(): values[0] for key, values in parse_qs(parts.query).items()}
        if _ITEM_ID.fullmatch(query.get("id", "")):
            return ItemReference(item_id=query["id"].lower())
        if match := _SERVICE.match(parts.path):
            url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], match["service"], "", ""))
            return ItemReference(service_url=url, layer_id=int(match["layer"]) if match["layer"] else None)
        if match := re.search(r"/items/([0-9a-f]{32})(?:/|$)", parts.path, re.IGNORECASE):
            return ItemReference(item_id=match[1].lower())
    raise RequestError(
        say(
            "{reference!r} is not an item. Use an item id (32 digits and letters a to f), the address of the "
            "item's page, or the address of a feature service or layer.",
            reference=_shown(text),
        )
    )


def without_query(url: str) -> str:
    """Remove user info, query and fragment from `url`, since they may contain secrets."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def is_loopback(url: str) -> bool:
    """Whether `url` is an address of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def same_site(url: str, portal: str) -> bool:
    """Whether a portal's token may be sent to `url`.

    True if both are on the same host, or both on ArcGIS Online, whose hosted services accept the portal's token
    (https://developers.arcgis.com/rest/users-groups-and-items/generate-token/).
    """
    there, here = urlsplit(url), urlsplit(portal)
    if there.scheme not in {here.scheme, "https"}:
        return False
    if there.hostname == here.hostname:
        return there.port == here.port or there.scheme == "https"
    return is_arcgis_online(there.hostname) and is_arcgis_online(here.hostname)


def is_arcgis_online(host: str | None) -> bool:
    """Whether a host belongs to ArcGIS Online: ``arcgis.com`` or a subdomain."""
    return host is not None and f".{host}".endswith(".arcgis.com")


def _shown(text: str) -> str:
    return without_query(text) if "://" in text else text[:80]

"""Reading the addresses of portals and services.

All addresses are parsed by `parsed`, with the library that sends the requests: two parsers may disagree about the host
of an address that was made to deceive, and the token would then go to a stranger.
"""

from __future__ import annotations

import ipaddress
import re

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from arcgis_export_widgets.errors import RequestError, ResponseError
from arcgis_export_widgets.language import mark, say, shown_address
from arcgis_export_widgets.request.reference import SERVICE, USER_INFO

# what follows the portal's own address in the pages and operations of ArcGIS Online and Enterprise
_USER_OR_PASSWORD = mark("it contains a user name or a password")
_HOST = re.compile(r"[a-z0-9_][a-z0-9._-]*|\[[0-9a-f:.]+\]", re.IGNORECASE)
_NEVER_IN_AN_ADDRESS = re.compile(r"[\\\s\x00-\x1f\x7f-\x9f]")
_PORTAL_PAGES = re.compile(r"/(?:home|sharing|apps|portaladmin)(?:/.*)?$", re.IGNORECASE)


def parsed(address: str) -> Url:
    """Split an ``http`` or ``https`` address into its parts, in the spelling in which they are sent.

    Spaces become ``%20``, and the fragment is dropped. Raises ValueError, whose message is a reason for the user, if
    the address contains user info, a backslash, or white space or control characters other than spaces.
    """
    address = address.strip(" ").replace(" ", "%20")
    if _NEVER_IN_AN_ADDRESS.search(address):
        raise ValueError(say("it contains a backslash, a line break or another character that no address contains"))
    try:
        parts = parse_url(address)
    except LocationParseError:
        parts = Url()
    if parts.scheme not in {"http", "https"}:
        raise ValueError(say("it is not a web address"))
    if parts.auth is not None:
        raise ValueError(say(_USER_OR_PASSWORD))
    if not _HOST.fullmatch(parts.host or "") or parts.port == 0:
        raise ValueError(say("it does not name a host"))
    return parts._replace(fragment=None)


def rebuilt(address: str) -> str:
    """The address that a server named, rebuilt from its parts; raises ResponseError if nothing may be sent there."""
    try:
        return parsed(address).url
    except ValueError as error:
        reason = str(error)
    shown = shown_address(address)
    raise ResponseError(
        say("Nothing was sent to the address {address!r}: {reason}.", address=shown, reason=reason), url=shown
    )


def portal_url(text: str) -> str:
    """Get the portal's own address (the part before ``/sharing/rest``) from its address or that of any of its pages.

    Raises RequestError if `text` is not a web address.
    """
    text = text.strip()
    try:
        parts = parsed(USER_INFO.sub(r"\1", text if "://" in text or not text else f"https://{text}"))
    except ValueError as error:
        reason = str(error)
    else:
        path = _PORTAL_PAGES.sub("", parts.path or "").rstrip("/")
        if "@" not in path:
            return str(parts._replace(path=path, query=None).url)
        reason = say(_USER_OR_PASSWORD)  # a password that contains a slash
    raise RequestError(
        say(
            "{address!r} is not a portal's address: {reason}. It looks like https://www.arcgis.com, "
            "https://myorg.maps.arcgis.com or https://gis.example.org/portal.",
            address=shown_address(text),
            reason=reason,
        )
    )


def service_url(address: str) -> str:
    """The address of a service that a server named, without layer number and query; raises as `rebuilt`."""
    address = without_query(rebuilt(address))
    match = SERVICE.match(address)
    return str(match["service"]) if match else address


def layer_number(address: str) -> int | None:
    """The number of the layer at the end of a service's address; None if there is none."""
    match = SERVICE.match(without_query(address))
    return int(match["layer"]) if match and match["layer"] else None


def without_query(url: str) -> str:
    """Remove user info, query and fragment from `url`, since they may contain secrets."""
    return re.split(r"[?#]", USER_INFO.sub(r"\1", url), maxsplit=1)[0]


def is_loopback(url: str) -> bool:
    """Whether `url` is an address of this machine."""
    parts = _parsed_or_none(url)
    host = ((parts and parts.host) or "").strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def same_site(url: str, portal: str) -> bool:
    """Whether a portal's token may be sent to `url`.

    True if both are on the same host, or both on ArcGIS Online, whose hosted services accept the portal's token
    (https://developers.arcgis.com/rest/users-groups-and-items/generate-token/).
    """
    there, here = _parsed_or_none(url), _parsed_or_none(portal)
    if there is None or here is None or there.scheme not in {here.scheme, "https"}:
        return False
    if there.host == here.host:
        return there.port == here.port or there.scheme == "https"
    return is_arcgis_online(there.host) and is_arcgis_online(here.host)


def is_arcgis_online(host: str | None) -> bool:
    """Whether a host belongs to ArcGIS Online: ``arcgis.com`` or a subdomain."""
    return host is not None and f".{host}".endswith(".arcgis.com")


def _parsed_or_none(address: str) -> Url | None:
    try:
        return parsed(address)
    except ValueError:
        return None

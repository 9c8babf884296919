"""Reading what a user gives to say where features are: an item's id, or the address of an item, service or layer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say, shown_address
from arcgis_export_widgets.where.sql import EVERYTHING

_ITEM = re.compile(r"(?P<id>[0-9a-f]{32})(?:_(?P<layer>\d+))?", re.IGNORECASE)
SERVICE = re.compile(r"(?P<service>.*/(?:FeatureServer|MapServer))(?:/(?P<layer>\d+))?(?:/.*)?$", re.IGNORECASE)
_OTHER = re.compile(r"/rest/services/.*/(?P<kind>[A-Za-z]+Server)(?:/.*)?$")
_FOLDER = re.compile(r"(?P<root>.*/rest)(?P<folder>/services(?:/[^/]+)*)?/*$", re.IGNORECASE)
_PROXY = re.compile(r"(?P<proxy>https?://[^?#]+\?)(?P<target>(?:https?://|[^=&]+/rest/services/).*)", re.IGNORECASE)
_PORTAL_PAGE = re.compile(r"(?P<portal>.*?)/(?:home|sharing|apps)(?:/.*)?$", re.IGNORECASE)
_ITEM_IN_PATH = re.compile(r"/(?:items|datasets|maps)/(?:[^/]*::)?([0-9a-f]{32}(?:_\d+)?)(?:/|$)", re.IGNORECASE)
_ITEM_PARAMETERS = ("id", "layers", "webmap")
_NEVER_IN_AN_ADDRESS = re.compile(r"[\\\r\n\t\x00-\x1f\x7f-\x9f]")
USER_INFO = re.compile(r"^([a-z]+://)[^/?#\\]*@", re.IGNORECASE)
_LOOPBACK = re.compile(r"(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?", re.IGNORECASE)
_SAFE = "/%:@!$&'()*+,;=~-._"
_ALL_ROWS = {"", EVERYTHING}

_KINDS = {
    "imageserver": mark("an image service: it has pixels, not features"),
    "sceneserver": mark("a scene service: it has 3D data for display, not features to read"),
    "vectortileserver": mark("a vector tile service: it has drawings of features, not the features"),
    "geocodeserver": mark("a locator, which finds addresses"),
    "gpserver": mark("a geoprocessing service, which runs tools"),
    "geometryserver": mark("a geometry service, which computes with shapes"),
    "naserver": mark("a network analysis service, which finds routes"),
    "streamserver": mark("a stream service: it sends events and keeps no rows"),
}


@dataclass(frozen=True)
class Reference:
    """Where features are, as the user gave it: exactly one of `item_id` and `url` is set."""

    item_id: str | None = None
    url: str | None = None
    """Address of the service or folder, without layer, query and secrets; with the proxy if it is behind one."""
    layer_id: int | None = None
    """Number of the layer; None if it names no single layer."""
    where: str | None = None
    """The where clause of a query's address; None if it has none."""
    portal_url: str | None = None
    """Address of the portal whose page shows the item; None if unknown."""
    is_folder: bool = False
    """Whether `url` is a folder or the root of a server."""

    @classmethod
    def of(cls, text: str) -> Reference:
        """Read an id or an address.

        Parameters
        ----------
        text
            An item id (32 hexadecimal digits), also with a layer (``<id>_0``); the address of an item's page, a Hub
            dataset, or a map with the item; the address of a FeatureServer, MapServer, layer, query, folder or server,
            also without ``https://`` and behind a proxy. Queries, tokens and passwords in an address are dropped.

        Raises
        ------
        RequestError
            If it is something else. If it is another kind of service, the message says which.
        """
        text = str(text).strip()
        if found := _ITEM.fullmatch(text):
            return _item(found)
        try:
            named = _read(text)
        except RequestError:
            raise
        except ValueError:  # urllib cannot split it
            named = None
        if named is not None:
            return named
        raise RequestError(
            say(
                "{reference!r} is not an item. Use an item id (32 digits and letters a to f), the address of the "
                "item's page, or the address of a feature service or layer.",
                reference=shown_address(text),
            )
        )

    @property
    def source(self) -> str:
        """The id or address, without layer."""
        return str(self.item_id or self.url)


def _item(found: re.Match[str], portal_url: str | None = None) -> Reference:
    layer = None if found["layer"] is None else int(found["layer"])
    return Reference(item_id=found["id"].lower(), layer_id=layer, portal_url=portal_url)


def _read(text: str) -> Reference | None:
    """Read an address; None, or ValueError, if it is none that names features."""
    text = USER_INFO.sub(r"\1", text)
    if "://" not in text.split("?")[0]:
        if not re.match(r"[^/?#\s]+[/?]", text):
            return None
        text = f"{'http' if _LOOPBACK.match(text) else 'https'}://{text}"
    if behind := _PROXY.fullmatch(text):
        target = _read(behind["target"])
        return replace(target, url=f"{behind['proxy']}{target.url}") if target and target.url else None
    parts = urlsplit(text)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or parts.port == 0 or "@" in parts.path:
        return None
    if _NEVER_IN_AN_ADDRESS.search(text):
        return None
    query = {key.lower(): values[0] for key, values in parse_qs(parts.query).items()}
    return _service(parts, query) or _page(parts, query)


def _service(parts: SplitResult, query: dict[str, str]) -> Reference | None:
    path = parts.path
    if found := SERVICE.match(path):
        where = query.get("where", "").strip() if path.rstrip("/").lower().endswith("/query") else ""
        return Reference(
            url=_address(parts, found["service"]),
            layer_id=int(found["layer"]) if found["layer"] else None,
            where=None if where.replace(" ", "") in _ALL_ROWS else where,
        )
    if other := _OTHER.search(path):
        kind = _KINDS.get(other["kind"].lower())
        what = say(kind) if kind else say("a {kind}", kind=other["kind"])
        shown = unquote(path.rpartition("/rest/services/")[2])
        raise RequestError(
            say(
                "{name} is {what}. Only feature and map services (FeatureServer, MapServer) have layers with features.",
                name=shown,
                what=what,
            )
        )
    if found := _FOLDER.match(path):
        return Reference(url=_address(parts, f"{found['root']}{found['folder'] or '/services'}"), is_folder=True)
    return None


def _page(parts: SplitResult, query: dict[str, str]) -> Reference | None:
    """Read the address of a page that shows an item: of a portal, a Hub site or an app."""
    page = _PORTAL_PAGE.fullmatch(parts.path)
    portal_url = _address(parts, page["portal"]) if page else None
    in_path = _ITEM_IN_PATH.search(parts.path)
    named_by = [in_path[1] if in_path else "", *(query.get(name, "").split(",")[0] for name in _ITEM_PARAMETERS)]
    for value in named_by:
        if found := _ITEM.fullmatch(value):
            named = _item(found, portal_url)
            sublayer = query.get("sublayer", "")
            return replace(named, layer_id=int(sublayer)) if sublayer.isdigit() else named
    if "url" in query:  # a map that shows a service
        return _read(query["url"])
    if "/datasets/" in parts.path:
        raise RequestError(
            say(
                "This Hub page does not name its item. On the page, open 'View API Resources', and copy the address of "
                "the GeoService."
            )
        )
    return None


def _address(parts: SplitResult, path: str) -> str:
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme.lower()}://{host}{quote(path, safe=_SAFE)}".rstrip("/")

"""Finding a portal's items and opening their feature services."""

from __future__ import annotations

import logging
from typing import Any

from arcgis_export_widgets.errors import (
    AuthError,
    NotAFeatureServiceError,
    PortalError,
    PortalUnreachableError,
    RateLimitError,
    RequestError,
    ResponseError,
)
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal.connection import PortalConnection
from arcgis_export_widgets.portal.http.addresses import layer_number, service_url
from arcgis_export_widgets.portal.http.responses import as_documented
from arcgis_export_widgets.portal.items.item import FEATURE_SERVICE, ExportRight, Item, export_right
from arcgis_export_widgets.portal.layers.layer import FeatureLayer
from arcgis_export_widgets.portal.layers.service import FeatureService, ServerFolder
from arcgis_export_widgets.request.reference import Reference

logger = logging.getLogger(__name__)

_MOST_LISTED = 100
"""Maximum number of items in one response of a portal's search."""


class PortalClient(PortalConnection):
    """Finds a portal's items and opens their services, as far as the user may see them."""

    is_portal = True
    """Whether there is a portal with items; False for a server without a portal."""

    @as_documented()
    def item(self, reference: Item | str) -> Item:
        """Request an item.

        Parameters
        ----------
        reference
            An item's id, the address of its page or of one of its layers, or an `Item` to request again.

        Returns
        -------
        Item
            For the address of a service that belongs to no item of this portal: an `Item` with ``in_portal`` False,
            which can be opened like any other.

        Raises
        ------
        ItemNotFoundError
            If there is no such item, or this user may not see it.
        RequestError
            If `reference` is neither an item id nor the address of an item, service or layer.
        """
        named = Reference.of(reference.id if isinstance(reference, Item) else str(reference))
        if named.url is None:
            return self._item(str(named.item_id))
        if named.is_folder:
            raise RequestError(
                say("{url} is a folder of services, not a service; open() lists what is in it.", url=named.url)
            )
        item_id = self.session.ask(named.url).get("serviceItemId") if self.is_portal else None
        try:
            return self._item(item_id) if item_id else Item.of_service(named.url)
        except PortalError as error:
            if error.is_transient or isinstance(error, PortalUnreachableError):
                raise
            logger.info("%s says that it is item %s, but the portal does not: %s", named.url, item_id, error)
            return Item.of_service(named.url)  # the item is in another portal

    def _item(self, item_id: str) -> Item:
        return Item.from_json(self.session.ask(f"content/items/{item_id}"), self.url)

    @as_documented()
    def folder(self, reference: str) -> ServerFolder:
        """List the services in a folder of a server, or in its root.

        Parameters
        ----------
        reference
            Address of the folder, such as ``https://gis.example.org/arcgis/rest/services/Planning``.

        Raises
        ------
        RequestError
            If `reference` is not the address of a folder.
        ResponseError
            If the server at this address lists no services.
        """
        named = Reference.of(reference)
        if not named.is_folder:
            raise RequestError(say("{source} is not a folder of services.", source=named.source))
        url = str(named.url)
        answer = self.session.ask(url)
        if "services" not in answer and "folders" not in answer:
            raise ResponseError(say("There is no ArcGIS server at {url}: it lists no services.", url=url), url=url)
        return ServerFolder.from_json(url, answer)

    def search(
        self,
        text: str = "",
        *,
        item_type: str | None = FEATURE_SERVICE,
        limit: int = 20,
        sort_field: str | None = None,
        descending: bool = False,
    ) -> list[Item]:
        """Search for items; sends several requests if `limit` is more than the portal returns at once.

        Parameters
        ----------
        text
            Words, or ArcGIS's query language (``title:"Cities" owner:student``); empty for all items this user may see.
        item_type
            Type of the items to find; None for any type.
        limit
            Maximum number of items.
        sort_field
            ``title``, ``owner``, ``type``, ``created``, ``modified``, ``avgrating``, ``numviews`` or another field that
            the portal can sort by; None for the portal's ranking, most relevant first.
        descending
            Whether to sort in descending order: Z to A, largest or latest first.
        """
        terms = [f"({text.strip()})"] if text.strip() else []
        if item_type:
            terms.append(f'type:"{item_type}"')
        form: dict[str, Any] = {"q": " AND ".join(terms) or "*", "num": min(_MOST_LISTED, limit)}
        if sort_field:
            form |= {"sortField": sort_field, "sortOrder": "desc" if descending else "asc"}
        found: dict[str, Item] = {}
        start = 1
        with as_documented():
            while len(found) < limit:
                response = self.session.ask("search", form | {"start": start})
                for result in response.get("results") or ():
                    # the portal matches types word by word, so "Feature Service" also finds other types; and if an
                    # item is added between two requests, the last item of one page comes again on the next
                    if item_type in {None, result.get("type")}:
                        found.setdefault(result["id"], Item.from_json(result, self.url))
                following = int(response.get("nextStart") or -1)
                if following <= start:
                    break
                start = following
        return list(found.values())[:limit]

    @as_documented()
    def layer_names(self, item: Item) -> tuple[str, ...]:
        """Names of an item's layers and tables, in one request; empty if the item is not a feature service."""
        if (url := _service_url(item)) is None:
            return ()
        return tuple(str(entry.get("name")) for entry in _layers_in(self.session.ask(url)))

    @as_documented()
    def feature_service(self, item: Item | str) -> FeatureService:
        """Open an item's feature service, with its layers.

        Raises
        ------
        NotAFeatureServiceError
            If the item is something else, such as a map or a file, or there is no feature service at its address.
        """
        if isinstance(item, str):
            item = self.item(item)
        if (url := _service_url(item)) is None:
            raise NotAFeatureServiceError(
                say(
                    "'{title}' is a {item_type}, not a feature service, so it has no layers to export. Choose an item "
                    "of the type Feature Service (Feature Layer in the portal's pages).",
                    title=item.title,
                    item_type=item.type or say("item without a type"),
                )
            )
        url = url.rstrip("/")
        root = self.session.ask(url)
        if "layers" not in root and "tables" not in root:
            raise NotAFeatureServiceError(
                say("There is no feature service at {url}: it lists no layers.", url=url), url=url
            )
        ids = [entry["id"] for entry in _layers_in(root)]
        if (only := layer_number(item.url or "")) is not None:
            ids = [only]  # the item stands for one layer of the service
        described = self._described(url) if len(ids) > 1 else {}
        # layers that are not in /layers are requested one by one
        definitions = [LayerDefinition.from_json(described.get(i) or self.session.ask(f"{url}/{i}")) for i in ids]
        return FeatureService(
            url,
            tuple(FeatureLayer(f"{url}/{d.id}", d, self.session) for d in definitions),
            frozenset(word.strip() for word in (root.get("capabilities") or "").split(",") if word.strip()),
            item,
        )

    def _described(self, url: str) -> dict[int, dict[str, Any]]:
        """The definitions of all layers of a service, by their numbers; empty if the service has no such list."""
        try:
            return {entry["id"]: entry for entry in _layers_in(self.session.ask(f"{url}/layers"))}
        except PortalError as error:
            if isinstance(error, AuthError | PortalUnreachableError | RateLimitError):
                raise
            logger.info("%s does not list its layers: %s", url, error)
            return {}

    def may_export(self, item: Item, service: FeatureService | None = None) -> ExportRight:
        """Whether the signed-in user may export `item`, and why; `service` is requested if it is missing but needed."""
        known = service.capabilities if service else frozenset()
        right = export_right(item, self.user, known)
        if right.allowed or self.user is None or service is not None:
            return right
        return export_right(item, self.user, self.feature_service(item).capabilities)


def _service_url(item: Item) -> str | None:
    """Address of the item's feature service, without layer number; None if the item has no feature service."""
    if not item.is_feature_service or not item.url:
        return None
    return service_url(item.url) if item.in_portal else item.url


def _layers_in(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers, then the tables, that a service's response lists, without group layers."""
    entries = [*(answer.get("layers") or ()), *(answer.get("tables") or ())]
    return [entry for entry in entries if entry.get("type") != "Group Layer"]

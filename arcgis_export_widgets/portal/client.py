"""The portal client: items, and the services behind them."""

from __future__ import annotations

from arcgis_export_widgets.errors import ItemNotFoundError, NotAFeatureServiceError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.connection import PortalConnection
from arcgis_export_widgets.portal.http.addresses import item_reference
from arcgis_export_widgets.portal.items.item import FEATURE_SERVICE, ExportRight, Item, export_right
from arcgis_export_widgets.portal.items.search import find_items
from arcgis_export_widgets.portal.layers.service import FeatureService, open_service


class PortalClient(PortalConnection):
    """A portal's items and the services behind them, as one user sees them. See `PortalConnection` for signing in."""

    def item(self, reference: Item | str) -> Item:
        """The item that an id, an item page's address or a layer's address names; of an `Item`, how it stands now.

        Raises
        ------
        ItemNotFoundError
            If there is none, or this user may not see it.
        RequestError
            If `reference` is none of the three.
        """
        named = item_reference(reference.id if isinstance(reference, Item) else str(reference))
        item_id = named.item_id
        if item_id is None:
            item_id = self.session.ask(str(named.service_url)).get("serviceItemId")
            if item_id is None:
                raise ItemNotFoundError(
                    say(
                        "The service at {url} names no item, so it is not hosted by a portal and cannot be exported "
                        "as an item.",
                        url=named.service_url,
                    ),
                    url=named.service_url,
                )
        return Item.from_json(self.session.ask(f"content/items/{item_id}"), self.url)

    def search(
        self,
        text: str = "",
        *,
        item_type: str | None = FEATURE_SERVICE,
        limit: int = 20,
        sort_field: str | None = None,
        descending: bool = False,
    ) -> list[Item]:
        """Items that meet a search, as many pages of them as it takes.

        Parameters
        ----------
        text
            Words, or ArcGIS's query language (``title:"Cities" owner:student``); empty for all this user can see.
        item_type
            Only items of this type; None for any.
        limit
            Most items to return.
        sort_field
            ``title``, ``owner``, ``type``, ``created``, ``modified``, ``avgrating``, ``numviews`` or another that the
            portal sorts by; None for the most relevant first, as the portal ranks them.
        descending
            Greatest, or latest, first.
        """
        found = find_items(
            self.session,
            text,
            item_type=item_type,
            limit=limit,
            sort_field=sort_field,
            descending=descending,
        )
        return [Item.from_json(result, self.url) for result in found]

    def layer_names(self, item: Item) -> tuple[str, ...]:
        """Names of the layers and tables behind an item, in one request; none if it is no feature service."""
        if not item.is_feature_service or not item.url:
            return ()
        root = self.session.ask(item_reference(item.url).service_url or item.url)
        entries = (*(root.get("layers") or ()), *(root.get("tables") or ()))
        return tuple(str(entry.get("name")) for entry in entries if entry.get("type") != "Group Layer")

    def feature_service(self, item: Item | str) -> FeatureService:
        """The layers behind an item.

        Raises
        ------
        NotAFeatureServiceError
            If the item is something else, such as a map or a file.
        """
        if isinstance(item, str):
            item = self.item(item)
        if not item.is_feature_service or not item.url:
            raise NotAFeatureServiceError(
                say(
                    "'{title}' is a {item_type}, not a feature service, so it has no layers to export. Choose an item "
                    "of the type Feature Service (Feature Layer in the portal's pages).",
                    title=item.title,
                    item_type=item.type or say("thing without type"),
                )
            )
        reference = item_reference(item.url)
        return open_service(self.session, reference.service_url or item.url, item)

    def may_export(self, item: Item, service: FeatureService | None = None) -> ExportRight:
        """Whether the signed-in user may export `item`, and why; looks at the service only where that decides."""
        known = service.capabilities if service else frozenset()
        right = export_right(item, self.user, known)
        if right.allowed or self.user is None or service is not None:
            return right
        return export_right(item, self.user, self.feature_service(item).capabilities)

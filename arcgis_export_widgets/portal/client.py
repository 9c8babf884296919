"""The portal client: one object for everything a portal is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import AuthError, ItemNotFoundError, NotAFeatureServiceError, RequestError
from arcgis_export_widgets.portal.addresses import item_reference, portal_url
from arcgis_export_widgets.portal.auth import Anonymous, Auth, PasswordAuth, TokenAuth
from arcgis_export_widgets.portal.items import FEATURE_SERVICE, ExportRight, Item, User, export_right
from arcgis_export_widgets.portal.layers import FeatureService, open_service
from arcgis_export_widgets.portal.session import PortalSession

if TYPE_CHECKING:
    from typing_extensions import Self

ARCGIS_ONLINE = "https://www.arcgis.com"
_SEARCH_PAGE = 100


class PortalClient:
    """A portal, ArcGIS Online or Enterprise, as one user sees it.

    Signing in happens at once, so that a wrong password is known before anything else is tried.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages.
    username, password
        Of a built-in account; give both or neither.
    token
        A token or API key, in place of user name and password.
    verify
        True to verify TLS against the system's authorities, or the path of a file with an organisation's own.
    timeout_s
        Seconds without a byte after which the portal counts as silent.

    Raises
    ------
    AuthError
        If the portal refuses the credentials.
    PortalUnreachableError
        If nothing answers there.
    RequestError
        If the arguments do not go together.
    """

    def __init__(
        self,
        url: str = ARCGIS_ONLINE,
        *,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
    ) -> None:
        address = portal_url(url)
        auth = _auth(address, username, password, token)
        self.session = PortalSession(address, auth, verify=verify, timeout_s=timeout_s)
        self._self: dict[str, Any] = self.session.ask("portals/self")
        user = self._self.get("user")
        if user is None and not isinstance(auth, Anonymous):
            user = self._whoever_signed_in()
        self.user: User | None = User.from_json(user) if user else None

    @property
    def url(self) -> str:
        """The portal's address, without ``/sharing/rest``."""
        return self.session.portal_url

    @property
    def username(self) -> str | None:
        """Who is signed in; None for nobody."""
        return self.user.username if self.user else None

    @property
    def portal_name(self) -> str:
        """The portal's name for people."""
        return self._self.get("portalName") or self._self.get("name") or self.url

    def item(self, reference: str) -> Item:
        """The item that an id, an item page's address or a layer's address names.

        Raises
        ------
        ItemNotFoundError
            If there is none, or this user may not see it.
        RequestError
            If `reference` is none of the three.
        """
        named = item_reference(reference)
        item_id = named.item_id
        if item_id is None:
            item_id = self.session.ask(str(named.service_url)).get("serviceItemId")
            if item_id is None:
                raise ItemNotFoundError(
                    f"The service at {named.service_url} names no item, so it is not hosted by a portal and cannot be "
                    "exported as an item.",
                    url=named.service_url,
                )
        return Item.from_json(self.session.ask(f"content/items/{item_id}"), self.url)

    def search(self, text: str = "", *, item_type: str | None = FEATURE_SERVICE, limit: int = 20) -> list[Item]:
        """Items that meet a search, most relevant first, as the portal ranks them.

        Parameters
        ----------
        text
            Words, or ArcGIS's query language (``title:"Cities" owner:student``); empty for all this user can see.
        item_type
            Only items of this type; None for any.
        limit
            Most items to return.
        """
        terms = [f"({text.strip()})"] if text.strip() else []
        if item_type:
            terms.append(f'type:"{item_type}"')
        found: list[Item] = []
        start = 1
        while start > 0 and len(found) < limit:
            answer = self.session.ask(
                "search",
                {"q": " AND ".join(terms) or "*", "start": start, "num": min(_SEARCH_PAGE, limit - len(found))},
            )
            results = answer.get("results") or []
            found += [Item.from_json(result, self.url) for result in results]
            start = int(answer.get("nextStart") or -1) if results else -1
        return [item for item in found if item_type in {None, item.type}][:limit]

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
                f"'{item.title}' is a {item.type or 'thing without type'}, not a feature service, so it has no layers "
                "to export. Choose an item of the type Feature Service (Feature Layer in the portal's pages)."
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

    def close(self) -> None:
        """Close the connections; a ``with`` block does it by itself."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _whoever_signed_in(self) -> dict[str, Any] | None:
        try:
            answer = self.session.ask("community/self")
        except AuthError as error:
            raise AuthError(
                "The portal does not accept the token. It may be expired, or issued by another portal.",
                code=error.code,
                url=error.url,
            ) from error
        return answer if answer.get("username") else None

    def __repr__(self) -> str:
        who = f"signed in as {self.username}" if self.username else "not signed in"
        return f"<{type(self).__name__} {self.url}, {who}>"


def _auth(url: str, username: str | None, password: str | None, token: str | None) -> Auth:
    if token is not None:
        if username or password:
            raise RequestError("Give a token, or a user name and password, not both.")
        return TokenAuth(token)
    if username is None and password is None:
        return Anonymous()
    if not username or not password:
        missing = "user name" if not username else "password"
        raise RequestError(f"Signing in takes a user name and a password; the {missing} is missing.")
    return PasswordAuth(username, password, url)

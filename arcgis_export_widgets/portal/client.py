"""The portal client: one object for everything a portal is asked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import AuthError, ItemNotFoundError, NotAFeatureServiceError, RequestError
from arcgis_export_widgets.portal.addresses import item_reference, portal_url
from arcgis_export_widgets.portal.auth import (
    Anonymous,
    ApiKeyAuth,
    Auth,
    ClientAuth,
    GisAuth,
    PasswordAuth,
    TokenAuth,
)
from arcgis_export_widgets.portal.auth.stored import HOST, find_password, from_environment
from arcgis_export_widgets.portal.items import FEATURE_SERVICE, ExportRight, Item, User, export_right
from arcgis_export_widgets.portal.layers import FeatureService, open_service
from arcgis_export_widgets.portal.search import find_items
from arcgis_export_widgets.portal.session import PortalSession

if TYPE_CHECKING:
    from typing_extensions import Self

ARCGIS_ONLINE = "https://www.arcgis.com"


class PortalClient:
    """A portal, ArcGIS Online or Enterprise, as one user sees it.

    Signing in happens at once, so that a wrong password is known before anything else is tried.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages.
    username, password
        Of a built-in account. With the name alone, its password is looked for in the system's keyring and in netrc.
    token
        A token that was issued elsewhere.
    api_key
        An API key of one's own.
    client_id, client_secret
        Of an application registered in the portal. It belongs to no user, so it may look but not export.
    auth
        Any other way, such as `CodeSignIn.finish` gives. One way only; none of them asks as nobody in particular.
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
        api_key: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        auth: Auth | None = None,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
    ) -> None:
        address = portal_url(url)
        ways = {
            "auth": auth,
            "token": token,
            "api_key": api_key,
            "client_id and client_secret": client_id or client_secret,
            "username and password": username or password,
        }
        given = [name for name, value in ways.items() if value is not None]
        if len(given) > 1:
            raise RequestError(f"Sign in one way, not several: {', '.join(given)}.")
        if token is not None:
            auth = TokenAuth(token)
        elif api_key is not None:
            auth = ApiKeyAuth(api_key)
        elif client_id is not None or client_secret is not None:
            auth = ClientAuth(client_id or "", client_secret or "", address)
        elif username is not None or password is not None:
            auth = _by_password(address, username, password)
        auth = auth or Anonymous()
        self.session = PortalSession(address, auth, verify=verify, timeout_s=timeout_s)
        self._self: dict[str, Any] = self.session.ask("portals/self")
        user = self._self.get("user")
        if user is None and not isinstance(auth, Anonymous | ClientAuth):
            user = self._whoever_signed_in()
        self.user: User | None = User.from_json(user) if user else None

    @classmethod
    def from_environment(
        cls, url: str | None = None, *, verify: bool | str | Path = True, timeout_s: float = 60.0
    ) -> Self:
        """Open a portal with credentials that are kept outside of the notebook.

        The first that there are of: ``ARCGIS_API_KEY``; ``ARCGIS_USER`` and ``ARCGIS_PASSWORD``; ``ARCGIS_USER`` and
        its password in the system's keyring or in netrc; ``ARCGIS_CLIENT`` and ``ARCGIS_SECRET``; the entry of the
        portal's host in netrc.

        Parameters
        ----------
        url
            Address of the portal; None for ``ARCGIS_HOST``, or ArcGIS Online where that is not set.

        Raises
        ------
        RequestError
            If there are no credentials.
        """
        address = portal_url(url or os.environ.get(HOST) or ARCGIS_ONLINE)
        return cls(address, auth=from_environment(address, os.environ), verify=verify, timeout_s=timeout_s)

    @classmethod
    def from_gis(cls, gis: Any, *, timeout_s: float = 60.0) -> Self:
        """Open the portal of an ``arcgis.GIS`` object as whoever is signed in there.

        Raises
        ------
        RequestError
            If `gis` is no such object.
        """
        auth = GisAuth(gis)
        return cls(auth.url, auth=auth, verify=auth.verify, timeout_s=timeout_s)

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


def _by_password(url: str, username: str | None, password: str | None) -> Auth:
    if not username:
        raise RequestError("Signing in takes a user name and a password; the user name is missing.")
    if password is None:
        password = find_password(url, username)
    return PasswordAuth(username, password, url)

"""Opening an ArcGIS Server that has no portal, or whose portal is not needed because its layers are public."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import PortalError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import Item
from arcgis_export_widgets.portal.auth.credentials import given_credentials
from arcgis_export_widgets.portal.auth.registry import METHODS, Credentials
from arcgis_export_widgets.portal.http.addresses import rebuilt, same_site
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.http.tokens import Anonymous
from arcgis_export_widgets.workflow.portal import Portal

if TYPE_CHECKING:
    from typing_extensions import Unpack

_REST = "/rest/services"


class _ServerSession(PortalSession):
    """A session whose tokens come from a server's own token service."""

    tokens_url = ""

    @property
    def rest_url(self) -> str:
        return self.tokens_url or f"{self.portal_url}/tokens"


class Server(Portal):
    """A server without a portal: its layers can be read, but it has no items, no search and no Export Item.

    Parameters
    ----------
    url
        Address of the server, or of any of its services.
    verify, timeout_s, headers, **credentials
        As for `Portal`. Without credentials, nobody signs in. A user name and password are sent only to the server's
        own host.

    Raises
    ------
    RequestError
        If the arguments contradict each other, or the server's token service is on another host.
    PortalError
        If the server is asked for its token service, and refuses or does not respond.
    """

    is_portal = False

    def __init__(  # does not call Portal's, which asks the portal who is signed in
        self,
        url: str,
        *,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
        headers: Mapping[str, str] | None = None,
        **credentials: Unpack[Credentials],
    ) -> None:
        found = url.lower().rfind(_REST)
        root = url[:found] if found > 0 else url.rstrip("/")
        given = {name: value for name, value in credentials.items() if value not in {None, False}}
        address, auth = given_credentials(METHODS.values(), root, given or {"anonymous": True})
        session = _ServerSession(address, Anonymous(), verify=verify, timeout_s=timeout_s, headers=headers)
        self.session, self.user, self._self = session, None, {}
        if "password" in given:
            session.tokens_url = self._token_service()
        session.auth = auth

    def owning_portal(self) -> str | None:
        """Address of the portal that the server belongs to; None if it has none, or does not say."""
        try:
            return self._info().get("owningSystemUrl") or None
        except PortalError:
            return None

    def search(self, text: str = "", **_: Any) -> list[Item]:
        """A server without a portal has no items, so this raises RequestError."""
        raise RequestError(
            say(
                "A server without a portal cannot be searched for {text!r}. Paste the address of a service or layer.",
                text=text,
            )
        )

    def _info(self) -> dict[str, Any]:
        return self.session.ask(f"{self.url}/rest/info")

    def _token_service(self) -> str:
        """Address of the server's own token service, to which the operation's name is still to be added."""
        told = (self._info().get("authInfo") or {}).get("tokenServicesUrl")
        if not told:
            return f"{self.url}/tokens"
        url = rebuilt(str(told)).rstrip("/").removesuffix("/generateToken")
        if not same_site(url, self.url):
            raise RequestError(
                say(
                    "{server} wants passwords at {other}, another host. If that is its portal, open the portal with "
                    "Portal(...) and pass portal=.",
                    server=self.url,
                    other=url,
                )
            )
        return url

"""Getting tokens for the federated servers of an ArcGIS Enterprise portal.

A service may be on another host than its portal. Its server accepts a token that the portal issues for that server
(https://developers.arcgis.com/rest/users-groups-and-items/generate-token/). Only servers that the portal itself lists
get a token; what a server says about itself is not trusted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from arcgis_export_widgets.errors import AuthError, PortalError, ResponseError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.addresses import is_loopback, parsed, rebuilt
from arcgis_export_widgets.portal.http.tokens import (
    NO_SUCH_OPERATION,
    TOKEN_MINUTES,
    Auth,
    ExpiringAuth,
    Issued,
    PostForm,
    is_refusal,
)

logger = logging.getLogger(__name__)


class ServerAuth(ExpiringAuth):
    """Exchanges the sign-in at a portal for tokens that one of the portal's servers accepts."""

    kind = mark("a server token")
    advice = mark("The server refuses its own portal's token. Ask the portal's administrator whether it is federated.")

    def __init__(self, portal_url: str, server_url: str, portal_auth: Auth) -> None:
        super().__init__()
        self._server_url = server_url
        self._portal_auth = portal_auth
        self._portal_url = portal_url

    def _issue(self, post: PostForm) -> Issued:
        token = self._portal_auth.token(post)
        try:
            return self._exchange_for_server(post, token)
        except AuthError:
            if not self._portal_auth.renew(post, token):
                raise
        except PortalError as error:
            if token is None or not is_refusal(error):
                raise
            logger.info("the portal issues no token for %s, which gets the portal's own: %s", self._server_url, error)
            return Issued(token, TOKEN_MINUTES * 60.0)
        return self._exchange_for_server(post, self._portal_auth.token(post))

    def _exchange_for_server(self, post: PostForm, token: str | None) -> Issued:
        form = {
            "token": token or "",
            "serverUrl": self._server_url,
            "client": "referer",
            "referer": self._portal_auth.referer or self._portal_url,
            "expiration": str(TOKEN_MINUTES),
        }
        return Issued.from_generate_token(post("generateToken", form))

    @property
    def _refusal(self) -> str:
        return say(
            "{portal} issues no token for its server {server}.", portal=self._portal_url, server=self._server_url
        )


class ServerTokens:
    """Finds the server that a request goes to, among those that the portal lists, and the sign-in for that server.

    Source: https://developers.arcgis.com/rest/users-groups-and-items/servers/
    """

    def __init__(self, portal_url: str, portal_auth: Auth, ask: Callable[[str], dict[str, Any]]) -> None:
        self._portal_url = portal_url
        self._portal_auth = portal_auth
        self._ask = ask
        self._auths: dict[str, ServerAuth] | None = None
        self._lock = threading.Lock()

    def auth_for(self, url: str) -> ServerAuth | None:
        """The sign-in for requests to `url`; None if `url` is not on one of the portal's servers."""
        with self._lock:
            if self._auths is None:
                self._auths = {
                    server: ServerAuth(self._portal_url, server, self._portal_auth) for server in self._listed()
                }
        return next((auth for server, auth in self._auths.items() if _is_below(url, server)), None)

    def _listed(self) -> list[str]:
        try:
            answer = self._ask("portals/self/servers")
        except PortalError as error:
            if isinstance(error, AuthError) or not (is_refusal(error) or error.code in NO_SUCH_OPERATION):
                raise  # may be temporary, so the list is requested again next time
            logger.info("the portal does not list its servers: %s", error)
            return []
        listed = answer.get("servers")
        entries = listed if isinstance(listed, list) else []
        urls = [_address_in(entry) for entry in entries if isinstance(entry, dict) and entry.get("url")]
        return [url for url in urls if url.startswith("https://") or is_loopback(url)]


def _address_in(entry: dict[str, Any]) -> str:
    """The address of a server in the portal's list; empty if nothing may be sent there."""
    try:
        return rebuilt(str(entry["url"])).rstrip("/")
    except ResponseError as error:
        logger.warning("a server of the portal is not used: %s", error)
        return ""


def _is_below(url: str, server: str) -> bool:
    there, here = parsed(url), parsed(server)
    is_same_host = (there.scheme, there.host, there.port) == (here.scheme, here.host, here.port)
    path, folder = unquote(there.path or ""), unquote(here.path or "")
    return is_same_host and f"{path}/".startswith(f"{folder}/") and "/.." not in path

"""Tokens for servers that are federated with a portal but have a host of their own.

Source: https://developers.arcgis.com/rest/users-groups-and-items/generate-token/ (``token`` and ``serverUrl``).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from arcgis_export_widgets.errors import PortalError
from arcgis_export_widgets.portal.addresses import is_loopback, portal_url

logger = logging.getLogger(__name__)

_MINUTES = 60
_RENEW_BEFORE_S = 300.0

Ask = Callable[[str, dict[str, str]], dict[str, Any]]
"""Posts form fields to an address and returns the checked answer."""


class ServerTokens:
    """Tokens by server, each fetched when it is first needed.

    A server must say that it belongs to the portal, and the portal, which alone issues the token, must agree. The
    portal's own token goes to the portal only.
    """

    def __init__(self, own_url: str, *, ask_stranger: Ask, ask_portal: Ask) -> None:
        self._own_url = own_url
        self._ask_stranger = ask_stranger
        self._ask_portal = ask_portal
        self._tokens: dict[str, tuple[str | None, float]] = {}
        self._lock = threading.Lock()

    def token(self, url: str, portal_token: str | None) -> str | None:
        """The token for the server behind `url`; None for strangers, and for who is not signed in."""
        root = _server_root(url)
        if root is None or portal_token is None or not (root.startswith("https://") or is_loopback(root)):
            return None
        with self._lock:
            token, expires_s = self._tokens.get(root, (None, 0.0))
            if time.time() > expires_s - _RENEW_BEFORE_S:
                token, expires_s = self._tokens[root] = self._fetch(root, portal_token)
        return token

    def forget(self, url: str) -> None:
        """Fetch a fresh token for that server next time."""
        with self._lock:
            self._tokens.pop(_server_root(url) or "", None)

    def _fetch(self, root: str, portal_token: str) -> tuple[str | None, float]:
        until_s = time.time() + _MINUTES * 60
        try:
            owner = self._ask_stranger(f"{root}/rest/info", {"f": "json"}).get("owningSystemUrl")
            if not isinstance(owner, str) or portal_url(owner) != self._own_url:
                return None, until_s
            form = {"token": portal_token, "serverUrl": root, "expiration": str(_MINUTES)}
            answer = self._ask_portal("generateToken", form)
        except (PortalError, ValueError) as error:
            logger.info("no token for the server %s: %s", urlsplit(root).netloc, error)
            return None, until_s
        if not answer.get("token"):
            return None, until_s
        return str(answer["token"]), float(answer.get("expires") or 0) / 1000 or until_s


def _server_root(url: str) -> str | None:
    """The server's address up to its context, such as ``https://host/arcgis``; None if it has no REST services."""
    root, found, _ = url.partition("/rest/")
    return root if found else None

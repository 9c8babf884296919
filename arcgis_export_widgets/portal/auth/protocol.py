"""What every way of signing in offers, and what those have in common whose tokens expire."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.portal.addresses import is_loopback

_RENEW_BEFORE_S = 300.0

PostForm = Callable[[str, dict[str, str]], dict[str, Any]]
"""Posts form fields to a path below ``/sharing/rest`` without any token, and returns the checked answer."""


class Auth(Protocol):
    """How requests are signed."""

    @property
    def referer(self) -> str | None:
        """The Referer that the tokens are bound to; None for the portal's own address."""

    def token(self, post: PostForm) -> str | None:
        """The token to send now; None to send none."""

    def renew(self, post: PostForm, rejected: str | None) -> bool:
        """Get fresh credentials after the portal refused the token `rejected`; False if there is no way to."""


class ExpiringAuth(ABC):
    """Tokens that live for a while and are then fetched anew, once for all threads that want one."""

    referer: str | None = None

    def __init__(self) -> None:
        self._token: str | None = None
        self._expires_s = 0.0
        self._lock = threading.Lock()

    def token(self, post: PostForm) -> str | None:
        """The current token, a fresh one if the last is about to expire."""
        with self._lock:
            if self._token is None or time.time() > self._expires_s - _RENEW_BEFORE_S:
                self._refresh(post)
            return self._token

    def renew(self, post: PostForm, rejected: str | None) -> bool:
        """Get a new token, unless another thread just did."""
        with self._lock:
            if self._token == rejected:
                self._refresh(post)
            return True

    def _refresh(self, post: PostForm) -> None:
        # portals whose tokens live shorter than the margin are asked again at each use rather than never
        self._token, self._expires_s = self._fetch(post)

    @abstractmethod
    def _fetch(self, post: PostForm) -> tuple[str, float]:
        """Get a token, and when it expires in seconds since 1970."""


def refuse_unencrypted(portal_url: str, what: str) -> None:
    """Refuse to send a secret in plain text over a network.

    Raises
    ------
    RequestError
        If `portal_url` is neither https nor this machine.
    """
    if portal_url.startswith("http://") and not is_loopback(portal_url):
        raise RequestError(f"{what} is not sent unencrypted. Use https:// instead of {portal_url}.")

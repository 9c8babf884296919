"""Who asks: anonymous, a token, or a user name and password.

An `Auth` says which token to send and how to get a fresh one. None of them shows a secret in its repr.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from arcgis_export_widgets.errors import AuthError, RequestError
from arcgis_export_widgets.portal.addresses import is_loopback

_RENEW_BEFORE_S = 300.0
_TOKEN_MINUTES = 60

PostForm = Callable[[str, dict[str, str]], dict[str, Any]]
"""Posts form fields to a path below ``/sharing/rest`` without any token, and returns the checked answer."""


class Auth(Protocol):
    """How requests are signed."""

    def token(self, post: PostForm) -> str | None:
        """The token to send now; None to send none."""

    def renew(self, post: PostForm, rejected: str | None) -> bool:
        """Get fresh credentials after the portal refused the token `rejected`; False if there is no way to."""


class Anonymous:
    """Nobody in particular: only what is shared with everyone can be seen, and nothing exported."""

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """No token."""
        return None

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """There is nothing to renew."""
        return False

    def __repr__(self) -> str:
        return "Anonymous()"


class TokenAuth:
    """A token or API key that was issued elsewhere; it cannot be renewed from here."""

    def __init__(self, token: str) -> None:
        if not token or not token.strip() or not token.isprintable():
            raise RequestError("The token is empty or holds line breaks; copy it again, whole and alone.")
        self._token = token.strip()

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """The token as given."""
        return self._token

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """Nobody here can issue another."""
        return False

    def __repr__(self) -> str:
        return "TokenAuth(<hidden>)"


class PasswordAuth:
    """A user name and password, exchanged for short-lived tokens that are renewed as needed.

    Source: https://developers.arcgis.com/rest/users-groups-and-items/generate-token/

    Parameters
    ----------
    username, password
        Of a built-in account of the portal. Accounts that sign in through an organisation's own login cannot use this.
    portal_url
        Tokens are bound to it as referer.

    Raises
    ------
    RequestError
        If either is empty, or the portal's address would carry the password unencrypted over a network.
    """

    def __init__(self, username: str, password: str, portal_url: str) -> None:
        if not username.strip() or not password:
            raise RequestError("Signing in takes a user name and a password; one of them is empty.")
        if portal_url.startswith("http://") and not is_loopback(portal_url):
            raise RequestError(f"A password is not sent unencrypted. Use https:// instead of {portal_url}.")
        self.username = username.strip()
        self._password = password
        self._referer = portal_url
        self._token: str | None = None
        self._expires_s = 0.0
        self._lock = threading.Lock()

    def token(self, post: PostForm) -> str | None:
        """The current token, a fresh one if the last is about to expire."""
        with self._lock:
            if self._token is None or time.time() > self._expires_s - _RENEW_BEFORE_S:
                self._generate(post)
            return self._token

    def renew(self, post: PostForm, rejected: str | None) -> bool:
        """Exchange the password for a new token, unless another thread just did."""
        with self._lock:
            if self._token == rejected:
                self._generate(post)
            return True

    def _generate(self, post: PostForm) -> None:
        form = {
            "username": self.username,
            "password": self._password,
            "client": "referer",
            "referer": self._referer,
            "expiration": str(_TOKEN_MINUTES),
        }
        try:
            answer = post("generateToken", form)
        except AuthError as error:
            raise AuthError(
                f"{self._referer} does not accept this password for the user {self.username}. "
                "Check both; too many wrong tries lock an account for a while.",
                code=error.code,
                details=error.details,
                url=error.url,
            ) from error
        if not answer.get("token"):
            raise AuthError(f"The portal took the password of {self.username} but issued no token.")
        self._token = str(answer["token"])
        # portals whose tokens live shorter than the margin are asked again at each use rather than never
        self._expires_s = float(answer.get("expires") or 0) / 1000 or time.time() + _TOKEN_MINUTES * 60

    def __repr__(self) -> str:
        return f"PasswordAuth({self.username!r}, <hidden>)"

"""User names and passwords."""

from __future__ import annotations

import time

from arcgis_export_widgets.errors import AuthError, RequestError
from arcgis_export_widgets.portal.auth.protocol import ExpiringAuth, PostForm, refuse_unencrypted

_TOKEN_MINUTES = 60


class PasswordAuth(ExpiringAuth):
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
        super().__init__()
        if not username.strip() or not password:
            raise RequestError("Signing in takes a user name and a password; one of them is empty.")
        refuse_unencrypted(portal_url, "A password")
        self.username = username.strip()
        self.referer = portal_url
        self._password = password
        self._portal_url = portal_url

    def _fetch(self, post: PostForm) -> tuple[str, float]:
        form = {
            "username": self.username,
            "password": self._password,
            "client": "referer",
            "referer": self._portal_url,
            "expiration": str(_TOKEN_MINUTES),
        }
        try:
            answer = post("generateToken", form)
        except AuthError as error:
            raise AuthError(
                f"{self._portal_url} does not accept this password for the user {self.username}. "
                "Check both; too many wrong tries lock an account for a while.",
                code=error.code,
                details=error.details,
                url=error.url,
            ) from error
        if not answer.get("token"):
            raise AuthError(f"The portal took the password of {self.username} but issued no token.")
        return str(answer["token"]), float(answer.get("expires") or 0) / 1000 or time.time() + _TOKEN_MINUTES * 60

    def __repr__(self) -> str:
        return f"PasswordAuth({self.username!r}, <hidden>)"

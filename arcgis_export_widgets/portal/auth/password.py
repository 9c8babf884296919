"""Signing in with a user name and password."""

from __future__ import annotations

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.tokens import TOKEN_MINUTES, ExpiringAuth, Issued, PostForm, refuse_unencrypted


class PasswordAuth(ExpiringAuth):
    """Exchanges a built-in account's user name and password for short-lived tokens, and renews them as needed.

    Raises RequestError if either is empty, or the password would be sent over a network unencrypted (``http://``).

    Source: https://developers.arcgis.com/rest/users-groups-and-items/generate-token/
    """

    kind = mark("a user name and password")
    advice = mark("Sign in again; the portal may have ended the account's tokens.")

    def __init__(self, username: str, password: str, portal_url: str) -> None:
        super().__init__()
        if not username.strip() or not password:
            raise RequestError(say("Signing in takes a user name and a password; one of them is empty."))
        refuse_unencrypted(portal_url, mark("A password"))
        self.username = username.strip()
        self._password = password
        self._portal_url = portal_url

    def _issue(self, post: PostForm) -> Issued:
        form = {
            "username": self.username,
            "password": self._password,
            "client": "referer",
            "referer": self._portal_url,
            "expiration": str(TOKEN_MINUTES),
        }
        return Issued.from_generate_token(post("generateToken", form))

    @property
    def _refusal(self) -> str:
        return say(
            "{portal} does not accept this password for the user {user}. Check both; too many wrong tries lock an "
            "account for a while. If your account uses your organisation's own login, sign in on the portal's own page "
            "instead (in Python: CodeSignIn).",
            portal=self._portal_url,
            user=self.username,
        )

"""Credentials that do not change: none, a token, an API key."""

from __future__ import annotations

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.portal.auth.protocol import Auth, PostForm, checked_secret


class Anonymous(Auth):
    """No sign-in: only what is shared with everyone can be seen, and nothing can be exported."""

    kind = mark("no credentials")
    advice = mark("Sign in first: Portal(url, username=..., password=...).")
    is_member = False

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """No token."""
        return None


class TokenAuth(Auth):
    """A token that was issued elsewhere; it expires, and cannot be renewed from here."""

    kind = mark("a token")
    advice = mark(
        "The token may be expired, or issued by another portal. "
        "Sign in again with a fresh token, or with a user name and password, which renew theirs."
    )

    def __init__(self, token: str) -> None:
        self._token = checked_secret(token, mark("token"))

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """The token as given."""
        return self._token


class ApiKeyAuth(Auth):
    """An API key, valid until it is revoked or its end date passes.

    Source: https://developers.arcgis.com/documentation/security-and-authentication/api-key-authentication/
    """

    kind = mark("an API key")
    advice = mark(
        "Check the API key's end date, that it was not revoked, and in its item's settings that its privileges "
        "and referrers allow this."
    )
    is_member = False

    def __init__(self, api_key: str) -> None:
        self._api_key = checked_secret(api_key, mark("API key"))

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """The key as given."""
        return self._api_key

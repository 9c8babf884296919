"""Signing in with a given token or API key, which is never renewed."""

from __future__ import annotations

from typing import ClassVar

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.portal.http.tokens import Auth, PostForm, checked_secret


class TokenAuth(Auth):
    """A token that the user obtained elsewhere. It expires, and cannot be renewed."""

    kind = mark("a token")
    advice = mark(
        "The token may be expired, or issued by another portal. "
        "Sign in again with a fresh token, or with a user name and password, which renew theirs."
    )

    _name: ClassVar[str] = mark("token")

    def __init__(self, token: str) -> None:
        self._token = checked_secret(token, self._name)

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """The token that was given."""
        return self._token


class ApiKeyAuth(TokenAuth):
    """An API key, valid until it is revoked or its end date passes.

    Source: https://developers.arcgis.com/documentation/security-and-authentication/api-key-authentication/
    """

    kind = mark("an API key")
    advice = mark(
        "Check the API key's end date, that it was not revoked, and in its item's settings that its privileges "
        "and referrers allow this."
    )
    is_member = False
    _name = mark("API key")

"""Signing in with a password, an application's secret, an API key, a token, or a `GIS` object."""

from __future__ import annotations

from typing import Any, ClassVar

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.portal.http.tokens import (
    TOKEN_MINUTES,
    Anonymous,
    Auth,
    ExpiringAuth,
    Issued,
    PostForm,
    refuse_unencrypted,
)

_APPLICATION_TOKEN_MINUTES = 120


class PasswordAuth(ExpiringAuth):
    """A user name and password of a built-in account, exchanged for short-lived tokens that are renewed as needed.

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


class ClientAuth(ExpiringAuth):
    """The client id and secret of an application, exchanged for tokens that do not belong to a member.

    The tokens give access to what is shared with the application. An application owns no items, so it cannot run
    exports. Raises RequestError if a value is empty, or the secret would be sent over a network unencrypted.

    Source: https://developers.arcgis.com/documentation/security-and-authentication/app-authentication/
    """

    kind = mark("a client id and secret")
    advice = mark("Check the application's registration and what is shared with it.")
    is_member = False

    def __init__(self, client_id: str, client_secret: str, portal_url: str) -> None:
        super().__init__()
        self.client_id = checked_secret(client_id, mark("client id"))
        self._client_secret = checked_secret(client_secret, mark("client secret"))
        refuse_unencrypted(portal_url, mark("A client secret"))
        self._portal_url = portal_url

    def _issue(self, post: PostForm) -> Issued:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self._client_secret,
            "expiration": str(_APPLICATION_TOKEN_MINUTES),
        }
        return Issued.from_oauth(post("oauth2/token", form))

    @property
    def _refusal(self) -> str:
        return say(
            "{portal} does not accept this client id and secret. Compare both with the application's page in the "
            "portal; a secret may have been replaced there.",
            portal=self._portal_url,
        )


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


class GisAuth(Auth):
    """The token of an `arcgis.gis.GIS` that is signed in, read for each request, since the GIS renews its token.

    The package `arcgis` is not needed: any object with the public attributes ``url``, ``session.auth.token`` and
    ``session.headers`` works. Raises RequestError for any other object.
    """

    kind = mark("an arcgis.GIS object")
    is_member = False  # a GIS may be signed in as an application; no check is needed, since the GIS made its own
    advice = mark("Sign in again with the GIS object, then open this portal anew.")

    def __init__(self, gis: Any) -> None:
        session = getattr(gis, "session", None)
        if not isinstance(getattr(gis, "url", None), str) or not hasattr(session, "auth"):
            raise RequestError(
                say(
                    "gis must be an arcgis.gis.GIS of Esri's Python API (2.0 or newer), not a {kind}.",
                    kind=type(gis).__name__,
                )
            )
        self._gis = gis
        self.portal_url: str = gis.url

    def at(self, address: str) -> Auth:
        """Return `self` if the GIS belongs to the portal at `address`; `Anonymous` if the GIS is not signed in.

        Raises RequestError if the GIS belongs to another portal.
        """
        own = portal_url(self.portal_url)
        if address != own:
            raise RequestError(
                say("The GIS object is signed in to {portal}, not to {other}.", portal=own, other=address)
            )
        return Anonymous() if self._current() is None else self

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """The current token of the GIS."""
        self.referer = str(self._gis.session.headers.get("Referer") or "http")  # the GIS's tokens are bound to it
        return self._current()

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """Whether the GIS now has another token than `rejected`."""
        return self._current() != rejected

    def _current(self) -> str | None:
        token = getattr(self._gis.session.auth, "token", None)
        token = token() if callable(token) else token  # a method in some of the GIS's sign-in classes
        return str(token) if token else None


def checked_secret(value: str, name: str) -> str:
    """`value` without surrounding spaces.

    Raises RequestError if `value` is empty or cannot be sent in a header. The message calls it `name`, a text marked
    for translation.
    """
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise RequestError(
            say(
                "The {name} is empty, or contains spaces, line breaks or other characters that are not part of it. "
                "Copy it again, all of it and nothing else.",
                name=say(name),
            )
        )
    return value

"""Which credentials count: arguments, then environment, then keyring, then netrc."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.auth.application import ClientAuth
from arcgis_export_widgets.portal.auth.environment import (
    environment_host,
    environment_user,
    from_environment,
)
from arcgis_export_widgets.portal.auth.gis import GisAuth
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.protocol import Auth, refuse_unencrypted
from arcgis_export_widgets.portal.auth.stored import from_keyring, from_netrc
from arcgis_export_widgets.portal.auth.tokens import Anonymous, ApiKeyAuth, TokenAuth
from arcgis_export_widgets.portal.http.addresses import portal_url

_STORES = ((mark("the keyring"), from_keyring), ("netrc", from_netrc))


def choose(
    url: str | None,
    *,
    username: str | None = None,
    password: str | None = None,
    token: str | None = None,
    api_key: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
    gis: Any = None,
    auth: Auth | None = None,
    anonymous: bool = False,
) -> tuple[str, Auth]:
    """The portal's address and how to sign in, from the arguments of `PortalClient`.

    Raises
    ------
    RequestError
        If the arguments do not go together, or name a user whose password is nowhere.
    """
    existing = GisAuth(gis) if gis is not None else None
    if url is None:
        url = environment_host() if existing is None else existing.portal_url
    address = portal_url(url)
    ways: dict[str, Callable[[], Auth] | None] = {
        say("a user name and password"): (
            (lambda: _password(address, username, password)) if username or password else None
        ),
        say("a token"): (lambda: TokenAuth(token)) if token is not None else None,
        say("an API key"): (lambda: ApiKeyAuth(api_key)) if api_key is not None else None,
        say("a client id and secret"): (
            (lambda: _application(address, client_id, client_secret)) if client_id or client_secret else None
        ),
        say("a GIS object"): (lambda: _gis(address, existing)) if existing is not None else None,
        "auth": (lambda: auth) if auth is not None else None,
        "anonymous": Anonymous if anonymous else None,
    }
    given = {name: way for name, way in ways.items() if way is not None}
    if len(given) > 1:
        raise RequestError(say("Sign in one way, not several: {ways}.", ways=", ".join(given)))
    if not given and (username is not None or password is not None):
        raise RequestError(say("Signing in takes a user name and a password; one of them is empty."))
    chosen = next(iter(given.values()))() if given else kept(address)
    if not isinstance(chosen, Anonymous):
        refuse_unencrypted(address, mark("What signs one in"))
    return address, chosen


def _password(url: str, username: str | None, password: str | None) -> Auth:
    if username and password is None:
        environment = from_environment(url)
        if isinstance(environment, PasswordAuth) and environment.username == username:
            return environment
        if stored := _stored(url, username):
            return stored
    if not username:
        raise RequestError(say("Signing in takes a user name and a password; the user name is missing."))
    if not password:
        raise RequestError(
            say(
                "There is no password for the user {user}. Give password=getpass(), or keep one in the keyring "
                '(pip install "arcgis-export-widgets[auth]"; python -m keyring set {url} {user}) or in netrc.',
                user=username,
                url=url,
            )
        )
    return PasswordAuth(username, password, url)


def _application(url: str, client_id: str | None, client_secret: str | None) -> Auth:
    if not client_id or not client_secret:
        if not client_id:
            told = say("An application signs in with a client id and secret; the client id is missing.")
        else:
            told = say("An application signs in with a client id and secret; the client secret is missing.")
        advice = say("To sign in as yourself with a client id, use CodeSignIn.")
        raise RequestError(f"{told} {advice}")
    return ClientAuth(client_id, client_secret, url)


def _gis(url: str, existing: GisAuth) -> Auth:
    if url != portal_url(existing.portal_url):
        raise RequestError(
            say(
                "The GIS object is signed in to {portal}, not to {other}.",
                portal=portal_url(existing.portal_url),
                other=url,
            )
        )
    return existing if existing.is_signed_in else Anonymous()


def kept(url: str, *, asked_for: bool = False) -> Auth:
    """What is kept for the portal at `url` in the environment, the keyring or netrc; `Anonymous` if nothing is."""
    if (found := from_environment(url, asked_for=asked_for)) is not None:
        return found
    username = environment_user(url, asked_for=asked_for)
    if (stored := _stored(url, username)) is not None:
        return stored
    if username is not None:
        raise RequestError(
            say(
                "ARCGIS_USER is {user!r}, but there is no ARCGIS_PASSWORD, nor a password in the keyring or netrc. "
                "Portal(url, anonymous=True) looks around without signing in.",
                user=username,
            )
        )
    return Anonymous()


def _stored(url: str, username: str | None) -> Auth | None:
    for source, look in _STORES:
        if found := look(url, username):
            auth = PasswordAuth(*found, url)
            auth.source = source
            return auth
    return None

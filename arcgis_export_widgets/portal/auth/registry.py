"""Listing the sign-in methods: `METHODS` has one entry for each.

To add a method, write its `Auth`, and add an entry here and its arguments to `Credentials`. `Portal`, the
sign-in form, and the search in environment, keyring and netrc use the entries; a test compares them with
``docs/signing_in.md``.
"""

from typing import Any, TypedDict

from arcgis_export_widgets.language import mark
from arcgis_export_widgets.portal.auth.application import ClientAuth
from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.auth.credentials import Argument, SignInMethod, found_credentials
from arcgis_export_widgets.portal.auth.gis import GisAuth
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.tokens import ApiKeyAuth, TokenAuth
from arcgis_export_widgets.portal.http.tokens import Anonymous, Auth


class Credentials(TypedDict, total=False):
    """Types of the arguments of `METHODS`, for type checkers and editors."""

    username: str | None
    password: str | None
    client_id: str | None
    client_secret: str | None
    api_key: str | None
    token: str | None
    gis: Any
    auth: Auth | None
    anonymous: bool


METHODS: dict[str, SignInMethod] = {
    "password": SignInMethod(
        lambda address, username, password: PasswordAuth(username, password, address),
        (
            Argument(
                "username",
                "User name of a built-in account.",
                variable="ARCGIS_USER",
                missing=mark("Signing in takes a user name and a password; the user name is missing."),
                label=mark("User name"),
                prompt=mark("Type your user name as well, or choose '{anonymous}'."),
            ),
            Argument(
                "password",
                "The account's password. If left out, it is looked up as described above.",
                variable="ARCGIS_PASSWORD",
                missing=mark(
                    "There is no password for the user {username}. Give password=getpass(), or store it in the keyring "
                    '(pip install "arcgis-export-widgets[auth]"; python -m keyring set {url} {username}) or in netrc.'
                ),
                is_secret=True,
                label=mark("Password"),
                prompt=mark("Type the password of {username}."),
            ),
        ),
        login=("username", "password"),
        choice=mark("User name and password"),
    ),
    "page": SignInMethod(
        lambda _, auth: auth,
        (Argument("auth", "What `CodeSignIn.finish` or `LoopbackSignIn.wait` returned, or an `Auth` of your own."),),
        choice=mark("The portal's own page"),
        asked_in_form=(
            Argument(
                "client_id", label=mark("Client id"), placeholder=mark("of an application registered in the portal")
            ),
            Argument(
                "code",
                is_secret=True,
                label=mark("Code from the page"),
                prompt=mark("Type the code that the page shows."),
            ),
        ),
        page=CodeSignIn,
    ),
    "application": SignInMethod(
        lambda address, client_id, client_secret: ClientAuth(client_id, client_secret, address),
        (
            Argument(
                "client_id",
                "Client id of an application, to sign in as that application. To sign in as yourself, use "
                "`from_browser` or `CodeSignIn`.",
                variable="ARCGIS_CLIENT",
                missing=mark(
                    "An application signs in with a client id and secret; the client id is missing. "
                    "To sign in as yourself with a client id, use CodeSignIn."
                ),
            ),
            Argument(
                "client_secret",
                "The application's secret.",
                variable="ARCGIS_SECRET",
                missing=mark(
                    "An application signs in with a client id and secret; the client secret is missing. "
                    "To sign in as yourself with a client id, use CodeSignIn."
                ),
                is_secret=True,
            ),
        ),
    ),
    "api_key": SignInMethod(
        lambda _, api_key: ApiKeyAuth(api_key),
        (
            Argument(
                "api_key",
                "An API key of ArcGIS Location Platform, Online or Enterprise.",
                variable="ARCGIS_API_KEY",
                is_secret=True,
                label=mark("API key"),
                prompt=mark("Type the API key."),
            ),
        ),
        choice=mark("API key"),
    ),
    "token": SignInMethod(
        lambda _, token: TokenAuth(token),
        (
            Argument(
                "token",
                "A token issued elsewhere. It cannot be renewed.",
                is_secret=True,
                label=mark("Token"),
                prompt=mark("Type the token."),
            ),
        ),
        choice=mark("Token"),
    ),
    "gis": SignInMethod(
        lambda address, gis: GisAuth(gis).at(address),
        (Argument("gis", "An ``arcgis.gis.GIS`` that is signed in. Its token is used, which the GIS renews."),),
        portal_of=lambda gis: GisAuth(gis).portal_url,
    ),
    "stored": SignInMethod(
        lambda address: found_credentials(METHODS.values(), address, required=True),
        choice=mark("What is stored on this machine"),
    ),
    "anonymous": SignInMethod(
        lambda _, **__: Anonymous(),
        (Argument("anonymous", "Do not sign in, even if there are credentials in the environment, keyring or netrc."),),
        choice=mark("Nothing: see what is public"),
        action=mark("Look around"),
    ),
}
"""The sign-in methods by name, in the order in which the form offers them and the environment is searched."""

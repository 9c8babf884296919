"""Credentials that people keep outside of their notebooks: environment variables, the system's keyring, netrc.

The variables have the names of Esri's own R packages (https://developers.arcgis.com/r-bridge/authentication/).
"""

from __future__ import annotations

import logging
import netrc
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.portal.auth.oauth import ClientAuth
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.protocol import Auth
from arcgis_export_widgets.portal.auth.tokens import ApiKeyAuth

logger = logging.getLogger(__name__)

HOST, USER, PASSWORD = "ARCGIS_HOST", "ARCGIS_USER", "ARCGIS_PASSWORD"
CLIENT, SECRET, API_KEY = "ARCGIS_CLIENT", "ARCGIS_SECRET", "ARCGIS_API_KEY"


def from_environment(portal_url: str, environment: Mapping[str, str]) -> Auth:
    """Find credentials for a portal outside of the notebook.

    The first that there are of:

    1. ``ARCGIS_API_KEY``;
    2. ``ARCGIS_USER`` and ``ARCGIS_PASSWORD``;
    3. ``ARCGIS_USER`` and its password in the keyring or in netrc;
    4. ``ARCGIS_CLIENT`` and ``ARCGIS_SECRET``;
    5. the entry of the portal's host in netrc.

    Raises
    ------
    RequestError
        If there are none.
    """
    told = {name: value.strip() for name, value in environment.items() if name.startswith("ARCGIS_") and value.strip()}
    if API_KEY in told:
        return ApiKeyAuth(told[API_KEY])
    if USER in told:
        password = told.get(PASSWORD) or find_password(portal_url, told[USER])
        return PasswordAuth(told[USER], password, portal_url)
    if CLIENT in told and SECRET in told:
        return ClientAuth(told[CLIENT], told[SECRET], portal_url)
    if (entry := _netrc_entry(portal_url)) is not None:
        return PasswordAuth(*entry, portal_url)
    raise RequestError(
        f"There are no credentials for {portal_url} in the environment. Set {API_KEY}, or {USER} and {PASSWORD}, or "
        f"{CLIENT} and {SECRET}, or write an entry for its host into your netrc file."
    )


def find_password(portal_url: str, username: str) -> str:
    """The password of a user from the system's keyring, or from netrc.

    Raises
    ------
    RequestError
        If it is in neither.
    """
    if (password := _from_keyring(portal_url, username)) is not None:
        return password
    entry = _netrc_entry(portal_url)
    if entry is not None and entry[0] == username:
        return entry[1]
    raise RequestError(
        f"There is no password for the user {username}. Give password=getpass(), or keep one in the system's keyring "
        f'(pip install "arcgis-export-widgets[auth]"; python -m keyring set {portal_url} {username}) or in netrc.'
    )


def _from_keyring(portal_url: str, username: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415  of the extra [auth]
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError:
        return None
    try:
        return keyring.get_password(portal_url, username)
    except KeyringError as error:
        logger.info("the keyring cannot be asked: %s", type(error).__name__)
        return None


def _netrc_entry(portal_url: str) -> tuple[str, str] | None:
    """User name and password of the portal's host; None without a netrc file or an entry."""
    problem: str
    try:
        # the variable names the file for requests and curl, too
        found = netrc.netrc(os.environ.get("NETRC")).authenticators(urlsplit(portal_url).hostname or "")
    except FileNotFoundError:
        return None
    except netrc.NetrcParseError as error:
        problem = f"line {error.lineno}"  # its message may quote a password
    except OSError as error:
        problem = error.strerror or type(error).__name__
    else:
        return (found[0], found[2]) if found and found[0] and found[2] else None
    raise RequestError(f"Your netrc file cannot be read ({problem}). Mend it, or give the credentials themselves.")

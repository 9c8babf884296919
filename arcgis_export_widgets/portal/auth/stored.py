"""Stored passwords: the operating system's keyring, and netrc."""

from __future__ import annotations

import logging
import netrc
import os
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)


def from_keyring(portal_url: str, username: str | None) -> tuple[str, str] | None:
    """User name and password that the keyring holds for the portal's address; None if it holds none.

    ``keyring set https://www.arcgis.com student`` puts them there.

    Parameters
    ----------
    username
        Whose password; None for any user's.
    """
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        found = keyring.get_credential(portal_url, username)
    except keyring.errors.NoKeyringError:
        return None
    except keyring.errors.KeyringError as error:
        logger.warning("the keyring cannot be read: %s", type(error).__name__)
        return None
    return (found.username, found.password) if found and found.username and found.password else None


def from_netrc(portal_url: str, username: str | None) -> tuple[str, str] | None:
    """User name and password that netrc holds for the portal's host; None if it holds none.

    The entry ``default`` is not used: it would be sent to any portal.

    Parameters
    ----------
    username
        Whose password; None for any user's.
    """
    path = _netrc_path()
    if path is None:
        return None
    try:
        hosts = netrc.netrc(str(path)).hosts
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError) as error:
        line = getattr(error, "lineno", None)  # the message itself may quote a password
        logger.warning("%s cannot be read as netrc%s", path, f", line {line}" if line else "")
        return None
    host = urlsplit(portal_url).hostname or ""
    login, _, password = hosts.get(host, ("", "", "")) if host != "default" else ("", "", "")
    return (login, password) if login and password and username in {None, login} else None


def _netrc_path() -> Path | None:
    if os.environ.get("NETRC"):
        return Path(os.environ["NETRC"])
    paths = (Path("~/.netrc").expanduser(), Path("~/_netrc").expanduser())
    return next((path for path in paths if path.exists()), None)

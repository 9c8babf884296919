"""Credentials from environment variables, by the names that Esri's R packages use.

Source: https://developers.arcgis.com/r-bridge/authentication/connecting-to-a-portal/
"""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.auth.application import ClientAuth
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.protocol import Auth
from arcgis_export_widgets.portal.auth.tokens import ApiKeyAuth
from arcgis_export_widgets.portal.http.addresses import portal_url

ARCGIS_ONLINE = "https://www.arcgis.com"


def environment_host() -> str:
    """The portal that ``ARCGIS_HOST`` names; ArcGIS Online without it."""
    return portal_url(os.environ.get("ARCGIS_HOST") or ARCGIS_ONLINE)


def environment_user(url: str, *, asked_for: bool = False) -> str | None:
    """``ARCGIS_USER``, if the environment is about the portal at `url`."""
    return os.environ.get("ARCGIS_USER") or None if _is_meant(url, asked_for=asked_for) else None


def from_environment(url: str, *, asked_for: bool = False) -> Auth | None:
    """What the environment says for the portal at `url`; None if it has nothing for it.

    A user name and password go before a client id and secret, those before an API key: a member may do more than an
    application. Nothing is used for another portal than ``ARCGIS_HOST``.

    Parameters
    ----------
    asked_for
        Whether somebody asked for the environment's credentials, rather than for whatever there is. Then they are meant
        for the portal at `url` where ``ARCGIS_HOST`` says nothing; otherwise that means ArcGIS Online.

    Raises
    ------
    RequestError
        If there is a password without user name, or a client secret without client id.
    """
    if not _is_meant(url, asked_for=asked_for):
        return None
    user, password, client, secret, key = (
        os.environ.get(f"ARCGIS_{name}") or None for name in ("USER", "PASSWORD", "CLIENT", "SECRET", "API_KEY")
    )
    for first, second, whole in (("USER", user, password), ("CLIENT", client, secret)):
        if whole and not second:
            raise RequestError(say("The environment is incomplete: {name} is missing.", name=f"ARCGIS_{first}"))
    auth: Auth
    if user and password:
        auth, names = PasswordAuth(user, password, url), mark("ARCGIS_USER and ARCGIS_PASSWORD")
    elif client and secret:
        auth, names = ClientAuth(client, secret, url), mark("ARCGIS_CLIENT and ARCGIS_SECRET")
    elif key:
        auth, names = ApiKeyAuth(key), "ARCGIS_API_KEY"
    else:
        return None
    auth.source = names
    return auth


def _is_meant(url: str, *, asked_for: bool) -> bool:
    """Whether the environment's credentials are for the portal at `url`; all of ArcGIS Online counts as one."""
    if asked_for and not os.environ.get("ARCGIS_HOST"):
        return True
    here, there = urlsplit(url), urlsplit(environment_host())
    if _is_online(here.hostname) and _is_online(there.hostname):
        return here.scheme == "https"
    return (here.scheme, here.netloc, here.path) == (there.scheme, there.netloc, there.path)


def _is_online(host: str | None) -> bool:
    return host is not None and (host == "arcgis.com" or host.endswith(".arcgis.com"))

"""Signing in with an `arcgis.gis.GIS` that is signed in already. The package `arcgis` is not needed for it."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.auth.protocol import Auth, PostForm
from arcgis_export_widgets.portal.auth.tokens import Anonymous
from arcgis_export_widgets.portal.http.addresses import portal_url


class GisAuth(Auth):
    """The token of a `GIS` object of Esri's Python API, read anew each time, since the GIS renews it by itself.

    Parameters
    ----------
    gis
        Anything with the public attributes ``url``, ``session.auth.token`` and ``session.headers``.

    Raises
    ------
    RequestError
        If it is something else.
    """

    kind = mark("an arcgis.GIS object")
    is_member = False  # it may be an application; the GIS has checked that
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
        """This sign-in for the portal at `address`; `Anonymous` if the GIS is not signed in.

        Raises
        ------
        RequestError
            If the GIS belongs to another portal.
        """
        own = portal_url(self.portal_url)
        if address != own:
            raise RequestError(
                say("The GIS object is signed in to {portal}, not to {other}.", portal=own, other=address)
            )
        return Anonymous() if self._current() is None else self

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """The token the GIS has now."""
        self.referer = str(self._gis.session.headers.get("Referer") or "http")  # to which its tokens are bound
        return self._current()

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """Whether the GIS has another token by now."""
        return self._current() != rejected

    def _current(self) -> str | None:
        token = getattr(self._gis.session.auth, "token", None)
        token = token() if callable(token) else token  # some of its sign-in methods have a method here
        return str(token) if token else None

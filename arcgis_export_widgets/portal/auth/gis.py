"""Signing in with the token of an `arcgis.gis.GIS` object that is already signed in."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.portal.http.tokens import Anonymous, Auth, PostForm


class GisAuth(Auth):
    """Takes the token from a signed-in `arcgis.gis.GIS`, anew for each request, since the GIS renews its token.

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

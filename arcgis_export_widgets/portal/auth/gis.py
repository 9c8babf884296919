"""Credentials of an ``arcgis.GIS`` that is already signed in."""

from __future__ import annotations

from typing import Any

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.portal.auth.protocol import PostForm

_NO_GIS = "This is no arcgis.GIS that is signed in. Give the object that GIS(...) made."


class GisAuth:
    """The token of an ``arcgis.GIS`` object, which renews it by itself.

    Parameters
    ----------
    gis
        An object of Esri's Python API, which need not be installed where it comes from nowhere.

    Raises
    ------
    RequestError
        If it is something else.
    """

    def __init__(self, gis: Any) -> None:
        if not isinstance(getattr(gis, "url", None), str) or not hasattr(gis, "session"):
            raise RequestError(_NO_GIS)
        self._gis = gis

    @property
    def url(self) -> str:
        """Address of its portal."""
        return str(self._gis.url)

    @property
    def verify(self) -> bool:
        """Whether it verifies TLS."""
        return bool(getattr(self._gis.session, "verify", True))

    @property
    def referer(self) -> str | None:
        """What it binds its tokens to."""
        return str(self._gis.session.headers.get("Referer") or "http")

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """Its current token; None if it is anonymous."""
        token = getattr(getattr(self._gis.session, "auth", None), "token", None)
        return None if token is None else str(token)

    def renew(self, post: PostForm, rejected: str | None) -> bool:
        """Whether it has another token by now."""
        return self.token(post) not in {None, rejected}

    def __repr__(self) -> str:
        return f"GisAuth({self.url!r}, <hidden>)"

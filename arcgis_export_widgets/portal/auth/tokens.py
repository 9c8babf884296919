"""Nobody, and tokens that were issued elsewhere."""

from __future__ import annotations

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.portal.auth.protocol import PostForm


class Anonymous:
    """Nobody in particular: only what is shared with everyone can be seen, and nothing exported."""

    referer: str | None = None

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """No token."""
        return None

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """There is nothing to renew."""
        return False

    def __repr__(self) -> str:
        return "Anonymous()"


class TokenAuth:
    """A token that was issued elsewhere; it cannot be renewed from here.

    Parameters
    ----------
    token
        As ``generateToken`` or OAuth gave it.
    referer
        What it was bound to when it was made with ``client=referer``; None for the portal's own address.
    """

    _kind = "token"

    def __init__(self, token: str, referer: str | None = None) -> None:
        if not token or not token.strip() or not token.isprintable():
            raise RequestError(f"The {self._kind} is empty or holds line breaks; copy it again, whole and alone.")
        self._token = token.strip()
        self.referer = referer

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """The token as given."""
        return self._token

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """Nobody here can issue another."""
        return False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<hidden>)"


class ApiKeyAuth(TokenAuth):
    """An API key: a long-lived token of its owner's, with the rights that were given to it when it was made.

    Source: https://developers.arcgis.com/documentation/security-and-authentication/api-key-authentication/
    """

    _kind = "API key"

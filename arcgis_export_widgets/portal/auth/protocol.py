"""What every way to sign in has in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.http.addresses import is_loopback

PostForm = Callable[[str, dict[str, str]], dict[str, Any]]
"""Posts form fields to a path below ``/sharing/rest`` without any token, and returns the checked answer."""


class Auth(ABC):
    """How requests are signed: which token to send, and how to get a fresh one. Never shows a secret in its repr."""

    kind: ClassVar[str]
    """What one signs in with, in English words, such as ``an API key``; marked, to be said where it is shown."""
    advice: ClassVar[str]
    """What to do when the portal refuses; marked as well."""
    is_member: ClassVar[bool] = True
    """Whether a member of the portal stands behind it, rather than an application or nobody."""
    source: str = ""
    """Where the credentials came from, such as ``the keyring``, marked too; empty if they were given as arguments."""
    referer: str | None = None
    """The Referer header that the token is bound to; None for the portal's address."""

    @property
    def how(self) -> str:
        """What one signs in with and where that came from, in words and without the secret."""
        if self.source:
            return say("{kind} from {source}", kind=say(self.kind), source=say(self.source))
        return say(self.kind)

    @abstractmethod
    def token(self, post: PostForm) -> str | None:
        """The token to send now; None to send none."""

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """Get fresh credentials after the portal refused the token `rejected`; False if there is no way to."""
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.how}>"


def checked_secret(value: str, name: str) -> str:
    """`value` without the blanks around it.

    Parameters
    ----------
    name
        What it is, marked.

    Raises
    ------
    RequestError
        If nothing is left, or it could not be sent in a header.
    """
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise RequestError(
            say(
                "The {name} is empty or holds line breaks, blanks or other letters that none has; copy it again, whole "
                "and alone.",
                name=say(name),
            )
        )
    return value


def refuse_unencrypted(portal_url: str, what: str) -> None:
    """Raise RequestError where `what`, a marked text, would cross a network for everybody to read."""
    if portal_url.startswith("http://") and not is_loopback(portal_url):
        raise RequestError(
            say("{what} is not sent unencrypted. Use https:// instead of {url}.", what=say(what), url=portal_url)
        )

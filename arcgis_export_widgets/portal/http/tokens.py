"""Providing the tokens that a session sends: base classes of the sign-ins, with and without tokens that expire.

The sign-in methods are in ``auth/``. No `Auth` shows a secret in its repr.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from arcgis_export_widgets.errors import AuthError, PortalError, PortalUnreachableError, RequestError, ResponseError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.addresses import is_loopback
from arcgis_export_widgets.portal.http.responses import as_documented

PostForm = Callable[[str, dict[str, str]], dict[str, Any]]
"""Posts form fields to a path below ``/sharing/rest`` without a token, and returns the checked response."""

TOKEN_MINUTES = 60
"""Lifetime requested from ``generateToken``, in minutes."""
NO_SUCH_OPERATION = frozenset({404, 405, 410, 501})
"""HTTP statuses of a server that does not have the requested operation."""
_RENEW_BEFORE_S = 300.0


class Auth(ABC):
    """A sign-in: gives the token to send with requests, and renews it. The repr shows no secret."""

    kind: ClassVar[str]
    """The kind of credentials, such as ``an API key``, marked for translation."""
    advice: ClassVar[str]
    """What the user can do if the portal refuses the credentials, marked for translation."""
    is_member: ClassVar[bool] = True
    """Whether the token belongs to a member of the portal, rather than to an application or nobody."""
    source: str = ""
    """Where credentials were found, such as ``the keyring``, marked for translation; empty if given to `Portal`."""
    referer: str | None = None
    """The Referer header that the token is bound to; None for the portal's address."""

    @property
    def how(self) -> str:
        """The kind of credentials and where they were found, in words, without the secret."""
        if self.source:
            return say("{kind} from {source}", kind=say(self.kind), source=say(self.source))
        return say(self.kind)

    @abstractmethod
    def token(self, post: PostForm) -> str | None:
        """The token to send now; None for no token."""

    def renew(self, post: PostForm, rejected: str | None) -> bool:  # noqa: ARG002
        """Get another token after the portal refused the token `rejected`; False if that is impossible."""
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.how}>"


class Anonymous(Auth):
    """No sign-in: only what is shared with everyone can be seen, and nothing can be exported."""

    kind = mark("no credentials")
    advice = mark("Sign in first: Portal(url, username=..., password=...).")
    is_member = False

    def token(self, post: PostForm) -> str | None:  # noqa: ARG002
        """No token."""
        return None


@dataclass(frozen=True)
class Issued:
    """A token, and the number of seconds for which it is valid from now (None if unknown)."""

    token: str = field(repr=False)
    lifetime_s: float | None

    @classmethod
    def from_generate_token(cls, answer: Mapping[str, Any]) -> Issued:
        """Read the response of ``generateToken``: ``expires`` is in milliseconds since 1970 by the server's clock."""
        with as_documented():
            lifetime_s = float(answer.get("expires") or 0) / 1000 - time.time()
        return cls(_token_in(answer, "token"), lifetime_s if lifetime_s > 0 else None)  # clocks may disagree

    @classmethod
    def from_oauth(cls, answer: Mapping[str, Any]) -> Issued:
        """Read the response of ``oauth2/token``: ``expires_in`` is in seconds from now."""
        with as_documented():
            lifetime_s = float(answer.get("expires_in") or 0) or None
        return cls(_token_in(answer, "access_token"), lifetime_s)


def _token_in(answer: Mapping[str, Any], name: str) -> str:
    if not answer.get(name):
        raise AuthError(say("The portal accepted the credentials but issued no token. Ask its administrator."))
    return str(answer[name])


class ExpiringAuth(Auth):
    """Exchanges credentials for tokens. If several threads need a token at once, one of them requests it for all.

    Credentials that the portal has refused are not sent again: some portals lock an account after a few tries.
    """

    def __init__(self) -> None:
        self._token: str | None = None
        self._renew_at_s = 0.0
        self._refused: AuthError | None = None
        self._lock = threading.Lock()

    def token(self, post: PostForm) -> str | None:
        """The current token, or a new token if the current one is about to expire."""
        with self._lock:
            if self._token is None or time.time() > self._renew_at_s:
                self._exchange(post)
            return self._token

    def renew(self, post: PostForm, rejected: str | None) -> bool:
        """Get a new token, unless another thread has already replaced the token `rejected`."""
        with self._lock:
            if self._token == rejected:
                self._exchange(post)
            return True

    @abstractmethod
    def _issue(self, post: PostForm) -> Issued:
        """Request a token from the portal."""

    @property
    @abstractmethod
    def _refusal(self) -> str:
        """The error message if the portal refuses to issue a token."""

    def _exchange(self, post: PostForm) -> None:
        if self._refused is not None:
            raise _copy(self._refused)
        try:
            issued = self._issue(post)
        except PortalError as error:
            if not is_refusal(error):
                raise
            message = self._refusal
            if self.source:
                message += " " + say("The credentials come from {source}.", source=say(self.source))
            if reason := ". ".join(detail.rstrip(". ") for detail in error.details):
                message += " " + say("The portal said: {reason}.", reason=reason)
            self._refused = AuthError(message, code=error.code, details=error.details, url=error.url)
            raise _copy(self._refused) from error
        self._token = issued.token
        margin_s = min(_RENEW_BEFORE_S, (issued.lifetime_s or 0) / 10)
        self._renew_at_s = float("inf") if issued.lifetime_s is None else time.time() + issued.lifetime_s - margin_s


def is_refusal(error: PortalError) -> bool:
    """Whether `error` is a portal's refusal; False if the portal was unreachable, busy or failing, or is no portal."""
    is_no_portal = isinstance(error, PortalUnreachableError | ResponseError) or error.code in NO_SUCH_OPERATION
    return not error.is_transient and not is_no_portal


def _copy(error: AuthError) -> AuthError:
    """A copy of the error, because an error that is raised twice would collect the tracebacks of several threads."""
    return AuthError(str(error), code=error.code, details=error.details, url=error.url)


def refuse_unencrypted(portal_url: str, what: str) -> None:
    """Raise RequestError if `what` (marked for translation) would be sent over a network unencrypted."""
    if portal_url.startswith("http://") and not is_loopback(portal_url):
        raise RequestError(
            say("{what} is not sent unencrypted. Use https:// instead of {url}.", what=say(what), url=portal_url)
        )


def checked_secret(value: str, name: str) -> str:
    """`value` without surrounding spaces.

    Raises RequestError if `value` is empty or cannot be sent in a header. In the message the value is called `name`,
    a text marked for translation.
    """
    value = value.strip()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise RequestError(
            say(
                "The {name} is empty, or contains spaces, line breaks or other characters that are not part of it. "
                "Copy it again, all of it and nothing else.",
                name=say(name),
            )
        )
    return value

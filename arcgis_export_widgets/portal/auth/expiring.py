"""Tokens that are exchanged for something more lasting, and renewed before they end."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arcgis_export_widgets.errors import (
    AuthError,
    PortalError,
    PortalUnreachableError,
    RateLimitError,
    ResponseError,
)
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.auth.protocol import Auth, PostForm

_RENEW_BEFORE_S = 300.0
_FIRST_SERVER_ERROR = 500
NOTHING_THERE = frozenset({404, 405, 410, 501})
"""HTTP statuses of a server that has no such operation at all."""


@dataclass(frozen=True)
class Issued:
    """A token, and for how many seconds from now it is good; None for until it is refused."""

    token: str = field(repr=False)
    lifetime_s: float | None

    @classmethod
    def from_generate_token(cls, answer: Mapping[str, Any]) -> Issued:
        """Read what ``generateToken`` answers: the end as milliseconds since 1970, by the server's clock."""
        lifetime_s = float(answer.get("expires") or 0) / 1000 - time.time()
        return cls(_token_in(answer, "token"), lifetime_s if lifetime_s > 0 else None)  # clocks may disagree

    @classmethod
    def from_oauth(cls, answer: Mapping[str, Any]) -> Issued:
        """Read what ``oauth2/token`` answers: the lifetime in seconds."""
        return cls(_token_in(answer, "access_token"), float(answer.get("expires_in") or 0) or None)


def _token_in(answer: Mapping[str, Any], name: str) -> str:
    if not answer.get(name):
        raise AuthError(say("The portal took the credentials but issued no token. Ask its administrator."))
    return str(answer[name])


class ExpiringAuth(Auth):
    """Exchanges credentials for tokens; however many threads ask at once, one of them does it for all.

    Credentials that the portal has refused are not shown to it again: some portals lock an account after a few tries.
    """

    def __init__(self) -> None:
        self._token: str | None = None
        self._renew_at_s = 0.0
        self._refused: AuthError | None = None
        self._lock = threading.Lock()

    def token(self, post: PostForm) -> str | None:
        """The current token, a fresh one if the last is about to expire."""
        with self._lock:
            if self._token is None or time.time() > self._renew_at_s:
                self._exchange(post)
            return self._token

    def renew(self, post: PostForm, rejected: str | None) -> bool:
        """Get a new token, unless another thread just did."""
        with self._lock:
            if self._token == rejected:
                self._exchange(post)
            return True

    @abstractmethod
    def _issue(self, post: PostForm) -> Issued:
        """Ask the portal for a token."""

    @property
    @abstractmethod
    def _refusal(self) -> str:
        """What to say when the portal refuses to issue one."""

    def _exchange(self, post: PostForm) -> None:
        if self._refused is not None:
            raise _again(self._refused)
        try:
            issued = self._issue(post)
        except PortalError as error:
            if not _is_refusal(error):
                raise
            told = self._refusal
            if reason := ". ".join(detail.rstrip(". ") for detail in error.details):
                told += " " + say("The portal said: {reason}.", reason=reason)
            self._refused = AuthError(
                told,
                code=error.code,
                details=error.details,
                url=error.url,
            )
            raise _again(self._refused) from error
        self._token = issued.token
        margin_s = min(_RENEW_BEFORE_S, (issued.lifetime_s or 0) / 10)
        self._renew_at_s = float("inf") if issued.lifetime_s is None else time.time() + issued.lifetime_s - margin_s


def _is_refusal(error: PortalError) -> bool:
    """Whether the portal said no, rather than nothing or nonsense, or a server that is no portal."""
    if isinstance(error, PortalUnreachableError | ResponseError | RateLimitError) or error.code in NOTHING_THERE:
        return False
    return error.code is None or error.code < _FIRST_SERVER_ERROR


def _again(error: AuthError) -> AuthError:
    return AuthError(str(error), code=error.code, details=error.details, url=error.url)

"""Open OAuth 2.0 sign-ins: page visits, codes, refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Any

REFRESH_LIFETIME_S = 14 * 86400
_CODE_LIFETIME_S = 600
_MAX_PENDING = 1000


@dataclass(frozen=True)
class Authorization:
    """One visit to the authorize page, and later the code issued for it."""

    client_id: str
    redirect_uri: str
    response_type: str
    state: str | None
    lifetime_s: float
    code_challenge: str | None
    challenge_method: str
    made_s: float = field(default_factory=time.time)
    username: str | None = None

    def is_proven_by(self, verifier: str) -> bool:
        """Whether the verifier matches the challenge sent with the request for the code (RFC 7636)."""
        if self.code_challenge is None:
            return True
        if self.challenge_method.upper() == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return hmac.compare_digest(verifier.encode(), self.code_challenge.encode())


@dataclass(frozen=True)
class RefreshToken:
    """A key to new tokens for one client."""

    username: str
    client_id: str
    expires_s: float


class OAuth:
    """Visits to the sign-in page by state, codes and refresh tokens by value, and known applications."""

    def __init__(self) -> None:
        self._visits: dict[str, Authorization] = {}
        self._codes: dict[str, Authorization] = {}
        self._refresh: dict[str, RefreshToken] = {}
        self._applications: dict[str, str] = {}
        self._lock = threading.Lock()

    def register(self, client_id: str, client_secret: str) -> None:
        """Register an application, which may then get tokens of its own."""
        self._applications[client_id] = hashlib.sha256(client_secret.encode()).hexdigest()

    def is_application(self, client_id: str, client_secret: str) -> bool:
        """Whether that is the secret of a registered application."""
        known = self._applications.get(client_id, "")
        return hmac.compare_digest(known, hashlib.sha256(client_secret.encode()).hexdigest())

    def remember_visit(self, visit: Authorization) -> str:
        """Store a visit and return the key by which the sign-in form refers to it."""
        return self._store(self._visits, visit)

    def visit(self, state: str) -> Authorization | None:
        """Return a visit that is not too old, or None."""
        visit = self._visits.get(state)
        return visit if visit and visit.made_s > time.time() - _CODE_LIFETIME_S else None

    def make_code(self, visit: Authorization, username: str) -> str:
        """Return a code that can be exchanged for a token once."""
        return self._store(self._codes, replace(visit, username=username, made_s=time.time()))

    def take_code(self, code: str) -> Authorization | None:
        """Return the sign-in a code was issued for, and delete it; None for an unknown or old one."""
        with self._lock:
            found = self._codes.pop(code, None)
        return found if found and found.made_s > time.time() - _CODE_LIFETIME_S else None

    def make_refresh_token(self, username: str, client_id: str) -> str:
        """Return a new refresh token."""
        return self._store(self._refresh, RefreshToken(username, client_id, time.time() + REFRESH_LIFETIME_S))

    def refresh_token(self, value: str) -> RefreshToken | None:
        """Return a refresh token if it is still valid, or None."""
        found = self._refresh.get(value)
        return found if found and found.expires_s > time.time() else None

    def forget_refresh_token(self, value: str) -> None:
        """End a refresh token."""
        with self._lock:
            self._refresh.pop(value, None)

    def expire(self) -> None:
        """End every code and refresh token."""
        with self._lock:
            self._codes.clear()
            self._refresh.clear()

    def _store(self, where: dict[str, Any], what: Any) -> str:
        key = secrets.token_urlsafe(32)
        with self._lock:
            while len(where) >= _MAX_PENDING:
                del where[next(iter(where))]
            where[key] = what
        return key

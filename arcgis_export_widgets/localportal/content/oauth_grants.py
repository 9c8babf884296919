"""Store OAuth 2.0 sign-ins: visits to the sign-in page, codes and refresh tokens that are still valid."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass

REFRESH_LIFETIME_S = 14 * 86400
_CODE_LIFETIME_S = 600.0
_MAX_PENDING = 1000
_KNOWN_CLIENTS = ("arcgisonline", "arcgisprodesktop", "pythonapi", "qgis")
"""Client ids that every portal knows, of Esri's own applications and of QGIS."""
# native applications and notebooks wait on a port of their own (RFC 8252)
_LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s\\]*)?")


@dataclass(frozen=True)
class Authorization:
    """One visit to the authorize page; `username` is set once the visitor has signed in and received a code."""

    client_id: str
    redirect_uri: str
    response_type: str
    state: str | None
    lifetime_s: float
    code_challenge: str | None
    challenge_method: str
    username: str | None = None

    def is_proven_by(self, verifier: str) -> bool:
        """Whether `verifier` matches this sign-in's PKCE challenge (RFC 7636), or there is no challenge."""
        if self.code_challenge is None:
            return True
        if self.challenge_method.upper() == "S256":
            digest = hashlib.sha256(verifier.encode()).digest()
            verifier = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return hmac.compare_digest(verifier.encode(), self.code_challenge.encode())


class Grants:
    """Sign-ins under random keys, each valid for `lifetime_s` seconds; if there are too many, the oldest is dropped."""

    def __init__(self, lifetime_s: float) -> None:
        self._lifetime_s = lifetime_s
        self._grants: dict[str, tuple[float, Authorization]] = {}
        self._lock = threading.Lock()

    def add(self, grant: Authorization) -> str:
        """Store a sign-in and return its key."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            while len(self._grants) >= _MAX_PENDING:
                del self._grants[next(iter(self._grants))]
            self._grants[key] = time.time() + self._lifetime_s, grant
        return key

    def find(self, key: str) -> Authorization | None:
        """Return the sign-in stored under `key` if it is still valid, else None."""
        expires_s, grant = self._grants.get(key, (0.0, None))
        return grant if expires_s > time.time() else None

    def take(self, key: str) -> Authorization | None:
        """Remove the sign-in stored under `key`; return it if it was still valid, else None."""
        grant = self.find(key)
        with self._lock:
            return grant if self._grants.pop(key, None) else None

    def clear(self) -> None:
        """Remove all sign-ins."""
        with self._lock:
            self._grants.clear()


class OAuth:
    """All visits to the sign-in page, codes and refresh tokens, and the registered applications."""

    def __init__(self) -> None:
        self.visits, self.codes = Grants(_CODE_LIFETIME_S), Grants(_CODE_LIFETIME_S)
        self.refresh_tokens = Grants(REFRESH_LIFETIME_S)
        self._secrets: dict[str, str] = {}
        self._redirects: dict[str, set[str]] = {client_id: set() for client_id in _KNOWN_CLIENTS}

    def register(self, client_id: str, client_secret: str | None, redirect_uris: Iterable[str] = ()) -> None:
        """Register an application; with a secret, it can also get tokens without a member."""
        self._redirects.setdefault(client_id, set()).update(redirect_uris)
        if client_secret is not None:
            self._secrets[client_id] = hashlib.sha256(client_secret.encode()).hexdigest()

    def is_registered(self, client_id: str) -> bool:
        """Whether an application with this id is registered."""
        return client_id in self._redirects

    def may_redirect(self, client_id: str, redirect_uri: str) -> bool:
        """Whether codes for an application may be sent to `redirect_uri`: a registered one, or this machine's own."""
        return redirect_uri in self._redirects[client_id] or _LOOPBACK.fullmatch(redirect_uri) is not None

    def is_application(self, client_id: str, client_secret: str) -> bool:
        """Whether an application with this id and secret is registered."""
        known = self._secrets.get(client_id, "")
        return hmac.compare_digest(known, hashlib.sha256(client_secret.encode()).hexdigest())

    def expire(self) -> None:
        """Invalidate all codes and refresh tokens."""
        self.codes.clear()
        self.refresh_tokens.clear()

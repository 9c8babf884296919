"""The members of the organisation: their roles, hashed passwords and tokens."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from arcgis_export_widgets.localportal.http.responses import FIXED_KEYS

ORG_ID: str = FIXED_KEYS["member"]["orgId"]
_SCRYPT_COST = 2**12
PRIVILEGES: dict[str, list[str]] = FIXED_KEYS["privileges"]
CREATE_ITEM = "portal:user:createItem"
CREATE_GROUP = "portal:user:createGroup"


def new_id() -> str:
    """Return a new id for an item or group: 32 random hexadecimal digits."""
    return secrets.token_hex(16)


def now_ms() -> int:
    """Return milliseconds since 1970."""
    return round(time.time() * 1000)


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_SCRYPT_COST, r=8, p=1)


@dataclass(frozen=True)
class User:
    """A member of the organisation; `username` is unique ignoring case, and `role` is a key of `PRIVILEGES`."""

    username: str
    full_name: str
    role: str
    created_ms: int
    salt: bytes = field(repr=False)
    password_hash: bytes = field(repr=False)

    @property
    def user_id(self) -> str:
        """The member's id, which URLs may contain instead of the user name."""
        return hashlib.md5(self.username.encode(), usedforsecurity=False).hexdigest()

    @property
    def is_admin(self) -> bool:
        """Whether this member is an administrator, who may change everybody's items."""
        return self.role == "org_admin"

    def may(self, privilege: str) -> bool:
        """Whether the role includes `privilege`."""
        return privilege in PRIVILEGES[self.role]

    def search_texts(self) -> dict[str, list[str]]:
        """Return the strings to search, by field; see `Searchable`."""
        texts = {"username": [self.username], "fullname": [self.full_name], "role": [self.role]}
        return {**texts, "": [self.username, self.full_name], "email": [f"{self.username}@example.com"]}

    def sort_values(self) -> dict[str, Any]:
        """Return the value of each field by which search results can be sorted."""
        return {"username": self.username.lower(), "fullname": self.full_name.lower(), "created": self.created_ms}

    def to_json(self) -> dict[str, Any]:
        """Return the member as ``community/users/{username}`` describes it."""
        first, _, last = self.full_name.partition(" ")
        return FIXED_KEYS["member"] | {
            "username": self.username,
            "id": self.user_id,
            "fullName": self.full_name,
            "firstName": first,
            "lastName": last,
            "email": f"{self.username}@example.com",
            "role": self.role,
            "roleId": self.role,
            "privileges": sorted(PRIVILEGES[self.role]),
            "level": "1" if self.role == "org_viewer" else "2",
            "created": self.created_ms,
            "modified": self.created_ms,
        }


@dataclass(frozen=True)
class Token:
    """A random string that signs in one member or application, valid until `expires_s` (seconds since 1970).

    `username` is None for an application's own token, which gives access to public content. If `referer` or `address`
    is set, only requests with that referer or from that address may use the token.
    """

    value: str = field(repr=False)
    username: str | None
    expires_s: float
    referer: str | None = None
    address: str | None = None

    def is_valid_for(self, referer: str | None, address: str | None) -> bool:
        """Whether requests with this referer and address may use the token; a referer's path does not matter."""
        if self.address is not None and self.address != address:
            return False
        if self.referer is None or self.referer == referer:
            return True
        mine, other = urlsplit(self.referer), urlsplit(referer or "")
        return bool(mine.netloc) and (mine.scheme, mine.netloc) == (other.scheme, other.netloc)


class Accounts:
    """All members of the organisation, and the tokens issued to them."""

    def __init__(self) -> None:
        self._users: dict[str, User] = {}
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def add(self, username: str, password: str, role: str, full_name: str = "") -> User:
        """Add a member, or replace the member of the same name; only a scrypt hash of the password is stored."""
        salt = secrets.token_bytes(16)
        user = User(username, full_name or username, role, now_ms(), salt, _scrypt(password, salt))
        self._users[username.lower()] = user
        return user

    def find(self, username: str) -> User | None:
        """Return the member with this name (in any case) or id; None if there is no such member."""
        found = self._users.get(username.lower())
        return found or next((user for user in self.all_users() if user.user_id == username), None)

    def all_users(self) -> list[User]:
        """Return all members, oldest first."""
        return list(self._users.values())

    def sign_in(self, username: str, password: str) -> User | None:
        """Return the member if name and password are correct, else None. Both answers take equally long."""
        user = self.find(username)
        salt = user.salt if user else bytes(16)
        hashed = _scrypt(password, salt)
        return user if user and hmac.compare_digest(hashed, user.password_hash) else None

    def issue_token(
        self, user: User | None, lifetime_s: float, *, referer: str | None = None, address: str | None = None
    ) -> Token:
        """Issue a token to `user`, or to an application if `user` is None, and return it; delete expired tokens."""
        now = time.time()
        username = user.username if user else None
        token = Token(secrets.token_urlsafe(48), username, now + lifetime_s, referer, address)
        with self._lock:
            self._tokens = {key: old for key, old in self._tokens.items() if old.expires_s > now}
            self._tokens[token.value] = token
        return token

    def find_token(self, value: str) -> Token | None:
        """Return the token with this value if it is still valid, else None."""
        token = self._tokens.get(value)
        return token if token and token.expires_s > time.time() else None

    def revoke(self, value: str) -> None:
        """Invalidate a token."""
        with self._lock:
            self._tokens.pop(value, None)

    def expire_tokens(self) -> None:
        """Invalidate all tokens."""
        with self._lock:
            self._tokens.clear()

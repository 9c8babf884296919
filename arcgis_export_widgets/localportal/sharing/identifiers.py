"""Identifiers and times as the portal writes them."""

from __future__ import annotations

import secrets
import time

ORG_ID = "localOrg00000001"


def new_id() -> str:
    """Return 32 random hexadecimal digits, the form of an item's or a group's id."""
    return secrets.token_hex(16)


def now_ms() -> int:
    """Return milliseconds since 1970."""
    return round(time.time() * 1000)

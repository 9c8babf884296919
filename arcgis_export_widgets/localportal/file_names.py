"""Names as files can hold them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHAPEFILE_NAME_LENGTH = 10


def safe_file_name(title: str) -> str:
    """Return `title` with everything that is no letter, digit, ``-``, ``.`` or ``_`` made an underscore."""
    name = re.sub(r"[^\w.-]+", "_", title.strip()).strip("._")
    return name[:100] or "export"


def short_field_names(names: Sequence[str]) -> list[str]:
    """Return names of at most 10 characters (bytes in UTF-8), unique without regard to case.

    A second name that becomes the same ends in ``_1``, as ArcGIS makes it.
    """
    short: list[str] = []
    taken: set[str] = set()
    for name in names:
        candidate, number = _cut(name, _SHAPEFILE_NAME_LENGTH), 0
        while candidate.lower() in taken:
            number += 1
            suffix = f"_{number}"
            candidate = _cut(name, _SHAPEFILE_NAME_LENGTH - len(suffix)) + suffix
        taken.add(candidate.lower())
        short.append(candidate)
    return short


def _cut(name: str, size_bytes: int) -> str:
    return name.encode()[:size_bytes].decode(errors="ignore")

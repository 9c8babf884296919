"""Names as files can hold them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SHAPEFILE_NAME_LENGTH = 10
_SHEET_NAME_LENGTH = 31


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


def sheet_names(titles: Sequence[str]) -> list[str]:
    r"""Return names a spreadsheet takes: at most 31 characters, none of ``[]:*?/\\``, unique without regard to case."""
    names: list[str] = []
    for title in titles:
        name = re.sub(r"[\[\]:*?/\\']", "_", title)[:_SHEET_NAME_LENGTH] or "Sheet"
        candidate, number = name, 0
        while candidate.lower() in {one.lower() for one in names}:
            number += 1
            suffix = f"_{number}"
            candidate = name[: _SHEET_NAME_LENGTH - len(suffix)] + suffix
        names.append(candidate)
    return names


def _cut(name: str, size_bytes: int) -> str:
    return name.encode()[:size_bytes].decode(errors="ignore")

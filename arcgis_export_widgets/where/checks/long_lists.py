"""Long lists of values, shortened before a clause is checked: reading thousands of alike values finds nothing new."""

from __future__ import annotations

import re

_KEPT = 20
_NUMBER = r"-?\d+(?:\.\d+)?"
_DIGITS = r"'\d+'"
_WORD = r"'(?!\d+')[^']*(?:''[^']*)*'"
_LISTS = re.compile(
    r"\bIN\s*\(\s*(?:"
    + "|".join(rf"(?:{one}\s*,\s*){{{_KEPT},}}{one}" for one in (_NUMBER, _DIGITS, _WORD))
    + r")\s*\)",
    re.IGNORECASE,
)
_VALUE = re.compile(rf",\s*(?:{_NUMBER}|'[^']*(?:''[^']*)*')")


def abridged(clause: str) -> str:
    """The clause with blanks in place of all but the first values of long lists.

    Only lists of values of one kind are shortened: numbers, numbers in quotes, or other texts. Whatever else
    stands in the clause keeps its place, so that positions found in the one hold in the other.
    """
    return _LISTS.sub(_shortened, clause)


def _shortened(found: re.Match[str]) -> str:
    written = found.group()
    end = 0
    for _ in range(_KEPT - 1):
        value = _VALUE.search(written, end)
        end = value.end() if value else end
    return f"{written[:end]}{' ' * (len(written) - end - 1)})"

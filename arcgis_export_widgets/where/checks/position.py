"""Where in a clause something is, drawn with characters: the clause in one line, and carets under the part meant."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

_AROUND = 60
"""Most characters shown before, and after, the first one meant."""


def drawn_place(clause: str, position: int | None, length: int | None) -> str:
    """Two lines for a font of fixed width, the second with carets; one line without place.

    Parameters
    ----------
    clause
        The clause as written; what makes no place of its own in a line, such as a line break, is drawn as a blank.
    position, length
        The characters meant; None for the whole clause.
    """
    first, meant = position or 0, 0 if position is None else max(length or 1, 1)
    start = max(first - _AROUND, 0)
    line = "".join(sign if sign.isprintable() else " " for sign in clause)
    before, after = line[start:first], line[first : first + _AROUND]
    opening, closing = "…" if start else "", "…" if first + _AROUND < len(line) else ""
    drawn = f"{opening}{before}{after}{closing}"
    carets = "^" * _width(after[:meant])
    return f"{drawn}\n{' ' * _width(opening + before)}{carets or '^'}" if meant else drawn


def _width(text: str) -> int:
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)

"""What is wrong with a where clause, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Place: TypeAlias = "tuple[int | None, int | None]"
"""Offset of the first character, and number of characters; None for the whole clause."""


@dataclass(frozen=True)
class WhereProblem:
    """One thing wrong, or doubtful, in a where clause; ``str()`` is one sentence for people."""

    message: str
    """The cause, without a full stop."""
    position: int | None
    """Offset of the first character meant, counted from 0; None for the whole clause."""
    length: int | None
    """Number of characters meant; None for the whole clause."""
    remedy: str | None = None
    """What to do, as the second half of the sentence."""
    is_error: bool = True
    """False when the server may take it all the same, or will but find nothing."""

    def __str__(self) -> str:
        sentence = f"{self.message}; {self.remedy}" if self.remedy else self.message
        return sentence if sentence.endswith(("?", ".")) else f"{sentence}."

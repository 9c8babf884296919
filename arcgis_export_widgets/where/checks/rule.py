"""Classes for rules about where clauses: each rule finds one kind of fault and has the texts that explain it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar
from unicodedata import combining, east_asian_width

from arcgis_export_widgets.where.clause import Place

_AROUND = 60
"""Maximum number of characters of the clause to show before the start of a fault, and also after it."""


class _Part(Protocol):
    @property
    def kind(self) -> Hashable: ...


Part = TypeVar("Part", bound=_Part)
"""What a rule checks: characters, a token, or a part of the syntax tree."""


@dataclass(frozen=True)
class WhereProblem:
    """An error or warning about a where clause; ``str()`` describes it in one or two sentences."""

    cause: str
    """What is wrong, without a full stop."""
    position: int | None
    """Offset of the first faulty character, counted from 0; None if the problem concerns the complete clause."""
    length: int | None
    """Number of faulty characters; None if the problem concerns the complete clause."""
    fix: str | None = None
    """What to do, starting in lower case and without a full stop; None if `cause` says enough."""
    is_error: bool = True
    """False for a warning: the server may accept the clause, but perhaps no row matches it."""
    rule: str = ""
    """Name of the rule that found the problem; never translated."""

    def __str__(self) -> str:
        sentences = [self.cause, f"{self.fix[0].upper()}{self.fix[1:]}"] if self.fix else [self.cause]
        return " ".join(text if text.endswith(("?", ".")) else f"{text}." for text in sentences)


class Found(NamedTuple):
    """Position of a fault, and the values for placeholders such as ``{word}`` in the rule's texts."""

    place: Place
    words: Mapping[str, object]
    """Values by placeholder. A token is shown as the user wrote it; a function returns text in the current language."""


@dataclass(frozen=True)
class Rule(Generic[Part]):
    """A check for one kind of fault, and the texts that describe it."""

    name: str
    looks_at: tuple[Hashable, ...]
    """Kinds of parts that the rule checks; empty for all kinds."""
    find: Callable[[Part], Found | None]
    """Function that returns the fault in a part; None if the part is fine."""
    cause: str
    """What is wrong, as a text for `say` to translate."""
    fix: str | None = None
    """What to do about the fault, as a text for `say` to translate; None if `cause` says enough."""
    is_error: bool = True
    """Whether a clause with this fault fails on every server."""


class Table(Generic[Part]):
    """Rules in the order in which they are tried; for each part, only the first rule that finds a fault counts."""

    def __init__(self, *rules: Rule[Part]) -> None:
        self.rules = rules
        self._for_all = tuple(rule for rule in rules if not rule.looks_at)
        kinds = {kind for rule in rules for kind in rule.looks_at}
        self._by_kind = {
            kind: tuple(rule for rule in rules if kind in rule.looks_at or not rule.looks_at) for kind in kinds
        }

    def find(self, part: Part) -> tuple[Rule[Part], Found] | None:
        """The first rule that finds a fault in `part`, and the fault; None if no rule does."""
        for rule in self._by_kind.get(part.kind, self._for_all):
            if (found := rule.find(part)) is not None:
                return rule, found
        return None


def drawn_place(clause: str, position: int | None, length: int | None) -> str:
    """The clause around a fault, with carets below the fault, for a fixed-width font; no carets if `position` is None.

    Line breaks and other control characters are shown as spaces.
    """
    first, count = position or 0, 0 if position is None else max(length or 1, 1)
    start = max(first - _AROUND, 0)
    line = "".join(letter if letter.isprintable() else " " for letter in clause)
    before, after = line[start:first], line[first : first + _AROUND]
    opening, closing = "…" if start else "", "…" if first + _AROUND < len(line) else ""
    drawn = f"{opening}{before}{after}{closing}"
    carets = "^" * _width(after[:count])
    return f"{drawn}\n{' ' * _width(opening + before)}{carets or '^'}" if count else drawn


def _width(text: str) -> int:
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)

"""Rules about where clauses, as rows of tables: how to find a fault, what is wrong and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar
from unicodedata import combining, east_asian_width

from arcgis_export_widgets.where.clause import Place

_AROUND = 60
"""Most characters shown before, and after, the first character of the fault."""


class _Part(Protocol):
    @property
    def kind(self) -> Hashable: ...


Part = TypeVar("Part", bound=_Part)
"""What rules look at: characters, tokens, or parts of the tree."""


@dataclass(frozen=True)
class WhereProblem:
    """One thing that is wrong or doubtful in a where clause; ``str()`` gives it in one or two sentences."""

    cause: str
    """What is wrong, without a full stop."""
    position: int | None
    """Offset of the first character, from 0; None for the complete clause."""
    length: int | None
    """Number of characters; None for the complete clause."""
    fix: str | None = None
    """What to do, in lower case and without a full stop; None if the cause says enough."""
    is_error: bool = True
    """False if the server may accept the clause anyway, or accepts it but finds nothing."""
    rule: str = ""
    """The name of the rule that found it, the same in every language."""

    def __str__(self) -> str:
        sentences = [self.cause, f"{self.fix[0].upper()}{self.fix[1:]}"] if self.fix else [self.cause]
        return " ".join(text if text.endswith(("?", ".")) else f"{text}." for text in sentences)


class Found(NamedTuple):
    """Where a fault is, and what fills the ``{names}`` in the texts of its rule."""

    place: Place
    words: Mapping[str, object]
    """A token is shown as the user wrote it; a function is called for the text in the language of the moment."""


@dataclass(frozen=True)
class Rule(Generic[Part]):
    """One row: adding a rule is adding a row to its table."""

    name: str
    looks_at: tuple[Hashable, ...]
    """Kinds of parts at which the rule is tried; empty for all of them."""
    find: Callable[[Part], Found | None]
    """The fault, if the part has it."""
    cause: str
    """What is wrong, to be filled in and translated by `say`."""
    fix: str | None = None
    """What to do about it."""
    is_error: bool = True
    """Whether it cannot work on any server."""


class Table(Generic[Part]):
    """Rules in the order in which they are tried; the first one that finds a fault in a part is used."""

    def __init__(self, *rules: Rule[Part]) -> None:
        self.rules = rules
        self._for_all = tuple(rule for rule in rules if not rule.looks_at)
        kinds = {kind for rule in rules for kind in rule.looks_at}
        self._by_kind = {
            kind: tuple(rule for rule in rules if kind in rule.looks_at or not rule.looks_at) for kind in kinds
        }

    def find(self, part: Part) -> tuple[Rule[Part], Found] | None:
        """The first rule that finds a fault in a part, and the fault."""
        for rule in self._by_kind.get(part.kind, self._for_all):
            if (found := rule.find(part)) is not None:
                return rule, found
        return None


def drawn_place(clause: str, position: int | None, length: int | None) -> str:
    """The clause, with carets below the fault, for a font of fixed width; no carets without a position.

    Line breaks and other control characters are drawn as blanks.
    """
    first, count = position or 0, 0 if position is None else max(length or 1, 1)
    start = max(first - _AROUND, 0)
    line = "".join(sign if sign.isprintable() else " " for sign in clause)
    before, after = line[start:first], line[first : first + _AROUND]
    opening, closing = "…" if start else "", "…" if first + _AROUND < len(line) else ""
    drawn = f"{opening}{before}{after}{closing}"
    carets = "^" * _width(after[:count])
    return f"{drawn}\n{' ' * _width(opening + before)}{carets or '^'}" if count else drawn


def _width(text: str) -> int:
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)

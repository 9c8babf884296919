"""Names of fields that are read as such only in double quotes: words of SQL, and names with blanks or signs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.literals import name_sql

_QUOTED = r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`"""


@dataclass(frozen=True)
class Requoted:
    """A clause with double quotes put around a field's name, or several."""

    clause: str
    name: str
    """The first of them."""
    position: int
    length: int
    """Where it stands in the clause as written."""


def requoted(clause: str, definition: LayerDefinition) -> Iterator[Requoted]:
    """What the clause may have been meant to be, if it holds such names bare: each quoted alone, then two at once."""
    names = [field.name for field in definition.fields if name_sql(field.name) != field.name]
    bare = [name for name in names if _first(clause, [name])]
    for chosen in (*combinations(bare, 1), *combinations(bare, 2)):
        if found := _first(clause, chosen):
            real = {name.lower(): name for name in chosen}
            yield Requoted(_quoted(clause, real), real[found["name"].lower()], found.start(), len(found["name"]))


def _quoted(clause: str, real: dict[str, str]) -> str:
    def quote(match: re.Match[str]) -> str:
        return name_sql(real[match["name"].lower()]) if match["name"] else match[0]

    return _pattern(real).sub(quote, clause)


def _first(clause: str, names: Iterable[str]) -> re.Match[str] | None:
    return next((match for match in _pattern(names).finditer(clause) if match["name"]), None)


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"{_QUOTED}|(?<![\w.])(?P<name>{longest_first})(?!\w)", re.IGNORECASE)

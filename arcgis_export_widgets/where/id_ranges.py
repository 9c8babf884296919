"""Rows named by their object ids, in as short a clause as possible.

The Export Item operation takes no area, so rows chosen by place are named one by one. Ids of neighbours often follow
each other, so ranges say most of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from arcgis_export_widgets.where.literals import name_sql

_WORTH_A_RANGE = 3
NO_ROW = -1
"""An object id that no row has."""


def ids_clause(field: str, ids: Iterable[int]) -> str:
    """A clause that exactly the rows with these ids meet.

    Parameters
    ----------
    field
        Name of the object id field.
    ids
        In any order, doubled or not; none of them gives a clause no row meets.
    """
    name = name_sql(field)
    parts, single = [], []
    for first, last in _runs(sorted(set(ids))):
        if last - first + 1 >= _WORTH_A_RANGE:
            parts.append(f"{name} BETWEEN {first} AND {last}")
        else:
            single += [str(number) for number in range(first, last + 1)]
    if single or not parts:
        parts.append(f"{name} IN ({', '.join(single or [str(NO_ROW)])})")
    return " OR ".join(parts)


def both(one: str, other: str) -> str:
    """The clause that rows meet which meet both; an empty one is met by all."""
    if not one.strip() or not other.strip():
        return one if one.strip() else other
    return f"({one}) AND ({other})"


def _runs(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of numbers that follow each other."""
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            yield numbers[start], numbers[place - 1]
            start = place

"""Which column of a file is which field of the layer, whatever the format made of the name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.model.fields import Field, FieldType

_SHORT_BYTES = 10
_GEODATABASE_BYTES = 64


def full_names(
    columns: Iterable[str], fields: Sequence[Field], export_format: ExportFormat | None = None
) -> dict[str, str]:
    """Full field name by column, for the columns that have another name than their field.

    The name that a geodatabase makes comes first: if the layer has both ``a b`` and ``a_b``, the geodatabase's ``a_b``
    is the former. Then comes the same name in any case, then the name as a shapefile cuts it. Do not include the
    geometry in `columns`.
    """
    columns = list(columns)
    renames = _geodatabase_renames(columns, fields) if export_format is ExportFormat.FILE_GEODATABASE else {}
    exact = {field.name for field in fields} & (set(columns) - set(renames)) - set(renames.values())
    left = {column.lower(): column for column in reversed(columns) if column not in exact | set(renames)}
    open_fields = []
    for field in fields:
        if field.name in exact or field.name in renames.values():
            continue
        if (column := left.pop(field.name.lower(), None)) is not None:
            renames[column] = field.name
        else:
            open_fields.append(field.name)
    # ids come and go with the format, so both ways of counting them in are tried
    all_names = [field.name for field in fields]
    without_id = [field.name for field in fields if field.type is not FieldType.OID]
    for names in (without_id, all_names):
        for name, short in zip(names, short_names(names), strict=True):
            if name in open_fields and (column := left.pop(short.lower(), None)) is not None:
                renames[column] = name
                open_fields.remove(name)
    return {column: name for column, name in renames.items() if column != name}


def _geodatabase_renames(columns: Sequence[str], fields: Sequence[Field]) -> dict[str, str]:
    """Field by column of a geodatabase, for the fields whose names it cannot hold, and those that gave way to them."""
    names = [field.name for field in fields if field.type is not FieldType.OID]
    plain = _unique([_plain(name) for name in names], _GEODATABASE_BYTES)
    renames = {}
    for name, candidate in zip(names, plain, strict=True):
        # words of SQL get an underscore behind them
        column = next((one for one in (candidate, f"{candidate}_") if one in columns and one not in renames), None)
        if column is not None and column != name:
            renames[column] = name
    return renames


def _plain(name: str) -> str:
    """Letters, digits and underscores, and no digit first."""
    plain = re.sub(r"\W", "_", name)
    return f"_{plain}" if plain[:1].isdigit() else plain


def short_names(names: Iterable[str]) -> list[str]:
    """Names as a shapefile has them: ten bytes, made unique with ``_1``, ``_2`` in the order of the fields."""
    return _unique(names, _SHORT_BYTES)


def _unique(names: Iterable[str], size_bytes: int) -> list[str]:
    taken: set[str] = set()
    short = []
    for name in names:
        candidate, number = _cut(name, size_bytes), 0
        while candidate.lower() in taken:
            number += 1
            candidate = f"{_cut(name, size_bytes - len(f'_{number}'))}_{number}"
        taken.add(candidate.lower())
        short.append(candidate)
    return short


def _cut(name: str, size_bytes: int) -> str:
    return name.encode()[:size_bytes].decode(errors="ignore")

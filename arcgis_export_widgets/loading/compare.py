"""What changed between two loads of the same layer."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from arcgis_export_widgets.errors import LoadError


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed between two frames, by the ids of their rows."""

    id_field: str
    added: pd.DataFrame
    """Rows that only the new frame has."""
    removed: pd.DataFrame
    """Rows that only the old frame has."""
    changed: pd.DataFrame
    """One row for every value that differs: the id, ``field``, ``old`` and ``new``."""
    added_fields: tuple[str, ...]
    removed_fields: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both frames hold the same."""
        return not (
            len(self.added) or len(self.removed) or len(self.changed) or self.added_fields or self.removed_fields
        )

    def __repr__(self) -> str:
        rows = self.changed[self.id_field].nunique()
        text = f"{len(self.added):,} rows added, {len(self.removed):,} removed, {rows:,} changed"
        fields = [f"+{name}" for name in self.added_fields] + [f"-{name}" for name in self.removed_fields]
        return f"{text}; fields {', '.join(fields)}" if fields else text


def compare(old: pd.DataFrame, new: pd.DataFrame, *, by: str | None = None) -> Changes:
    """Compare two loads of one layer, row by row.

    Parameters
    ----------
    old, new
        The frames, with geometry or without.
    by
        Field that identifies rows in both; None for the object id the frames remember from loading.

    Raises
    ------
    LoadError
        If there is no such field, its values are missing or not unique, or the coordinate systems differ.
    """
    by = by or new.attrs.get("object_id_field") or old.attrs.get("object_id_field")
    if by is None:
        raise LoadError("Which field identifies a row? Say so: compare(old, new, by='OBJECTID').")
    before, after = _by_id(old, by, "old"), _by_id(new, by, "new")
    if isinstance(old, gpd.GeoDataFrame) and isinstance(new, gpd.GeoDataFrame) and old.crs != new.crs:
        raise LoadError(f"The old frame is in {old.crs}, the new one in {new.crs}. Bring one over with to_crs() first.")
    both = before.index.intersection(after.index)
    shared = [name for name in before.columns if name in after.columns]
    changed = [_differences(before.loc[both, name], after.loc[both, name], by) for name in shared]
    columns = [by, "field", "old", "new"]
    return Changes(
        by,
        added=new[~new[by].isin(old[by])],
        removed=old[~old[by].isin(new[by])],
        changed=pd.DataFrame([row for rows in changed for row in rows], columns=columns),
        added_fields=tuple(str(name) for name in after.columns if name not in before.columns),
        removed_fields=tuple(str(name) for name in before.columns if name not in after.columns),
    )


def _by_id(frame: pd.DataFrame, by: str, which: str) -> pd.DataFrame:
    if by not in frame.columns:
        raise LoadError(f"The {which} frame has no field {by!r}.")
    if frame[by].isna().any() or frame[by].duplicated().any():
        raise LoadError(f"The {which} frame has rows without, or with the same, {by!r}; they cannot be compared.")
    return pd.DataFrame(frame).set_index(by)


def _differences(old: pd.Series, new: pd.Series, by: str) -> list[dict[str, object]]:
    gone, come = old.isna(), new.isna()
    # an old and a new geometry are the same if their coordinates are, wherever a ring begins
    if isinstance(old, gpd.GeoSeries) or isinstance(old.dtype, gpd.array.GeometryDtype):
        same = pd.Series(shapely.equals(old.to_numpy(), new.to_numpy()), index=old.index)
    else:
        same = pd.Series([bool(a == b) if not n else False for a, b, n in zip(old, new, gone | come, strict=True)],
                         index=old.index, dtype="bool")  # fmt: skip
    differs = ~(same | (gone & come))
    return [
        {
            by: key,
            "field": str(old.name),
            "old": None if gone[key] else old[key],
            "new": None if come[key] else new[key],
        }
        for key in old.index[differs]
    ]

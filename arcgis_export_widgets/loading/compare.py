"""Compare two loads of the same layers: which rows, values and fields changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, overload

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed between two frames, whose rows are matched by their ids."""

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
        """Whether nothing changed."""
        return not (len(self.added) or len(self.removed) or len(self.changed) or self.changed_fields)

    @property
    def changed_rows(self) -> int:
        """Number of rows that are in both frames but have different values."""
        return int(self.changed[self.id_field].nunique())

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """Names of the added fields as ``+NAME``, and of the removed fields as ``-NAME``."""
        return (*(f"+{name}" for name in self.added_fields), *(f"-{name}" for name in self.removed_fields))

    def __repr__(self) -> str:
        numbers = {"added": len(self.added), "removed": len(self.removed), "changed": self.changed_rows}
        rows = say("{added:,} rows added, {removed:,} removed, {changed:,} changed", **numbers)
        names = ", ".join(self.changed_fields)
        return say("{rows}; fields {names}", rows=rows, names=names) if names else rows


class LayerChanges(dict[str, Changes]):
    """What changed between two loads of several layers: the `Changes` of each layer in both, by layer name."""

    def __init__(
        self, changes: Mapping[str, Changes], added_layers: tuple[str, ...], removed_layers: tuple[str, ...]
    ) -> None:
        super().__init__(changes)
        self.added_layers = added_layers
        """Names of the layers that only the new load has."""
        self.removed_layers = removed_layers
        """Names of the layers that only the old load has."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not (self.added_layers or self.removed_layers) and all(one.is_empty for one in self.values())

    @property
    def table(self) -> pd.DataFrame:
        """One row for each layer in both loads: numbers of ``added``, ``removed``, ``changed`` rows; ``fields``."""
        rows = {
            name: (len(one.added), len(one.removed), one.changed_rows, ", ".join(one.changed_fields))
            for name, one in self.items()
        }
        columns = ["added", "removed", "changed", "fields"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("layer")

    def __repr__(self) -> str:
        lines = [f"{name!r}: {one!r}" for name, one in self.items()]
        lines += [say("{layer!r}: only in the new load", layer=name) for name in self.added_layers]
        return "\n".join(lines + [say("{layer!r}: only in the old load", layer=name) for name in self.removed_layers])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"


@overload
def compare(old: pd.DataFrame, new: pd.DataFrame, *, by: str | None = None, tolerance: float = 0.0) -> Changes: ...
@overload
def compare(
    old: Mapping[str, pd.DataFrame], new: Mapping[str, pd.DataFrame], *, by: str | None = None, tolerance: float = 0.0
) -> LayerChanges: ...
def compare(
    old: pd.DataFrame | Mapping[str, pd.DataFrame],
    new: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    by: str | None = None,
    tolerance: float = 0.0,
) -> Changes | LayerChanges:
    """Compare two loads, row by row.

    Parameters
    ----------
    old, new
        Two frames of one layer, with geometry or without, or the results of two calls of `load`.
    by
        Field that identifies the rows in both. If None, the object id field, which `load` names in a frame's ``attrs``.
    tolerance
        Coordinates that differ by no more than this count as equal, because some formats round coordinates. In the
        units of the frames' coordinate system.

    Returns
    -------
    Changes or LayerChanges
        `Changes` for two frames. For two results of `load`, `LayerChanges`: the `Changes` of each layer that is in
        both results.

    Raises
    ------
    LoadError
        If a frame lacks the field `by`, if that field has missing or repeated values, or if coordinate systems differ.
    """
    for kind in (type(old), type(new)):
        if not issubclass(kind, (pd.DataFrame, Mapping)):
            raise LoadError(say("compare() takes frames, or what load() returned, not a {kind}.", kind=kind.__name__))
    if isinstance(old, pd.DataFrame) and isinstance(new, pd.DataFrame):
        return _compare_frames(old, new, by, tolerance)
    if isinstance(old, pd.DataFrame) or isinstance(new, pd.DataFrame):
        raise LoadError(
            say("One is a frame, the other several frames by layer name. Choose one of those: frames['Cities'].")
        )
    return LayerChanges(
        {name: _compare_frames(old[name], new[name], by, tolerance) for name in old if name in new},
        added_layers=tuple(name for name in new if name not in old),
        removed_layers=tuple(name for name in old if name not in new),
    )


def _compare_frames(old: pd.DataFrame, new: pd.DataFrame, by: str | None, tolerance: float) -> Changes:
    by = by or new.attrs.get("object_id_field") or old.attrs.get("object_id_field")
    if by is None:
        raise LoadError(say("Which field identifies a row? Say so: compare(old, new, by='OBJECTID')."))
    before, after = _by_id(old, by, is_old=True), _by_id(new, by, is_old=False)
    if isinstance(old, gpd.GeoDataFrame) and isinstance(new, gpd.GeoDataFrame) and old.crs != new.crs:
        raise LoadError(
            say(
                "The old frame is in {old}, the new one in {new}. Convert one with to_crs() first.",
                old=old.crs,
                new=new.crs,
            )
        )
    both = before.index.intersection(after.index)
    shared = [name for name in before.columns if name in after.columns]
    found = (_differences(before.loc[both, name], after.loc[both, name], by, tolerance) for name in shared)
    rows = [row for differences in found for row in differences]
    changed = pd.DataFrame(rows, columns=[by, "field"])
    for which in ("old", "new"):  # as objects, so that None stays None and integers stay integers
        changed[which] = pd.Series([row[which] for row in rows], dtype=object)
    return Changes(
        by,
        added=new[~new[by].isin(old[by])],
        removed=old[~old[by].isin(new[by])],
        changed=changed,
        added_fields=tuple(str(name) for name in after.columns if name not in before.columns),
        removed_fields=tuple(str(name) for name in before.columns if name not in after.columns),
    )


def _by_id(frame: pd.DataFrame, by: str, *, is_old: bool) -> pd.DataFrame:
    if by not in frame.columns:
        raise LoadError(
            say("The old frame has no field {field!r}.", field=by)
            if is_old
            else say("The new frame has no field {field!r}.", field=by)
        )
    if frame[by].isna().any() or frame[by].duplicated().any():
        raise LoadError(
            say("The old frame cannot be compared: {field!r} is missing or repeated in some rows.", field=by)
            if is_old
            else say("The new frame cannot be compared: {field!r} is missing or repeated in some rows.", field=by)
        )
    return pd.DataFrame(frame).set_index(by)


def _differences(old: pd.Series, new: pd.Series, by: str, tolerance: float) -> list[dict[str, object]]:
    gone, come = old.isna(), new.isna()
    # geometries that cover the same points are equal, even if their rings begin at different points
    if isinstance(old, gpd.GeoSeries) or isinstance(old.dtype, gpd.array.GeometryDtype):
        same: Any = shapely.equals(old.to_numpy(), new.to_numpy())
        if tolerance:
            near = (shapely.normalize(shapes.to_numpy()) for shapes in (old, new))
            same |= shapely.equals_exact(*near, tolerance)
    else:
        same = [not missing and bool(a == b) for a, b, missing in zip(old, new, gone | come, strict=True)]
    differs = ~((gone & come) | np.array(same, dtype=bool))
    name = str(old.name)
    return [
        {by: key, "field": name, "old": None if gone[key] else old[key], "new": None if come[key] else new[key]}
        for key in old.index[differs]
    ]

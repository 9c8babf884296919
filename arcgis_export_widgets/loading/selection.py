"""Which part of a layer to read: some of its columns, the rows in a box."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition

Bounds: TypeAlias = tuple[float, float, float, float]
Box: TypeAlias = "Sequence[float] | gpd.GeoDataFrame | gpd.GeoSeries"
_SIDES = 4
_SHOWN = 12
"""Most columns named in a message."""


@dataclass(frozen=True, eq=False)
class Selection:
    """What is wanted of each layer.

    Attributes
    ----------
    columns
        Field names, in any case; None for all.
    box
        ``(xmin, ymin, xmax, ymax)`` in the coordinate system of the file, or a GeoDataFrame or GeoSeries whose bounds
        are meant, in whichever system it is; None for everywhere.
    """

    columns: tuple[str, ...] | None = None
    box: Bounds | gpd.GeoSeries | None = None

    @classmethod
    def of(cls, columns: Iterable[str] | None, bbox: Box | None) -> Selection:
        """Check and hold what `load` was given.

        Raises
        ------
        LoadError
            If `columns` is one text, or `bbox` no box.
        """
        if isinstance(columns, str):
            raise LoadError(say("columns is a list of names: columns=[{name!r}].", name=columns))
        names = None if columns is None else tuple(columns)
        if bbox is None:
            return cls(names)
        if isinstance(bbox, gpd.GeoDataFrame | gpd.GeoSeries):
            return cls(names, bbox.geometry)
        try:
            xmin, ymin, xmax, ymax = (float(side) for side in bbox)
        except (TypeError, ValueError) as error:
            raise LoadError(
                say("bbox is (xmin, ymin, xmax, ymax) or a GeoDataFrame, not {bbox!r}.", bbox=bbox)
            ) from error
        if not (xmin <= xmax and ymin <= ymax):
            raise LoadError(say("bbox is (xmin, ymin, xmax, ymax), smallest first; {bbox!r} is empty.", bbox=bbox))
        return cls(names, (xmin, ymin, xmax, ymax))

    def bounds(self, crs: CRS | None) -> Bounds | None:
        """The box in the coordinate system `crs`, None for everywhere."""
        box = self.box
        if box is None or isinstance(box, tuple):
            return box
        if crs is not None and box.crs is not None and box.crs != crs:
            box = box.to_crs(crs)
        xmin, ymin, xmax, ymax = box.total_bounds.tolist()
        return (xmin, ymin, xmax, ymax)

    def wants(self, name: str, definition: LayerDefinition | None) -> bool:
        """Whether a field is to be read: if it was asked for, or holds the ids that prove completeness."""
        if self.columns is None:
            return True
        id_field = definition.object_id_field if definition else None
        return name.lower() in {one.lower() for one in (*self.columns, *([id_field] if id_field else []))}

    def inside(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows that meet the box, also where the reader could not select them. Tables stay as they are."""
        if self.box is None or not isinstance(frame, gpd.GeoDataFrame):
            return frame
        bounds = self.bounds(frame.crs)
        met = frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(*bounds))] if bounds else frame
        return met.reset_index(drop=True)

    def misses(self, layer: str, extent: Bounds | None, crs: CRS | None) -> str | None:
        """A sentence that says that the box is outside of a layer's extent; None if it is not, or nobody knows.

        Most often such a box is in another coordinate system than the layer.
        """
        box = self.bounds(crs)
        if extent is None or box is None or not np.isfinite(extent).all():
            return None
        if shapely.box(*box).intersects(shapely.box(*extent)):
            return None
        xmin, ymin, xmax, ymax = map(float, extent)
        return say(
            "The box is outside of {layer}, which reaches from {xmin:.6g}, {ymin:.6g} to {xmax:.6g}, "
            "{ymax:.6g} in {crs}. Give the box in that system, or as a GeoDataFrame.",
            layer=layer,
            xmin=xmin,
            ymin=ymin,
            xmax=xmax,
            ymax=ymax,
            crs=crs.to_string() if crs else say("a coordinate system that the file does not name"),
        )

    def only_columns(self, frame: pd.DataFrame, layer: str, names: Callable[[], Iterable[str]]) -> pd.DataFrame:
        """The columns asked for, in the frame's own order, and the geometry.

        Parameters
        ----------
        names
            Gives all names there are in the layer, of which the frame holds only those that were read.

        Raises
        ------
        LoadError
            If the layer has no such column, with the nearest name, or all of them.
        """
        if self.columns is None:
            return frame
        by_lower = {str(column).lower(): str(column) for column in frame.columns}
        for name in self.columns:
            if name.lower() not in by_lower:
                known = {known.lower(): known for known in names()}
                near = get_close_matches(name.lower(), known, n=1)
                missing = say("{layer} has no column {name!r}.", layer=layer, name=name)
                some = ", ".join(list(known.values())[:_SHOWN]) + (", ..." if len(known) > _SHOWN else "")
                hint = say("Is it {name!r}?", name=known[near[0]]) if near else say("It has: {known}.", known=some)
                raise LoadError(f"{missing} {hint}")
        wanted = {name.lower() for name in self.columns}
        if isinstance(frame, gpd.GeoDataFrame):
            wanted.add(frame.geometry.name.lower())
        return frame[[column for column in frame.columns if str(column).lower() in wanted]]


EVERYTHING = Selection()

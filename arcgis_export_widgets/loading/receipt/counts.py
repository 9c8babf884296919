"""What arrived of one layer, counted frame by frame, so that a layer need never be in memory at once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd


class Tally:
    """Rows, ids, extent and kinds of geometry of the frames shown to `add`.

    Attributes
    ----------
    rows
        How many there were.
    null_geometry
        How many of them had no geometry; None for tables.
    geometry_types
        Kinds of geometry among them, as GeoPandas calls them.
    crs
        Coordinate system; None without one.
    extent
        Smallest x and y, greatest x and y; None if there was none.
    """

    def __init__(self, id_field: str | None) -> None:
        self._id_field = id_field
        self._ids: list[np.ndarray] | None = []
        self.rows = 0
        self.null_geometry: int | None = None
        self.geometry_types: set[str] = set()
        self.crs: str | None = None
        self.extent: tuple[float, float, float, float] | None = None

    @classmethod
    def of(cls, frame: pd.DataFrame, id_field: str | None) -> Tally:
        """Count one frame that is all of the layer."""
        tally = cls(id_field)
        tally.add(frame)
        return tally

    def add(self, frame: pd.DataFrame) -> None:
        """Count one more frame of the same layer."""
        self.rows += len(frame)
        if self._id_field is None or self._id_field not in frame.columns:
            self._ids = None
        elif self._ids is not None:
            self._ids.append(np.asarray(frame[self._id_field].dropna().unique()))
        if isinstance(frame, gpd.GeoDataFrame):
            self._add_geometry(frame)

    def _add_geometry(self, frame: gpd.GeoDataFrame) -> None:
        self.null_geometry = (self.null_geometry or 0) + int(frame.geometry.isna().sum())
        self.geometry_types |= {str(kind) for kind in frame.geom_type.dropna().unique()}
        self.crs = frame.crs.to_string() if frame.crs else None
        bounds = frame.total_bounds
        if np.isnan(bounds).any():
            return
        if self.extent is not None:
            bounds = np.r_[np.minimum(bounds[:2], self.extent[:2]), np.maximum(bounds[2:], self.extent[2:])]
        xmin, ymin, xmax, ymax = bounds.tolist()
        self.extent = (xmin, ymin, xmax, ymax)

    @property
    def distinct_ids(self) -> int | None:
        """How many different object ids there were; None if the format does not keep them."""
        if self._ids is None:
            return None
        return len(pd.unique(np.concatenate(self._ids))) if self._ids else 0

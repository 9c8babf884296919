"""One layer in a file, and which part of it to read; every reader is a `Source`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.expected import Bounds, ExpectedLayer
from arcgis_export_widgets.model.definition import LayerDefinition

if TYPE_CHECKING:
    from typing_extensions import Self

Box: TypeAlias = "Sequence[float] | gpd.GeoDataFrame | gpd.GeoSeries"
_MOST_NAMES = 12


@dataclass(frozen=True, eq=False)
class Selection:
    """Which columns and rows to load of each layer."""

    columns: tuple[str, ...] | None = None
    """Field names, in any case; None for all."""
    box: Bounds | gpd.GeoSeries | None = None
    """Bounds in the coordinate system of the file, or a GeoSeries whose bounds are used; None for everywhere."""

    @classmethod
    def of(cls, columns: Iterable[str] | None, bbox: Box | None) -> Selection:
        """Check the arguments `columns` and `bbox` of `load`."""
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
        """The box in the coordinate system `crs`; None for everywhere."""
        box = self.box
        if box is None or isinstance(box, tuple):
            return box
        if crs is not None and box.crs is not None and box.crs != crs:
            box = box.to_crs(crs)
        xmin, ymin, xmax, ymax = box.total_bounds.tolist()
        return (xmin, ymin, xmax, ymax)

    def wants(self, name: str, definition: LayerDefinition | None) -> bool:
        """Whether to read a field: it was requested, or contains the ids that prove completeness."""
        if self.columns is None:
            return True
        id_field = definition.object_id_field if definition else None
        return name.lower() in {one.lower() for one in (*self.columns, *([id_field] if id_field else []))}

    def inside(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Select the rows that intersect the box, as not every reader does. Tables are not changed."""
        if self.box is None or not isinstance(frame, gpd.GeoDataFrame):
            return frame
        bounds = self.bounds(frame.crs)
        met = frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(*bounds))] if bounds else frame
        return met.reset_index(drop=True)

    def misses(self, layer: str, extent: Bounds | None, crs: CRS | None) -> str | None:
        """Say in a sentence that the box is outside a layer's extent; None if it is not, or the extent is unknown.

        The usual reason is that the box is in another coordinate system than the layer.
        """
        box = self.bounds(crs)
        if extent is None or box is None or not np.isfinite(extent).all():
            return None
        if shapely.box(*box).intersects(shapely.box(*extent)):
            return None
        return say(
            "The box is outside of {layer}, which reaches from {xmin:.6g}, {ymin:.6g} to {xmax:.6g}, "
            "{ymax:.6g} in {crs}. Give the box in that system, or as a GeoDataFrame.",
            **dict(zip(("xmin", "ymin", "xmax", "ymax"), map(float, extent), strict=True)),
            layer=layer,
            crs=crs.to_string() if crs else say("a coordinate system that the file does not name"),
        )

    def only_columns(self, frame: pd.DataFrame, layer: str, names: Callable[[], Iterable[str]]) -> pd.DataFrame:
        """Select the requested columns, in the frame's own order, and the geometry.

        `names` returns the names of all fields of the layer; the frame has only those that were read.
        """
        if self.columns is None:
            return frame
        wanted = {name.lower() for name in self.columns}
        present = {str(column).lower() for column in frame.columns}
        for name in (name for name in self.columns if name.lower() not in present):
            known = {known.lower(): known for known in names()}
            near = get_close_matches(name.lower(), known, n=1)
            some = ", ".join(list(known.values())[:_MOST_NAMES]) + (", ..." if len(known) > _MOST_NAMES else "")
            hint = say("Did you mean {name!r}?", name=known[near[0]]) if near else say("It has: {known}.", known=some)
            raise LoadError(say("{layer} has no column {name!r}.", layer=layer, name=name) + f" {hint}")
        geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
        return frame[[column for column in frame.columns if str(column).lower() in wanted or column == geometry]]


@dataclass(frozen=True, eq=False)
class Reading:
    """How a layer is to be read."""

    expected: ExpectedLayer | None = None
    """What the layer should contain; None if unknown."""
    selection: Selection = field(default_factory=Selection)
    """Columns and rows to read. A reader may return more: the pipeline selects again."""
    rows: int | None = None
    """Rows of a batch; None for all rows at once. A reader that can only read the complete file ignores it."""
    as_text: frozenset[str] = frozenset()
    """Columns to read as text, without guessing a type."""


@dataclass(frozen=True, eq=False)
class Source(ABC):
    """One layer in a file."""

    path: Path
    export_format: ExportFormat
    layer: str
    """The layer's name in the file, or the file's name if it has only one layer."""

    @classmethod
    @abstractmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the layers of a file, in its own order; raise `LoadError` if it is damaged."""

    @property
    def definition(self) -> LayerDefinition | None:
        """The layer's definition, if the file contains it; None in most formats."""
        return None

    @abstractmethod
    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:
        """Read the layer as the file has it, in at least one frame; raise `LoadError` if the file is damaged."""

    @abstractmethod
    def field_names(self) -> list[str]:
        """Names of the fields in the file."""

    def extent(self) -> tuple[Bounds | None, CRS | None] | None:
        """Bounds of all rows, and their coordinate system; None if the reader always reads all rows."""
        return None

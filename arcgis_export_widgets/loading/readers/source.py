"""Define `Source`, the base class of all readers, and `Selection`, which columns and rows they read."""

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
    """Names of the fields to load, in upper or lower case; None for all fields."""
    box: Bounds | gpd.GeoSeries | None = None
    """Bounds in the coordinate system of the file, or a GeoSeries whose bounds are used; None for all rows."""

    @classmethod
    def of(cls, columns: Iterable[str] | None, bbox: Box | None) -> Selection:
        """Make a selection from the arguments `columns` and `bbox` of `load`, and check them."""
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
        """Bounds of the box in the coordinate system `crs`; None if there is no box."""
        box = self.box
        if box is None or isinstance(box, tuple):
            return box
        if crs is not None and box.crs is not None and box.crs != crs:
            box = box.to_crs(crs)
        xmin, ymin, xmax, ymax = box.total_bounds.tolist()
        return (xmin, ymin, xmax, ymax)

    def wants(self, name: str, definition: LayerDefinition | None) -> bool:
        """Whether to read the field `name`: if it was requested, or contains the object ids that show completeness."""
        if self.columns is None:
            return True
        id_field = definition.object_id_field if definition else None
        return name.lower() in {one.lower() for one in (*self.columns, *([id_field] if id_field else []))}

    def inside(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Select the rows that intersect the box, because some readers return all rows. Tables are not changed."""
        if self.box is None or not isinstance(frame, gpd.GeoDataFrame):
            return frame
        bounds = self.bounds(frame.crs)
        met = frame[shapely.intersects(frame.geometry.to_numpy(), shapely.box(*bounds))] if bounds else frame
        return met.reset_index(drop=True)

    def misses(self, layer: str, extent: Bounds | None, crs: CRS | None) -> str | None:
        """A sentence saying that the box is outside the layer's extent; None if it is not, or if the extent is unknown.

        Usually, the box was then given in a coordinate system that is not the layer's.
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
        """Select the requested columns and the geometry, in frame order; raise `LoadError` if a column is missing.

        `names` returns the names of all fields of the layer, for the error message; the frame may lack some of them.
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
    """How a source should read its layer."""

    expected: ExpectedLayer | None = None
    """What the layer should contain; None if unknown."""
    selection: Selection = field(default_factory=Selection)
    """Columns and rows to read. A reader may return more than these, because the pipeline selects again."""
    rows: int | None = None
    """Number of rows in a batch; None for all rows at once. Readers that must read the complete file ignore this."""
    as_text: frozenset[str] = frozenset()
    """Names of the columns to read as text, without guessing their types."""


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
        """List the layers of a file, in file order; raise `LoadError` if the file is damaged."""

    @property
    def definition(self) -> LayerDefinition | None:
        """The layer's definition in the file; None if the file has none, as in most formats."""
        return None

    @abstractmethod
    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:
        """Read the layer unrestored, as one frame or more; raise `LoadError` if the file is damaged."""

    @abstractmethod
    def field_names(self) -> list[str]:
        """Names of the fields in the file."""

    def extent(self) -> tuple[Bounds | None, CRS | None] | None:
        """The extent of all rows in the file, and its coordinate system; None if the reader always reads all rows."""
        return None

"""Counting what arrived, and writing the receipt that compares it with what was expected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.formats.losses import losses
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.receipt import LayerReceipt, Receipt
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer, FileFacts

Extent: TypeAlias = tuple[float, float, float, float]
_TOLERANCE = 1e-3


class Counts:
    """Rows, ids, extent and kinds of geometry of the frames shown to `add`, so that no layer need be in memory at once.

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
        self.extent: Extent | None = None

    @classmethod
    def of(cls, frame: pd.DataFrame, id_field: str | None) -> Counts:
        """Count one frame that is all of the layer."""
        counts = cls(id_field)
        counts.add(frame)
        return counts

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


def receipt_of(
    counts: Mapping[str, Counts],
    expected: Mapping[str, ExpectedLayer],
    *,
    file: FileFacts | None = None,
    export_format: ExportFormat | None = None,
    note: str | None = None,
    in_box: bool = False,
    outside: Sequence[str] = (),
) -> Receipt:
    """Write the receipt of what was counted, and of layers that are missing.

    Parameters
    ----------
    counts, expected
        Of each layer, by its name.
    file
        Where the layers came from; None for features that came without a file.
    export_format
        The format that may have lost something; None if it is not known.
    note
        Whether the document next to the file was used.
    in_box
        Whether only the rows in a box were wanted.
    outside
        A sentence about each layer that the box misses.
    """
    rows = [_row(name, found, expected.get(name), in_box=in_box) for name, found in counts.items()]
    rows += [_row(name, Counts(None), layer, in_box=in_box) for name, layer in expected.items() if name not in counts]
    texts = {name: [str(loss) for loss in _losses(layer, export_format)] for name, layer in expected.items()}
    return Receipt(rows, {name: some for name, some in texts.items() if some}, file, note, outside)


def _losses(layer: ExpectedLayer, export_format: ExportFormat | None) -> Sequence[object]:
    if export_format is None:
        return ()
    return losses(
        export_format,
        layer.definition,
        include_geometry=layer.include_geometry,
        target_sr=layer.target_sr,
        count=layer.count,
    )


def _row(name: str, counts: Counts, expected: ExpectedLayer | None, *, in_box: bool) -> LayerReceipt:
    extent = expected.extent if expected and not in_box else None
    return LayerReceipt(
        layer=name,
        counted=expected.count if expected else None,
        rows=counts.rows,
        distinct_ids=counts.distinct_ids,
        geometry=", ".join(sorted(counts.geometry_types)) or None,
        null_geometry=counts.null_geometry,
        crs=counts.crs,
        crs_as_asked=_crs_as_asked(counts, expected) if expected else None,
        extent=_sides(counts.extent),
        extent_expected=_sides(extent),
        extent_fits=None if extent is None or counts.extent is None else _about_same(counts.extent, extent),
        edited_meanwhile=_edited(expected),
        in_box=in_box,
    )


def _sides(extent: Extent | None) -> str | None:
    return None if extent is None else ", ".join(f"{side:.10g}" for side in extent)


def _about_same(found: Extent, reported: Extent) -> bool:
    """Servers round coordinates, and boxes of moved coordinates are not moved boxes."""
    size = max(reported[2] - reported[0], reported[3] - reported[1], abs(reported[0]) * 1e-6, abs(reported[1]) * 1e-6)
    return all(abs(one - other) <= size * _TOLERANCE for one, other in zip(found, reported, strict=True))


def _crs_as_asked(counts: Counts, expected: ExpectedLayer) -> bool | None:
    reference = expected.target_sr or expected.definition.spatial_reference
    return None if reference is None or counts.crs is None else bool(CRS.from_user_input(counts.crs) == reference.crs)


def _edited(expected: ExpectedLayer | None) -> bool | None:
    if expected is None or expected.last_edit_before_ms is None or expected.last_edit_after_ms is None:
        return None
    return expected.last_edit_before_ms != expected.last_edit_after_ms

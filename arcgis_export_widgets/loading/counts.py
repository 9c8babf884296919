"""Count the rows that arrived, and make the receipt that compares these counts with the portal's."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.formats.losses import losses
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.expected import Bounds, ExpectedLayer, FileFacts
from arcgis_export_widgets.loading.receipt import LayerReceipt, Receipt

_TOLERANCE = 1e-3


class Counts:
    """Number of rows and of distinct ids, extent and geometry types of all the frames passed to `add`, one by one.

    ``null_geometry`` is None for tables, ``crs`` if there is no coordinate system, ``extent`` if no row has geometry.
    """

    def __init__(self, id_field: str | None) -> None:
        self._id_field = id_field
        self._ids: list[np.ndarray] | None = []
        self.rows = 0
        self.null_geometry: int | None = None
        self.geometry_types: set[str] = set()
        self.crs: str | None = None
        self.extent: Bounds | None = None

    def add(self, frame: pd.DataFrame) -> None:
        """Count one more frame of the same layer."""
        self.rows += len(frame)
        if self._id_field is None or self._id_field not in frame.columns:
            self._ids = None
        elif self._ids is not None:
            self._ids.append(np.asarray(frame[self._id_field].dropna().unique()))
        if not isinstance(frame, gpd.GeoDataFrame):
            return
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
        """Number of distinct object ids; None if the frames contain no ids, or the id field is unknown."""
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
    outside: tuple[str, ...] = (),
) -> Receipt:
    """Make a receipt that lists the layers that were counted, and the expected layers that are missing.

    `export_format` is None if unknown; the receipt then lists no losses.
    """
    nothing = {name: Counts(None) for name in expected if name not in counts}
    rows = [_row(name, found, expected.get(name), in_box=in_box) for name, found in {**counts, **nothing}.items()]
    lost = {
        name: losses(
            export_format,
            layer.definition,
            include_geometry=layer.include_geometry,
            target_sr=layer.target_sr,
            count=layer.count,
        )
        for name, layer in expected.items()
        if export_format is not None
    }
    return Receipt(
        tuple(rows), {name: list(map(str, some)) for name, some in lost.items() if some}, file, note, outside
    )


def _row(name: str, counts: Counts, expected: ExpectedLayer | None, *, in_box: bool) -> LayerReceipt:
    crs_as_asked = extent = extent_fits = edited = None
    if expected is not None:
        reference = expected.target_sr or expected.definition.spatial_reference
        if reference is not None and counts.crs is not None:
            crs_as_asked = bool(CRS.from_user_input(counts.crs) == reference.crs)
        extent = None if in_box else expected.extent
        if extent is not None and counts.extent is not None:
            extent_fits = _about_same(counts.extent, extent)
        if expected.last_edit_before_ms is not None and expected.last_edit_after_ms is not None:
            edited = expected.last_edit_before_ms != expected.last_edit_after_ms
    return LayerReceipt(
        layer=name,
        counted=expected.count if expected else None,
        rows=counts.rows,
        distinct_ids=counts.distinct_ids,
        geometry=", ".join(sorted(counts.geometry_types)) or None,
        null_geometry=counts.null_geometry,
        crs=counts.crs,
        crs_as_asked=crs_as_asked,
        extent=_sides(counts.extent),
        extent_expected=_sides(extent),
        extent_fits=extent_fits,
        edited_meanwhile=edited,
        in_box=in_box,
    )


def _sides(extent: Bounds | None) -> str | None:
    return None if extent is None else ", ".join(f"{side:.10g}" for side in extent)


def _about_same(found: Bounds, reported: Bounds) -> bool:
    """Whether two extents agree roughly: servers round coordinates, and projecting a rectangle bends its edges."""
    size = max(reported[2] - reported[0], reported[3] - reported[1], abs(reported[0]) * 1e-6, abs(reported[1]) * 1e-6)
    return all(abs(one - other) <= size * _TOLERANCE for one, other in zip(found, reported, strict=True))

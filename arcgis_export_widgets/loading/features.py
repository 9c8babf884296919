"""Features as the query operation answers them, page by page, into frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from arcgis_export_widgets.loading.domains import Domains
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.frames import Frames, free_name
from arcgis_export_widgets.loading.receipt import make_receipt
from arcgis_export_widgets.loading.restore import restore
from arcgis_export_widgets.loading.sources import Kind
from arcgis_export_widgets.portal.feature_page import Column, FeaturePage


def frame_of_page(page: FeaturePage, expected: ExpectedLayer) -> pd.DataFrame:
    """Make a frame of one page, with values as they came; `frames_of` gives them their types.

    Parameters
    ----------
    page
        As `FeatureLayer.pages` gives it.
    expected
        The layer it is of.
    """
    frame = pd.DataFrame({name: _series(column) for name, column in page.columns.items()})
    if page.geometry is None:
        return frame
    reference = page.spatial_reference or expected.target_sr or expected.definition.spatial_reference
    return gpd.GeoDataFrame(frame, geometry=page.geometry, crs=reference.crs if reference else None)


def _series(column: Column) -> pd.Series:
    """The same values as pandas holds them: nullable integers, NaN in floating-point numbers, None beside texts."""
    if column.data.dtype == np.int64:
        return pd.Series(pd.arrays.IntegerArray(column.data, column.missing))
    return pd.Series(column.data)


def frames_of(pages: Sequence[tuple[ExpectedLayer, Iterable[pd.DataFrame]]], domains: Domains = "codes") -> Frames:
    """Put the pages of each layer together into one frame, with the types, names and order of the layer.

    Parameters
    ----------
    pages
        Each layer with the frames that `frame_of_page` made of its pages, in order; none of them for no rows.
    domains
        Coded values as ``codes``, as their ``labels``, or as ordered ``categories``.

    Returns
    -------
    Frames
        By layer name, with a receipt of what was counted and what arrived.
    """
    frames: dict[str, pd.DataFrame] = {}
    expected: dict[str, ExpectedLayer] = {}
    for layer, parts in pages:
        name = free_name(layer.name, frames)
        frames[name] = restore(_joined(layer, list(parts)), layer, Kind.FEATURE_COLLECTION, domains)
        expected[name] = layer
    return Frames(frames, make_receipt(frames, expected, None, None))


def _joined(layer: ExpectedLayer, parts: list[pd.DataFrame]) -> pd.DataFrame:
    if not parts:
        empty = pd.DataFrame({field.name: pd.Series(dtype="object") for field in layer.definition.fields})
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([])) if layer.has_geometry else empty
    joined = pd.concat(parts, ignore_index=True)
    return gpd.GeoDataFrame(joined, crs=parts[0].crs) if isinstance(parts[0], gpd.GeoDataFrame) else joined

"""Features as the query operation answers them, page by page, into frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from arcgis_export_widgets.loading.detect import Kind
from arcgis_export_widgets.loading.frames import Frames, free_name
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.receipt.make import make_receipt
from arcgis_export_widgets.loading.restore.domains import Domains, check_domains
from arcgis_export_widgets.loading.restore.restore import restore
from arcgis_export_widgets.portal.pages.gc_pause import collector_held_off
from arcgis_export_widgets.portal.pages.page import Column, FeaturePage


def frame_from_pages(pages: Iterable[FeaturePage], expected: ExpectedLayer, domains: Domains = "codes") -> pd.DataFrame:
    """Make one frame of a layer's pages, with the types, names and order of the layer.

    Parameters
    ----------
    pages
        As `FeatureLayer.pages` gives them; they are taken as the frame is made. None of them for no rows.
    expected
        The layer they are of.
    domains
        Coded values as ``codes``, as their ``labels``, or as ordered ``categories``.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame in the pages' coordinate system (x, longitude or easting, first), a DataFrame without geometry
        for a table; as `restore.restore` says.

    Raises
    ------
    LoadError
        If a field holds what its type cannot be.
    PortalError
        Whatever taking the next page raises.
    """
    taken = list(pages)
    with collector_held_off():
        return restore(_frame(taken, expected), expected, Kind.FEATURE_COLLECTION, domains)


def frames_of(pages: Sequence[tuple[ExpectedLayer, Iterable[FeaturePage]]], domains: Domains = "codes") -> Frames:
    """Make the frames of several layers; see `frame_from_pages`.

    Returns
    -------
    Frames
        By layer name, with a receipt of what was counted and what arrived.
    """
    check_domains(domains)
    frames: dict[str, pd.DataFrame] = {}
    expected: dict[str, ExpectedLayer] = {}
    for layer, parts in pages:
        name = free_name(layer.name, frames)
        frames[name] = frame_from_pages(parts, layer, domains)
        expected[name] = layer
    return Frames(frames, make_receipt(frames, expected))


def _frame(pages: Sequence[FeaturePage], expected: ExpectedLayer) -> pd.DataFrame:
    if not pages:
        empty = pd.DataFrame({field.name: pd.Series(dtype="object") for field in expected.definition.fields})
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([])) if expected.has_geometry else empty
    page = FeaturePage.joined(pages)
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

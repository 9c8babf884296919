"""Frames of the pages that a layer's query gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import geopandas as gpd
import pandas as pd

from arcgis_export_widgets.loading.frames import Frames, free_name
from arcgis_export_widgets.loading.readers.esri_json import series_of
from arcgis_export_widgets.loading.receipt.counts import Counts, receipt_of
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore import restore
from arcgis_export_widgets.loading.restore.domains import Domains, check_domains
from arcgis_export_widgets.portal.pages.page import FeaturePage


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
        for a table; as `restore` says.

    Raises
    ------
    LoadError
        If a field holds what its type cannot be.
    PortalError
        Whatever taking the next page raises.
    """
    return restore(_frame(list(pages), expected), expected, domains=domains)


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
    counts: dict[str, Counts] = {}
    for layer, its_pages in pages:
        name = free_name(layer.name, frames)
        frames[name] = frame_from_pages(its_pages, layer, domains)
        counts[name] = Counts.of(frames[name], layer.definition.object_id_field)
        expected[name] = layer
    return Frames(frames, receipt_of(counts, expected))


def _frame(pages: Sequence[FeaturePage], expected: ExpectedLayer) -> pd.DataFrame:
    if not pages:
        empty = pd.DataFrame({field.name: pd.Series(dtype="object") for field in expected.definition.fields})
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([])) if expected.has_geometry else empty
    page = FeaturePage.joined(pages)
    frame = pd.DataFrame({name: series_of(column) for name, column in page.columns.items()})
    if page.geometry is None:
        return frame
    reference = page.spatial_reference or expected.target_sr or expected.definition.spatial_reference
    return gpd.GeoDataFrame(frame, geometry=page.geometry, crs=reference.crs if reference else None)

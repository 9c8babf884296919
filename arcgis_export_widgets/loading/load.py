"""Load an exported file, or the pages of a query: one frame for each layer, by layer name, with a receipt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.loading.counts import Counts, receipt_of
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.parquet import make_dask_frames
from arcgis_export_widgets.loading.pipeline import free_name, open_pipeline
from arcgis_export_widgets.loading.readers.esri_json import series_of
from arcgis_export_widgets.loading.readers.source import Box
from arcgis_export_widgets.loading.receipt import Receipt
from arcgis_export_widgets.loading.restore import restore
from arcgis_export_widgets.loading.values import Domains, check_domains
from arcgis_export_widgets.portal.pages.page import FeaturePage


class Frames(dict[str, pd.DataFrame]):
    """A dict of frames by layer name, in layer order: GeoDataFrames, or DataFrames for layers without geometry.

    If loaded with ``npartitions``, the frames are dask-geopandas frames.

    Attributes
    ----------
    receipt
        Says whether the rows that arrived are those that the portal counted.
    """

    def __init__(self, frames: Mapping[str, pd.DataFrame], receipt: Receipt) -> None:
        super().__init__(frames)
        self.receipt = receipt

    @property
    def only(self) -> pd.DataFrame:
        """The frame, if there is exactly one layer.

        Raises
        ------
        LoadError
            If there is no layer, or more than one.
        """
        if len(self) != 1:
            raise LoadError(
                say_count(
                    "There is {count} layer ({names}): take one by its name, or load with layer=.",
                    "There are {count} layers ({names}): take one by its name, or load with layer=.",
                    len(self),
                    names=self._names,
                )
            )
        return next(iter(self.values()))

    def __missing__(self, name: str) -> pd.DataFrame:
        raise KeyError(say("There is no layer {name!r}; there are: {names}.", name=name, names=self._names))

    @property
    def _names(self) -> str:
        return ", ".join(map(repr, self)) or say("none")

    def __repr__(self) -> str:
        lines = [f"{name!r}: {_shape(frame)}" for name, frame in self.items()]
        return "\n".join(["Frames", *(f"  {line}" for line in lines), f"  {self.receipt.verdict}"])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(n)}</td><td>{escape(_shape(f))}</td></tr>" for n, f in self.items())
        return f"<table><tbody>{rows}</tbody></table><p>{escape(self.receipt.verdict)}</p>"


def _shape(frame: Any) -> str:
    if hasattr(frame, "npartitions"):  # the rows of a dask frame cannot be counted without reading them
        return say(
            "dask {kind}, {partitions} partitions x {columns} columns",
            kind=type(frame).__name__,
            partitions=frame.npartitions,
            columns=len(frame.columns),
        )
    kind = "GeoDataFrame" if isinstance(frame, gpd.GeoDataFrame) else "DataFrame"
    size = say("{kind}, {rows:,} rows x {columns} columns", kind=kind, rows=len(frame), columns=frame.shape[1])
    return f"{size}, {frame.crs.to_string()}" if isinstance(frame, gpd.GeoDataFrame) and frame.crs else size


def load(
    path: str | Path,
    *,
    layers: Sequence[ExpectedLayer] = (),
    layer: str | int | None = None,
    columns: Iterable[str] | None = None,
    bbox: Box | None = None,
    export_format: ExportFormat | str | None = None,
    domains: Domains = "codes",
    npartitions: int | None = None,
    partitions_folder: str | Path | None = None,
) -> Frames:
    """Load an exported file, zipped or not, with one layer or many.

    The format is recognised by the content. Nothing is written next to the file; archives are unpacked to a temporary
    folder that is deleted when this returns.

    Parameters
    ----------
    path
        Shapefile, CSV, GeoJSON, File Geodatabase, GeoPackage, KML, Excel or Feature Collection as ArcGIS exports
        it, a zip file that contains one of these, or a folder with the contents of such a zip file.
    layers
        The layers the file should contain, in the order wanted. Names, types, dates and coordinate systems are restored
        from them, and completeness is checked against them. If empty, they are taken from the
        ``<file>.layers.json`` that a download saves next to its file, or the file is loaded as it is if there is none.
    layer
        The only layer to read: its name, in upper or lower case, or its number in the service (only if `layers` or the
        ``<file>.layers.json`` is available); None for all layers.
    columns
        Full names of the fields to load, in upper or lower case; None for all fields. No other field is read, except
        the object ids, which show whether all rows arrived. The geometry is always loaded.
    bbox
        Load only rows whose geometry intersects this box: ``(xmin, ymin, xmax, ymax)`` in the file's coordinates, or
        the bounds of a GeoDataFrame or GeoSeries; None for all rows. Tables are loaded completely.
    export_format
        The format of the export, so that the receipt can say what the format lost; None to read it from the
        ``<file>.layers.json``.
    domains
        How to return coded values: as ``codes``, as their ``labels``, or as ordered ``categories`` of the labels.
    npartitions
        Return dask-geopandas frames of this many pieces, for layers larger than memory: the file is converted to
        GeoParquet batch by batch, and each piece is read when it is computed, also on a distributed cluster. None for
        ordinary frames. Needs ``pip install "arcgis-export-widgets[dask]"``.
    partitions_folder
        Folder, readable by all workers, for the GeoParquet files of `npartitions`; None for a temporary one on this
        machine, deleted when Python ends.

    Returns
    -------
    Frames
        By layer name; ``.only`` is the frame if there is only one. The first coordinate is x (longitude or easting).
        Even without `layers`, integers are nullable and timestamps with a time zone are in UTC, except in a CSV.

    Raises
    ------
    LoadError
        If the file is missing, damaged, dangerous or not an export, or has no such layer or column.
    RequestError
        If `domains` is invalid, or `layer` is a number and the layers' numbers are unknown.
    """
    if npartitions is not None:
        return Frames(
            *make_dask_frames(
                path,
                npartitions,
                partitions_folder,
                layers=layers,
                layer=layer,
                columns=columns,
                bbox=bbox,
                export_format=export_format,
                domains=domains,
            )
        )
    with open_pipeline(
        path, layers=layers, layer=layer, columns=columns, bbox=bbox, export_format=export_format, domains=domains
    ) as pipeline:
        frames = {part.name: frame for part in pipeline.parts for frame in pipeline.batches(part)}
        return Frames(frames, pipeline.receipt())


def frame_from_pages(pages: Iterable[FeaturePage], expected: ExpectedLayer, domains: Domains = "codes") -> pd.DataFrame:
    """Make one frame from the pages of a layer, with the field names, types and field order of the layer.

    Parameters
    ----------
    pages
        Pages from `FeatureLayer.pages`, fetched while the frame is made. If there are none, the frame has no rows.
    expected
        The layer that the pages belong to.
    domains
        How to return coded values: as ``codes``, as their ``labels``, or as ordered ``categories`` of the labels.

    Returns
    -------
    pandas.DataFrame
        A GeoDataFrame in the coordinate system of the pages, with x (longitude or easting) first; for a table, a
        DataFrame without geometry.

    Raises
    ------
    LoadError
        If a value does not fit the type of its field.
    PortalError
        If a page cannot be fetched.
    """
    return restore(_joined(list(pages), expected), expected, domains=domains)


def _joined(pages: Sequence[FeaturePage], expected: ExpectedLayer) -> pd.DataFrame:
    """Join the pages into one frame, which `restore` has yet to process; their memory can be freed afterwards."""
    if not pages:
        empty = pd.DataFrame({field.name: pd.Series(dtype="object") for field in expected.definition.fields})
        return gpd.GeoDataFrame(empty, geometry=gpd.GeoSeries([])) if expected.has_geometry else empty
    page = FeaturePage.joined(pages)
    frame = pd.DataFrame({name: series_of(column) for name, column in page.columns.items()})
    if page.geometry is None:
        return frame
    reference = page.spatial_reference or expected.target_sr or expected.definition.spatial_reference
    return gpd.GeoDataFrame(frame, geometry=page.geometry, crs=reference.crs if reference else None)


def frames_of(pages: Sequence[tuple[ExpectedLayer, Iterable[FeaturePage]]], domains: Domains = "codes") -> Frames:
    """Make one frame for each layer from its pages, as `frame_from_pages` does.

    Returns
    -------
    Frames
        By layer name, with a receipt that compares what the portal counted with what arrived.
    """
    check_domains(domains)
    frames: dict[str, pd.DataFrame] = {}
    expected: dict[str, ExpectedLayer] = {}
    counts: dict[str, Counts] = {}
    for layer, its_pages in pages:
        name = free_name(layer.name, frames)
        frames[name] = frame_from_pages(its_pages, layer, domains)
        counts[name] = Counts(layer.definition.object_id_field)
        counts[name].add(frames[name])
        expected[name] = layer
    return Frames(frames, receipt_of(counts, expected))

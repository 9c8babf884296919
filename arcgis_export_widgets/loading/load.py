"""Loading an exported file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.loading.domains import Domains
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.feature_collection import definition_of
from arcgis_export_widgets.loading.frames import Frames, free_name
from arcgis_export_widgets.loading.readers import read
from arcgis_export_widgets.loading.receipt import FileFacts, make_receipt
from arcgis_export_widgets.loading.restore import restore
from arcgis_export_widgets.loading.sources import Source, find_sources
from arcgis_export_widgets.request.formats import ExportFormat


def load(
    path: str | Path,
    *,
    layers: Sequence[ExpectedLayer] = (),
    export_format: ExportFormat | str | None = None,
    domains: Domains = "codes",
) -> Frames:
    """Load an exported file, zipped or not, with one layer or many.

    Which format it is, is seen from its content. Nothing is written beside the file; what must be unpacked goes to a
    temporary folder that is gone when this returns.

    Parameters
    ----------
    path
        Shapefile, CSV, GeoJSON, File Geodatabase, GeoPackage, KML, Excel or Feature Collection, or a zip of them, as
        ArcGIS exports it.
    layers
        What the file should hold, in this order. From it names, types, dates and the coordinate system are restored
        and completeness is judged. Empty to take the file as it is.
    export_format
        The format it was exported to, so that the receipt can say what it lost; None to say nothing.
    domains
        Coded values as ``codes``, as their ``labels``, or as ordered ``categories``.

    Returns
    -------
    Frames
        By layer name. Coordinates are x (longitude, easting) first.

    Raises
    ------
    LoadError
        If the file is missing, damaged, dangerous or no export.
    """
    path = Path(path).expanduser()
    with tempfile.TemporaryDirectory(prefix="arcgis-load-", ignore_cleanup_errors=True) as scratch:
        sources = find_sources(path, Path(scratch))
        matched = _match(sources, layers)
        frames: dict[str, pd.DataFrame] = {}
        for source, expected in matched:
            frame = read(source, expected)
            name = expected.name if expected else source.layer
            known = expected or _told_by_file(source)
            frames[free_name(name, frames)] = restore(frame, known, source.kind, domains) if known else frame
    by_name = {layer.name: layer for layer in layers}
    in_order = {name: frames[name] for name in [*(n for n in by_name if n in frames), *frames]}
    known_format = ExportFormat.of(export_format) if export_format is not None else None
    return Frames(in_order, make_receipt(in_order, by_name, FileFacts.of(path), known_format))


def _told_by_file(source: Source) -> ExpectedLayer | None:
    """What the file itself says of a layer, if its format does."""
    definition = definition_of(source.content) if source.content else None
    return None if definition is None else ExpectedLayer(definition)


def _match(sources: Sequence[Source], layers: Sequence[ExpectedLayer]) -> list[tuple[Source, ExpectedLayer | None]]:
    """Find which layer each source is: by name, as files can hold it; else by order, if the numbers agree."""
    if not layers:
        return [(source, None) for source in sources]
    if len(sources) == len(layers) == 1:
        return [(sources[0], layers[0])]
    waiting = list(layers)
    matched: list[tuple[Source, ExpectedLayer | None]] = []
    for source in sources:
        found = next((layer for layer in waiting if _plain(source.layer) in _names(layer)), None)
        if found is not None:
            waiting.remove(found)
        matched.append((source, found))
    unknown = [position for position, (_, found) in enumerate(matched) if found is None]
    if waiting and len(unknown) == len(waiting):
        for position, layer in zip(unknown, waiting, strict=True):
            matched[position] = (matched[position][0], layer)
    elif len(unknown) == len(matched):
        raise LoadError(
            f"The file holds the layers {', '.join(source.layer for source in sources)}, none of which is one of "
            f"{', '.join(layer.name for layer in layers)}. Is it the right file?"
        )
    return matched


def _names(layer: ExpectedLayer) -> set[str]:
    """Names a layer may have in a file: its own, and ``<name>_<id>``."""
    return {_plain(layer.name), _plain(f"{layer.name}_{layer.definition.id}")}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.lower()).strip("_")

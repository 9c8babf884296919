"""Read shapefiles, dBASE tables and KML with GDAL, correcting text encodings, added columns and added heights."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import geopandas as gpd
import pandas as pd
import shapely

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.source import Reading
from arcgis_export_widgets.loading.restore import full_names

if TYPE_CHECKING:
    from typing_extensions import Self

_CHUNK_BYTES = 1024**2
_HEADER_LENGTH_AT = 8
_KML_PARTS = frozenset({
    "id", "Name", "description", "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "heading", "tilt", "roll", "snippet",
})  # fmt: skip
"""Columns that GDAL adds to every KML layer, whatever fields the layer has."""


class ShapefileSource(GdalSource):
    """A shapefile, or a dBASE table."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the only layer of the file; raise `LoadError` if a file that belongs to the shapefile is missing."""
        missing = [suffix for suffix in (".dbf", ".shx") if sibling(path, suffix) is None]
        if path.suffix.lower() == ".shp" and missing:
            if len(missing) == 1:
                lacks = say("The shapefile {file} lacks its {part}.", file=path.name, part=missing[0])
            else:
                lacks = say("The shapefile {file} lacks its .dbf and .shx.", file=path.name)
            advice = say(
                "Keep all its parts together, ideally in the zip they came in. If they are missing there, "
                "download it again."
            )
            raise LoadError(f"{lacks} {advice}")
        return super().layers_in(path, export_format)

    def opening_options(self) -> dict[str, Any]:
        """Options for pyogrio to decode the text: UTF-8 if it is valid UTF-8, else the encoding that the files name."""
        table, says = sibling(self.path, ".dbf"), sibling(self.path, ".cpg")
        is_utf8 = None if table is None else _is_utf8(table)
        if is_utf8 is False and says and re.sub(rb"[^A-Z0-9]", b"", says.read_bytes().upper()) == b"UTF8":
            raise LoadError(
                say(
                    "The file {file} says that the text is UTF-8, but it is not. Write the right encoding into it, "
                    "such as 1252 for Western European Windows, and load the folder again.",
                    file=says.name,
                )
            )
        return super().opening_options() | ({"encoding": "UTF-8"} if is_utf8 else {})


def sibling(file: Path, suffix: str) -> Path | None:
    """The file named like `file` but with this suffix, in upper or lower case; None if there is none."""
    found = (other for other in file.parent.iterdir() if other.suffix.lower() == suffix and other.stem == file.stem)
    return next(found, None)


def _is_utf8(path: Path) -> bool | None:
    """Whether the records of a ``.dbf`` are UTF-8; None if they are ASCII, which is the same in every encoding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    found: bool | None = None
    with path.open("rb") as file:
        file.seek(_HEADER_LENGTH_AT)
        file.seek(int.from_bytes(file.read(2), "little"))
        while chunk := file.read(_CHUNK_BYTES):
            if found is None and chunk.isascii():
                continue
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
            found = True
    return found


class KmlSource(GdalSource):
    """A layer in a KML or KMZ."""

    reads_columns: ClassVar[bool] = False  # which columns are fields is known only after reading

    def batches(self, reading: Reading) -> Iterator[pd.DataFrame]:
        """Read the layer in batches; if its definition is known, drop the columns and heights that KML adds."""
        for frame in super().batches(reading):
            yield _without_kml_parts(frame, reading.expected) if reading.expected else frame


def _without_kml_parts(frame: pd.DataFrame, expected: ExpectedLayer) -> pd.DataFrame:
    """Drop the columns that KML adds, and the heights of 0 that KML gives to layers without heights."""
    fields = expected.definition.fields
    own = {field.name for field in fields}
    by_lower = {part.lower(): part for part in _KML_PARTS}
    for field in fields:  # GDAL numbers a field that is called like one of KML's columns (``NAME2``)
        part, twin = by_lower.get(field.name.lower()), f"{field.name}2"
        if part in frame.columns and twin in frame.columns and twin not in own:
            frame = frame.drop(columns=part).rename(columns={twin: field.name})
    names = full_names(map(str, frame.columns), fields)
    frame = frame.drop(columns=[c for c in frame.columns if c in _KML_PARTS and names.get(c, c) not in own])
    if isinstance(frame, gpd.GeoDataFrame) and not expected.definition.has_z:
        frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()), crs=frame.crs)
    return frame

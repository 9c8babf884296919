"""Finding out what lies in an exported file, from its content rather than from its name."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pyogrio

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.archive import extract, refuse_bomb
from arcgis_export_widgets.loading.folder import data_sets, has_sibling
from arcgis_export_widgets.loading.readers import feature_collection

_PEEK_BYTES = 4096
_SMALL_BYTES = 64 * 1024


class Kind(str, Enum):
    """Kinds of files that can be read."""

    SHAPEFILE = "Shapefile"
    DBF = "dBASE table"
    CSV = "CSV"
    GEODATABASE = "File Geodatabase"
    GEOJSON = "GeoJSON"
    GEOPACKAGE = "GeoPackage"
    KML = "KML"
    EXCEL = "Excel"
    FEATURE_COLLECTION = "Feature Collection"


_DRIVERS = {
    Kind.SHAPEFILE: "ESRI Shapefile",
    Kind.DBF: "ESRI Shapefile",
    Kind.GEODATABASE: "OpenFileGDB",
    Kind.GEOJSON: "GeoJSON",
    Kind.GEOPACKAGE: "GPKG",
    Kind.KML: "LIBKML",
    Kind.EXCEL: "XLSX",
}
_SUFFIXES = {
    ".shp": Kind.SHAPEFILE,
    ".csv": Kind.CSV,
    ".geojson": Kind.GEOJSON,
    ".json": Kind.GEOJSON,
    ".gpkg": Kind.GEOPACKAGE,
    ".kml": Kind.KML,
    ".kmz": Kind.KML,
    ".xlsx": Kind.EXCEL,
}
_MANY_LAYERS = {Kind.GEODATABASE, Kind.GEOPACKAGE, Kind.KML, Kind.EXCEL}


@dataclass(frozen=True)
class Source:
    """One layer in a file."""

    path: Path
    kind: Kind
    layer: str
    """Its name within the file, or the file's own where there is only one."""
    content: dict[str, Any] | None = field(default=None, repr=False, compare=False)
    """The layer itself where finding it meant reading it: in a Feature Collection."""

    @property
    def driver(self) -> str | None:
        """GDAL's name of the driver that reads it; None for CSV, which pandas reads."""
        return _DRIVERS.get(self.kind)


def find_sources(path: Path, scratch: Path) -> list[Source]:
    """List the layers of an exported file, in the file's own order.

    Parameters
    ----------
    path
        A file as downloaded, an unpacked folder, or a ``.gdb`` folder; it is there.
    scratch
        An empty temporary folder, for what has to be unpacked. The sources may lie in it.

    Raises
    ------
    LoadError
        If there is nothing in it that can be read.
    """
    if path.is_dir():
        found = _in_folder(path)
    else:
        start = _start_of(path)
        _refuse_error_page(path, start)
        found = _in_zip(path, scratch) if start.startswith(b"PK") else _in_file(path, start, scratch)
    if not found:
        raise LoadError(
            say("{file} holds nothing that can be loaded: no shapefile, CSV, geodatabase or the like.", file=path.name)
        )
    return found


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(_PEEK_BYTES)
    if not start:
        raise LoadError(say("{file} is empty. Download it again.", file=path.name))
    return start


def _refuse_error_page(path: Path, start: bytes) -> None:
    """Name the error that came in place of the data, if one did."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        raise LoadError(
            say("{file} is a web page, not an export. Sign in again and download it once more.", file=path.name)
        )
    if text.startswith(b"{") and path.stat().st_size <= _SMALL_BYTES:
        try:
            answer = json.loads(path.read_bytes())
        except ValueError:
            return
        error = answer.get("error") if isinstance(answer, dict) else None
        if error and "features" not in answer:
            message = error.get("message", error) if isinstance(error, dict) else error
            raise LoadError(
                say("{file} is no export but an error of the portal: {message}", file=path.name, message=message)
            )


def _in_zip(path: Path, scratch: Path) -> list[Source]:
    """List what a zip holds; a workbook and a KMZ are zips too, whatever they are called."""
    refuse_bomb(path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if "xl/workbook.xml" in names:
        return _layers_of(_with_suffix(path, ".xlsx", scratch), Kind.EXCEL)
    extract(path, scratch)
    return _in_folder(scratch)


def _in_file(path: Path, start: bytes, scratch: Path) -> list[Source]:
    kind = _kind_of(path, start)
    suffix = next((s for s, of_kind in _SUFFIXES.items() if of_kind is kind), "")
    return _layers_of(_with_suffix(path, suffix, scratch) if suffix else path, kind)


def _with_suffix(path: Path, suffix: str, scratch: Path) -> Path:
    """The file itself, or a copy of it that GDAL recognises by its name."""
    if _SUFFIXES.get(path.suffix.lower()) is _SUFFIXES[suffix]:
        return path
    return Path(shutil.copyfile(path, scratch / f"{path.stem}{suffix}"))


def _kind_of(path: Path, start: bytes) -> Kind:
    if start.startswith(b"SQLite format 3\x00"):
        return Kind.GEOPACKAGE
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"{", b"[")):
        is_collection = b'"layerDefinition"' in start or b'"featureSet"' in start
        return Kind.FEATURE_COLLECTION if is_collection else Kind.GEOJSON
    if text.startswith(b"<") and b"<kml" in start:
        return Kind.KML
    if path.suffix.lower() == ".dbf":
        return Kind.DBF
    kind = _SUFFIXES.get(path.suffix.lower())
    if kind is None or (kind is Kind.GEOPACKAGE and not start.startswith(b"SQLite")):
        raise LoadError(say("{file} is of no kind that can be loaded.", file=path.name))
    return kind


def _in_folder(folder: Path) -> list[Source]:
    if folder.suffix.lower() == ".gdb":
        return _layers_of(folder, Kind.GEODATABASE)
    found: list[Source] = []
    for file in data_sets(folder):
        suffix = file.suffix.lower()
        if suffix == ".gdb":
            found += _layers_of(file, Kind.GEODATABASE)
        elif suffix == ".dbf":
            found.append(Source(file, Kind.DBF, file.stem))
        elif suffix in {".kmz", ".xlsx"}:
            refuse_bomb(file)
            found += _layers_of(file, _SUFFIXES[suffix])
        else:
            found += _layers_of(file, _kind_of(file, _start_of(file)))
    return found


def _refuse_lone_shapes(path: Path) -> None:
    """Raise if the files are missing without which a shapefile has no attributes or cannot be found through."""
    missing = [suffix for suffix in (".dbf", ".shx") if not has_sibling(path, suffix)]
    if missing:
        if len(missing) == 1:
            told = say("The shapefile {file} lacks its {part}.", file=path.name, part=missing[0])
        else:
            told = say("The shapefile {file} lacks its .dbf and .shx.", file=path.name)
        advice = say(
            "All its parts must lie together, best in the zip they came in; download it again if that is where they "
            "are missing."
        )
        raise LoadError(f"{told} {advice}")


def _layers_of(path: Path, kind: Kind) -> list[Source]:
    if kind is Kind.FEATURE_COLLECTION:
        layers = feature_collection.layers_in(path)
        return [Source(path, kind, _title(layer, path), layer) for layer in layers]
    if kind is Kind.SHAPEFILE:
        _refuse_lone_shapes(path)
    if kind not in _MANY_LAYERS:
        return [Source(path, kind, path.stem)]
    try:
        names = pyogrio.list_layers(path)[:, 0]
    except pyogrio.errors.DataSourceError as error:
        raise LoadError(
            say(
                "{file} cannot be opened as {kind}; it may be damaged. Download it again.",
                file=path.name,
                kind=kind.value,
            )
        ) from error
    return [Source(path, kind, str(name)) for name in names]


def _title(layer: dict[str, Any], path: Path) -> str:
    return str((layer.get("layerDefinition") or {}).get("name") or path.stem)

"""Find the layers in an exported file or folder, and recognise its format by the content rather than the name."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import DATA_SUFFIXES, ExportFormat
from arcgis_export_widgets.language import say, say_count
from arcgis_export_widgets.loading.archive import extract, refuse_bomb
from arcgis_export_widgets.loading.expected import is_sidecar
from arcgis_export_widgets.loading.readers.csv import CsvSource, ExcelSource
from arcgis_export_widgets.loading.readers.databases import GeodatabaseSource, GeoPackageSource
from arcgis_export_widgets.loading.readers.esri_json import FeatureCollectionSource
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.geojson import GeoJsonSource
from arcgis_export_widgets.loading.readers.kml import KmlSource
from arcgis_export_widgets.loading.readers.opening import plainly_named, starts_like
from arcgis_export_widgets.loading.readers.shapefile import ShapefileSource, sibling
from arcgis_export_widgets.loading.readers.source import Source

READERS: dict[str, type[Source]] = {
    "gdal": GdalSource, "shapefile": ShapefileSource, "geodatabase": GeodatabaseSource, "geojson": GeoJsonSource,
    "geopackage": GeoPackageSource, "kml": KmlSource, "csv": CsvSource, "excel": ExcelSource,
    "feature_collection": FeatureCollectionSource,
}  # fmt: skip
"""The reader class for each value of ``ExportFormat.facts.reader``."""
_START_BYTES = 4096
_JSON_START_BYTES = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # a CSV may well start with "PK,"
_SEVERAL_FILES = {".shp", ".dbf"}
_MOST_NAMES = 20
_SIGNS_OF_FEATURES = tuple(
    f'"{word}"'.encode()
    for word in ("FeatureCollection", "Feature", "features", "coordinates", "layerDefinition", "featureSet")
)


def find_sources(path: Path, scratch: Path) -> list[Source]:
    """List the layers of an exported file, in the file's own order.

    Parameters
    ----------
    path
        An existing file as it was downloaded, an unpacked folder, or a ``.gdb`` folder.
    scratch
        An empty temporary folder for unpacked files. Do not delete it before the sources have been read.
    """
    if path.is_dir():
        found = _in_folder(path, scratch)
    else:
        start = _start_of(path)
        _refuse_error_page(path, start)
        found = _in_zip(path, scratch) if start.startswith(_ZIP) else _in_file(path, _format_of(path, start), scratch)
    if not found:
        raise LoadError(
            say(
                "{file} contains nothing that can be loaded: no shapefile, CSV, geodatabase or the like.",
                file=path.name,
            )
        )
    return found


def only_data_set(folder: Path, most: int) -> Path:
    """Return what to load from a folder: the only file in it, or the folder itself if it holds several related files.

    Raises `LoadError` if the folder holds more than `most` data sets, or a zip file and anything else.
    """
    zips = [file for file in _files(folder) if file.suffix.lower() == ".zip"]
    found = sorted([*_data_sets(folder), *zips])
    if len(found) > max(most, 1) or (zips and len(found) > 1):
        names = ", ".join(str(file.relative_to(folder)) for file in found[:_MOST_NAMES])
        if (left := len(found) - _MOST_NAMES) > 0:
            names += ", " + say_count("{count:,} more", "{count:,} more", left)
        raise LoadError(
            say("{folder} contains more than one data set: {names}. Choose one of them.", folder=folder, names=names)
        )
    return found[0] if len(found) == 1 and found[0].suffix.lower() not in _SEVERAL_FILES else folder


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(_START_BYTES)
    if not start:
        raise LoadError(say("{file} is empty. Download it again.", file=path.name))
    return start


def _refuse_error_page(path: Path, start: bytes) -> None:
    """Raise `LoadError` if the file is a web page or an error message that the portal sent instead of the data."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        raise LoadError(
            say("{file} is a web page, not an export. Sign in again and download it once more.", file=path.name)
        )
    if text.startswith(b"{") and path.stat().st_size <= _JSON_START_BYTES:
        try:
            response = json.loads(path.read_bytes())
        except ValueError:
            return
        error = response.get("error") if isinstance(response, dict) else None
        if error and "features" not in response:
            message = error.get("message", error) if isinstance(error, dict) else error
            raise LoadError(
                say(
                    "{file} is not an export but an error message from the portal: {message}",
                    file=path.name,
                    message=message,
                )
            )


def _in_zip(path: Path, scratch: Path) -> list[Source]:
    """List the layers in a zip file; Excel workbooks and KMZ files are also zip files, whatever their names."""
    refuse_bomb(path)
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" in archive.namelist():
            return _in_file(path, ExportFormat.EXCEL, scratch)
    extract(path, scratch)
    return _in_folder(scratch, scratch)


def _in_file(path: Path, export_format: ExportFormat, scratch: Path) -> list[Source]:
    """List the layers of a file; if its suffix does not fit the format, GDAL gets a copy with a suffix that does."""
    suffixes = export_format.facts.suffixes
    if export_format.facts.driver is not None and path.suffix.lower() not in suffixes:
        path = Path(shutil.copyfile(path, scratch / f"{path.stem}{suffixes[0]}"))
    return _layers_of(path, export_format, scratch)


def _format_of(path: Path, start: bytes) -> ExportFormat:
    """The format of a file, recognised by its content, or by its suffix if the content does not show it."""
    for known in ExportFormat:
        if known.facts.is_known_by_start and starts_like(start, known):
            return known
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"{", b"[")):
        is_collection = b'"layerDefinition"' in start or b'"featureSet"' in start
        return ExportFormat.FEATURE_COLLECTION if is_collection else ExportFormat.GEOJSON
    if text.startswith(b"<") and b"<kml" in start:
        return ExportFormat.KML
    for known in ExportFormat.by_suffix(path.suffix):
        if known.facts.loadable and not known.facts.is_known_by_start:
            return known
    raise LoadError(say("{file} is not in a format that can be loaded.", file=path.name))


def _in_folder(folder: Path, scratch: Path) -> list[Source]:
    if folder.suffix.lower() == ".gdb":
        return _layers_of(folder, ExportFormat.FILE_GEODATABASE, scratch)
    found: list[Source] = []
    for file in _data_sets(folder):
        if file.is_dir():
            found += _layers_of(file, ExportFormat.FILE_GEODATABASE, scratch)
            continue
        start = _start_of(file)
        if start.startswith(_ZIP):
            refuse_bomb(file)
        found += _layers_of(file, _format_of(file, start), scratch)
    return found


def _layers_of(path: Path, export_format: ExportFormat, scratch: Path) -> list[Source]:
    reader = READERS[str(export_format.facts.reader)]
    is_for_gdal = export_format.facts.driver is not None
    return list(reader.layers_in(plainly_named(path, scratch) if is_for_gdal else path, export_format))


def _data_sets(folder: Path) -> list[Path]:
    """List the geodatabases and loadable files (only the ``.shp`` of a shapefile) in a folder, without zip files."""
    databases = sorted(p for p in folder.rglob("*") if p.is_dir() and p.suffix.lower() == ".gdb")
    files = (p for p in _files(folder) if not any(database in p.parents for database in databases))
    return [*databases, *(file for file in files if _is_data_set(file))]


def _files(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.name.startswith("."))


def _is_data_set(file: Path) -> bool:
    suffix = file.suffix.lower()
    if suffix == ".dbf":
        return sibling(file, ".shp") is None
    if suffix == ".json":  # receipts, requests and saved jobs are JSON files too
        if is_sidecar(file):
            return False
        with file.open("rb") as opened:
            start = opened.read(_JSON_START_BYTES)
        return any(sign in start for sign in _SIGNS_OF_FEATURES)
    return suffix in DATA_SUFFIXES and suffix != ".gdb"  # a geodatabase is a folder

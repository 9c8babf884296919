"""Finding out what is in an exported file, from its content rather than from its name."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.archive import extract, refuse_bomb
from arcgis_export_widgets.loading.folder import data_sets
from arcgis_export_widgets.loading.readers import READERS
from arcgis_export_widgets.loading.readers.source import Source

_PEEK_BYTES = 4096
_SMALL_BYTES = 64 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")  # a CSV may well start with "PK,"


def find_sources(path: Path, scratch: Path) -> list[Source]:
    """List the layers of an exported file, in the file's own order.

    Parameters
    ----------
    path
        A file as downloaded, an unpacked folder, or a ``.gdb`` folder; it is there.
    scratch
        An empty temporary folder, for what has to be unpacked. The sources may be in it.

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
        found = _in_zip(path, scratch) if start.startswith(_ZIP) else _in_file(path, start, scratch)
    if not found:
        raise LoadError(
            say(
                "{file} contains nothing that can be loaded: no shapefile, CSV, geodatabase or the like.",
                file=path.name,
            )
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
                say(
                    "{file} is not an export but an error message from the portal: {message}",
                    file=path.name,
                    message=message,
                )
            )


def _in_zip(path: Path, scratch: Path) -> list[Source]:
    """List what a zip holds; a workbook and a KMZ are zips too, whatever they are called."""
    refuse_bomb(path)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if "xl/workbook.xml" in names:
        return _layers_of(_with_suffix(path, ExportFormat.EXCEL, scratch), ExportFormat.EXCEL)
    extract(path, scratch)
    return _in_folder(scratch)


def _in_file(path: Path, start: bytes, scratch: Path) -> list[Source]:
    export_format = _format_of(path, start)
    return _layers_of(_with_suffix(path, export_format, scratch), export_format)


def _with_suffix(path: Path, export_format: ExportFormat, scratch: Path) -> Path:
    """The file itself, or a copy with a name by which GDAL recognises it."""
    suffixes = export_format.facts.suffixes
    if export_format.facts.driver is None or path.suffix.lower() in suffixes:
        return path
    return Path(shutil.copyfile(path, scratch / f"{path.stem}{suffixes[0]}"))


def _format_of(path: Path, start: bytes) -> ExportFormat:
    """The format of a file, by its content, else by its suffix."""
    for known in ExportFormat:
        if known.facts.signature is not None and start.startswith(known.facts.signature):
            return known
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith((b"{", b"[")):
        is_collection = b'"layerDefinition"' in start or b'"featureSet"' in start
        return ExportFormat.FEATURE_COLLECTION if is_collection else ExportFormat.GEOJSON
    if text.startswith(b"<") and b"<kml" in start:
        return ExportFormat.KML
    for known in ExportFormat.by_suffix(path.suffix):
        if known.facts.loadable and known.facts.signature is None:
            return known
    raise LoadError(say("{file} is not in a format that can be loaded.", file=path.name))


def _in_folder(folder: Path) -> list[Source]:
    if folder.suffix.lower() == ".gdb":
        return _layers_of(folder, ExportFormat.FILE_GEODATABASE)
    found: list[Source] = []
    for file in data_sets(folder):
        if file.is_dir():
            found += _layers_of(file, ExportFormat.FILE_GEODATABASE)
            continue
        start = _start_of(file)
        if start.startswith(_ZIP):
            refuse_bomb(file)
        found += _layers_of(file, _format_of(file, start))
    return found


def _layers_of(path: Path, export_format: ExportFormat) -> list[Source]:
    return list(READERS[str(export_format.facts.reader)].layers_in(path, export_format))

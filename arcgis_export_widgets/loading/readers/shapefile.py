"""Read shapefiles and dBASE tables, and find the true encoding of their text."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.opening import refuse_other_content

if TYPE_CHECKING:
    from typing_extensions import Self

_CHUNK_BYTES = 1024**2
_HEADER_LENGTH_AT = 8


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
        if path.suffix.lower() != ".shp":
            return super().layers_in(path, export_format)
        # no other driver knows a file that starts with a zero, as every .shp does
        for part in (path, sibling(path, ".dbf")):
            if part is not None:
                refuse_other_content(part, export_format, part.name)
        return [cls(path, export_format, path.stem)]

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

"""Reading shapefiles, and dBASE tables by themselves: their missing parts, and the encoding of their texts."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any, Self

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.folder import has_sibling
from arcgis_export_widgets.loading.readers.gdal import GdalSource

_CHUNK_BYTES = 1024**2
_HEADER_LENGTH_AT = 8


class ShapefileSource(GdalSource):
    """A shapefile, or a dBASE table."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """The one layer of the file.

        Raises
        ------
        LoadError
            If files are missing without which a shapefile has no attributes or cannot be searched.
        """
        missing = [suffix for suffix in (".dbf", ".shx") if not has_sibling(path, suffix)]
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
        """Options by which pyogrio reads the texts correctly."""
        encoding = true_encoding(self.path)
        return super().opening_options() | ({"encoding": encoding} if encoding else {})


def true_encoding(path: Path) -> str | None:
    """``UTF-8`` if the texts are that, beyond plain English; None to believe what the files say.

    Parameters
    ----------
    path
        The .shp or .dbf.

    Raises
    ------
    LoadError
        If the .cpg promises UTF-8 and the texts are something else: they would arrive garbled.
    """
    parts = {other.suffix.lower(): other for other in path.parent.iterdir() if other.stem == path.stem}
    is_utf8 = _is_utf8(parts[".dbf"]) if ".dbf" in parts else None
    if is_utf8 is False and ".cpg" in parts and _plain(parts[".cpg"].read_bytes()) == "UTF8":
        raise LoadError(
            say(
                "The file {file} says that the texts are UTF-8, but they are not. Write the true encoding into it, "
                "such as 1252 for Western European Windows, and load the folder again.",
                file=parts[".cpg"].name,
            )
        )
    return "UTF-8" if is_utf8 else None


def _plain(text: bytes) -> str:
    return "".join(character for character in text.decode("ascii", "ignore").upper() if character.isalnum())


def _is_utf8(path: Path) -> bool | None:
    """Whether the records are UTF-8; None if they are plain ASCII, which is the same in every encoding."""
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

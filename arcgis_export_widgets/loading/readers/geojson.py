"""Read GeoJSON."""

from __future__ import annotations

import json
import mmap
import re
from pathlib import Path
from typing import TYPE_CHECKING

from arcgis_export_widgets.errors import LoadError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.opening import refuse_other_content

if TYPE_CHECKING:
    from typing_extensions import Self

# written without re.IGNORECASE, which takes twice as long
_CRS = re.compile(rb'"[cC][rR][sS]"\s*:\s*(?={)')
_ESCAPED_LETTER = re.compile(rb"\\u00(?:4[1-9a-fA-F]|5[0-9aA]|6[1-9a-fA-F]|7[0-9aA])")
"""A letter of ASCII as an escape, which no program writes, and which can hide a name."""
_LONGEST_CRS_BYTES = 4096


class GeoJsonSource(GdalSource):
    """The layer of a GeoJSON file."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the only layer of the file; raise `LoadError` if GDAL would fetch its coordinate system."""
        refuse_other_content(path, export_format, path.name)
        if _names_an_address(path):
            raise LoadError(
                say(
                    "{file} names an address as its coordinate system, which would be fetched. It was not opened. "
                    "Remove the member 'crs' to load it in WGS 84.",
                    file=path.name,
                )
            )
        return [cls(path, export_format, path.stem)]

    @property
    def address(self) -> str:
        """The file with GDAL's prefix for GeoJSON, so that no other driver opens it."""
        return f"GeoJSON:{self.path}"


def _names_an_address(path: Path) -> bool:
    """Whether a coordinate system anywhere in the file is a link (``"type": "link"`` or ``"url"``), or may be one.

    Source: section 3.3 of the GeoJSON format specification of 2008, which GDAL follows.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if _ESCAPED_LETTER.search(content) is not None:
            return True
        starts = [found.end() for found in _CRS.finditer(content)]
        return any(_is_link(content[start : start + _LONGEST_CRS_BYTES]) for start in starts)


def _is_link(start: bytes) -> bool:
    try:
        reference, _ = json.JSONDecoder().raw_decode(start.decode("utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return True  # too long for a coordinate system
    return any(key.lower() == "type" and str(kind).lower() in {"link", "url"} for key, kind in reference.items())

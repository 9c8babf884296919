"""Read GeoJSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.opening import refuse_other_content

if TYPE_CHECKING:
    from typing_extensions import Self


class GeoJsonSource(GdalSource):
    """The layer of a GeoJSON file."""

    @classmethod
    def layers_in(cls, path: Path, export_format: ExportFormat) -> list[Self]:
        """List the only layer of the file."""
        refuse_other_content(path, export_format, path.name)
        return [cls(path, export_format, path.stem)]

    @property
    def address(self) -> str:
        """The file with GDAL's prefix for GeoJSON, so that no other driver opens it."""
        return f"GeoJSON:{self.path}"

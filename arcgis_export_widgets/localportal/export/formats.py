"""Define the export formats: names, item types, and the function that writes each format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from arcgis_export_widgets.localportal.export import csv_and_json, gdal
from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer


@dataclass(frozen=True)
class ExportFormat:
    """A format of Export Item and createReplica.

    Parameters
    ----------
    value
        Name in Export Item's ``exportFormat`` parameter.
    replica_names
        Names in createReplica's ``dataFormat`` parameter; the first is the name in ``supportedExportFormats``.
    item_type
        Type of the exported item.
    write
        Function that writes layers to a folder under a base name and returns the finished file.
    collection_type
        Type of the exported item if it has several layers; None if that is `item_type` as well.
    honours_target_sr
        Whether a file can be in the requested spatial reference; False for formats that are always in WGS 84.
    lock_us
        How long `write` holds Python's global lock (GIL), which blocks all other requests: microseconds per feature and
        per vertex, 0 if `write` releases the lock. Exports that would hold it for long run in a separate process.
    """

    value: str
    replica_names: tuple[str, ...]
    item_type: str
    write: Callable[[Sequence[ExportedLayer], Path, str], Path]
    collection_type: str | None = None
    honours_target_sr: bool = True
    lock_us: float = 0

    def item_type_for(self, layer_count: int) -> str:
        """Return the type of an exported item with this many layers."""
        return (layer_count > 1 and self.collection_type) or self.item_type


_ROWS = (
    ExportFormat("CSV", ("csv",), "CSV", csv_and_json.write_csv, "CSV Collection"),
    ExportFormat("Shapefile", ("shapefile",), "Shapefile", gdal.write_shapefile, lock_us=1),
    ExportFormat("geoPackage", ("geoPackage",), "GeoPackage", gdal.write_geopackage, lock_us=0.5),
    ExportFormat("File Geodatabase", ("filegdb",), "File Geodatabase", gdal.write_file_geodatabase, lock_us=0.3),
    ExportFormat(
        "Feature Collection",
        ("featureCollection", "json"),
        "Feature Collection",
        csv_and_json.write_feature_collection,
        lock_us=5,
    ),
    ExportFormat("GeoJson", ("geojson",), "GeoJson", gdal.write_geojson, honours_target_sr=False, lock_us=5),
    ExportFormat("KML", ("kml",), "KML", gdal.write_kml, "KML Collection", honours_target_sr=False, lock_us=8),
    ExportFormat("Excel", ("excel",), "Microsoft Excel", gdal.write_excel, lock_us=10),
)
FORMATS = {row.value.lower(): row for row in _ROWS}
REPLICA_FORMATS = {name.lower(): row for row in _ROWS for name in row.replica_names}
SUPPORTED_EXPORT_FORMATS = ",".join(row.replica_names[0] for row in _ROWS)

"""The formats Export Item and createReplica know, with what each becomes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer
from arcgis_export_widgets.localportal.export.feature_collection import write_feature_collection
from arcgis_export_widgets.localportal.export.gdal import (
    write_file_geodatabase,
    write_geojson,
    write_geopackage,
    write_kml,
    write_shapefile,
)
from arcgis_export_widgets.localportal.export.tables import write_csv, write_excel


@dataclass(frozen=True)
class ExportFormat:
    """A format Export Item knows.

    Parameters
    ----------
    value
        As the ``exportFormat`` parameter writes it.
    item_type
        Of the exported item; `collection_type` when several layers make it another one.
    honours_target_sr
        False for those that are always WGS 84.
    write
        Takes layers, folder and a file's base name; returns the finished file.
    lock_us
        About how many microseconds, for each feature and each vertex, writing keeps Python's global lock at a time, so
        that nobody else is answered; 0 when it lets go of it.
    """

    value: str
    item_type: str
    collection_type: str
    honours_target_sr: bool
    write: Callable[[Sequence[ExportedLayer], Path, str], Path]
    lock_us: float

    def item_type_for(self, layer_count: int) -> str:
        """Return the type of the exported item."""
        return self.collection_type if layer_count > 1 else self.item_type


FORMATS = {
    one.value.lower(): one
    for one in (
        ExportFormat("Shapefile", "Shapefile", "Shapefile", True, write_shapefile, 1),
        ExportFormat("CSV", "CSV", "CSV Collection", True, write_csv, 0),
        ExportFormat("File Geodatabase", "File Geodatabase", "File Geodatabase", True, write_file_geodatabase, 0.3),
        ExportFormat(
            "Feature Collection", "Feature Collection", "Feature Collection", True, write_feature_collection, 5
        ),
        ExportFormat("GeoJson", "GeoJson", "GeoJson", False, write_geojson, 5),
        ExportFormat("geoPackage", "GeoPackage", "GeoPackage", True, write_geopackage, 0.5),
        ExportFormat("KML", "KML", "KML Collection", False, write_kml, 8),
        ExportFormat("Excel", "Microsoft Excel", "Microsoft Excel", True, write_excel, 10),
    )
}

# createReplica has words of its own for the same formats
REPLICA_FORMATS = {
    "csv": FORMATS["csv"],
    "excel": FORMATS["excel"],
    "featurecollection": FORMATS["feature collection"],
    "filegdb": FORMATS["file geodatabase"],
    "geojson": FORMATS["geojson"],
    "geopackage": FORMATS["geopackage"],
    "json": FORMATS["feature collection"],
    "kml": FORMATS["kml"],
    "shapefile": FORMATS["shapefile"],
}

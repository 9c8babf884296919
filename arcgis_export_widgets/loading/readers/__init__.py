"""The readers, each by the key that the row of its formats names.

A format that GDAL reads as it is needs no reader of its own: its row says ``gdal``.
"""

from arcgis_export_widgets.loading.readers.csv import CsvSource, ExcelSource
from arcgis_export_widgets.loading.readers.esri_json import FeatureCollectionSource
from arcgis_export_widgets.loading.readers.gdal import GdalSource
from arcgis_export_widgets.loading.readers.shapefile_and_kml import KmlSource, ShapefileSource
from arcgis_export_widgets.loading.readers.source import Source

READERS: dict[str, type[Source]] = {
    "gdal": GdalSource,
    "shapefile": ShapefileSource,
    "kml": KmlSource,
    "csv": CsvSource,
    "excel": ExcelSource,
    "feature_collection": FeatureCollectionSource,
}

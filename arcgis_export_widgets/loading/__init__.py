"""Load exported files and pages of features as frames, with a receipt that shows whether all rows arrived."""

from arcgis_export_widgets.loading.compare import Changes, compare
from arcgis_export_widgets.loading.expected import ExpectedLayer, write_sidecar
from arcgis_export_widgets.loading.load import Frames, frame_from_pages, frames_of, load
from arcgis_export_widgets.loading.parquet import ParquetFiles, to_parquet
from arcgis_export_widgets.loading.readers.source import Box
from arcgis_export_widgets.loading.receipt import Receipt
from arcgis_export_widgets.loading.values import Domains

__all__ = [
    "Box",
    "Changes",
    "Domains",
    "ExpectedLayer",
    "Frames",
    "ParquetFiles",
    "Receipt",
    "compare",
    "frame_from_pages",
    "frames_of",
    "load",
    "to_parquet",
    "write_sidecar",
]

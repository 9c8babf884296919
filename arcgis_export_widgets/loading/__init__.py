"""From exported files to frames, and the receipt that proves them complete."""

from arcgis_export_widgets.loading.compare import Changes, compare
from arcgis_export_widgets.loading.frames import Frames
from arcgis_export_widgets.loading.load import load
from arcgis_export_widgets.loading.parquet import ParquetFiles, to_parquet
from arcgis_export_widgets.loading.receipt import Receipt
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer

__all__ = ["Changes", "ExpectedLayer", "Frames", "ParquetFiles", "Receipt", "compare", "load", "to_parquet"]

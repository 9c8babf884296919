"""Export hosted ArcGIS feature layers into GeoPandas, from a form or from Python.

>>> import arcgis_export_widgets as aew
>>> portal = aew.sample_portal()                                     # doctest: +SKIP
>>> aew.ExportApp(portal, item="345313e619df46f387f9ededbe15ac56")   # doctest: +SKIP
"""

from arcgis_export_widgets import errors, events
from arcgis_export_widgets.errors import ArcGISExportError
from arcgis_export_widgets.loading import ExpectedLayer, Frames, Receipt, compare, load
from arcgis_export_widgets.localportal import LocalPortal
from arcgis_export_widgets.request.formats import ExportFormat
from arcgis_export_widgets.request.parameters import ExportLayer, ExportRequest
from arcgis_export_widgets.request.spatial_reference import SpatialReference
from arcgis_export_widgets.widgets import ExportApp
from arcgis_export_widgets.workflow import ExportJob, ExportResult, Portal, run_export, sample_portal

__all__ = [
    "ArcGISExportError",
    "ExpectedLayer",
    "ExportApp",
    "ExportFormat",
    "ExportJob",
    "ExportLayer",
    "ExportRequest",
    "ExportResult",
    "Frames",
    "LocalPortal",
    "Portal",
    "Receipt",
    "SpatialReference",
    "compare",
    "errors",
    "events",
    "load",
    "run_export",
    "sample_portal",
]

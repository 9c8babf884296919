"""From request to frames: exports, jobs and results, without widgets."""

from arcgis_export_widgets.workflow.job import ExportJob
from arcgis_export_widgets.workflow.portal import Portal
from arcgis_export_widgets.workflow.result import ExportResult
from arcgis_export_widgets.workflow.run import run_export
from arcgis_export_widgets.workflow.sample import sample_portal

__all__ = ["ExportJob", "ExportResult", "Portal", "run_export", "sample_portal"]

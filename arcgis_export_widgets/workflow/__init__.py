"""Export features without widgets: plan a request, start a job, wait for it, and load its result."""

from arcgis_export_widgets.workflow.file_jobs import ExportJob, ExportResult
from arcgis_export_widgets.workflow.job import Job
from arcgis_export_widgets.workflow.portal import Plan, Portal, sample_portal
from arcgis_export_widgets.workflow.read import open, read  # noqa: A004
from arcgis_export_widgets.workflow.result import Result
from arcgis_export_widgets.workflow.routes import Choice, Route, choose
from arcgis_export_widgets.workflow.run import finish, run_export
from arcgis_export_widgets.workflow.saved_jobs import SavedJob, SavedJobs
from arcgis_export_widgets.workflow.server import Server

__all__ = [
    "Choice",
    "ExportJob",
    "ExportResult",
    "Job",
    "Plan",
    "Portal",
    "Result",
    "Route",
    "SavedJob",
    "SavedJobs",
    "Server",
    "choose",
    "finish",
    "open",
    "read",
    "run_export",
    "sample_portal",
]

"""From request to frames: plans, jobs and results, without widgets."""

from arcgis_export_widgets.workflow.export import ExportJob, ExportResult
from arcgis_export_widgets.workflow.job import Job
from arcgis_export_widgets.workflow.portal import Portal
from arcgis_export_widgets.workflow.result import Result
from arcgis_export_widgets.workflow.routes import Choice, Plan, Route, choose
from arcgis_export_widgets.workflow.run import finish, run_export
from arcgis_export_widgets.workflow.sample import sample_portal
from arcgis_export_widgets.workflow.saved_jobs import KeptJob, KeptJobs

__all__ = [
    "Choice",
    "ExportJob",
    "ExportResult",
    "Job",
    "KeptJob",
    "KeptJobs",
    "Plan",
    "Portal",
    "Result",
    "Route",
    "choose",
    "finish",
    "run_export",
    "sample_portal",
]

"""The form's views: ipywidgets and one ipyleaflet map; what they show is held in `state`."""

from arcgis_export_widgets.widgets.app import ExportApp

__all__ = ["ExportApp"]

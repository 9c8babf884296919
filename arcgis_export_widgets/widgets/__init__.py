"""The form's views, made of ipywidgets and an ipyleaflet map; they show the state in `arcgis_export_widgets.state`."""

from arcgis_export_widgets.widgets.app import ExportApp

__all__ = ["ExportApp"]

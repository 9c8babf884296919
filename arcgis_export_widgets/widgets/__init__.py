"""Shows the form: ipywidgets and ipyleaflet maps for the state kept in `arcgis_export_widgets.state`."""

from arcgis_export_widgets.widgets.app import ExportApp

__all__ = ["ExportApp"]

"""Export from a terminal or a scheduler such as cron: `run` a saved request, or `resume` a saved job."""

from arcgis_export_widgets.command_line.main import main

__all__ = ["main"]

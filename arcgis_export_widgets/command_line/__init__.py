"""Exports from a terminal, for cron and such: `run` a saved request, `resume` what was not ready in time."""

from arcgis_export_widgets.command_line.main import main

__all__ = ["main"]

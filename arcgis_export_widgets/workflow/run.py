"""One blocking call from request to frames."""

from __future__ import annotations

import threading
from pathlib import Path

from arcgis_export_widgets.events import EventHandler, ignore
from arcgis_export_widgets.request.parameters import ExportRequest
from arcgis_export_widgets.workflow.portal import Portal
from arcgis_export_widgets.workflow.result import ExportResult


def run_export(
    portal: Portal,
    request: ExportRequest,
    *,
    folder: str | Path | None = None,
    delete_after: bool = True,
    timeout_s: float | None = None,
    on_event: EventHandler = ignore,
    cancel: threading.Event | None = None,
) -> ExportResult:
    """Export, wait, download, load and tidy up.

    Parameters
    ----------
    portal
        Where to export, signed in.
    request
        What to export.
    folder
        Where to keep the file; None for a temporary folder that goes away with the result.
    delete_after
        Whether to delete the exported item from the portal once its file is here. It is deleted, too, when loading
        fails, because the file is kept; not when the download fails, because then it is the only copy.
    timeout_s
        Seconds to wait for the portal to finish; None for as long as it takes.
    on_event
        Told of every step (see `events`); called in this thread.
    cancel
        Setting this stops at the next opportunity.

    Returns
    -------
    ExportResult
        With `path` and, for formats that can be loaded, `frames`.
    """
    result = portal.export(request).wait(timeout_s=timeout_s, on_event=on_event, cancel=cancel)
    result.download(folder, on_event=on_event, cancel=cancel)
    try:
        if request.export_format.facts.loadable:
            result.load(on_event=on_event, cancel=cancel)
    finally:
        if delete_after:
            result.delete(on_event=on_event)
    return result

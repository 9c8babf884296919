"""One blocking call from request to frames."""

from __future__ import annotations

import threading
from pathlib import Path

from arcgis_export_widgets.errors import ExportCancelledError
from arcgis_export_widgets.events import EventHandler, RoutePlanned, ignore
from arcgis_export_widgets.portal.http.cancellation import waits_end_with
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.folder import usable_folder
from arcgis_export_widgets.workflow.portal import Portal
from arcgis_export_widgets.workflow.result import Result
from arcgis_export_widgets.workflow.routes import Route


def run_export(
    portal: Portal,
    request: ExportRequest,
    *,
    route: Route | str | None = None,
    folder: str | Path | None = None,
    delete_after: bool = True,
    timeout_s: float | None = None,
    on_event: EventHandler = ignore,
    cancel: threading.Event | None = None,
) -> Result:
    """Choose the route, fetch, load and tidy up.

    Parameters
    ----------
    portal
        Where to export, signed in.
    request
        What to export.
    route
        ``"export"``, ``"replica"`` or ``"query"``; None for the first that is open to this user. Which it was and why
        is told as a `RoutePlanned` event and stands in the result's ``job.plan``.
    folder
        Where to keep the file, made if need be; None for a temporary folder that goes away with the result. By the
        route ``"query"`` there is a file only if a folder is given.
    delete_after
        Whether to delete the exported item from the portal once its file is here. It is deleted, too, when loading
        fails, because the file is kept; not when the download fails, because then it is the only copy.
    timeout_s
        Seconds to wait for the portal to finish; None for as long as it takes. An export goes on when they have passed:
        come back to it with ``portal.reattach(error.handle)``.
    on_event
        Told of every step (see `events`); called in this thread.
    cancel
        Setting this stops at the next opportunity and leaves nothing behind.

    Returns
    -------
    Result
        With `path` and, for formats that can be loaded, `frames`: the same whichever route it came.

    Raises
    ------
    RequestError
        If the request does not fit the service, or nothing can be put into `folder`; nothing was started then.
    ExportTimeoutError
        If `timeout_s` passed.
    ArcGISExportError
        If it cannot be done, or did not work; see `errors`.
    """
    with waits_end_with(cancel):
        plan = portal.plan(request, route)
        if folder is not None:
            folder = usable_folder(folder)  # rather than when the portal has done its work
        on_event(RoutePlanned(plan.route.value, plan.reason))
        result = plan.start().wait(timeout_s=timeout_s, on_event=on_event, cancel=cancel)
        return finish(result, folder=folder, delete_after=delete_after, on_event=on_event, cancel=cancel)


def finish(
    result: Result,
    *,
    folder: str | Path | None = None,
    delete_after: bool = True,
    on_event: EventHandler = ignore,
    cancel: threading.Event | None = None,
) -> Result:
    """Download, load and tidy up what a job brought; see `run_export`."""
    loadable = result.request.export_format.facts.loadable
    try:
        if folder is not None or not loadable:
            result.download(folder, on_event=on_event, cancel=cancel)
        if loadable:
            result.load(on_event=on_event, cancel=cancel)
    except ExportCancelledError:
        result.delete(on_event=on_event)  # nobody will come for it
        raise
    finally:
        if delete_after and (result.path is not None or result.frames is not None):  # safe here, read or not
            result.delete(on_event=on_event)
    return result

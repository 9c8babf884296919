"""Run a complete export in one blocking call."""

from __future__ import annotations

from pathlib import Path

from arcgis_export_widgets.errors import ExportCancelledError, LoadError, PortalError
from arcgis_export_widgets.events import EventHandler, RoutePlanned, ignore
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.http.cancellation import AnyOf, Cancellation, waits_end_with
from arcgis_export_widgets.portal.items.file_names import usable_folder
from arcgis_export_widgets.request.request import ExportRequest
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
    cancel: Cancellation | None = None,
) -> Result:
    """Run a request to its end: choose the route, fetch, load, and delete the exported item.

    Parameters
    ----------
    portal
        The portal to export from, signed in.
    request
        What to export.
    route
        ``"export"``, ``"replica"`` or ``"query"``; None for the first that is open to this user. The `RoutePlanned`
        event and the result's ``job.plan`` say which route was chosen, and why.
    folder
        Where to save the file, created if missing; None for a temporary folder, deleted with the result. On the route
        ``"query"``, a file is saved only if a folder is given.
    delete_after
        Whether to delete the exported item from the portal once its file was fetched. The item is deleted even if the
        file cannot be read, but not if the download fails or is interrupted, because it is then the only copy.
    timeout_s
        Seconds after which to stop waiting for the portal; None for no limit. The export itself then continues.
    on_event
        Called in this thread with an event for every step (see `events`).
    cancel
        Event that, once set, stops the export at the next opportunity; nothing is left in the portal.

    Returns
    -------
    Result
        Has the `path` of a saved file and, if the format can be loaded, the `frames`, the same on every route.

    Raises
    ------
    RequestError
        If the request does not fit the service, or `folder` cannot be written to. Nothing was started.
    ExportTimeoutError
        If `timeout_s` passed.
    ArcGISExportError
        If the export is not possible, or failed; see `errors`.

    If the export may still be in the portal, the exception has an attribute ``handle``: resume the export with
    ``portal.reattach(error.handle)``. Interrupting the kernel (Ctrl-C) cancels the export: its item is deleted if the
    portal does so within a few seconds.
    """
    with waits_end_with(cancel):
        try:
            plan = portal.plan(request, route)
            if folder is not None:
                folder = usable_folder(folder)  # checked now, not after the portal has done its work
            on_event(RoutePlanned(plan.route.value, plan.reason))
            job = plan.start()
        except PortalError as error:
            if AnyOf(cancel).is_set():  # the error is from the interrupted request
                raise ExportCancelledError(say("The export was cancelled before it was started.")) from error
            raise
        with job.dropped_on_interrupt(), job.handle_on_errors():
            result = job.wait(timeout_s=timeout_s, on_event=on_event, cancel=cancel)
            return finish(result, folder=folder, delete_after=delete_after, on_event=on_event, cancel=cancel)


def finish(
    result: Result,
    *,
    folder: str | Path | None = None,
    delete_after: bool = True,
    on_event: EventHandler = ignore,
    cancel: Cancellation | None = None,
) -> Result:
    """Download and load the result that `Job.wait` returned, and delete the exported item; see `run_export`."""
    loadable = result.request.export_format.facts.loadable
    is_here = False  # whether the exported item is no longer needed
    with result.job.handle_on_errors():
        try:
            if folder is not None or not loadable:
                result.download(folder, on_event=on_event, cancel=cancel)
                is_here = True
            if loadable:
                result.load(on_event=on_event, cancel=cancel)
                is_here = True
        except ExportCancelledError:
            result.delete(on_event=on_event)  # nobody will resume a cancelled export
            raise
        except LoadError:
            is_here = True  # the item is not needed: downloading it again would give the same file
            raise
        finally:
            if is_here:
                if delete_after:
                    result.delete(on_event=on_event)
                result.job.has_ended = True
    return result

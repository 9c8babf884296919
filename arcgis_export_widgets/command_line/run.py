"""The two commands: an export from its request, or taken up again."""

from __future__ import annotations

import re
import threading
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path

from arcgis_export_widgets.command_line.arguments import make_folder
from arcgis_export_widgets.command_line.handle import kept, refuse_another_portal, save
from arcgis_export_widgets.command_line.progress import interruptible, progress
from arcgis_export_widgets.errors import ExportTimeoutError, PermissionDeniedError, RequestError
from arcgis_export_widgets.events import EventHandler, RoutePlanned
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow import ExportJob, Job, Plan, Portal, Result, finish, sample_portal
from arcgis_export_widgets.workflow.pages import QueryJob


def run(options: Namespace) -> Result:
    """Export what a saved request says."""
    request = _read(options.request)
    make_folder(options.out)
    with _open(options) as portal, interruptible() as cancel, progress(quiet=options.quiet) as tell:
        plan = _plan(portal, request, options.route)
        tell(RoutePlanned(plan.route.value, plan.reason))
        job = plan.start()
        # the local portal ends with this process, so nobody can come back to it
        handle = save(job, options.out) if isinstance(job, ExportJob) and not options.sample else None
        return _see_through(job, handle, options, tell, cancel)


def resume(options: Namespace) -> Result:
    """Go on with an export that was started before."""
    make_folder(options.out)
    refuse_another_portal(options.job, options.portal)
    with _open(options) as portal, interruptible() as cancel, progress(quiet=options.quiet) as tell:
        return _see_through(portal.reattach(options.job), options.job, options, tell, cancel)


def _read(path: Path) -> ExportRequest:
    try:
        return ExportRequest.from_json(path.read_text(encoding="utf-8"))
    except RequestError as error:
        raise RequestError(f"{path}: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _plan(portal: Portal, request: ExportRequest, route: str | None) -> Plan:
    try:
        return portal.plan(request, route)
    except PermissionDeniedError as error:
        # which routes are open is told as Python's argument
        told = re.sub(r"\broute='(\w+)'", r"--route \1", str(error))
        raise PermissionDeniedError(told, code=error.code, details=error.details, url=error.url) from error


def _see_through(
    job: Job, handle: Path | None, options: Namespace, tell: EventHandler, cancel: threading.Event
) -> Result:
    try:
        with nullcontext() if handle is None else kept(handle, options, job.portal.url):
            result = job.wait(timeout_s=options.timeout, on_event=tell, cancel=cancel)
            return finish(result, folder=options.out, delete_after=not options.keep, on_event=tell, cancel=cancel)
    except ExportTimeoutError as error:
        raise ExportTimeoutError(_late(job, error, options)) from error


def _late(job: Job, error: ExportTimeoutError, options: Namespace) -> str:
    """What to do about a deadline that passed, where nothing can be taken up again."""
    if isinstance(job, QueryJob):
        return f"{error} Nothing was kept, and nothing is left in the portal."
    if options.sample:
        return f"It was not ready after {options.timeout:g} s. The local portal ended with it; run it again with more."
    return (
        f"The copy was not ready after {options.timeout:g} s. Copies lie with the service, not in the portal, so it "
        "cannot be taken up again: run it with a longer --timeout, or with --route query."
    )


def _open(options: Namespace) -> Portal:
    if options.sample:
        return sample_portal()
    verify = options.verify or True
    if options.anonymous:
        return Portal(options.portal, anonymous=True, verify=verify)
    return Portal.from_environment(options.portal, verify=verify)

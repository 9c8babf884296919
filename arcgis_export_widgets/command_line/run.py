"""The two commands: `run` an export from a saved request, and `resume` an export from a saved job."""

from __future__ import annotations

import json
import re
import signal
import sys
import threading
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from arcgis_export_widgets.command_line.saved_job import refuse_another_portal, save, saved_while_needed
from arcgis_export_widgets.errors import ExportTimeoutError, PermissionDeniedError, RequestError
from arcgis_export_widgets.events import Event, EventHandler, RoutePlanned, ignore
from arcgis_export_widgets.portal.items.file_names import usable_folder
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow import ExportJob, Job, Plan, Portal, Result, finish, sample_portal
from arcgis_export_widgets.workflow.pages import QueryJob
from arcgis_export_widgets.workflow.progress import describe, progress_bar

_WRITE_EVERY_S = 10.0


def run(options: Namespace) -> Result:
    """Run the export that a saved request describes."""
    request = _read(options.request)
    usable_folder(options.out)
    with _open(options) as portal, _interruptible() as cancel, _progress(quiet=options.quiet) as on_event:
        plan = _plan(portal, request, options.route)
        on_event(RoutePlanned(plan.route.value, plan.reason))
        job = plan.start()
        # the local portal ends with this process, so no job can be resumed there
        saved = save(job, options.out) if isinstance(job, ExportJob) and not options.sample else None
        return _finished(job, saved, options, on_event, cancel)


def resume(options: Namespace) -> Result:
    """Resume the export that a saved job describes."""
    usable_folder(options.out)
    refuse_another_portal(options.job, options.portal)
    with _open(options) as portal, _interruptible() as cancel, _progress(quiet=options.quiet) as on_event:
        return _finished(portal.reattach(options.job), options.job, options, on_event, cancel)


def report(result: Result, folder: Path) -> bool:
    """Write the receipt to `folder` and print its verdict; return False if the rows differ from the portal's count."""
    frames, path, plan = result.frames, result.path, result.job.plan
    receipt = None if frames is None else frames.receipt
    document = {
        "request": result.request.to_json(),
        "route": "export" if plan is None else plan.route.value,  # a resumed job, possible only on this route
        "seconds": round(result.seconds, 1),
        "receipt": None if receipt is None else receipt.to_json(),
    }
    name = path.name if path is not None else (result.request.title or "export")
    target = folder / f"{name}.receipt.json"
    target.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    verdict = (
        "The file is here; its format cannot be read, so nothing was compared." if receipt is None else receipt.verdict
    )
    sys.stdout.write(f"{path}\n{target}\n{verdict}\n")
    return receipt is None or receipt.complete


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
        # the error names the open routes as Python arguments
        message = re.sub(r"\broute='(\w+)'", r"--route \1", str(error))
        raise PermissionDeniedError(message, code=error.code, details=error.details, url=error.url) from error


def _finished(
    job: Job[Result], saved: Path | None, options: Namespace, on_event: EventHandler, cancel: threading.Event
) -> Result:
    try:
        with nullcontext() if saved is None else saved_while_needed(saved, options, job.portal.url):
            result = job.wait(timeout_s=options.timeout, on_event=on_event, cancel=cancel)
            return finish(result, folder=options.out, delete_after=not options.keep, on_event=on_event, cancel=cancel)
    except ExportTimeoutError as error:
        raise ExportTimeoutError(_late(job, error, options)) from error


def _late(job: Job[Result], error: ExportTimeoutError, options: Namespace) -> str:
    """A message that says what to do if ``--timeout`` passed and the export cannot be resumed."""
    if isinstance(job, QueryJob):
        return f"{error} Nothing was saved, and nothing is left in the portal."
    if options.sample:
        return (
            f"The export was not ready after {options.timeout:g} s; the local portal has ended. Use a longer --timeout."
        )
    return (
        f"The copy was not ready after {options.timeout:g} s. Copies are made by the service, not in the portal, so "
        "it cannot be resumed: run it with a longer --timeout, or with --route query."
    )


def _open(options: Namespace) -> Portal:
    if options.sample:
        return sample_portal()
    verify = options.verify or True
    if options.anonymous:
        return Portal(options.portal, anonymous=True, verify=verify)
    return Portal.from_environment(options.portal, verify=verify)


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Make Ctrl-C and SIGTERM set an event that cancels the export and deletes the unfinished item from the portal."""
    cancel = threading.Event()
    before = {number: signal.signal(number, lambda *_: cancel.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[EventHandler]:
    """Show progress as a bar in a terminal, and as lines of text elsewhere; nothing if `quiet`."""
    if quiet:
        yield ignore
    elif sys.stderr.isatty():
        with progress_bar() as show:
            yield show
    else:
        yield _Lines()


class _Lines:
    """Writes events as lines of text, for logs; of consecutive events of one kind, at most one every ten seconds."""

    def __init__(self) -> None:
        self._last: tuple[type[Event], float] | None = None

    def __call__(self, event: Event) -> None:
        now_s = time.monotonic()
        if self._last is not None and self._last[0] is type(event) and now_s - self._last[1] < _WRITE_EVERY_S:
            return
        self._last = (type(event), now_s)
        sys.stderr.write(f"{describe(event).strip()}\n")

"""``python -m arcgis_export_widgets run request.json``: an export without a notebook, for cron and such."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from arcgis_export_widgets.errors import ArcGISExportError, ExportCancelledError, IncompleteResultError, RequestError

if TYPE_CHECKING:
    from arcgis_export_widgets.events import Event, EventHandler
    from arcgis_export_widgets.request.parameters import ExportRequest
    from arcgis_export_widgets.workflow import Portal, Result

COMPLETE, FAILED, WRONG, INCOMPLETE, INTERRUPTED = 0, 1, 2, 3, 130
_TELL_EVERY_S = 10.0
_EPILOG = """\
request.json is what the form saves, or request.to_json() gives; it holds no secret. The smallest one:

  {"itemId": "345313e619df46f387f9ededbe15ac56", "exportFormat": "Shapefile",
   "exportParameters": {"layers": [{"id": 1, "where": "POPULATION > 100000"}]}}

Credentials come from outside: ARCGIS_USER and ARCGIS_PASSWORD; ARCGIS_CLIENT and ARCGIS_SECRET; ARCGIS_API_KEY;
ARCGIS_USER with the keyring or netrc; or the entry of the portal in the keyring or netrc.

exit status: 0 complete, 1 failed, 2 wrong arguments or request, 3 rows are missing, 130 interrupted

  python -m arcgis_export_widgets run request.json --out data --sample    # try it on the local portal
  python -m arcgis_export_widgets run request.json --out data --portal https://gis.example.com/portal
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m arcgis_export_widgets",
        description="Export hosted ArcGIS feature layers, completely, and prove it.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser(
        "run",
        help="export what a saved request says",
        description="Export what a saved request says, load it, compare it with the portal's count, write a receipt.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("request", type=Path, help="the saved request, a JSON document")
    run.add_argument("--out", type=Path, default=Path(), metavar="FOLDER", help="where to put file and receipt (here)")
    where = run.add_mutually_exclusive_group()
    where.add_argument("--portal", metavar="URL", help="address of the portal (ARCGIS_HOST, or ArcGIS Online)")
    where.add_argument("--sample", action="store_true", help="the local portal with its sample data")
    run.add_argument("--anonymous", action="store_true", help="do not sign in: only what is public")
    run.add_argument("--route", choices=["export", "replica", "query"], help="how the features come (the first open)")
    run.add_argument(
        "--timeout", type=float, metavar="S", help="seconds to wait for the portal (for as long as it takes)"
    )
    run.add_argument("--keep", action="store_true", help="keep the exported item in the portal")
    run.add_argument("--verify", type=Path, metavar="FILE", help="your organisation's own certificate authority")
    run.add_argument("--quiet", action="store_true", help="no progress")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        request = _read(options.request)
        options.out.mkdir(parents=True, exist_ok=True)
        result = _run(options, request)
    except ExportCancelledError as error:
        return _say(INTERRUPTED, error)
    except IncompleteResultError as error:
        return _say(INCOMPLETE, error)
    except RequestError as error:
        return _say(WRONG, error)
    except (ArcGISExportError, OSError) as error:
        return _say(FAILED, error)
    return _report(result, options.out)


def _read(path: Path) -> ExportRequest:
    from arcgis_export_widgets.request.parameters import ExportRequest  # noqa: PLC0415  quick help

    try:
        return ExportRequest.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _run(options: argparse.Namespace, request: ExportRequest) -> Result:
    from arcgis_export_widgets.workflow import run_export  # noqa: PLC0415  quick help

    with _open(options) as portal, _interruptible() as cancel, _progress(quiet=options.quiet) as tell:
        return run_export(
            portal,
            request,
            route=options.route,
            folder=options.out,
            delete_after=not options.keep,
            timeout_s=options.timeout,
            on_event=tell,
            cancel=cancel,
        )


def _open(options: argparse.Namespace) -> Portal:
    from arcgis_export_widgets.workflow import Portal, sample_portal  # noqa: PLC0415  quick help

    if options.sample:
        return sample_portal()
    verify = options.verify or True
    if options.anonymous:
        return Portal(options.portal, anonymous=True, verify=verify)
    return Portal.from_environment(options.portal, verify=verify)


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """Stop tidily on Ctrl-C and on SIGTERM: the unfinished item is deleted from the portal."""
    cancel = threading.Event()
    before = {number: signal.signal(number, lambda *_: cancel.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield cancel
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _progress(*, quiet: bool) -> Iterator[EventHandler]:
    from arcgis_export_widgets.events import ignore  # noqa: PLC0415  quick help
    from arcgis_export_widgets.workflow.progress import ProgressBar  # noqa: PLC0415

    if quiet:
        yield ignore
    elif sys.stderr.isatty():
        with ProgressBar() as show:
            yield show
    else:
        yield _Lines()


class _Lines:
    """Events as lines, for logs; a state that lasts is told now and then."""

    def __init__(self) -> None:
        self._last: tuple[type[Event], float] | None = None

    def __call__(self, event: Event) -> None:
        from arcgis_export_widgets.workflow.progress import describe  # noqa: PLC0415  quick help

        now_s = time.monotonic()
        if self._last is not None and self._last[0] is type(event) and now_s - self._last[1] < _TELL_EVERY_S:
            return
        self._last = (type(event), now_s)
        sys.stderr.write(f"{describe(event).strip()}\n")


def _report(result: Result, folder: Path) -> int:
    """Write the receipt beside the file, say how it went, and judge it."""
    frames, path = result.frames, result.path
    receipt = None if frames is None else frames.receipt
    document = {
        "request": result.request.to_json(),
        "route": result.job.plan.route.value if result.job.plan else None,
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
    return COMPLETE if receipt is None or receipt.complete else INCOMPLETE


def _say(status: int, error: Exception) -> int:
    sys.stderr.write(f"{error}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())

"""Run the command line and turn errors into exit statuses."""

from __future__ import annotations

import logging
import sys
from argparse import Namespace
from collections.abc import Sequence
from enum import IntEnum

from arcgis_export_widgets.command_line.arguments import parser
from arcgis_export_widgets.errors import (
    ArcGISExportError,
    ExportCancelledError,
    ExportTimeoutError,
    IncompleteResultError,
    RequestError,
)


class Status(IntEnum):
    """The exit statuses of the command line."""

    COMPLETE = 0
    FAILED = 1
    WRONG = 2
    INCOMPLETE = 3
    LATE = 4
    INTERRUPTED = 130


_STATUSES: dict[type[Exception], Status] = {
    ExportCancelledError: Status.INTERRUPTED,
    ExportTimeoutError: Status.LATE,
    IncompleteResultError: Status.INCOMPLETE,
    RequestError: Status.WRONG,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    try:
        return _do(options)
    except KeyboardInterrupt:
        return _say(Status.INTERRUPTED, "Interrupted.")
    except (ArcGISExportError, OSError) as error:
        return _say(
            next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), Status.FAILED), error
        )


def _do(options: Namespace) -> int:
    from arcgis_export_widgets.command_line.run import report, resume, run  # noqa: PLC0415  so that --help is quick
    from arcgis_export_widgets.command_line.saved_job import ResumableError  # noqa: PLC0415

    try:
        result = (run if options.command == "run" else resume)(options)
    except ResumableError as error:
        sys.stdout.write(f"{error.path}\n")
        return _say(Status.LATE if error.is_late else Status.FAILED, error)
    return Status.COMPLETE if report(result, options.out) else Status.INCOMPLETE


def _say(status: Status, message: object) -> int:
    sys.stderr.write(f"{message}\n")
    return status

"""Define the arguments of the command line, and check their values."""

from __future__ import annotations

import argparse
import math
import ssl
from pathlib import Path

_CREDENTIALS = """\
Credentials come from the environment, the keyring or netrc: ARCGIS_USER and ARCGIS_PASSWORD; ARCGIS_CLIENT and
ARCGIS_SECRET; ARCGIS_API_KEY; ARCGIS_USER with the keyring or netrc; or the portal's entry in the keyring or netrc.
"""
_STATUSES = """\
exit status: 0 complete, 1 failed, 2 wrong arguments or request, 3 rows are missing, 4 not ready in time,
             130 interrupted
"""
_ABOUT_RUN = f"""\
request.json is a request that the form saved, or the JSON of request.to_json(); it has no secrets. The smallest one:

  {{"itemId": "345313e619df46f387f9ededbe15ac56", "exportFormat": "Shapefile",
   "exportParameters": {{"layers": [{{"id": 1, "where": "POPULATION > 100000"}}]}}}}

{_CREDENTIALS}
While the exported file is still in the portal, the job is saved as FOLDER/<title>.job.json, even if this process is
killed. If the command ends early, it prints the command that resumes the export. Ctrl-C and SIGTERM cancel the
export and delete its unfinished item from the portal.

{_STATUSES}
  python -m arcgis_export_widgets run request.json --out data --sample    # try it on the local portal
  python -m arcgis_export_widgets run request.json --out data --portal https://gis.example.com/portal
  python -m arcgis_export_widgets run request.json --out data --timeout 600
"""
_ABOUT_RESUME = f"""\
job.json is the saved job: <title>.job.json from "run", or the file that job.save("job.json") wrote in Python; it has
no secrets. The rows are compared with what the portal counted when the export was started. The saved job is deleted
once the exported file was fetched, or the export has failed or was cancelled (Ctrl-C, SIGTERM). Give --portal or set
ARCGIS_HOST, unless the portal is ArcGIS Online: credentials are never sent to an address just because a file names it.

{_CREDENTIALS}
{_STATUSES}
  python -m arcgis_export_widgets resume "data/Cities.job.json" --out data --portal https://gis.example.com/portal
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    top = argparse.ArgumentParser(
        prog="python -m arcgis_export_widgets",
        description="Export hosted ArcGIS feature layers, completely, and prove it.",
        epilog='"run --help" and "resume --help" say more, with examples.',
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="run | resume")
    run = commands.add_parser(
        "run",
        help="export what a saved request says",
        description="Export what a saved request says, load it, compare it with the portal's count, write a receipt.",
        epilog=_ABOUT_RUN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("request", type=_path, help="the saved request, a JSON document")
    where = run.add_mutually_exclusive_group()
    _add_portal(where)
    where.add_argument("--sample", action="store_true", help="the local portal with its sample data")
    run.add_argument("--anonymous", action="store_true", help="do not sign in; export public items only")
    run.add_argument(
        "--route", choices=["export", "replica", "query"], help="how to fetch the features (default: first open one)"
    )
    _add_common(run)
    resume = commands.add_parser(
        "resume",
        help="resume an export that was not ready in time",
        description="Resume an export that was started before, and finish it as if nothing had happened.",
        epilog=_ABOUT_RESUME,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    resume.add_argument("job", type=_path, help="the saved job, a JSON document")
    _add_portal(resume)
    _add_common(resume)
    resume.set_defaults(sample=False, anonymous=False)
    return top


def _add_portal(command: argparse._ActionsContainer) -> None:
    command.add_argument("--portal", metavar="URL", help="address of the portal (ARCGIS_HOST or else ArcGIS Online)")


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", type=_path, default=Path(), metavar="FOLDER", help="where to put file and receipt (default: here)"
    )
    command.add_argument(
        "--timeout", type=_seconds, metavar="S", help="seconds to wait for the portal (default: no limit)"
    )
    command.add_argument("--keep", action="store_true", help="keep the exported item in the portal")
    command.add_argument(
        "--verify", type=_authority, metavar="FILE", help="your organisation's own certificate authority, as PEM"
    )
    command.add_argument("--quiet", action="store_true", help="show no progress")


def _path(text: str) -> Path:
    """Convert to a path, expanding ``~``: most shells do not expand it in ``--out=~/data``."""
    return Path(text).expanduser()


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number of seconds above 0. Leave the option out to wait as long as it takes."
        )
    return seconds


def _authority(text: str) -> Path:
    path = _path(text)
    try:
        ssl.create_default_context().load_verify_locations(path)
    except ssl.SSLError as error:
        raise argparse.ArgumentTypeError(f"{text} contains no certificates in PEM format.") from error
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text} cannot be read: {error.strerror or error}.") from error
    return path

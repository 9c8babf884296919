"""``python -m arcgis_export_widgets.localportal``: serve a portal until interrupted."""

from __future__ import annotations

import argparse
import json
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from arcgis_export_widgets.localportal.process import REQUIREMENTS, missing_requirements

if TYPE_CHECKING:
    from collections.abc import Sequence

    import uvicorn


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m arcgis_export_widgets.localportal",
        description="Serve hosted feature layers like ArcGIS does, from sample data or from your files.",
    )
    parser.add_argument("--data", nargs="+", type=Path, default=[], metavar="FILE", help="vector files to serve")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine only by default)")
    parser.add_argument("--job-duration", type=float, default=1.5, metavar="S", help="least seconds of an export job")
    parser.add_argument("--exit-with-parent", action="store_true", help="end when standard input ends")
    parser.add_argument("--announce", action="store_true", help="print one line of JSON with the url when ready")
    return parser


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or error
        raise SystemExit(f"cannot listen on {host} port {port}: {reason}. Choose another with --port.") from error
    return listener


def _end_with_parent(server: uvicorn.Server) -> None:
    def wait() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=wait, name="exit-with-parent", daemon=True).start()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    missing = missing_requirements()
    if missing:
        raise SystemExit(f"the local portal needs {', '.join(missing)}: {REQUIREMENTS}")
    from arcgis_export_widgets.localportal.read_data import DataError  # noqa: PLC0415
    from arcgis_export_widgets.localportal.serve import make_portal, make_server  # noqa: PLC0415

    listener = _listen(options.host, options.port)
    host = f"[{options.host}]" if ":" in options.host else options.host
    url = f"http://{host}:{listener.getsockname()[1]}"
    with tempfile.TemporaryDirectory(prefix="localportal-", ignore_cleanup_errors=True) as folder:
        try:
            portal = make_portal(options.data, Path(folder), job_duration_s=options.job_duration)
        except DataError as error:
            raise SystemExit(str(error)) from error
        server = make_server(portal, lambda: _announce(url, announce=options.announce))
        if options.exit_with_parent:
            _end_with_parent(server)
        server.run(sockets=[listener])
        portal.jobs.close()
    return 0


def _announce(url: str, *, announce: bool) -> None:
    line = json.dumps({"url": url}) if announce else f"{url}\n"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

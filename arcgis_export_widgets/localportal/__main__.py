"""``python -m arcgis_export_widgets.localportal``: serve a portal until interrupted."""

from __future__ import annotations

import argparse
import gc
import json
import os
import socket
import sys
import tempfile
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from arcgis_export_widgets.localportal.faults.faults import KINDS, read_fault
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.process.portal_process import KEY_VARIABLE, LocalPortalError, require_libraries

if TYPE_CHECKING:
    from collections.abc import Sequence

    import uvicorn

    from arcgis_export_widgets.localportal.portal import Portal


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m arcgis_export_widgets.localportal",
        description="Serve hosted feature layers as ArcGIS does, from sample data or your own files.",
        epilog="faults:\n" + "\n".join(f"  {name:18}{kind.meaning}" for name, kind in KINDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", nargs="+", type=Path, default=[], metavar="FILE", help="vector files to serve")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 (the default) picks a free port")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine only by default)")
    parser.add_argument(
        "--job-duration", type=float, default=0.5, metavar="S", help="minimum seconds an export job takes"
    )
    parser.add_argument("--tls", action="store_true", help="serve https with a certificate created for this run")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="KIND[:VALUE][@/PATH]",
        help="switch on one of the faults below, e.g. cap:100, or cut_short@/data for paths that contain /data",
    )
    parser.add_argument("--exit-with-parent", action="store_true", help="stop when standard input ends")
    parser.add_argument("--announce", action="store_true", help="print a line of JSON with the portal's url when ready")
    return parser


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio disables Nagle's algorithm only if the protocol is given; otherwise small responses are 40 ms late
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
    try:
        require_libraries(tls=options.tls)
    except LocalPortalError as error:
        raise SystemExit(str(error)) from error
    # listen before loading the libraries, which takes a second: a port in use is reported immediately
    listener = _listen(options.host, options.port)
    from arcgis_export_widgets.localportal.layers.read_data import DataError  # noqa: PLC0415
    from arcgis_export_widgets.localportal.server.startup import make_certificate, make_portal, make_server  # noqa: PLC0415

    with listener, tempfile.TemporaryDirectory(prefix="localportal-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        try:
            key = os.environ.pop(KEY_VARIABLE, None)
            portal = make_portal(options.data, folder, job_duration_s=options.job_duration, admin_key=key)
            for text in options.fault:
                portal.faults.add(read_fault(text))
        except (DataError, ArcGISError) as error:
            raise SystemExit(str(error)) from error
        certificate = make_certificate(folder, options.host) if options.tls else None
        ready = {"url": _url(listener, options.host, tls=options.tls)}
        if certificate is not None:
            ready["certificate"] = str(certificate.authority)
        announce = partial(_announce, portal, ready, as_json=options.announce)
        server = make_server(portal, announce, certificate)
        if options.exit_with_parent:
            _end_with_parent(server)
        server.run(sockets=[listener])
        portal.jobs.close()
    gc.unfreeze()  # undo make_portal's gc.freeze(), so that DuckDB's objects are destroyed in order
    return 0


def _url(listener: socket.socket, host: str, *, tls: bool) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{name}:{listener.getsockname()[1]}"


def _announce(portal: Portal, ready: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        lines = [json.dumps(ready)]
    else:
        from arcgis_export_widgets.localportal.content import catalog  # noqa: PLC0415

        users = ", ".join(f"{username} ({role.removeprefix('org_')})" for username, role, _ in catalog.SAMPLE_USERS)
        lines = [f"portal   {ready['url']}", f"users    {users}; password of each: {catalog.SAMPLE_PASSWORD}"]
        lines.append(f"app      {catalog.SAMPLE_APPLICATION}, with the same password as its secret")
        for item in portal.catalog.all_items():
            lines.append(f"item     {item.item_id}  {item.title}  ({item.item_type})")
            if item.service is not None:
                lines.append(f"         {item.to_json(ready['url'])['url']}")
        if "certificate" in ready:
            lines.append(f"trust    {ready['certificate']}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

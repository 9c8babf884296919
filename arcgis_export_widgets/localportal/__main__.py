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
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.faults.faults import KINDS, read_fault
from arcgis_export_widgets.localportal.http.request import ArcGISError
from arcgis_export_widgets.localportal.process.portal_process import KEY_VARIABLE, LocalPortalError, require_libraries

if TYPE_CHECKING:
    from collections.abc import Sequence

    import uvicorn

    from arcgis_export_widgets.localportal.portal import Portal


_SKIPPED_DRIVERS = "OGR_VRT,VRT,GDALG,HTTP,WFS,OAPIF,OGCAPI,CSW"
_END_WITHIN_S = 5.0


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
    parser.add_argument(
        "--passwords",
        type=Path,
        metavar="FILE",
        help="file with a name and a password in each line; by default, passwords are generated if --host lets other "
        "machines connect",
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help="let administrators switch faults on and add data although --host lets other machines connect",
    )
    parser.add_argument(
        "--app",
        action="append",
        default=[],
        metavar="ID[=URL]",
        help="register an OAuth client id, and its redirect URL",
    )
    parser.add_argument(
        "--allow-origin", action="append", default=[], metavar="ORIGIN", help="let pages of this origin call the portal"
    )
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="another name of this machine, as of a proxy"
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
        time.sleep(_END_WITHIN_S)
        os._exit(1)  # whatever the process is still doing

    threading.Thread(target=wait, name="exit-with-parent", daemon=True).start()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    options = _parser().parse_args(arguments)
    try:
        require_libraries(tls=options.tls)
    except LocalPortalError as error:
        raise SystemExit(str(error)) from error
    # GDAL must not follow files that are instructions to read others; it looks at this when it is loaded
    os.environ["GDAL_SKIP"] = _SKIPPED_DRIVERS
    given = _given_passwords(options.passwords)
    # listen before loading the libraries, which takes a second: a port in use is reported immediately
    listener = _listen(options.host, options.port)
    from arcgis_export_widgets.localportal.http.access import Access, is_loopback, outward_address  # noqa: PLC0415
    from arcgis_export_widgets.localportal.layers.opening import DataError  # noqa: PLC0415
    from arcgis_export_widgets.localportal.server.startup import (  # noqa: PLC0415
        make_certificate,
        make_passwords,
        make_portal,
        make_server,
    )

    is_here = is_loopback(options.host)
    access = Access(options.host, options.allow_host, options.allow_origin, has_control=is_here or options.control)
    passwords = make_passwords(access, given)

    with listener, tempfile.TemporaryDirectory(prefix="localportal-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary)
        try:
            key = os.environ.pop(KEY_VARIABLE, None)
            portal = make_portal(
                options.data,
                folder,
                job_duration_s=options.job_duration,
                admin_key=key,
                access=access,
                passwords=passwords,
            )
            for text in options.app:
                client_id, _, redirect_uri = text.partition("=")
                portal.oauth.register(client_id, None, [redirect_uri] if redirect_uri else [])
            for text in options.fault:
                portal.faults.add(read_fault(text))
        except (DataError, ArcGISError) as error:
            raise SystemExit(str(error)) from error
        certificate = make_certificate(folder, options.host) if options.tls else None
        ready: dict[str, Any] = {"url": _url(listener, outward_address(options.host), tls=options.tls)}
        if certificate is not None:
            ready["certificate"] = str(certificate.authority)
        ready["passwords"] = passwords
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


def _given_passwords(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    try:
        lines = [line.split() for line in file.read_text("utf-8").splitlines() if line.strip()]
        return {name: password for name, password in lines}  # noqa: C416 - each line must have two words
    except (OSError, ValueError) as error:
        raise SystemExit(f"{file} cannot be read: it needs a name and a password in each line") from error


def _announce(portal: Portal, ready: dict[str, Any], *, as_json: bool) -> None:
    lines = [json.dumps(ready)] if as_json else _lines(portal, ready)
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _lines(portal: Portal, ready: dict[str, Any]) -> list[str]:
    """What is printed at the start for people."""
    from arcgis_export_widgets.localportal.content import catalog  # noqa: PLC0415
    from arcgis_export_widgets.localportal.http.access import is_loopback  # noqa: PLC0415

    passwords, application = ready["passwords"], catalog.SAMPLE_APPLICATION
    lines = [f"portal   {ready['url']}"]
    if not is_loopback(portal.access.host):
        control = "open to teacher" if portal.access.has_control else "closed"
        lines.append(
            "warning  Everybody in this network can read what is public here, and sign in with these passwords."
        )
        lines.append(f"         The control interface is {control}. Do not open this port to the internet.")
    members = [(username, f"{username} ({role.removeprefix('org_')})") for username, role, _ in catalog.SAMPLE_USERS]
    if set(passwords.values()) == {catalog.SAMPLE_PASSWORD}:
        names = ", ".join(member for _, member in members)
        lines.append(f"users    {names}; password of each: {catalog.SAMPLE_PASSWORD}")
        lines.append(f"app      {application}, with the same password as its secret")
    else:
        lines += [f"user     {member}, password {passwords[username]}" for username, member in members]
        lines.append(f"app      {application}, secret {passwords[application]}")
    for item in portal.catalog.all_items():
        lines.append(f"item     {item.item_id}  {item.title}  ({item.item_type})")
        if item.service is not None:
            lines.append(f"         {item.to_json(ready['url'])['url']}")
    if "certificate" in ready:
        lines.append(f"trust    {ready['certificate']}")
    return lines


if __name__ == "__main__":
    sys.exit(main())

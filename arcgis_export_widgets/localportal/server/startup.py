"""Create a portal with its data, and the uvicorn server that serves it."""

from __future__ import annotations

import gc
import secrets
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from arcgis_export_widgets.localportal.content.accounts import Accounts
from arcgis_export_widgets.localportal.content.catalog import (
    SAMPLE_APPLICATION,
    SAMPLE_PASSWORD,
    SAMPLE_USERS,
    Catalog,
    add_file,
    add_sample_items,
)
from arcgis_export_widgets.localportal.export.jobs import ExportJobs
from arcgis_export_widgets.localportal.faults.injection import with_transport
from arcgis_export_widgets.localportal.http.access import Access, is_loopback, outward_address
from arcgis_export_widgets.localportal.portal import Portal
from arcgis_export_widgets.localportal.server.app import build_app


def make_passwords(access: Access, given: Mapping[str, str]) -> dict[str, str]:
    """Return the passwords of the sample members and the sample application's secret, by name.

    Those not in `given` are the published one if only this machine can connect; else each is generated.
    """
    names = [*(username for username, _, _ in SAMPLE_USERS), SAMPLE_APPLICATION]
    is_here = is_loopback(access.host)
    return {name: given.get(name) or (SAMPLE_PASSWORD if is_here else secrets.token_urlsafe(9)) for name in names}


def make_portal(
    data: Sequence[Path],
    folder: Path,
    *,
    job_duration_s: float,
    admin_key: str | None = None,
    access: Access | None = None,
    passwords: Mapping[str, str] | None = None,
) -> Portal:
    """Return a portal with the sample members and a service per file in `data`, or the sample items if it is empty."""
    access = access or Access()
    passwords = passwords or make_passwords(access, {})
    accounts, catalog = Accounts(), Catalog()
    for username, role, full_name in SAMPLE_USERS:
        accounts.add(username, passwords[username], role, full_name)
    if data:
        for path in data:
            add_file(catalog, path)
    else:
        add_sample_items(catalog)
    gc.freeze()  # otherwise the garbage collector would check all geometries during requests
    jobs = ExportJobs(folder, least_duration_s=job_duration_s)
    portal = Portal(accounts, catalog, jobs, folder, admin_key=admin_key, access=access)
    portal.oauth.register(SAMPLE_APPLICATION, passwords[SAMPLE_APPLICATION])
    return portal


@dataclass(frozen=True)
class Certificate:
    """Two files: `server` has the server's certificate and key, `authority` the certificate that clients must trust."""

    server: Path
    authority: Path


class _AnnouncingServer(uvicorn.Server):
    """A uvicorn server that calls `when_ready` once it can accept requests."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_ready()


def make_certificate(folder: Path, host: str) -> Certificate:
    """Write two files: a certificate for `host` and this machine's local names, and its authority's certificate."""
    import trustme  # noqa: PLC0415 - needed for TLS only

    authority = trustme.CA()
    names = dict.fromkeys([host, outward_address(host), "127.0.0.1", "localhost", "::1"])
    issued = authority.issue_cert(*(name for name in names if name not in {"0.0.0.0", "::"}))  # noqa: S104
    certificate = Certificate(folder / "server.pem", folder / "authority.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(str(certificate.server))
    certificate.server.chmod(0o600)
    authority.cert_pem.write_to_path(str(certificate.authority))
    return certificate


def make_server(
    portal: Portal, when_ready: Callable[[], None], certificate: Certificate | None = None
) -> uvicorn.Server:
    """Return a server for `portal` that calls `when_ready` once it can accept requests."""
    config = uvicorn.Config(
        with_transport(build_app(portal)),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=1_000_000,
        ssl_certfile=certificate.server if certificate else None,
    )
    return _AnnouncingServer(config, when_ready)

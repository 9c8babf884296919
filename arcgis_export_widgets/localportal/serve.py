"""A portal and the uvicorn server around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import uvicorn

from arcgis_export_widgets.localportal.accounts import Accounts
from arcgis_export_widgets.localportal.app import build_app
from arcgis_export_widgets.localportal.catalog import Catalog
from arcgis_export_widgets.localportal.export_jobs import ExportJobs
from arcgis_export_widgets.localportal.portal import Portal
from arcgis_export_widgets.localportal.seed import add_file, add_sample_items, add_sample_users

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence
    from pathlib import Path


def make_portal(data: Sequence[Path], folder: Path, *, job_duration_s: float) -> Portal:
    """Return a portal with the sample members, and the sample items or one service per file of `data`.

    Raises
    ------
    DataError
        When something of it cannot be read.
    """
    accounts, catalog = Accounts(), Catalog()
    add_sample_users(accounts)
    if data:
        for path in data:
            add_file(catalog, path)
    else:
        add_sample_items(catalog)
    return Portal(accounts, catalog, ExportJobs(folder, least_duration_s=job_duration_s), folder)


class _AnnouncingServer(uvicorn.Server):
    """A server that tells when it answers."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_ready()


def make_server(portal: Portal, when_ready: Callable[[], None]) -> uvicorn.Server:
    """Return a server for `portal`; `when_ready` is called once it answers."""
    config = uvicorn.Config(
        build_app(portal),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=1_000_000,
    )
    return _AnnouncingServer(config, when_ready)

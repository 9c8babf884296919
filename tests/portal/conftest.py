"""Servers that misbehave as told, and sessions to them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer

import pytest
from scripted_server import Answer, Asked, ScriptedServer, handler_of

from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.auth.tokens import TokenAuth
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.http.tokens import Anonymous


@pytest.fixture
def make_server() -> Iterator[Callable[..., ScriptedServer]]:
    running: list[tuple[ThreadingHTTPServer, threading.Thread]] = []
    servers: list[ScriptedServer] = []

    def make(*script: Answer | Callable[[Asked], Answer]) -> ScriptedServer:
        scripted = ScriptedServer(script=list(script))
        http = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(scripted))
        scripted.url = f"http://127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((http, thread))
        servers.append(scripted)
        return scripted

    yield make
    for scripted in servers:
        scripted.closing.set()
    for http, thread in running:
        http.shutdown()
        thread.join()
        http.server_close()


@pytest.fixture
def session_to() -> Iterator[Callable[..., PortalSession]]:
    opened: list[PortalSession] = []

    def open_session(server: ScriptedServer, token: str | None = None, **options: object) -> PortalSession:
        auth = TokenAuth(token) if token else Anonymous()
        opened.append(PortalSession(server.url, auth, **options))
        return opened[-1]

    yield open_session
    for session in opened:
        session.close()


@pytest.fixture
def client(local_portal) -> Iterator[PortalClient]:
    with PortalClient(local_portal.url, username="student", password="learn-arcgis") as opened:
        yield opened

"""Signing in with a browser on this machine, which sends the code back to Python (RFC 8252)."""

from __future__ import annotations

import hmac
import threading
import time
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from arcgis_export_widgets.errors import AuthError, RequestError
from arcgis_export_widgets.language import language, say
from arcgis_export_widgets.portal.auth.browser import CodeAuth, CodeSignIn

if TYPE_CHECKING:
    from typing_extensions import Self

_LOOK_S = 0.05
_PAGE = """<!DOCTYPE html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1><p>{advice}</p></body></html>"""


class LoopbackSignIn(CodeSignIn):
    """Sign in with a browser on this machine, which sends the code back to Python.

    A context manager that listens on the loopback address until the block ends. `Portal.from_browser` runs all steps.

    Parameters
    ----------
    url, client_id
        As for `CodeSignIn`. The application must have ``http://127.0.0.1:<port>/`` among its redirect addresses.
    port
        Port to listen on; 0 for any free port, which not every portal allows.

    Raises
    ------
    RequestError
        If the port is in use, or for one of the reasons given in `CodeSignIn`.

    Examples
    --------
    >>> with LoopbackSignIn("https://www.arcgis.com", "...", port=8765) as sign_in:  # doctest: +SKIP
    ...     webbrowser.open(sign_in.url)
    ...     portal = Portal(sign_in.portal_url, auth=sign_in.wait())
    """

    def __init__(self, url: str, client_id: str | None = None, *, port: int = 0) -> None:
        super().__init__(url, client_id)
        self._came_back = threading.Event()
        self._answer = ""
        try:
            self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self._take))
        except OSError as error:
            raise RequestError(
                say("Port {port} of this machine is taken. Choose another, or 0 for a free one.", port=port)
            ) from error
        self._redirect_uri = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(_LOOK_S,), daemon=True)
        self._thread.start()

    def wait(self, *, timeout_s: float = 300.0, cancel: threading.Event | None = None) -> CodeAuth:
        """Wait until the browser has sent the code.

        Raises
        ------
        AuthError
            If the user or the portal refused, nobody signed in within `timeout_s` seconds, or `cancel` was set.
        """
        until_s = time.monotonic() + timeout_s
        while not self._came_back.wait(_LOOK_S):
            if cancel is not None and cancel.is_set():
                raise AuthError(say("Nobody signed in: the sign-in was cancelled."), url=self.portal_url)
            if time.monotonic() > until_s:
                raise AuthError(
                    say(
                        "Nobody signed in within {seconds:g} s. Open the page's address in a browser on this machine; "
                        "if the browser is on another machine, as with Binder or JupyterHub, use CodeSignIn.",
                        seconds=timeout_s,
                    ),
                    url=self.portal_url,
                )
        return self.finish(self._answer)

    def close(self) -> None:
        """Stop listening."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _take(self, path: str) -> bool:
        """Accept a request from the browser; False if the request does not belong to this sign-in."""
        parts = urlsplit(path)
        returned = dict(parse_qsl(parts.query))
        is_ours = hmac.compare_digest(returned.get("state", "").encode(), self._state.encode())
        if parts.path != "/" or not is_ours or not returned.keys() & {"code", "error"}:
            return False  # an icon, or a forged request
        if not self._came_back.is_set():
            self._answer = f"{self._redirect_uri}?{parts.query}"
            self._came_back.set()
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _handler(take: Callable[[str], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5  # seconds for a connection that sends nothing

        def do_GET(self) -> None:
            taken = take(self.path)
            title = say("Back from the portal") if taken else say("This page does not belong to the sign-in")
            advice = say("You can close this page and go back to the notebook.")
            page = _PAGE.format(language=language(), title=escape(title), advice=escape(advice)).encode()
            self.send_response(200 if taken else 400)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Log nothing: the address contains the code."""

    return Handler

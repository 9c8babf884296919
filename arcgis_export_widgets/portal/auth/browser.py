"""Signing in at the portal's own page, with OAuth 2.0 and PKCE: for accounts with a login of their organisation, too.

Sources: https://developers.arcgis.com/rest/users-groups-and-items/authorize/ and RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import threading
import time
from html import escape
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlencode, urlsplit

from arcgis_export_widgets.errors import AuthError, RequestError
from arcgis_export_widgets.portal.addresses import portal_url
from arcgis_export_widgets.portal.auth.oauth import CodeAuth

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
_MINUTES = 20160
_PASTED = re.compile(r"(?:^|[?&#\s])code=([^&\s]+)")
_LOOK_S = 0.2
_PAGE = b"<!DOCTYPE html><title>Done</title><p>You can close this tab and go back to the notebook.</p>"


class CodeSignIn:
    """Signing in in two steps: open `url` in a browser and sign in there, then bring back the code it shows.

    Works everywhere, on Binder and hubs as well, because nothing has to reach this machine.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages.
    client_id
        Of an application registered in the portal; see
        https://developers.arcgis.com/documentation/security-and-authentication/user-authentication/.

    Examples
    --------
    >>> sign_in = CodeSignIn("https://www.arcgis.com", client_id="...")  # doctest: +SKIP
    >>> sign_in  # shows the link                                          # doctest: +SKIP
    >>> portal = Portal(sign_in.portal_url, auth=sign_in.finish("the code"))  # doctest: +SKIP
    """

    def __init__(self, url: str, client_id: str, *, redirect_uri: str = OUT_OF_BAND) -> None:
        if not client_id.strip():
            raise RequestError(
                "Signing in at the portal's page takes the client id of an application registered there."
            )
        self.portal_url = portal_url(url)
        self.client_id = client_id.strip()
        self._redirect_uri = redirect_uri
        self._verifier = secrets.token_urlsafe(64)
        self._state = secrets.token_urlsafe(16)

    @property
    def url(self) -> str:
        """The page to sign in at. It holds no secret."""
        digest = hashlib.sha256(self._verifier.encode()).digest()
        query = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "expiration": _MINUTES,
            "state": self._state,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.portal_url}/sharing/rest/oauth2/authorize?{urlencode(query)}"

    def finish(self, code: str) -> CodeAuth:
        """Make the credentials of the code that the page shows; also of the whole text or address it stands in.

        Raises
        ------
        RequestError
            If there is no code in it.
        """
        found = _PASTED.search(code)
        code = (found[1] if found else code).strip()
        if not code or not code.isprintable() or " " in code:
            raise RequestError("That is no code. Sign in at the page, then copy the code it shows, whole and alone.")
        return CodeAuth(self.client_id, code, self._verifier, self._redirect_uri)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.portal_url}: open its url, sign in, and give finish() the code>"

    def _repr_html_(self) -> str:
        link = f'<a href="{escape(self.url)}" target="_blank" rel="noopener noreferrer">Sign in</a>'
        return f"<p>{link} at {escape(self.portal_url)}, then give <code>finish()</code> the code it shows.</p>"


class LoopbackSignIn(CodeSignIn):
    """Signing in with a browser on this very machine, which brings the code back by itself.

    A context manager: it listens on the loopback address until it is left.

    Parameters
    ----------
    url, client_id
        As for `CodeSignIn`. The application must have ``http://127.0.0.1:<port>/`` among its redirect addresses.
    port
        Where to listen; 0 takes a free one.

    Examples
    --------
    >>> with LoopbackSignIn("https://www.arcgis.com", "...", port=8765) as sign_in:  # doctest: +SKIP
    ...     webbrowser.open(sign_in.url)
    ...     portal = Portal(sign_in.portal_url, auth=sign_in.wait())
    """

    def __init__(self, url: str, client_id: str, *, port: int = 0) -> None:
        answers: list[dict[str, list[str]]] = []
        self._answers = answers

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                if query.keys() & {"code", "error"}:  # browsers ask for an icon as well
                    answers.append(query)
                page = (
                    b"<!DOCTYPE html><title>Signed in</title><p>You can close this tab and go back to the notebook.</p>"
                )
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                """Say nothing: the address holds the code."""

        try:
            self._server = HTTPServer(("127.0.0.1", port), Handler)
        except OSError as error:
            raise RequestError(f"Port {port} of this machine is taken. Choose another, or 0 for a free one.") from error
        self._server.timeout = _LOOK_S
        super().__init__(url, client_id, redirect_uri=f"http://127.0.0.1:{self._server.server_port}/")

    def wait(self, *, timeout_s: float = 300.0, cancel: threading.Event | None = None) -> CodeAuth:
        """Wait until the browser has come back.

        Raises
        ------
        AuthError
            If the person refused, or nobody came within `timeout_s` seconds or before `cancel` was set.
        """
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s and not (cancel is not None and cancel.is_set()):
            self._server.handle_request()
            for query in self._answers:
                if query.get("state") == [self._state]:  # others were not meant for this sign-in
                    if "error" in query:
                        told = query.get("error_description") or query["error"]
                        raise AuthError(f"The sign-in was refused: {told[0]}.")
                    return self.finish(query["code"][0])
            self._answers.clear()
        raise AuthError("Nobody signed in. Open the page's address in a browser on this machine, or use CodeSignIn.")

    def close(self) -> None:
        """Stop listening."""
        self._server.server_close()

    def __enter__(self) -> LoopbackSignIn:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

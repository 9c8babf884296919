"""The HTTP session: `PortalSession` sends every request of this package."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from arcgis_export_widgets.errors import AuthError, PortalError, RateLimitError, RequestError, ResponseError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.addresses import rebuilt, same_site, without_query
from arcgis_export_widgets.portal.http.cancellation import wait
from arcgis_export_widgets.portal.http.connections import cut_when_cancelled
from arcgis_export_widgets.portal.http.headers import TOKEN_HEADER
from arcgis_export_widgets.portal.http.responses import hide, with_advice
from arcgis_export_widgets.portal.http.retry import READS, Retry, RetryPolicy
from arcgis_export_widgets.portal.http.server_tokens import ServerTokens
from arcgis_export_widgets.portal.http.tokens import NO_SUCH_OPERATION, Anonymous, Auth, refuse_unencrypted
from arcgis_export_widgets.portal.http.transport import (
    BROKEN,
    Body,
    Http,
    bytes_of,
    json_of,
    refusal_in,
    unreachable,
)

_Content = TypeVar("_Content")

_CONNECT_TIMEOUT_S = 10.0
_NOT_SIGNED_IN = {401, 498, 499}
_NOBODY = Anonymous()
_IS_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_SECRET_FIELDS = ("password", "token", "client_secret", "code", "code_verifier", "refresh_token")


class PortalSession:
    """Sends requests with the user's credentials, and turns all failures into this package's errors.

    Parameters
    ----------
    portal_url
        The portal's address, normalised by `addresses.portal_url`.
    verify
        True to verify TLS with the default certificate authorities, or the path of a file with other authorities.
    timeout_s
        Seconds without any data from the server after which a request fails.
    headers
        Headers to send with every request; see `headers.headers_to_send`.

    Raises RequestError if credentials would be sent over a network unencrypted, or `verify` is False.
    """

    has_servers = False
    """Whether the portal is an ArcGIS Enterprise, which may have federated servers with tokens of their own."""
    max_response_bytes = 256_000_000
    """Maximum size of a response that is kept in memory, such as JSON; a larger one raises PortalError."""
    max_file_bytes = 100_000_000_000
    """Maximum size of a file to download, if the portal does not say how large it is."""

    def __init__(
        self,
        portal_url: str,
        auth: Auth,
        *,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(auth, Anonymous):
            refuse_unencrypted(portal_url, mark("A token"))
        if verify is False:
            raise RequestError(
                say(
                    "TLS is always verified. If your organisation has its own certificate authority, give its file: "
                    'verify="authority.pem".'
                )
            )
        self.portal_url = portal_url
        self.auth = auth
        self.timeout_s = timeout_s
        self._servers = ServerTokens(portal_url, auth, self.ask)
        self._http = Http(verify if isinstance(verify, bool) else str(verify), {} if headers is None else headers)
        self._only_get: set[str] = set()
        self._closing = threading.Event()

    @property
    def rest_url(self) -> str:
        """Root of the portal's REST operations."""
        return f"{self.portal_url}/sharing/rest"

    def ask(
        self, path: str, parameters: Mapping[str, Any] | None = None, *, repeatable: bool = True, retry: bool = True
    ) -> dict[str, Any]:
        """Post `parameters` and return the JSON response.

        All requests are POST, so that no address gets too long, and no parameter is logged by servers in between;
        only services that refuse POST are asked by GET.

        Parameters
        ----------
        path
            Full address, or a path below ``/sharing/rest``.
        parameters
            Form fields; those with the value None are left out. ``f`` is ``json`` unless given.
        repeatable
            False if the operation must not run twice. Then the request is repeated only after a refusal for too many
            requests, which means that nothing ran.
        retry
            False to send the request once, because the caller does the retrying.

        Raises PortalError or one of its subclasses; see `errors`.
        """
        return self._ask(path, parameters or {}, json_of, repeatable=repeatable, retry=retry)

    def fetch(self, path: str, parameters: Mapping[str, Any], *, retry: bool = True) -> bytes:
        """Post `parameters`, in which ``f`` is a format other than JSON, and return the response's bytes.

        Raises as `ask` does, and ResponseError if the response is JSON that reports no error.
        """
        return self._ask(path, parameters, bytes_of, retry=retry)

    def _ask(
        self,
        path: str,
        parameters: Mapping[str, Any],
        read: Callable[[Body], _Content],
        *,
        repeatable: bool = True,
        retry: bool = True,
    ) -> _Content:
        url = self._full(path)
        form = {"f": "json"} | {key: str(value) for key, value in parameters.items() if value is not None}

        may_get = repeatable and not url.startswith(self.rest_url)  # portals accept POST, some services do not
        host = url.split("/", 3)[2]

        def send(signature: dict[str, str]) -> _Content:
            if not may_get or host not in self._only_get:
                try:
                    return read_from("POST", signature, data=form)
                except PortalError as error:
                    if not may_get or error.code not in NO_SUCH_OPERATION:
                        raise
            found = read_from("GET", signature, params=form)
            self._only_get.add(host)
            return found

        def read_from(method: str, signature: dict[str, str], **content: Any) -> _Content:
            with self._request(method, url, signature, self.max_response_bytes, **content) as body:
                return read(body)

        return self._signed(url, send, repeatable=repeatable, retry=retry)

    def open(self, path: str, *, start_at: int = 0) -> Body:
        """Send one GET request and open its response for reading, from byte `start_at` if the server supports that.

        Raises PortalError for an HTTP error, and if a response with status 200 says that the token is refused or there
        were too many requests. The caller must check for other errors in a response with status 200.
        """
        url = self._full(path)
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start_at}-"} if start_at else {})

        def send(signature: dict[str, str]) -> Body:
            body = self._request("GET", url, headers | signature, self.max_file_bytes)
            if (refusal := refusal_in(body)) is None:
                return body
            body.response.close()
            raise refusal

        return self._signed(url, send, retry=False)

    def pause(self, pause_s: float) -> None:
        """Wait `pause_s` seconds, or until the session is closed or the surrounding work is cancelled."""
        wait(pause_s, self._closing)

    def retry(self, policy: RetryPolicy) -> Retry:
        """A `Retry` with `policy`, whose pauses end when the session is closed."""
        return Retry(policy, self._closing)

    def close(self) -> None:
        """Close the connections and end all pauses."""
        self._closing.set()
        self._http.close()

    def _full(self, path: str) -> str:
        """The address to send to. All requests pass through here, so no address is sent to as a server wrote it."""
        if _IS_ADDRESS.match(path):
            return rebuilt(path)
        url = rebuilt(f"{self.rest_url}/{path}")
        if url.startswith(f"{self.rest_url}/"):
            return url
        raise ResponseError(say("Nothing was sent to {path!r}: it leads outside of the portal.", path=path))

    def _signed(
        self, url: str, send: Callable[[dict[str, str]], _Content], *, repeatable: bool = True, retry: bool = True
    ) -> _Content:
        """Send with the user's token; if the token is refused, renew it and send once more."""
        auth = self._auth_for(url)
        token = auth.token(self._post_unsigned)
        try:
            return self._sent(lambda: send(self._signature(token)), token, repeatable=repeatable, retry=retry)
        except AuthError as error:
            refused = error
        if refused.code not in _NOT_SIGNED_IN or token is None:
            raise refused
        if auth.renew(self._post_unsigned, token):
            fresh = auth.token(self._post_unsigned)
            try:
                return self._sent(lambda: send(self._signature(fresh)), fresh, repeatable=repeatable, retry=retry)
            except AuthError as error:
                refused = error
        raise with_advice(refused, say(auth.advice))

    def _auth_for(self, url: str) -> Auth:
        """The sign-in for requests to `url`: the portal's, a federated server's, or `Anonymous` for other hosts."""
        if url.startswith(f"{self.portal_url}/") or isinstance(self.auth, Anonymous):
            return self.auth
        if self.has_servers and (server := self._servers.auth_for(url)) is not None:
            return server
        return self.auth if same_site(url, self.portal_url) else _NOBODY

    def _signature(self, token: str | None) -> dict[str, str]:
        return {} if token is None else {TOKEN_HEADER: f"Bearer {token}", "Referer": self._referer}

    @property
    def _referer(self) -> str:
        return self.auth.referer or self.portal_url

    def _sent(
        self, send: Callable[[], _Content], *secrets: str | None, repeatable: bool, retry: bool = True
    ) -> _Content:
        """Send a request, and retry while the fault may be temporary; `secrets` are removed from errors and logs."""
        retries = self.retry(READS)
        while True:
            try:
                return send()
            except PortalError as error:
                hide(error, *secrets)
                may_repeat = retry and (repeatable or isinstance(error, RateLimitError))
                if not may_repeat or not retries.again(error):
                    raise

    def _post_unsigned(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        """Post a form that contains a secret: once, to the portal itself, without following redirects."""
        url = self._full(path)

        def send() -> dict[str, Any]:
            headers = {"Referer": self._referer}
            options: dict[str, Any] = {"data": form | {"f": "json"}, "allow_redirects": False}
            with self._request("POST", url, headers, self.max_response_bytes, **options) as body:
                if not body.response.is_redirect:
                    return json_of(body)
            shown = without_query(url)
            raise ResponseError(
                say(
                    "{url} redirects to another address, and passwords are not sent there. Give the portal's final "
                    "address, as the browser shows it after signing in.",
                    url=shown,
                ),
                url=shown,
            )

        return self._sent(send, *(form.get(name) for name in _SECRET_FIELDS), repeatable=False)

    def _request(self, method: str, url: str, headers: dict[str, str], most_bytes: int, **options: Any) -> Body:
        timeouts = (_CONNECT_TIMEOUT_S, self.timeout_s)
        try:
            with cut_when_cancelled():
                response = self._http.request(method, url, headers=headers, timeout=timeouts, stream=True, **options)
        except BROKEN as error:
            problem = unreachable(error, url, self.timeout_s)
        else:
            return Body(response, url, self.timeout_s, most_bytes)
        raise problem  # outside the except clause, since the original error contains the token

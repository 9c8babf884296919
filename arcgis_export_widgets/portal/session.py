"""The one door to HTTP: every request of this package passes through `PortalSession`."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import requests

from arcgis_export_widgets.errors import (
    AuthError,
    PortalError,
    RateLimitError,
)
from arcgis_export_widgets.portal.addresses import same_site, without_query
from arcgis_export_widgets.portal.answers import wait_told
from arcgis_export_widgets.portal.auth import Auth
from arcgis_export_widgets.portal.server_tokens import ServerTokens
from arcgis_export_widgets.portal.transport import (
    RETRY_READS,
    TOKEN_HEADER,
    Body,
    Http,
    bytes_of,
    http_error,
    json_of,
    unreachable,
)

logger = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")

_CONNECT_TIMEOUT_S = 10.0
_BROKEN_BODY_TRIES = 3
_QUOTA_WAITS = 3
_LONGEST_QUOTA_WAIT_S = 120.0


class PortalSession:
    """Asks a portal, with one's credentials, and turns whatever goes wrong into this package's errors.

    Parameters
    ----------
    portal_url
        As `addresses.portal_url` normalises it.
    auth
        Who asks.
    verify
        True to verify TLS against the system's authorities, or the path of a file with an organisation's own.
    timeout_s
        Seconds without a byte after which the server counts as silent.
    """

    def __init__(
        self, portal_url: str, auth: Auth, *, verify: bool | str | Path = True, timeout_s: float = 60.0
    ) -> None:
        self.portal_url = portal_url
        self.auth = auth
        self.timeout_s = timeout_s
        verified = verify if isinstance(verify, bool) else str(verify)
        self._reads = Http(RETRY_READS, verified)
        self._once = Http(None, verified)
        self._closing = threading.Event()
        self._servers = ServerTokens(portal_url, ask_stranger=self._ask_stranger, ask_portal=self.ask)

    @property
    def rest_url(self) -> str:
        """Root of the portal's REST operations."""
        return f"{self.portal_url}/sharing/rest"

    def ask(self, path: str, parameters: Mapping[str, Any] | None = None, *, repeatable: bool = True) -> dict[str, Any]:
        """Post `parameters` and return the JSON answer.

        Everything is posted: no address gets too long, and nothing lands in the logs of servers in between.

        Parameters
        ----------
        path
            Full address, or a path below ``/sharing/rest``.
        parameters
            Form fields; those that are None are left out. ``f`` is ``json`` unless given.
        repeatable
            False for what must not happen twice: then nothing is retried once the request was sent.

        Raises
        ------
        PortalError
            Or the subclass that fits; see `errors`.
        """
        return self._ask(path, parameters or {}, json_of, repeatable=repeatable)

    def fetch(self, path: str, parameters: Mapping[str, Any], *, repeatable: bool = True) -> bytes:
        """Post `parameters`, which name another format than JSON as ``f``, and return the answer's bytes.

        Raises
        ------
        ResponseError
            If JSON came in their place, which is none of ArcGIS's errors.
        PortalError
            As `ask` does.
        """
        return self._ask(path, parameters, bytes_of, repeatable=repeatable)

    def _ask(
        self,
        path: str,
        parameters: Mapping[str, Any],
        read: Callable[[requests.Response, str], _Answer],
        *,
        repeatable: bool = True,
    ) -> _Answer:
        url = path if "://" in path else f"{self.rest_url}/{path}"
        form = {"f": "json"} | {key: str(value) for key, value in parameters.items() if value is not None}
        renewed = False
        for waits in range(_QUOTA_WAITS + 1):
            while True:
                token = self._token_for(url)
                try:
                    return read(self._post(url, form, token, repeatable=repeatable), url)
                except AuthError as error:
                    if renewed or error.code not in {401, 498, 499}:
                        raise
                    if token is None or not self._renew(url, token):
                        raise
                    renewed = True  # fresh credentials once; a second refusal is final
                except RateLimitError as error:
                    if waits == _QUOTA_WAITS:
                        raise
                    wait_s = min(wait_told(error) or 2.0**waits, _LONGEST_QUOTA_WAIT_S)
                    logger.warning("%s: too many requests, waiting %.0f s", without_query(url), wait_s)
                    if self._closing.wait(wait_s):
                        raise
                    break
        raise AssertionError("unreachable")  # pragma: no cover

    def open(self, path: str, *, start_at: int = 0) -> Body:
        """Open the body of a GET for reading, from byte `start_at` on if the server can.

        Raises
        ------
        PortalError
            If the server answers with an HTTP error; errors inside a 200 are the reader's to recognise.
        """
        url = path if "://" in path else f"{self.rest_url}/{path}"
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start_at}-"} if start_at else {})
        token = self._token_for(url)
        problem: PortalError
        try:
            response = self._reads.get(
                url, headers=headers | self._signature(token), timeout=self._timeouts, stream=True
            )
        except requests.exceptions.RequestException as error:
            problem = unreachable(error, url, self.timeout_s)
        else:
            if response.status_code < 400:  # noqa: PLR2004
                return Body(response, lambda error: unreachable(error, url, self.timeout_s))
            response.close()
            problem = http_error(response, url)
        raise problem

    def pause(self, pause_s: float) -> None:
        """Wait a while, unless the session is closed meanwhile."""
        self._closing.wait(pause_s)

    def close(self) -> None:
        """Close the connections and stop waiting for quotas."""
        self._closing.set()
        self._reads.close()
        self._once.close()

    @property
    def _timeouts(self) -> tuple[float, float]:
        return (_CONNECT_TIMEOUT_S, self.timeout_s)

    def _signature(self, token: str | None) -> dict[str, str]:
        if token is None:
            return {}
        return {TOKEN_HEADER: f"Bearer {token}", "Referer": self.auth.referer or self.portal_url}

    def _token_for(self, url: str) -> str | None:
        """The token that may be sent to `url`: the portal's to its own site, a server's own to a federated server."""
        token = self.auth.token(self._post_unsigned)
        return token if same_site(url, self.portal_url) else self._servers.token(url, token)

    def _renew(self, url: str, rejected: str) -> bool:
        """Get a fresh token for `url` after `rejected` was refused; False if there is no way to."""
        if same_site(url, self.portal_url):
            return self.auth.renew(self._post_unsigned, rejected)
        self._servers.forget(url)
        return True

    def _ask_stranger(self, url: str, form: dict[str, str]) -> dict[str, Any]:
        return json_of(self._post(url, form, None, repeatable=True), url)

    def _post_unsigned(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        url = f"{self.rest_url}/{path}"
        return json_of(self._post(url, form | {"f": "json"}, None, repeatable=False), url)

    def _post(self, url: str, form: dict[str, str], token: str | None, *, repeatable: bool) -> requests.Response:
        http = self._reads if repeatable else self._once
        for _ in range(_BROKEN_BODY_TRIES if repeatable else 1):
            try:
                return http.post(url, data=form, headers=self._signature(token), timeout=self._timeouts)
            except requests.exceptions.ChunkedEncodingError as error:
                problem = unreachable(error, url, self.timeout_s)  # the body broke off, which urllib3 does not retry
            except requests.exceptions.RequestException as error:
                problem = unreachable(error, url, self.timeout_s)
                repeatable = False
            if not repeatable:
                break
        raise problem

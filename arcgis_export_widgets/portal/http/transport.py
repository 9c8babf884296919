"""HTTP as this package wants it: what is retried, what a redirect must not carry, what is said of a broken line."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError
from urllib3.util.retry import Retry

from arcgis_export_widgets.errors import (
    AuthError,
    PermissionDeniedError,
    PortalError,
    PortalUnreachableError,
    RateLimitError,
    ResponseError,
)
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.http.addresses import without_query
from arcgis_export_widgets.portal.http.cancellation import wait
from arcgis_export_widgets.portal.http.responses import SERVER_TROUBLE, error_of, parse_json

TOKEN_HEADER = "X-Esri-Authorization"  # noqa: S105  a header's name
# Transport faults and overload, told by status; ArcGIS's own errors come with 200 and are judged in `answers`.
_LONGEST_WAIT_S = 120.0
_NEVER = threading.Event()


class CancellableRetry(Retry):
    """Waits as long as the server tells, but not for hours, and not when somebody cancels meanwhile."""

    def sleep_for_retry(self, response: BaseHTTPResponse) -> bool:
        """Wait for as long as ``Retry-After`` says; False if it says nothing."""
        told_s = self.get_retry_after(response)
        if not told_s:
            return False
        wait(min(told_s, _LONGEST_WAIT_S), _NEVER)
        return True


RETRY_READS = CancellableRetry(
    total=4,
    connect=2,
    backoff_factor=0.3,
    status_forcelist=(429, 500, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
)


class Http(requests.Session):
    """A session which takes no credentials from netrc and gives none to other hosts."""

    def __init__(self, retries: Retry | None, verify: bool | str) -> None:
        super().__init__()
        adapter = HTTPAdapter(max_retries=retries or Retry(0, read=False), pool_maxsize=8)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.verify = verify
        self.auth = lambda request: request  # otherwise requests fills in what it finds in ~/.netrc

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Send; a given authority counts more than the one of the variable ``REQUESTS_CA_BUNDLE``."""
        options.setdefault("verify", self.verify)
        return super().request(method, url, *args, **options)

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Drop the token when a redirect leaves the host (object storage refuses it besides), and add nothing."""
        there, here = str(prepared_request.url), str(response.request.url)
        if self.should_strip_auth(here, there):  # type: ignore[no-untyped-call]
            for header in (TOKEN_HEADER, "Authorization", "Referer", "Cookie"):
                prepared_request.headers.pop(header, None)


class Body:
    """The body of an answer, to be read in pieces. A context manager: leaving it closes the connection."""

    def __init__(
        self,
        response: requests.Response,
        problem: Callable[[requests.exceptions.RequestException], PortalError],
    ) -> None:
        self._response = response
        self._problem = problem
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def chunks(self, size_bytes: int = 256 * 1024) -> Iterator[bytes]:
        """The bytes in pieces of at most `size_bytes`.

        Raises
        ------
        PortalUnreachableError
            If the connection breaks, or ends before the announced length.
        """
        pieces = self._response.iter_content(size_bytes)
        while True:
            try:
                piece = next(pieces, b"")
            except requests.exceptions.RequestException as error:
                problem = self._problem(error)
            else:
                if not piece:
                    return
                yield piece
                continue
            raise problem

    def __enter__(self) -> Body:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(self, *exc: object) -> None:
        self._response.close()


def unreachable(error: requests.exceptions.RequestException, url: str, timeout_s: float) -> PortalUnreachableError:
    """Say what broke. To be raised outside of the except clause: the original holds the token in its request."""
    shown = without_query(url)
    if isinstance(error, requests.exceptions.SSLError):
        reason = say(
            "The certificate of {url} cannot be verified. If your organisation has its own authority, "
            'give its file: Portal(..., verify="authority.pem").',
            url=shown,
        )
    elif isinstance(error, requests.exceptions.Timeout):
        reason = say(
            "{url} did not answer within {seconds:g} s. Try again, or give a longer timeout_s.",
            url=shown,
            seconds=timeout_s,
        )
    elif isinstance(error, requests.exceptions.ChunkedEncodingError):
        reason = say("The answer of {url} broke off before its end. Try again.", url=shown)
    elif isinstance(error, requests.exceptions.ConnectionError):
        reason = say("{url} cannot be reached. Check the address and the network, then try again.", url=shown)
    else:
        reason = say("{url} cannot be asked: {error}.", url=shown, error=type(error).__name__)
    problem = PortalUnreachableError(reason, url=shown)
    problem.may_have_arrived = not _never_left(error)
    return problem


def _never_left(error: requests.exceptions.RequestException) -> bool:
    """Whether there was no connection over which the request could have gone."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", None)  # what urllib3's MaxRetryError wraps
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)


def http_error(response: requests.Response, url: str) -> PortalError:
    """The error for an answer that is none of ArcGIS's, by its HTTP status."""
    shown = without_query(url)
    status = response.status_code
    told = say("{url} answered with HTTP {status} {reason}.", url=shown, status=status, reason=response.reason)
    if status >= 500:  # noqa: PLR2004
        told = f"{told} {say(SERVER_TROUBLE)}"
    kinds = {401: AuthError, 403: PermissionDeniedError, 429: RateLimitError}
    return kinds.get(status, PortalError)(told, code=status, url=shown)


def json_of(response: requests.Response, url: str) -> dict[str, Any]:
    """The JSON object that was answered.

    Raises
    ------
    PortalError
        If it is one of ArcGIS's errors, whatever the HTTP status, or no JSON.
    """
    text = response.content.decode("utf-8", errors="replace")
    if response.status_code >= 400 and not text.lstrip().startswith("{"):  # noqa: PLR2004
        raise http_error(response, url)
    answer = parse_json(text, without_query(url))
    if told := error_of(answer, without_query(url), response.status_code):
        raise told
    return answer


def bytes_of(response: requests.Response, url: str) -> bytes:
    """The bytes that were answered where no JSON was asked for.

    Raises
    ------
    PortalError
        If an error or a page came in their place.
    """
    if response.status_code >= 400 or response.content.lstrip()[:1] in {b"{", b"<"}:  # noqa: PLR2004
        json_of(response, url)
        shown = without_query(url)
        raise ResponseError(say("{url} answered JSON when asked for another format.", url=shown), url=shown)
    return response.content

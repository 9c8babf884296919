"""Sending HTTP requests with `requests`, and turning failures into this package's errors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, NewConnectionError, SSLError
from urllib3.util.retry import Retry

from arcgis_export_widgets.errors import (
    AuthError,
    PermissionDeniedError,
    PortalError,
    PortalUnreachableError,
    RateLimitError,
    ResponseError,
)
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.addresses import without_query
from arcgis_export_widgets.portal.http.responses import SERVER_TROUBLE, error_of, parse_json

_LARGEST_ERROR_BYTES = 64 * 1024
_BROKEN: dict[type[requests.exceptions.RequestException], str] = {
    requests.exceptions.SSLError: mark(
        "The certificate of {url} cannot be verified. If your organisation has its own certificate "
        'authority, give its file: Portal(..., verify="authority.pem").'
    ),
    requests.exceptions.Timeout: mark(
        "{url} did not answer within {seconds:g} s. Try again, or give a longer timeout_s."
    ),
    requests.exceptions.ChunkedEncodingError: mark("The response from {url} broke off before its end. Try again."),
    requests.exceptions.ConnectionError: mark(
        "{url} cannot be reached. Check the address and the network, then try again."
    ),
    requests.exceptions.RequestException: mark("The request to {url} failed: {error}."),
}
"""Messages for errors of `requests`; the first class that the error is an instance of is used."""
TOKEN_HEADER = "X-Esri-Authorization"  # noqa: S105  a header's name


class Http(requests.Session):
    """A `requests` session that ignores netrc, and drops the credentials when a redirect leads to another host."""

    def __init__(self, verify: bool | str) -> None:
        super().__init__()
        adapter = HTTPAdapter(max_retries=Retry(0, read=False), pool_maxsize=16)  # `retry` decides what is sent again
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.verify = verify
        self.auth = lambda request: request  # otherwise requests fills in what it finds in ~/.netrc

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Send a request; `verify` takes precedence over the environment variable ``REQUESTS_CA_BUNDLE``."""
        options.setdefault("verify", self.verify)
        return super().request(method, url, *args, **options)

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Drop the token when a redirect leaves the host; add no credentials from netrc."""
        there, here = str(prepared_request.url), str(response.request.url)
        if self.should_strip_auth(here, there):  # type: ignore[no-untyped-call]
            for header in (TOKEN_HEADER, "Authorization", "Referer", "Cookie"):
                prepared_request.headers.pop(header, None)


class Body:
    """The body of a response, to be read in pieces. As a context manager, it closes the connection after the block."""

    def __init__(
        self, response: requests.Response, problem: Callable[[requests.exceptions.RequestException], PortalError]
    ) -> None:
        self._response = response
        self._problem = problem
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers

    def chunks(self, size_bytes: int = 256 * 1024) -> Iterator[bytes]:
        """The bytes in pieces of at most `size_bytes`. Raises an error if fewer arrive than the server announced."""
        try:
            yield from self._response.iter_content(size_bytes)
        except requests.exceptions.RequestException as error:
            problem = self._problem(error)
        else:
            return
        raise problem

    def __enter__(self) -> Body:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(self, *exc: object) -> None:
        self._response.close()


def unreachable(error: requests.exceptions.RequestException, url: str, timeout_s: float) -> PortalUnreachableError:
    """Make an error that says what failed. Raise it outside the except clause, because `error` contains the token."""
    shown = without_query(url)
    kind, sentence = next((kind, sentence) for kind, sentence in _BROKEN.items() if isinstance(error, kind))
    problem = PortalUnreachableError(
        say(sentence, url=shown, seconds=timeout_s, error=type(error).__name__),
        url=shown,
        is_transient=kind not in {requests.exceptions.SSLError, requests.exceptions.RequestException},
    )
    reason = getattr(error.args[0], "reason", None) if error.args else None  # the error inside urllib3's MaxRetryError
    problem.may_have_arrived = not isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)
    return problem


def http_error(response: requests.Response, url: str) -> PortalError:
    """Make an error for a response that has an HTTP error status and whose body is not an ArcGIS error."""
    shown = without_query(url)
    status = response.status_code
    sentence = say("{url} answered with HTTP {status} {reason}.", url=shown, status=status, reason=response.reason)
    if status >= 500:  # noqa: PLR2004
        sentence = f"{sentence} {say(SERVER_TROUBLE)}"
    kinds = {401: AuthError, 403: PermissionDeniedError, 429: RateLimitError}
    return kinds.get(status, PortalError)(sentence, code=status, url=shown, retry_after_s=_retry_after_s(response))


def _retry_after_s(response: requests.Response) -> float | None:
    """The header ``Retry-After`` in seconds from now, even if it contains a date; None if it is absent."""
    try:
        return Retry().get_retry_after(response.raw)
    except InvalidHeader:
        return None


def json_of(response: requests.Response, url: str) -> dict[str, Any]:
    """The JSON object of a response; if it reports an error, raises that error, whatever the HTTP status."""
    text = response.content.decode("utf-8", errors="replace")
    if response.status_code >= 400 and not text.lstrip().startswith("{"):  # noqa: PLR2004
        raise http_error(response, url)
    answer = parse_json(text, without_query(url))
    if error := error_of(answer, without_query(url), response.status_code):
        if error.retry_after_s is None:
            error.retry_after_s = _retry_after_s(response)
        raise error
    return answer


def bytes_of(response: requests.Response, url: str) -> bytes:
    """The bytes of a response in another format than JSON; raises an error for JSON or a web page."""
    if response.status_code >= 400 or response.content.lstrip()[:1] in {b"{", b"<"}:  # noqa: PLR2004
        json_of(response, url)
        shown = without_query(url)
        raise ResponseError(say("{url} returned JSON although another format was requested.", url=shown), url=shown)
    return response.content


def refusal_in(response: requests.Response, url: str) -> PortalError | None:
    """The error if a response has an HTTP error status, or reports a refused token or too many requests; else None."""
    if response.status_code >= 400:  # noqa: PLR2004
        return http_error(response, url)
    is_json = "json" in response.headers.get("Content-Type", "")
    if not is_json or int(response.headers.get("Content-Length") or _LARGEST_ERROR_BYTES) >= _LARGEST_ERROR_BYTES:
        return None
    try:
        error = error_of(parse_json(response.text, without_query(url)), without_query(url))
    except (PortalError, requests.exceptions.RequestException):
        return None  # interrupted, or data of another kind: checked by whoever reads it
    return error if isinstance(error, AuthError | RateLimitError) else None

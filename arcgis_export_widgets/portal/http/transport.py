"""Sending HTTP requests with `requests`, and turning failures into this package's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import ConnectTimeoutError, HTTPError, InvalidHeader, NewConnectionError, SSLError
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
from arcgis_export_widgets.portal.http.addresses import rebuilt, without_query
from arcgis_export_widgets.portal.http.cancellation import is_cancelled
from arcgis_export_widgets.portal.http.connections import Adapter, cut_when_cancelled
from arcgis_export_widgets.portal.http.headers import TOKEN_HEADER, headers_to_send
from arcgis_export_widgets.portal.http.responses import SERVER_TROUBLE, error_of, parse_json

_LARGEST_ERROR_BYTES = 64 * 1024
_MOST_DIGITS = 18
_SEE_OTHER, _PERMANENT_REDIRECT = 303, 308
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
}
"""Messages for errors of `requests`; the first class that the error is an instance of is used."""
_FAILED = (requests.exceptions.RequestException, mark("The request to {url} failed: {error}."))
BROKEN = (requests.exceptions.RequestException, HTTPError, OSError, ValueError)
"""What `requests` raises if a request fails; the classes from other libraries are gaps in its own."""


class Http(requests.Session):
    """A `requests` session that ignores netrc, and drops the credentials when a redirect leads to another host."""

    def __init__(self, verify: bool | str, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.headers.update(headers_to_send(headers))
        adapter = Adapter(max_retries=Retry(0, read=False), pool_maxsize=16)  # `retry` decides what is sent again
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self.verify = verify
        self.auth = lambda request: request  # otherwise requests fills in what it finds in ~/.netrc

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Send a request; `verify` takes precedence over the environment variable ``REQUESTS_CA_BUNDLE``."""
        options.setdefault("verify", self.verify)
        return super().request(method, url, *args, **options)

    def get_redirect_target(self, response: requests.Response) -> str | None:
        """The address that a response redirects to, rebuilt; raises ResponseError if nothing may be sent there.

        If a service has moved, its parameters are sent to the new address, whatever the status of the redirect.
        """
        target = super().get_redirect_target(response)
        if target is None:
            return None
        response.raw.close()  # otherwise requests would read its body, however long
        address = rebuilt(urljoin(response.url, target))
        has_moved = "?" not in address and _last_part(address) == _last_part(response.url)
        body = response.request.body
        if has_moved and body and response.status_code != _SEE_OTHER:
            response.status_code = _PERMANENT_REDIRECT  # the status for which requests keeps method and body
        elif has_moved and (query := str(body or response.url.partition("?")[2])):
            address = f"{address}?{query}"
        return address

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Drop the token when a redirect leaves the host; add no credentials from netrc."""
        there, here = str(prepared_request.url), str(response.request.url)
        if self.should_strip_auth(here, there):  # type: ignore[no-untyped-call]
            for header in (TOKEN_HEADER, "Authorization", "Referer", "Cookie"):
                prepared_request.headers.pop(header, None)


def _last_part(address: str) -> str:
    return without_query(address).rstrip("/").rpartition("/")[2].lower()


class Body:
    """The body of a response, to be read in pieces or as a whole; never more than `most_bytes`.

    As a context manager, it closes the connection after the block.
    """

    def __init__(self, response: requests.Response, url: str, timeout_s: float, most_bytes: int) -> None:
        self.response = response
        self.url = url
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self.announced_bytes = _announced_bytes(response.headers)
        """The size that the server announced; None if it announced none."""
        self._timeout_s = timeout_s
        self._most_bytes = most_bytes
        self._content: bytes | None = None

    def chunks(self, size_bytes: int = 256 * 1024) -> Iterator[bytes]:
        """The bytes in pieces of at most `size_bytes`.

        Raises an error if fewer arrive than the server announced, more than allowed, or the work was cancelled.
        """
        if self._content is not None:
            yield self._content
            return
        received = 0
        pieces = self.response.iter_content(size_bytes)
        while (piece := self._next(pieces)) is not None:
            received += len(piece)
            if received > self._most_bytes:
                raise self._too_large()
            yield piece

    def content(self) -> bytes:
        """All bytes; see `chunks` for what is raised."""
        if self._content is None:
            if (self.announced_bytes or 0) > self._most_bytes:
                raise self._too_large()
            self._content = b"".join(self.chunks())
        return self._content

    def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        try:
            with cut_when_cancelled(self.response.raw.connection):
                piece = next(pieces, None)
        except BROKEN as error:
            problem = unreachable(error, self.url, self._timeout_s)
        else:
            has_end = self.announced_bytes is not None or "Transfer-Encoding" in self.headers
            if piece is not None or has_end or not is_cancelled():
                return piece
            # when its connection is cut, a body without a length looks complete
            problem = unreachable(requests.exceptions.ChunkedEncodingError(), self.url, self._timeout_s)
        raise problem

    def _too_large(self) -> PortalError:
        shown = without_query(self.url)
        return PortalError(
            say(
                "{url} sent more than {most:,} bytes, so the rest was not read. If that is the right size, raise the "
                "limit: portal.session.max_response_bytes, for files portal.session.max_file_bytes.",
                url=shown,
                most=self._most_bytes,
            ),
            url=shown,
        )

    def __enter__(self) -> Body:  # noqa: PYI034  typing.Self needs Python 3.11
        return self

    def __exit__(self, *exc: object) -> None:
        self.response.close()


def _announced_bytes(headers: Mapping[str, str]) -> int | None:
    """The header ``Content-Length``; None if it is missing, no number, or says two things."""
    said = {part.strip() for part in headers.get("Content-Length", "").split(",")}
    length = said.pop() if len(said) == 1 else ""
    return int(length) if length.isascii() and length.isdigit() and len(length) <= _MOST_DIGITS else None


def unreachable(error: Exception, url: str, timeout_s: float) -> PortalUnreachableError:
    """Make an error that says what failed. Raise it outside the except clause, because `error` contains the token."""
    shown = without_query(url)
    kind, sentence = next((known for known in _BROKEN.items() if isinstance(error, known[0])), _FAILED)
    problem = PortalUnreachableError(
        say(sentence, url=shown, seconds=timeout_s, error=type(error).__name__),
        url=shown,
        is_transient=kind not in {requests.exceptions.SSLError, requests.exceptions.RequestException},
    )
    reason = getattr(error.args[0], "reason", None) if error.args else None  # the error inside urllib3's MaxRetryError
    problem.may_have_arrived = not isinstance(reason, NewConnectionError | ConnectTimeoutError | SSLError)
    return problem


def http_error(body: Body) -> PortalError:
    """Make an error for a response that has an HTTP error status and whose body is not an ArcGIS error."""
    shown, status, reason = without_query(body.url), body.status, body.response.reason
    sentence = say("{url} answered with HTTP {status} {reason}.", url=shown, status=status, reason=reason)
    if status >= 500:  # noqa: PLR2004
        sentence = f"{sentence} {say(SERVER_TROUBLE)}"
    kinds = {401: AuthError, 403: PermissionDeniedError, 429: RateLimitError}
    return kinds.get(status, PortalError)(sentence, code=status, url=shown, retry_after_s=_retry_after_s(body.response))


def _retry_after_s(response: requests.Response) -> float | None:
    """The header ``Retry-After`` in seconds from now, even if it contains a date; None if it is absent."""
    try:
        return Retry().get_retry_after(response.raw)
    except InvalidHeader:
        return None


def json_of(body: Body) -> dict[str, Any]:
    """The JSON object of a response; if it reports an error, raises that error, whatever the HTTP status."""
    text, shown = body.content().decode("utf-8-sig", errors="replace"), without_query(body.url)
    if body.status >= 400 and not text.lstrip().startswith("{"):  # noqa: PLR2004
        raise http_error(body)
    answer = parse_json(text, shown)
    if error := error_of(answer, shown, body.status):
        if error.retry_after_s is None:
            error.retry_after_s = _retry_after_s(body.response)
        raise error
    return answer


def bytes_of(body: Body) -> bytes:
    """The bytes of a response in another format than JSON; raises an error for JSON or a web page."""
    content = body.content()
    if body.status >= 400 or content.lstrip()[:1] in {b"{", b"<"}:  # noqa: PLR2004
        json_of(body)
        shown = without_query(body.url)
        raise ResponseError(say("{url} returned JSON although another format was requested.", url=shown), url=shown)
    return content


def refusal_in(body: Body) -> PortalError | None:
    """The error if a response has an HTTP error status, or reports a refused token or too many requests; else None."""
    if body.status >= 400:  # noqa: PLR2004
        return http_error(body)
    is_json = "json" in body.headers.get("Content-Type", "")
    if not is_json or (body.announced_bytes or _LARGEST_ERROR_BYTES) >= _LARGEST_ERROR_BYTES:
        return None
    shown = without_query(body.url)
    try:
        error = error_of(parse_json(body.content().decode("utf-8", errors="replace"), shown), shown)
    except PortalError:
        return None  # interrupted, or data of another kind: checked by whoever reads it
    return error if isinstance(error, AuthError | RateLimitError) else None

"""Every error this package raises, in one tree.

::

    ArcGISExportError
    ├── RequestError                 the request makes no sense (also a ValueError)
    │   └── WhereError               a where clause cannot work; says where it is wrong and what to do
    ├── PortalError                  the portal answered with an error; code, message, details, url
    │   ├── PortalUnreachableError   nothing answered, or the connection broke
    │   ├── ResponseError            what answered is not ArcGIS
    │   ├── AuthError                not signed in, wrong password, token expired (498, 499)
    │   ├── PermissionDeniedError    signed in, but not allowed (403)
    │   ├── ItemNotFoundError        no such item, or not visible to this user
    │   ├── NotAFeatureServiceError  the item has no layers to export
    │   ├── RateLimitError           too many requests (429), even after the wait that the portal requested
    │   └── IncompleteResultError    the number of rows received differs from the server's count
    ├── ExportError                  an export job did not produce a file
    │   ├── ExportFailedError        the server gave up; contains its reason
    │   ├── ExportTimeoutError       the job was not done by the deadline; it may still finish
    │   └── ExportCancelledError     the caller cancelled
    ├── DownloadError                the exported file did not arrive complete
    └── LoadError                    exported data cannot be read or compared

No error contains a password or token in its message, attributes or repr; URLs in errors have no query string.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

TRANSIENT_CODES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""HTTP statuses and ArcGIS error codes of temporary faults."""


class ArcGISExportError(Exception):
    """Base of all errors of this package.

    Attributes
    ----------
    is_transient
        Whether the fault may be temporary, so that the same request may succeed a moment later.
    handle
        The argument with which `Portal.reattach` resumes the interrupted export, now or later. It can be saved as
        JSON and contains no secrets. None if there is nothing to resume; only the route Export Item can be resumed.
    """

    is_transient: bool = False
    handle: dict[str, Any] | None = None


class RequestError(ArcGISExportError, ValueError):
    """An export request or another argument is invalid."""


class WhereError(RequestError):
    """A where clause cannot work on its layer.

    Attributes
    ----------
    sentence
        What is wrong and how to fix it, without the position, for callers that show the position in their own way.
    clause
        The clause as the user wrote it.
    position
        Offset of the first wrong character, counted from 0; None if no single place is wrong.
    """

    def __init__(self, sentence: str, *, clause: str, position: int | None = None, shown: str = "") -> None:
        super().__init__(f"{sentence}\n{shown}" if shown else sentence)
        self.sentence = sentence
        self.clause = clause
        self.position = position


class PortalError(ArcGISExportError):
    """The portal answered with an error.

    Attributes
    ----------
    code
        ArcGIS's error code, as in ``{"error": {"code": 400}}``, or the HTTP status; None if there is neither.
    details
        Further lines of ArcGIS's error message; may be empty.
    url
        The address of the failed request, without query string; None if no single request failed.
    retry_after_s
        Seconds the server asks to wait before the next request; None if it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        details: Sequence[str] = (),
        url: str | None = None,
        retry_after_s: float | None = None,
        is_transient: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.details = tuple(details)
        self.url = url
        self.retry_after_s = retry_after_s
        self.is_transient = code in TRANSIENT_CODES if is_transient is None else is_transient


class PortalUnreachableError(PortalError):
    """Nothing answered at this address, or the connection broke and retrying did not help."""

    may_have_arrived = True
    """Whether the request may have reached the server and been carried out; False if it was certainly not sent."""


class ResponseError(PortalError):
    """The response is not what an ArcGIS portal sends, such as a login page or broken JSON."""


class AuthError(PortalError):
    """Sign-in failed, or the token is missing, wrong or expired and could not be renewed."""


class PermissionDeniedError(PortalError):
    """The user lacks the permission for an operation. Another route to the same features may still be allowed."""


class ItemNotFoundError(PortalError):
    """No item has this id, or this user may not see it; portals do not say which."""


class NotAFeatureServiceError(PortalError):
    """The item exists but is not a feature service, so there are no layers to export."""


class RateLimitError(PortalError):
    """The portal temporarily refuses requests because there were too many."""


class IncompleteResultError(PortalError):
    """The number of rows received differs from the server's own count.

    Attributes
    ----------
    expected, received
        Number of rows that the server counted, and number of distinct rows that arrived.
    """

    def __init__(self, message: str, *, expected: int, received: int, url: str | None = None) -> None:
        super().__init__(message, url=url)
        self.expected = expected
        self.received = received


class ExportError(ArcGISExportError):
    """An export job did not produce a file.

    Attributes
    ----------
    job_id, export_item_id
        Id of the job, and id of the item that was to contain the file, for a search in the portal; None if unknown.
    """

    def __init__(self, message: str, *, job_id: str | None = None, export_item_id: str | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.export_item_id = export_item_id


class ExportFailedError(ExportError):
    """The server reported the job as failed; the message contains the server's reason."""


class ExportTimeoutError(ExportError):
    """The job was not done by the caller's deadline. It may still finish: wait for the same job again."""


class ExportCancelledError(ExportError):
    """The caller cancelled the export before it was done."""


class DownloadError(ArcGISExportError):
    """The exported file did not arrive complete; no partial file was left under its final name."""

    is_transient = True


class LoadError(ArcGISExportError):
    """Exported data cannot be read or compared."""

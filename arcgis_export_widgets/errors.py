"""Every error this package raises, in one tree.

::

    ArcGISExportError
    ├── RequestError                 what was asked for makes no sense (also a ValueError)
    │   └── WhereError               a where clause cannot work; says where and what to do
    ├── PortalError                  the portal said no; code, message, details, url
    │   ├── PortalUnreachableError   nothing answered, or the line broke
    │   ├── ResponseError            something answered, but not ArcGIS
    │   ├── AuthError                not signed in, wrong password, token expired (498, 499)
    │   ├── PermissionDeniedError    signed in, but not allowed (403)
    │   ├── ItemNotFoundError        no such item, or not visible to this user
    │   ├── NotAFeatureServiceError  the item has no layers to export
    │   ├── RateLimitError           too many requests (429), after waiting as told
    │   └── IncompleteResultError    fewer or other rows came than the server counted
    ├── ExportError                  an export job did not deliver
    │   ├── ExportFailedError        the server gave up; carries its reason
    │   ├── ExportTimeoutError       the caller's deadline passed; the job may go on
    │   └── ExportCancelledError     the caller cancelled
    ├── DownloadError                the exported file did not arrive whole
    └── LoadError                    the file cannot be read as what it should be

No message, attribute or repr here ever holds a password or token: errors take URLs without their query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


class ArcGISExportError(Exception):
    """Base of all errors of this package."""


class RequestError(ArcGISExportError, ValueError):
    """An export request, or a part of it, cannot be meant as written."""


class WhereError(RequestError):
    """A where clause cannot work on its layer.

    Attributes
    ----------
    clause
        The clause as the user wrote it.
    position
        Offset of the first character at fault, counted from 0; None when the whole clause is meant.
    """

    def __init__(self, message: str, *, clause: str, position: int | None = None) -> None:
        super().__init__(message)
        self.clause = clause
        self.position = position


class PortalError(ArcGISExportError):
    """The portal answered with an error.

    Attributes
    ----------
    code
        ArcGIS's error code, as in ``{"error": {"code": 400}}``, or the HTTP status; None if neither came.
    details
        The lines ArcGIS adds to the message; may be empty.
    url
        The address asked, without query string; None if the error is not about one request.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        details: Sequence[str] = (),
        url: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.details = tuple(details)
        self.url = url


class PortalUnreachableError(PortalError):
    """Nothing answered at this address, or the connection broke and retrying did not help."""

    may_have_arrived = True
    """Whether the request may have reached the server, and done there what it asks for; False if it never left."""


class ResponseError(PortalError):
    """The answer is not what an ArcGIS portal sends, such as a login page or broken JSON."""


class AuthError(PortalError):
    """Sign-in failed, or the token is missing, wrong or expired and could not be renewed."""


class PermissionDeniedError(PortalError):
    """This user may not do that. Other routes to the same features may be open."""


class ItemNotFoundError(PortalError):
    """No item has this id, or this user may not see it; portals do not say which."""


class NotAFeatureServiceError(PortalError):
    """The item exists but is not a feature service, so there are no layers to export."""


class RateLimitError(PortalError):
    """The portal refuses further requests for now."""


class IncompleteResultError(PortalError):
    """The rows received do not agree with the server's own count.

    Attributes
    ----------
    expected, received
        Rows the server counted, and distinct rows that arrived.
    """

    def __init__(self, message: str, *, expected: int, received: int, url: str | None = None) -> None:
        super().__init__(message, url=url)
        self.expected = expected
        self.received = received


class ExportError(ArcGISExportError):
    """An export job did not deliver.

    Attributes
    ----------
    job_id, export_item_id
        The job and the item it was to fill, to look them up in the portal.
    """

    def __init__(self, message: str, *, job_id: str | None = None, export_item_id: str | None = None) -> None:
        super().__init__(message)
        self.job_id = job_id
        self.export_item_id = export_item_id


class ExportFailedError(ExportError):
    """The server reported the job as failed; the message carries the server's own reason."""


class ExportTimeoutError(ExportError):
    """The job was not done by the caller's deadline. It may still finish: wait again on the same job.

    Attributes
    ----------
    handle
        What `Portal.reattach` takes to come back to the job, now or tomorrow: plain JSON without any secret. None where
        that cannot be, by the other routes than Export Item.
    """

    def __init__(
        self,
        message: str,
        *,
        job_id: str | None = None,
        export_item_id: str | None = None,
        handle: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message, job_id=job_id, export_item_id=export_item_id)
        self.handle = handle


class ExportCancelledError(ExportError):
    """The caller cancelled while waiting."""


class DownloadError(ArcGISExportError):
    """The exported file did not arrive whole; nothing was left under its final name."""


class LoadError(ArcGISExportError):
    """A file cannot be read as the export it should be."""

"""Define `Portal`, a portal client that can also export, and open the local portal with sample data."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from arcgis_export_widgets.localportal import LocalPortal
from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.connection import documented
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.checked_request import CheckedRequest, check_request
from arcgis_export_widgets.workflow.file_jobs import ExportJob, start_export, start_replica
from arcgis_export_widgets.workflow.job import Job
from arcgis_export_widgets.workflow.pages import QueryJob
from arcgis_export_widgets.workflow.result import Result
from arcgis_export_widgets.workflow.routes import Choice, Route, choose
from arcgis_export_widgets.workflow.saved_jobs import resume

_SAMPLE_USER = "student"
_SAMPLE_PASSWORD = "learn-arcgis"  # noqa: S105  not a secret: it opens a local portal that holds sample data only
_START: dict[Route, Callable[[CheckedRequest], Job[Result]]] = {
    Route.EXPORT: start_export,
    Route.REPLICA: start_replica,
    Route.QUERY: QueryJob,
}


@dataclass(frozen=True, eq=False, repr=False)
class Plan(Choice):
    """How a request will be exported: on which route, and why. Returned by `Portal.plan`."""

    checked: CheckedRequest

    def start(self) -> Job[Result]:
        """Start the export and return at once; wait for it with `Job.wait`."""
        job = _START[self.route](self.checked)
        job.plan = self
        return job

    def __repr__(self) -> str:
        return f"<Plan {self}>"


class Portal(PortalClient):
    """A portal, ArcGIS Online or Enterprise, opened for one user.

    Signing in happens at once, so that a wrong password is known before anything else is tried. The first credentials
    found for this portal are used:

    1. the arguments of one sign-in method;
    2. environment variables, only for the portal in ``ARCGIS_HOST`` (ArcGIS Online if that is not set);
    3. the keyring, under the portal's address (with the extra ``auth``);
    4. netrc, under the portal's host.

    Without credentials, the portal is opened anonymously. ``repr`` says how the user is signed in, but no secret.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages; None for the portal of `gis`, or else the one in ``ARCGIS_HOST``.
    **credentials
        The arguments of one sign-in method, such as ``username`` and ``password``, or ``token``.
    verify
        True to verify TLS by the system's certificate authorities, or the path of a file with your organisation's own.
    timeout_s
        Number of seconds without receiving a byte after which the portal counts as unreachable.
    headers
        Headers to send with every request, such as ``{"Referer": "https://apps.example.org/"}`` for services that want
        one; None for this package's own ``User-Agent`` only. Headers for credentials are refused. With a token, the
        Referer is always the one that the token is bound to.

    Raises
    ------
    AuthError
        If the portal refuses the credentials.
    PortalUnreachableError
        If no server responds at this address.
    ResponseError
        If the server at this address is not a portal.
    RequestError
        If the arguments contradict each other.

    Examples
    --------
    >>> portal = Portal("https://www.arcgis.com", username="student", password=getpass())  # doctest: +SKIP
    >>> request = ExportRequest("345313e619df46f387f9ededbe15ac56", "Shapefile", layers=[0])  # doctest: +SKIP
    >>> frames = portal.export(request).wait().load()  # doctest: +SKIP
    """

    is_sample = False
    """Whether this is the local portal with sample data that `sample_portal` opens."""

    def export(self, request: ExportRequest, *, allow_empty: bool = False) -> ExportJob:
        """Start an export and return at once; wait for it with `ExportJob.wait`.

        The request is checked against the service first: missing layers, where clauses that cannot work and clauses
        that match no row are refused here rather than by a failed job later.

        Parameters
        ----------
        request
            What to export.
        allow_empty
            Whether to export even if no row matches the where clauses.

        Raises
        ------
        RequestError, WhereError
            If the request does not fit the service.
        PermissionDeniedError
            If this user may not export the item. The message says which other routes are open (see `plan`).
        PortalError
            If the portal refuses.
        """
        return cast("ExportJob", self.plan(request, Route.EXPORT, allow_empty=allow_empty).start())

    def plan(self, request: ExportRequest, route: Route | str | None = None, *, allow_empty: bool = False) -> Plan:
        """Choose the route for fetching the features of `request`, without starting an export.

        Parameters
        ----------
        request
            What to export.
        route
            ``"export"`` (Export Item), ``"replica"`` (createReplica) or ``"query"`` (page by page); None for the
            first of them that is open to this user.
        allow_empty
            Whether to accept the request even if no row matches the where clauses.

        Returns
        -------
        Plan
            Its ``reason`` says in a sentence why this route was chosen; `Plan.start` starts the export.

        Raises
        ------
        RequestError, WhereError
            If the request does not fit the service.
        PermissionDeniedError
            If `route` is not open to this user, or if no route is.
        """
        checked = check_request(self, request, allow_empty=allow_empty)
        right = self.may_export(checked.item, checked.service)
        parts, wanted = checked.request.layers, checked.request.export_format
        is_plain = all(part.is_plain for part in parts)
        choice = choose(wanted, [part.id for part in parts], checked.service, right, route, is_plain=is_plain)
        return Plan(choice.route, choice.reason, choice.closed, checked)

    def reattach(self, handle: Mapping[str, Any] | str | Path) -> ExportJob:
        """Resume an export that was started earlier, in another notebook or before the kernel was restarted.

        Parameters
        ----------
        handle
            The `handle` of an `ExportJob` or of an exception, or the path of a file that `ExportJob.save` wrote.

        Returns
        -------
        ExportJob
            Wait for it as if it had just been started; its receipt uses the counts from when it was started.

        Raises
        ------
        RequestError
            If this is not the handle of a job, or the job is in another portal.
        """
        return resume(self, handle)


Portal.__doc__ = documented(Portal.__doc__ or "")
_starting = threading.Lock()


def sample_portal() -> Portal:
    """Open the local portal with its sample data, signed in as the user who owns the data.

    The portal runs as a separate process on this machine and ends when Python ends. Later calls open the same
    portal. The feature service ``345313e619df46f387f9ededbe15ac56`` has counties (0), cities (1) and state borders (2).

    Raises
    ------
    LocalPortalError
        If the portal cannot start; the message says why.
    """
    with _starting:
        portal = Portal(_local_portal().url, username=_SAMPLE_USER, password=_SAMPLE_PASSWORD)
    portal.is_sample = True
    return portal


@lru_cache(maxsize=1)
def _local_portal() -> LocalPortal:
    portal = LocalPortal()
    portal.start()
    return portal

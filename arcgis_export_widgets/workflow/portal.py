"""`Portal`: what users hold. The portal client, and exports on top of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.portal.connection import documented
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.checked_request import take_order
from arcgis_export_widgets.workflow.export import ExportJob, reattach
from arcgis_export_widgets.workflow.routes import Plan, Route, make_plan


class Portal(PortalClient):
    """A portal, ArcGIS Online or Enterprise, opened for one user.

    Signing in happens at once, so that a wrong password is known before anything else is tried. The first credentials
    found for this portal are used:

    1. the arguments of one sign-in method;
    2. the environment, for the portal in ``ARCGIS_HOST`` (ArcGIS Online without it) and no other;
    3. the keyring, under the portal's address (with the extra ``auth``);
    4. netrc, under the portal's host.

    If there are none, the portal is opened anonymously. ``repr`` says how the user is signed in, without the secret.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages; None for that of `gis`, or else ``ARCGIS_HOST``.
    **credentials
        The arguments of one sign-in method, such as ``username`` and ``password``, or ``token``.
    verify
        True to verify TLS against the system's authorities, or the path of a file with your organisation's own.
    timeout_s
        Seconds without a byte after which the portal is given up as unreachable.

    Raises
    ------
    AuthError
        If the portal refuses the credentials.
    PortalUnreachableError
        If nothing answers at this address.
    ResponseError
        If what answers is not a portal.
    RequestError
        If the arguments do not belong together.

    Examples
    --------
    >>> portal = Portal("https://www.arcgis.com", username="student", password=getpass())  # doctest: +SKIP
    >>> request = ExportRequest("345313e619df46f387f9ededbe15ac56", "Shapefile", layers=[0])  # doctest: +SKIP
    >>> frames = portal.export(request).wait().load()  # doctest: +SKIP
    """

    is_sample = False
    """Whether this is the local portal with the sample data, as `sample_portal` opens it."""

    def export(self, request: ExportRequest, *, allow_empty: bool = False) -> ExportJob:
        """Start an export and return at once; wait for it with `ExportJob.wait`.

        Before anything is started, the request is held against the service: layers that are not there, where clauses
        that cannot work and clauses that keep nothing are refused here rather than by a failed job later.

        Parameters
        ----------
        request
            What to export.
        allow_empty
            Whether to export although the where clauses keep no row at all.

        Raises
        ------
        RequestError, WhereError
            If the request does not fit the service.
        PermissionDeniedError
            If this user may not export the item; says which other routes are open (see `plan`).
        PortalError
            If the portal refuses.
        """
        return cast("ExportJob", self.plan(request, Route.EXPORT, allow_empty=allow_empty).start())

    def plan(self, request: ExportRequest, route: Route | str | None = None, *, allow_empty: bool = False) -> Plan:
        """Say by which route the features of `request` can come, and why, without starting anything.

        Parameters
        ----------
        request
            What is wanted.
        route
            ``"export"`` (Export Item), ``"replica"`` (createReplica) or ``"query"`` (page by page); None for the
            first of them that is open to this user.
        allow_empty
            Whether to go on although the where clauses keep no row at all.

        Returns
        -------
        Plan
            Its ``reason`` is a sentence for people; `Plan.start` starts it.

        Raises
        ------
        RequestError, WhereError
            If the request does not fit the service.
        PermissionDeniedError
            If `route` is not open to this user, or none is.
        """
        return make_plan(take_order(self, request, allow_empty=allow_empty), route)

    def reattach(self, handle: Mapping[str, Any] | str | Path) -> ExportJob:
        """Take up an export that was started before, by another notebook or before the kernel was restarted.

        Parameters
        ----------
        handle
            What `ExportJob.handle` gave, or the path of the file `ExportJob.save` wrote.

        Returns
        -------
        ExportJob
            To be waited for as if it had just been started; its receipt compares with what was counted then.

        Raises
        ------
        RequestError
            If it is no such handle, or one of another portal.
        """
        return reattach(self, handle)


Portal.__doc__ = documented(Portal.__doc__ or "")

"""`Portal`: what users hold. The portal client, and exports on top of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from arcgis_export_widgets.portal import PortalClient
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.checked_request import take_order
from arcgis_export_widgets.workflow.export import ExportJob, reattach
from arcgis_export_widgets.workflow.routes import Plan, Route, make_plan


class Portal(PortalClient):
    """A portal to export from.

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

"""`Portal`: what users hold. The portal client, and exports on top of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from arcgis_export_widgets.errors import PermissionDeniedError, RequestError
from arcgis_export_widgets.loading import ExpectedLayer
from arcgis_export_widgets.portal import FeatureService, Item, PortalClient
from arcgis_export_widgets.portal.export_job import submit
from arcgis_export_widgets.request.parameters import ExportLayer, ExportRequest
from arcgis_export_widgets.request.where_check import raise_for_where
from arcgis_export_widgets.workflow.job import ExportJob


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
            If this user may not export the item.
        PortalError
            If the portal refuses.
        """
        item = self.item(request.item_id)
        service = self.feature_service(item)
        right = self.may_export(item, service)
        expected = self._expected(request, service)
        if not allow_empty and expected and not any(layer.count for layer in expected):
            raise RequestError(
                "Nothing would be exported: the where clauses keep no row of "
                f"{', '.join(layer.definition.name for layer in expected)}. Widen them, or pass allow_empty=True."
            )
        if right.content_user is None:
            raise PermissionDeniedError(right.reason)
        if request.title is None:
            request = replace(request, title=default_title(item))
        if item.is_view and request.enforce_field_visibility is None:
            # otherwise some portals export the columns that the view hides
            request = replace(request, enforce_field_visibility=True)
        export = submit(self.session, request, right.content_user)
        return ExportJob(self, request, item, export, service, expected)

    def _expected(self, request: ExportRequest, service: FeatureService) -> tuple[ExpectedLayer, ...]:
        """What the server says now of each layer to be exported: definition, rows, last edit."""
        asked = request.layers or tuple(ExportLayer(layer.definition.id) for layer in service.layers)
        if not asked:
            raise RequestError("The service has no layers, so there is nothing to export.")
        layers = [(part, service.layer(part.id)) for part in asked]
        for part, layer in layers:
            raise_for_where(part.where, layer.definition)
        return tuple(
            ExpectedLayer(
                definition=layer.definition,
                count=layer.count(part.where),
                include_geometry=part.include_geometry,
                x_column_name=part.x_column_name,
                y_column_name=part.y_column_name,
                target_sr=request.target_sr,
                last_edit_before_ms=layer.definition.last_edit_ms,
            )
            for part, layer in layers
        )


def default_title(item: Item) -> str:
    """A title for an exported item that tells what it is of and when it was made, to the second."""
    return f"{item.title} export {datetime.now().astimezone():%Y-%m-%d %H-%M-%S}"

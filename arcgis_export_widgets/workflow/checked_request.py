"""Check a request against its feature service before an export is started."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from arcgis_export_widgets.errors import PortalError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading import ExpectedLayer
from arcgis_export_widgets.portal import FeatureLayer, FeatureService, Item, PortalClient
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.request.request import ExportLayer, ExportRequest
from arcgis_export_widgets.where.checks import raise_for_where

logger = logging.getLogger(__name__)
_WGS84 = 4326


@dataclass(frozen=True, eq=False)
class CheckedRequest:
    """A request that was checked against its service, and the layers and rows that should arrive."""

    portal: PortalClient = field(repr=False)
    request: ExportRequest
    """The request with its defaults filled in: a title and, for views, only the fields that the view shows."""
    item: Item
    service: FeatureService = field(repr=False)
    expected: tuple[ExpectedLayer, ...] = field(repr=False)
    cut: LayerQuery = field(default=LayerQuery(), repr=False)
    """Which fields and which area to fetch, only on the route ``query``; all by default."""

    @property
    def layers(self) -> tuple[ExportLayer, ...]:
        """The layers to export."""
        return requested_layers(self.request, self.service)

    def expected_now(self) -> tuple[ExpectedLayer, ...]:
        """The same as `expected`, with each layer's last edit time requested again, to notice edits since then."""
        return tuple(
            replace(
                layer, last_edit_after_ms=self.service.layer(layer.definition.id).refreshed().definition.last_edit_ms
            )
            for layer in self.expected
        )


class Counted(NamedTuple):
    """What the service reported about a layer before the export: matching rows, their extent, and the last edit."""

    rows: int | None
    last_edit_ms: int | None
    extent: tuple[float, float, float, float] | None


def check_request(
    portal: PortalClient, request: ExportRequest, *, allow_empty: bool, cut: LayerQuery | None = None
) -> CheckedRequest:
    """Check `request` against its service: it must have the layers, the where clauses must work, some row must match.

    Raises
    ------
    RequestError, WhereError
        If the request does not fit the service, or no row matches and `allow_empty` is False.
    PortalError
        If a request to the portal fails.
    """
    item = portal.item(request.item_id)
    service = portal.feature_service(item)
    cut = cut or LayerQuery()
    expected = _count(request, service, cut)
    if not allow_empty and not any(layer.count is None or layer.count for layer in expected):
        raise RequestError(
            say(
                "Nothing would be exported: no row of {layers} matches the where clauses. Widen them, or pass "
                "allow_empty=True.",
                layers=", ".join(layer.name for layer in expected),
            )
        )
    if request.title is None:
        moment = f"{datetime.now().astimezone():%Y-%m-%d %H-%M-%S}"
        request = replace(request, title=say("{title} export {moment}", title=item.title, moment=moment))
    if item.is_view and request.enforce_field_visibility is None:
        # otherwise some portals export the columns that the view hides
        request = replace(request, enforce_field_visibility=True)
    return CheckedRequest(portal, request, item, service, expected, cut)


def requested_layers(request: ExportRequest, service: FeatureService) -> tuple[ExportLayer, ...]:
    """The layers that `request` names; all layers of the service if it names none."""
    return request.layers or tuple(ExportLayer(layer.definition.id) for layer in service.layers)


def expected_layers(
    request: ExportRequest,
    service: FeatureService,
    counted: Sequence[Counted],
) -> tuple[ExpectedLayer, ...]:
    """Describe what should arrive for each requested layer."""
    return tuple(
        ExpectedLayer(
            definition=service.layer(part.id).definition,
            count=counts.rows,
            include_geometry=part.include_geometry,
            x_column_name=part.x_column_name,
            y_column_name=part.y_column_name,
            target_sr=request.target_sr,
            extent=counts.extent,
            last_edit_before_ms=counts.last_edit_ms,
        )
        for part, counts in zip(requested_layers(request, service), counted, strict=True)
    )


def _count(request: ExportRequest, service: FeatureService, cut: LayerQuery) -> tuple[ExpectedLayer, ...]:
    asked = requested_layers(request, service)
    if not asked:
        raise RequestError(say("The service has no layers, so there is nothing to export."))
    layers = [(part, service.layer(part.id)) for part in asked]
    for part, layer in layers:
        raise_for_where(part.where, layer.definition)
    counted = [
        Counted(
            layer.row_count(LayerQuery.of(cut, where=part.where)),
            layer.definition.last_edit_ms,
            None if cut.area else _extent(request, part, layer),
        )
        for part, layer in layers
    ]
    expected = expected_layers(request, service, counted)
    return tuple(replace(layer, definition=layer.definition.with_fields(cut.fields)) for layer in expected)


def _extent(request: ExportRequest, part: ExportLayer, layer: FeatureLayer) -> tuple[float, float, float, float] | None:
    """The extent of the matching rows in the file's coordinates; None if unknown, which does not stop the export."""
    reference = request.target_sr or layer.definition.spatial_reference
    wkid = reference.wkid if request.export_format.facts.honours_target_sr and reference else _WGS84
    if not part.include_geometry or layer.definition.is_table or wkid is None:
        return None
    try:
        box = layer.extent(part.where, out_sr=wkid)
    except PortalError as error:
        logger.info("%s gives no extent: %s", layer.url, error)
        return None
    return None if box is None else (box.xmin, box.ymin, box.xmax, box.ymax)

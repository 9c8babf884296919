"""Querying the layers and tables of feature services."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from arcgis_export_widgets.errors import IncompleteResultError, PortalError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.area import WGS84, Area
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.http.cancellation import Cancellation, raise_if_cancelled, waits_end_with
from arcgis_export_widgets.portal.http.responses import as_documented
from arcgis_export_widgets.portal.layers.page_reader import REFUSED, WORKERS, PageReader, in_pages, usual_page
from arcgis_export_widgets.portal.layers.paging import Ids, Paging
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.layers.statistics import LayerStatistics
from arcgis_export_widgets.portal.pages.page import FeaturePage, is_exceeded

logger = logging.getLogger(__name__)

_Answer = TypeVar("_Answer")
_LOOKED_AT = 2000


@dataclass(frozen=True)
class FeatureLayer(LayerStatistics):
    """A layer or table. `where` is a clause or a `LayerQuery`; a method's other arguments override the query's."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.definition.name

    def object_ids(self, where: str | LayerQuery | None = None) -> Ids | None:
        """Sorted object ids of the rows that meet `where`; None if the server does not list them."""
        try:
            return self._listed_ids(LayerQuery.of(where))
        except PortalError as error:
            logger.info("%s does not list its ids: %s", self.url, error)
            return None

    def object_ids_in(self, area: Area) -> tuple[int, ...]:
        """Sorted object ids of the rows that touch an area; their number is compared with the server's count.

        Raises
        ------
        IncompleteResultError
            If the server lists a different number of rows than it counts.
        PortalError
            If the server refuses.
        """
        query = LayerQuery(area=area)
        ids = self._listed_ids(query)
        listed = () if ids is None else tuple(ids.tolist())
        if (counted := self.count(query)) != len(listed):
            raise self._not_all_listed(counted, len(listed))
        return listed

    def preview(
        self,
        where: str | LayerQuery | None = None,
        *,
        envelope: Area | None = None,
        limit: int | None = None,
        tolerance: float | None = None,
        out_fields: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Some of the rows as GeoJSON in WGS 84 (longitude, latitude), for a first look.

        Parameters
        ----------
        envelope
            Only rows that touch this area; None for all rows.
        limit
            Maximum number of features; None for 2,000. The server may have a lower limit of its own.
        tolerance
            How far, in degrees, simplified shapes may deviate; None for shapes that are not simplified.
        out_fields
            Names of the fields; None for all.

        Returns
        -------
        dict
            A FeatureCollection; its member ``exceeded`` says whether there are more features than were returned.
        """
        query = LayerQuery.of(where, area=envelope, limit=limit, tolerance=tolerance, fields=out_fields)
        query = LayerQuery.of(query, limit=query.limit or _LOOKED_AT, out_sr=SpatialReference(WGS84), decimals=6)
        answer = self.session.ask(f"{self.url}/query", query.to_form() | {"f": "geojson"})
        if answer.get("type") != "FeatureCollection":
            raise ResponseError(say("{url} did not return GeoJSON.", url=self.url), url=self.url)
        return {"type": "FeatureCollection", "features": answer.get("features") or [], "exceeded": is_exceeded(answer)}

    def pages(
        self,
        where: str | LayerQuery | None = None,
        *,
        out_fields: Sequence[str] | None = None,
        page_size: int | None = None,
        out_sr: SpatialReference | None = None,
        return_geometry: bool | None = None,
        workers: int = WORKERS,
        cancel: threading.Event | None = None,
    ) -> Iterator[FeaturePage]:
        """All rows that meet `where`, page by page in order of their ids, each row once.

        A few pages are fetched ahead. Fetching stops when you stop iterating.

        Parameters
        ----------
        out_fields
            Names of the fields; None for all. The object id is always included.
        page_size
            Rows per request; None for a number that suits the layer.
        out_sr
            Coordinate system of the shapes; None for the layer's own.
        return_geometry
            Whether to request the shapes of the rows; None for yes.
        workers
            Number of parallel requests; 1 for one after the other.
        cancel
            Set this event to stop fetching within a fraction of a second, even if the server does not respond.

        Raises
        ------
        IncompleteResultError
            If the number of rows differs from the server's count, which is requested again at the end.
        ExportCancelledError
            If `cancel` was set.
        """
        oid = self.definition.object_id_field
        if oid is None:
            raise ResponseError(
                say("{url} has no object id field, so its rows cannot be fetched in pages.", url=self.url), url=self.url
            )
        query = LayerQuery.of(where, fields=out_fields, limit=page_size, out_sr=out_sr, geometry=return_geometry)
        recount = _ending_with(cancel, partial(self.row_count, query))
        expected, most = recount(), self.definition.max_record_count
        paging = Paging(
            PageReader(
                self.session, self.url, self.definition, in_pages(query, self.definition, oid), is_retried=False
            ),
            query,
            oid,
            self.name,
            usual_page(self.definition, expected) if query.limit is None else min(query.limit, most),
            expected,
            recount=recount,
            list_ids=_ending_with(cancel, partial(self.object_ids, query)),
            workers=workers,
            cancel=cancel,
        )
        ids = paging.list_ids() if expected is not None and expected > paging.page_size else None
        most_ids = self.definition.definition.get("maxIdsCount")
        if ids is None or expected is None or (isinstance(most_ids, int) and most_ids <= len(ids) < expected):
            return paging.by_steps()  # the server lists no ids, or not all of them
        if len(ids) != expected and len(ids) != paging.recount():
            raise self._not_all_listed(expected, len(ids))
        return paging.by_ranges(ids)

    @as_documented()
    def refreshed(self) -> FeatureLayer:
        """The same layer with its current definition, which shows whether the layer was edited meanwhile."""
        return FeatureLayer(self.url, LayerDefinition.from_json(self.session.ask(self.url)), self.session)

    def row_count(self, query: LayerQuery) -> int | None:
        """Number of rows that the server counts or lists; None if it can do neither, like some old servers."""
        try:
            return self.count(query)
        except PortalError as error:
            if not isinstance(error, ResponseError) and error.code != REFUSED:
                raise
            logger.warning("%s", error)
            refused = error
        try:
            ids = self._listed_ids(query)
        except PortalError:
            if isinstance(refused, ResponseError):
                return None
            raise refused from None  # the server refuses not the counting but the clause
        return None if ids is None else len(ids)

    def _listed_ids(self, query: LayerQuery) -> Ids | None:
        """Sorted object ids that the server lists; None if it sends null instead, or says that it cut off the list."""
        answer = self._ask(query, returnIdsOnly="true")
        try:
            ids = answer["objectIds"]
            return None if ids is None or is_exceeded(answer) else np.unique(np.array(ids, dtype=np.int64))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ResponseError(say("{url} did not list its object ids.", url=self.url), url=self.url) from error

    def _not_all_listed(self, counted: int, listed: int) -> IncompleteResultError:
        return IncompleteResultError(
            say(
                "{layer}: the server counted {counted:,} rows but lists {listed:,} different ids. Either ids repeat, "
                "as in a layer with a join, or the layer was edited meanwhile; then try again.",
                layer=self.name,
                counted=counted,
                listed=listed,
            ),
            expected=counted,
            received=listed,
            url=self.url,
        )

    def __repr__(self) -> str:
        geometry, fields = self.definition.geometry_type, len(self.definition.fields)
        kind = "table" if geometry is None else geometry.name.lower()
        return f"<FeatureLayer {self.definition.id} {self.name!r}, {kind}, {fields} fields, {self.url}>"


def _ending_with(cancel: Cancellation | None, ask: Callable[[], _Answer]) -> Callable[[], _Answer]:
    """A function like `ask` that ends with ExportCancelledError as soon as `cancel` is set."""

    def answer() -> _Answer:
        with waits_end_with(cancel):
            try:
                found = ask()
            except PortalError:
                raise_if_cancelled()
                raise
            raise_if_cancelled()
            return found

    return answer

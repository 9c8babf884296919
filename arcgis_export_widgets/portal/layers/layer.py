"""One layer or table of a feature service, to be counted and queried."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from arcgis_export_widgets.errors import IncompleteResultError, PortalError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.area import WGS84, Area, Envelope
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.layers.page_reader import WORKERS, PageReader, usual_page
from arcgis_export_widgets.portal.layers.paging import Ids, Paging
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.layers.statistics import FieldStatistics
from arcgis_export_widgets.portal.pages.page import FeaturePage, is_exceeded

logger = logging.getLogger(__name__)

_LOOKED_AT = 2000


@dataclass(frozen=True)
class FeatureLayer(FieldStatistics):
    """A layer or table. A method that takes a clause also takes a `LayerQuery`; other arguments take precedence."""

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.definition.name

    def count(self, where: str | LayerQuery | None = None, *, envelope: Area | None = None) -> int:
        """Number of rows that meet `where` (None: all) and touch `envelope` (None: anywhere).

        Raises
        ------
        PortalError
            If the server refuses the clause or does not answer.
        """
        query = LayerQuery.of(where, area=envelope)
        answer = self.session.ask(f"{self.url}/query", query.rows_form() | {"returnCountOnly": "true"})
        try:
            return int(answer["count"])
        except (KeyError, TypeError, ValueError):
            pass
        if isinstance(answer.get("features"), list) and answer.get("exceededTransferLimit") is False:
            return len(answer["features"])  # some servers ignore returnCountOnly; old ones do not say if they cut off
        raise ResponseError(say("{url} did not return a count.", url=self.url), url=self.url)

    def extent(self, where: str | LayerQuery | None = None, *, out_sr: int = WGS84) -> Envelope | None:
        """The smallest rectangle around the rows that meet `where`; None if there are none, or no geometry."""
        if self.definition.is_table:
            return None
        asked = {"returnExtentOnly": "true", "outSR": out_sr}
        answer = self.session.ask(f"{self.url}/query", LayerQuery.of(where).rows_form() | asked)
        return Envelope.from_json(answer.get("extent"), wkid=out_sr)

    def object_ids(self, where: str | LayerQuery | None = None) -> Ids | None:
        """Object ids of the rows that meet `where`, rising; None if the server does not list them."""
        try:
            return self._listed_ids(LayerQuery.of(where))
        except PortalError as error:
            logger.info("%s does not list its ids: %s", self.url, error)
            return None

    def object_ids_in(self, area: Area) -> tuple[int, ...]:
        """Object ids of the rows that touch an area, rising, compared with the server's count.

        Raises
        ------
        IncompleteResultError
            If the server lists another number of rows than it counts.
        PortalError
            If it refuses.
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
            Only rows that touch this area; None for anywhere.
        limit
            Most features to return; None for 2,000. The server may have a lower limit of its own.
        tolerance
            By how much, in degrees, the server may simplify shapes; None for not at all.
        out_fields
            Names of the fields; None for all.

        Returns
        -------
        dict
            A FeatureCollection; its member ``exceeded`` says whether there are more than were returned.
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

        A few pages are fetched ahead; if you stop taking pages, the fetching stops.

        Parameters
        ----------
        out_fields
            Names of the fields; None for all. The object id always comes.
        page_size
            Rows to ask for at once; None for as many as the server gives.
        out_sr
            Coordinate system of the shapes; None for the layer's own.
        return_geometry
            Whether rows come with their shape; None for yes.
        workers
            Number of requests at the same time; 1 asks one after the other.
        cancel
            Setting this ends the fetching, within a fraction of a second, also while the server is silent.

        Raises
        ------
        IncompleteResultError
            If the rows received do not agree with the server's count, which is asked again at the end.
        ExportCancelledError
            If it was cancelled.
        """
        oid = self.definition.object_id_field
        if oid is None:
            raise ResponseError(
                say("{url} has no object id field, so its rows cannot be fetched in pages.", url=self.url), url=self.url
            )
        query = LayerQuery.of(where, fields=out_fields, limit=page_size, out_sr=out_sr, geometry=return_geometry)
        expected, most = self._row_count(query), self.definition.max_record_count
        paging = Paging(
            PageReader(self.session, self.url, self.definition, self._in_pages(query, oid), is_retried=False),
            query,
            oid,
            self.name,
            usual_page(self.definition, expected) if query.limit is None else min(query.limit, most),
            expected,
            recount=partial(self._row_count, query),
            list_ids=partial(self.object_ids, query),
            workers=workers,
            cancel=cancel,
        )
        ids = paging.list_ids() if expected is not None and expected > paging.page_size else None
        if ids is None or expected is None or self._is_part(ids, expected):
            return paging.by_steps()
        if len(ids) != expected and len(ids) != paging.recount():
            raise self._not_all_listed(expected, len(ids))
        return paging.by_ranges(ids)

    def refreshed(self) -> FeatureLayer:
        """The same layer with its current definition, which shows whether it was edited meanwhile."""
        return FeatureLayer(self.url, LayerDefinition.from_json(self.session.ask(self.url)), self.session)

    def _in_pages(self, query: LayerQuery, oid: str) -> LayerQuery:
        """How the rows of a query are asked for in pages.

        The coordinate system is named even where it is the layer's own, because the grid of PBF follows from what is
        named. No quantizationParameters: servers then round to 0.1 mm or 1e-9 degrees, which joins no vertices; the
        grid that comes is checked, and JSON asked for should it be coarser.
        """
        has_geometry = query.geometry and not self.definition.is_table
        return replace(
            query,
            fields=(oid, *query.fields) if query.fields else (),
            order=(f"{oid} ASC",),
            out_sr=(query.out_sr or self.definition.spatial_reference) if has_geometry else None,
            geometry=has_geometry,
            has_z=self.definition.has_z,
        )

    def _row_count(self, query: LayerQuery) -> int | None:
        """How many rows there are, counted or listed by the server; None where it does neither, as old ones may."""
        try:
            return self.count(query)
        except ResponseError as error:
            logger.warning("%s", error)
        ids = self.object_ids(query)
        return None if ids is None else len(ids)

    def _listed_ids(self, query: LayerQuery) -> Ids | None:
        """Object ids as the server lists them, rising; None if its list is null."""
        answer = self.session.ask(f"{self.url}/query", query.rows_form() | {"returnIdsOnly": "true"})
        try:
            ids = answer["objectIds"]
            return None if ids is None else np.unique(np.array(ids, dtype=np.int64))
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise ResponseError(say("{url} did not list its object ids.", url=self.url), url=self.url) from error

    def _is_part(self, ids: Ids, expected: int) -> bool:
        """Whether the server lists only some of the ids because it never lists more."""
        most = self.definition.definition.get("maxIdsCount")
        return isinstance(most, int) and most <= len(ids) < expected

    def _not_all_listed(self, counted: int, listed: int) -> IncompleteResultError:
        return IncompleteResultError(
            say(
                "{layer}: the server counted {counted:,} rows but lists {listed:,} ids. "
                "The layer may have been edited meanwhile; try again.",
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

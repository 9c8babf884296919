"""One page of a query: its size, the best format the layer offers, and what to do if it fails."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from arcgis_export_widgets.errors import PortalError, ResponseError
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.portal.http.retry import Retry, RetryPolicy
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.pages.assemble import gc_paused
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.portal.pages.pbf import PbfError, read_page

logger = logging.getLogger(__name__)

LARGE_PAGE = 8000
"""Rows, measured: larger pages are hardly quicker, but take more memory, cost more when they fail and come too late."""
WORKERS = 4
"""Requests at the same time: enough to hide the network's delay, few enough to be polite."""
_PAGES_PER_WORKER = 3
PAGES = RetryPolicy(attempts=8, first_pause_s=0.2, longest_pause_s=5.0)
_SHRINK = 4


def page_size(definition: LayerDefinition, most: int = LARGE_PAGE) -> int:
    """How many rows to ask for at once: the layer's usual maximum, or up to `most` where it allows larger pages."""
    advanced = definition.definition.get("advancedQueryCapabilities") or {}
    standard = definition.definition.get("standardMaxRecordCount") if advanced.get("supportsQueryWithResultType") else 0
    return max(definition.max_record_count, min(int(standard or 0), most))


def usual_page(definition: LayerDefinition, expected: int | None) -> int:
    """How many rows to ask for at once by default: some pages for each worker, as large as the layer allows."""
    return page_size(definition, min((expected or 0) // (_PAGES_PER_WORKER * WORKERS), LARGE_PAGE))


def in_pages(query: LayerQuery, definition: LayerDefinition, object_id_field: str) -> LayerQuery:
    """The query whose pages bring the rows of another, in order of their ids.

    The coordinate system is named even where it is the layer's own, because the grid of PBF follows from what is named.
    No quantizationParameters: servers then round to 0.1 mm or 1e-9 degrees, which joins no vertices; the grid that
    comes is checked, and JSON asked for should it be coarser.
    """
    has_geometry = query.geometry and not definition.is_table
    return replace(
        query,
        fields=(object_id_field, *query.fields) if query.fields else (),
        order=(f"{object_id_field} ASC",),
        out_sr=(query.out_sr or definition.spatial_reference) if has_geometry else None,
        geometry=has_geometry,
        has_z=definition.has_z,
    )


class PageReader:
    """Asks one layer for the pages of a query. May be used by several threads.

    Protocol buffers are asked for first where the layer offers them: a third of JSON's bytes, and much quicker to read.
    When one cannot be read, the page and all later ones are asked for in JSON, or in GeoJSON if there is no JSON.
    `is_retried` is False if the caller asks again for what fails.
    """

    def __init__(
        self,
        session: PortalSession,
        url: str,
        definition: LayerDefinition,
        query: LayerQuery,
        *,
        is_retried: bool = True,
    ) -> None:
        self.url = url
        self._session = session
        self._query = query
        self._object_id_field = definition.object_id_field or ""
        self._max_record_count = definition.max_record_count
        self._is_retried = is_retried
        formats = definition.query_formats
        self._has_json = "json" in formats or "geojson" not in formats
        self._no_pbf = threading.Event()
        # multipatches have no place in PBF's geometry; in JSON ArcGIS gives their footprint
        if "pbf" not in formats or definition.geometry_type is GeometryType.MULTIPATCH:
            self._no_pbf.set()

    def read(self, where: str, limit: int) -> FeaturePage:
        """Fetch up to `limit` rows of the query that meet `where`, which implies the query's clause."""
        form = replace(self._query, where=where, limit=limit).to_form()
        form["resultType"] = "standard" if limit > self._max_record_count else None
        url, has_geometry = f"{self.url}/query", self._query.geometry
        if not self._no_pbf.is_set():
            try:
                content = self._session.fetch(url, form | {"f": "pbf"}, retry=self._is_retried)
                with gc_paused():
                    return read_page(content, self._object_id_field, has_geometry=has_geometry)
            except (PbfError, ResponseError) as error:
                logger.warning("%s: %s; going on with JSON", self.url, error)
                self._no_pbf.set()
        answer = self._session.ask(url, form | {"f": "json" if self._has_json else "geojson"}, retry=self._is_retried)
        with gc_paused():
            if self._has_json:
                return FeaturePage.from_json(answer, self._object_id_field, has_geometry=has_geometry)
            return FeaturePage.from_geojson(
                answer, self._object_id_field, has_geometry=has_geometry, reference=self._query.out_sr
            )


class PageRetry:
    """Retries a page: the first failure may be an accident, from the second on the page may be too large.

    Servers say in many ways that a page is too large: 500, 504, 400 "Unable to perform query", or nothing for a minute.
    """

    def __init__(self) -> None:
        self._retry = Retry(PAGES)

    def read(self, reader: PageReader, where: str, limit: int) -> FeaturePage | None:
        """Ask for a page; None if it failed and should be asked for again, with `size_after` as its limit.

        Raises PortalError if asking again makes no sense, or was tried often enough.
        """
        try:
            page = reader.read(where, limit)
        except PortalError as error:
            is_smallest = limit == 1 and self._retry.failures > 0
            # an error of no known kind, such as 400, is how some servers refuse a page that is too large
            if is_smallest or not self._retry.again(error, may_help=type(error) is PortalError):
                raise
            return None
        self._retry.succeeded()
        return page

    def size_after(self, limit: int) -> int:
        """How many rows to ask for after a failure with `limit`."""
        return limit if self._retry.failures < 2 else max(limit // _SHRINK, 1)  # noqa: PLR2004

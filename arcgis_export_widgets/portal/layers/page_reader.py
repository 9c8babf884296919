"""Requesting one page of a query, in a suitable size and the best format that the layer offers, with retries."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import Any

from arcgis_export_widgets.errors import PortalError, ResponseError
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.portal.http.responses import as_documented
from arcgis_export_widgets.portal.http.retry import Retry, RetryPolicy
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.pages.assemble import gc_paused
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.portal.pages.pbf import PbfError, read_page

logger = logging.getLogger(__name__)

LARGE_PAGE = 8000
"""Rows per page. Measured: larger pages are hardly faster, take more memory, and cost more if they fail or time out."""
WORKERS = 4
"""Number of parallel requests: enough to hide the network's latency, few enough not to burden the server."""
_PAGES_PER_WORKER = 3
PAGES = RetryPolicy(attempts=8, first_pause_s=0.2, longest_pause_s=5.0)
_SHRINK = 4
REFUSED = 400
"""Code of a refused parameter; some servers also use it if a page is too large."""
_PLAIN = {"resultRecordCount": None, "resultType": None, "orderByFields": None}


def page_size(definition: LayerDefinition, most: int = LARGE_PAGE) -> int:
    """Number of rows to request at once: the layer's usual maximum, or up to `most` if the layer allows more."""
    advanced = definition.definition.get("advancedQueryCapabilities") or {}
    standard = definition.definition.get("standardMaxRecordCount") if advanced.get("supportsQueryWithResultType") else 0
    return max(definition.max_record_count, min(int(standard or 0), most))


def usual_page(definition: LayerDefinition, expected: int | None) -> int:
    """Default number of rows per request; above the layer's usual maximum only if each worker gets several pages."""
    return page_size(definition, min((expected or 0) // (_PAGES_PER_WORKER * WORKERS), LARGE_PAGE))


def in_pages(query: LayerQuery, definition: LayerDefinition, object_id_field: str) -> LayerQuery:
    """Make the query that requests the rows of `query` in pages, in order of their ids.

    The query always names the coordinate system, because servers base the PBF coordinate grid on it. It omits
    quantizationParameters, so that servers round coordinates to 0.1 mm or 1e-9 degrees, too fine to merge vertices. If
    a response uses a coarser grid, that page is requested again as JSON.
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
    """Requests the pages of a query from one layer. May be used by several threads.

    PBF is requested if the layer offers it: it has a third of the bytes of JSON and is much faster to read. If a page
    cannot be read, this page and all later ones are requested as JSON, or as GeoJSON if the layer does not offer JSON.
    `is_retried` is False if the caller does the retrying.
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
        self._has_read = threading.Event()
        self._is_plain = threading.Event()
        # PBF cannot contain multipatches; in JSON ArcGIS returns their footprint
        if "pbf" not in formats or definition.geometry_type is GeometryType.MULTIPATCH:
            self._no_pbf.set()

    @as_documented()
    def read(self, where: str, limit: int) -> FeaturePage:
        """Fetch up to `limit` rows that meet `where`, which replaces the query's clause and so must include it."""
        form = replace(self._query, where=where, limit=limit).to_form()
        form["resultType"] = "standard" if limit > self._max_record_count else None
        url, has_geometry = f"{self.url}/query", self._query.geometry
        if not self._no_pbf.is_set():
            try:
                content = self._session.fetch(url, form | {"f": "pbf"}, retry=self._is_retried)
                with gc_paused():
                    page = read_page(content, self._object_id_field, has_geometry=has_geometry)
            except (PbfError, PortalError) as error:
                if not isinstance(error, PbfError | ResponseError) and not self._may_refuse(error):
                    raise
                problem = error
            else:
                self._has_read.set()
                return page
        answer = self._ask(url, form | {"f": "json" if self._has_json else "geojson"})
        if not self._no_pbf.is_set():
            logger.warning("%s: %s; continuing with JSON", self.url, problem)
            self._no_pbf.set()
        with gc_paused():
            if self._has_json:
                return FeaturePage.from_json(answer, self._object_id_field, has_geometry=has_geometry)
            return FeaturePage.from_geojson(
                answer, self._object_id_field, has_geometry=has_geometry, reference=self._query.out_sr
            )

    def _ask(self, url: str, form: dict[str, Any]) -> dict[str, Any]:
        """Request a page as JSON; if the server refuses the first one, without paging and order, which some refuse."""
        if self._is_plain.is_set():
            form = form | _PLAIN
        try:
            answer = self._session.ask(url, form, retry=self._is_retried)
        except PortalError as error:
            if not self._may_refuse(error):
                raise
            try:
                answer = self._session.ask(url, form | _PLAIN, retry=self._is_retried)
            except PortalError:
                raise error from None
            logger.warning("%s: %s; continuing without paging and order", self.url, error)
            self._is_plain.set()
        self._has_read.set()
        return answer

    def _may_refuse(self, error: PortalError) -> bool:
        """Whether `error` may be about how pages are requested, which a server that has sent a page does not refuse."""
        return error.code == REFUSED and not self._has_read.is_set()


class PageRetry:
    """Retries a page: after the first failure with the same number of rows, after later failures with fewer.

    If a page is too large, servers fail in different ways: 500, 504, 400 "Unable to perform query", or a timeout.
    """

    def __init__(self) -> None:
        self._retry = Retry(PAGES)

    def read(self, reader: PageReader, where: str, limit: int) -> FeaturePage | None:
        """Request a page; return None if that failed and the caller should retry with the limit from `size_after`.

        Raises PortalError if another try makes no sense, or all tries have been used.
        """
        try:
            page = reader.read(where, limit)
        except PortalError as error:
            is_smallest = limit == 1 and self._retry.failures > 0
            # some servers refuse a page that is too large with a general error, such as 400
            if is_smallest or not self._retry.again(error, may_help=type(error) is PortalError):
                raise
            return None
        self._retry.succeeded()
        return page

    def size_after(self, limit: int) -> int:
        """Number of rows to request after a failure with `limit`."""
        return limit if self._retry.failures < 2 else max(limit // _SHRINK, 1)  # noqa: PLR2004

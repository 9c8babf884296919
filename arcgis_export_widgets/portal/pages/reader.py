"""One page of a query: asked for in the best format the layer offers, read into columns."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Mapping
from typing import Any

from arcgis_export_widgets.errors import ResponseError
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.pages.gc_pause import gc_paused
from arcgis_export_widgets.portal.pages.geojson import read_geojson_page
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.portal.pages.pbf import PbfError, read_page

logger = logging.getLogger(__name__)


class PageReader:
    """Asks one layer for pages. May be used by several threads.

    Parameters
    ----------
    url
        Of the layer.
    parameters
        What all pages have in common.
    object_id_field
        Name of the field that identifies rows.
    has_geometry
        Whether rows come with their geometry.
    formats
        What the layer offers, in lower case. Protocol buffers come first: a third of JSON's bytes, and much quicker to
        read. When one cannot be read, the page and all later ones are asked for in JSON. GeoJSON comes last.
    reference
        Coordinate system that `parameters` ask for; None if they do not.
    is_retried
        Whether what fails is asked for again here; False where the caller does that better.
    """

    def __init__(
        self,
        session: PortalSession,
        url: str,
        parameters: Mapping[str, Any],
        *,
        object_id_field: str,
        has_geometry: bool,
        formats: Collection[str],
        reference: SpatialReference | None = None,
        is_retried: bool = True,
    ) -> None:
        self.url = url
        self._session = session
        self._parameters = dict(parameters)
        self._object_id_field = object_id_field
        self._has_geometry = has_geometry
        self._reference = reference
        self._is_retried = is_retried
        self._has_json = "json" in formats or "geojson" not in formats
        self._no_pbf = threading.Event()
        if "pbf" not in formats:
            self._no_pbf.set()

    def read(self, where: str, limit: int) -> FeaturePage:
        """Fetch up to `limit` rows that meet `where`, in order of their ids.

        Raises
        ------
        PortalError
            If the server refuses, does not answer, or answers what is no page.
        """
        wanted = self._parameters | {"where": where, "resultRecordCount": limit}
        if not self._no_pbf.is_set():
            try:
                content = self._session.fetch(f"{self.url}/query", wanted | {"f": "pbf"}, retry=self._is_retried)
                with gc_paused():
                    return read_page(content, self._object_id_field, has_geometry=self._has_geometry)
            except (PbfError, ResponseError) as error:
                logger.warning("%s: %s; going on with JSON", self.url, error)
                self._no_pbf.set()
        answer_format = "json" if self._has_json else "geojson"
        answer = self._session.ask(f"{self.url}/query", wanted | {"f": answer_format}, retry=self._is_retried)
        with gc_paused():
            if not self._has_json:
                return read_geojson_page(
                    answer, self._object_id_field, has_geometry=self._has_geometry, reference=self._reference
                )
            return FeaturePage.from_json(answer, self._object_id_field, has_geometry=self._has_geometry)

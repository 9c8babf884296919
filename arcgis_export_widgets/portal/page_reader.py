"""One page of a query: asked for in the best format the layer offers, read into columns."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from arcgis_export_widgets.portal.collector import collector_held_off
from arcgis_export_widgets.portal.feature_page import FeaturePage
from arcgis_export_widgets.portal.pbf import PbfError, read_page
from arcgis_export_widgets.portal.session import PortalSession

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
    as_pbf
        Whether to ask for protocol buffers: a third of JSON's bytes, and much quicker to read. When one cannot be
        read, the page and all later ones are asked for in JSON.
    """

    def __init__(
        self,
        session: PortalSession,
        url: str,
        parameters: Mapping[str, Any],
        *,
        object_id_field: str,
        has_geometry: bool,
        as_pbf: bool,
    ) -> None:
        self.url = url
        self._session = session
        self._parameters = dict(parameters)
        self._object_id_field = object_id_field
        self._has_geometry = has_geometry
        self._no_pbf = threading.Event()
        if not as_pbf:
            self._no_pbf.set()

    def read(self, where: str, limit: int) -> FeaturePage:
        """Fetch up to `limit` rows that meet `where`, in order of their ids. A failure is not retried here.

        Raises
        ------
        PortalError
            If the server refuses, does not answer, or answers what is no page.
        """
        wanted = self._parameters | {"where": where, "resultRecordCount": limit}
        if not self._no_pbf.is_set():
            content = self._session.fetch(f"{self.url}/query", wanted | {"f": "pbf"}, repeatable=False)
            try:
                with collector_held_off():
                    return read_page(content, self._object_id_field, has_geometry=self._has_geometry)
            except PbfError as error:
                logger.warning("%s: %s; going on with JSON", self.url, error)
                self._no_pbf.set()
        answer = self._session.ask(f"{self.url}/query", wanted, repeatable=False)
        with collector_held_off():
            return FeaturePage.from_json(answer, self._object_id_field, has_geometry=self._has_geometry)

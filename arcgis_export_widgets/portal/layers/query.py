"""Queries of one layer.

Source: https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/
"""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from arcgis_export_widgets.errors import IncompleteResultError, PortalError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.layers.paging import WORKERS, Ids, Paging
from arcgis_export_widgets.portal.pages.page import FeaturePage
from arcgis_export_widgets.portal.pages.reader import PageReader
from arcgis_export_widgets.where.sql import EVERYTHING

logger = logging.getLogger(__name__)

WGS84 = 4326
_LARGE_PAGE = 8000
"""Rows, measured: with more, fetching gets hardly quicker, but pages in memory larger and failures dearer."""
_PAGES_PER_WORKER = 3


@dataclass(frozen=True)
class Envelope:
    """A rectangle: x is easting or longitude, y northing or latitude, in the units of `wkid`."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float
    wkid: int = WGS84

    def to_json(self) -> dict[str, Any]:
        """ArcGIS JSON, as ``geometry`` takes it."""
        sides = {"xmin": self.xmin, "ymin": self.ymin, "xmax": self.xmax, "ymax": self.ymax}
        return {**sides, "spatialReference": {"wkid": self.wkid}}

    def to_query(self) -> dict[str, Any]:
        """The parameters that restrict a query to it."""
        return {
            "geometry": json.dumps(self.to_json()),
            "geometryType": "esriGeometryEnvelope",
            "inSR": self.wkid,
            "spatialRel": "esriSpatialRelIntersects",
        }


class Place(Protocol):
    """What a query can be restricted to: an `Envelope`, or an `Area` of another shape."""

    def to_query(self) -> dict[str, Any]:
        """The parameters that restrict a query to it."""


def count(session: PortalSession, url: str, where: str | None, envelope: Place | None) -> int:
    """Rows that meet `where` inside `envelope`, by the server's count."""
    answer = session.ask(f"{url}/query", _filter(where, envelope) | {"returnCountOnly": "true"})
    try:
        return int(answer["count"])
    except (KeyError, TypeError, ValueError):
        pass
    if isinstance(answer.get("features"), list) and answer.get("exceededTransferLimit") is False:
        return len(answer["features"])  # some servers ignore returnCountOnly; old ones do not tell that they cut off
    raise ResponseError(say("{url} gave no count when asked for one.", url=url), url=url)


def extent(session: PortalSession, url: str, where: str | None, out_sr: int) -> Envelope | None:
    """The smallest rectangle around the rows that meet `where`; None if there is none."""
    answer = session.ask(f"{url}/query", _filter(where, None) | {"returnExtentOnly": "true", "outSR": out_sr})
    box = answer.get("extent") or {}
    try:
        xmin, ymin, xmax, ymax = (float(box[side]) for side in ("xmin", "ymin", "xmax", "ymax"))
    except (KeyError, TypeError, ValueError):
        return None
    found = Envelope(xmin, ymin, xmax, ymax, wkid=out_sr)
    return found if all(map(math.isfinite, (xmin, ymin, xmax, ymax))) else None


def preview(
    session: PortalSession,
    url: str,
    *,
    where: str | None,
    envelope: Place | None,
    limit: int,
    tolerance: float | None,
    out_fields: Sequence[str],
) -> dict[str, Any]:
    """Up to `limit` rows as GeoJSON in WGS 84; see `FeatureLayer.preview`."""
    parameters = _filter(where, envelope) | {
        "outFields": ",".join(out_fields),
        "outSR": WGS84,
        "resultRecordCount": limit,
        "maxAllowableOffset": tolerance,
        "geometryPrecision": 6,
    }
    answer = session.ask(f"{url}/query", parameters | {"f": "geojson"})
    if answer.get("type") != "FeatureCollection":
        raise ResponseError(say("{url} answered no GeoJSON when asked for it.", url=url), url=url)
    # hosted layers tell inside "properties", some servers at the top
    told = answer.get("exceededTransferLimit") or (answer.get("properties") or {}).get("exceededTransferLimit")
    return {"type": "FeatureCollection", "features": answer.get("features") or [], "exceeded": bool(told)}


def object_ids(session: PortalSession, url: str, where: str | None) -> Ids | None:
    """Object ids of the rows that meet `where`; None if the server does not list them."""
    try:
        told = session.ask(f"{url}/query", _filter(where, None) | {"returnIdsOnly": "true"}).get("objectIds")
        return np.unique(np.array(told, dtype=np.int64)) if isinstance(told, list) else None
    except (PortalError, TypeError, ValueError, OverflowError) as error:
        logger.info("%s does not list its ids: %s", url, error)
        return None


def pages(
    session: PortalSession,
    url: str,
    definition: LayerDefinition,
    *,
    where: str | None,
    out_fields: Sequence[str],
    page_size: int | None,
    out_sr: SpatialReference | None = None,
    return_geometry: bool = True,
    workers: int = WORKERS,
    cancel: threading.Event | None = None,
) -> Iterator[FeaturePage]:
    """All rows, page by page, each once, compared with the server's count; see `FeatureLayer.pages`."""
    oid = definition.object_id_field
    if oid is None:
        raise ResponseError(
            say("{url} has no object id field, so its rows cannot be fetched in pages.", url=url), url=url
        )
    expected = _rows_told(session, url, where)
    has_geometry = return_geometry and not definition.is_table
    size = usual_page(definition, expected) if page_size is None else min(page_size, definition.max_record_count)
    # Named even where it is the layer's own, because the grid of PBF follows from what is named. No
    # quantizationParameters: servers then round to 0.1 mm or 1e-9 degrees, which joins no vertices; the grid that comes
    # is checked, and JSON asked for should it be coarser.
    reference = out_sr or definition.spatial_reference
    reader = PageReader(
        session,
        url,
        {
            "outFields": "*" if "*" in out_fields else ",".join(dict.fromkeys([oid, *out_fields])),
            "orderByFields": f"{oid} ASC",
            "outSR": json.dumps(reference.to_json()) if reference and has_geometry else None,
            "returnGeometry": "true" if has_geometry else "false",
            "returnZ": "true" if definition.has_z else None,
            "resultType": "standard" if size > definition.max_record_count else None,
        },
        object_id_field=oid,
        has_geometry=has_geometry,
        reference=reference,
        is_retried=False,
        # multipatches have no place in PBF's geometry; in JSON ArcGIS gives their footprint
        formats=definition.query_formats - ({"pbf"} if definition.geometry_type is GeometryType.MULTIPATCH else set()),
    )
    paging = Paging(
        reader,
        where or EVERYTHING,
        oid,
        definition.name,
        size,
        expected,
        recount=lambda: _rows_told(session, url, where),
        list_ids=lambda: object_ids(session, url, where),
        workers=workers,
        cancel=cancel,
    )
    ids = paging.list_ids() if expected is not None and expected > size else None
    if ids is None or expected is None or _is_part(ids, expected, definition):
        return paging.by_steps()
    if len(ids) != expected and len(ids) != paging.recount():
        raise IncompleteResultError(
            say(
                "{layer}: the server counted {counted:,} rows but lists {listed:,} ids. "
                "The layer may have been edited meanwhile; try again.",
                layer=definition.name,
                counted=expected,
                listed=len(ids),
            ),
            expected=expected,
            received=len(ids),
            url=url,
        )
    return paging.by_ranges(ids)


def _rows_told(session: PortalSession, url: str, where: str | None) -> int | None:
    """How many rows there are, counted or listed by the server; None where it does neither, as old ones may."""
    try:
        return count(session, url, where, None)
    except ResponseError as error:
        logger.warning("%s", error)
    ids = object_ids(session, url, where)
    return None if ids is None else len(ids)


def _is_part(ids: Ids, expected: int, definition: LayerDefinition) -> bool:
    """Whether the server lists only some of the ids because it never lists more."""
    most = definition.definition.get("maxIdsCount")
    return isinstance(most, int) and most <= len(ids) < expected


def usual_page(definition: LayerDefinition, expected: int | None) -> int:
    """How many rows to ask for at once where nobody says.

    As many as the layer answers; more where it offers more on request, as long as there are some for each worker.
    """
    advanced = definition.definition.get("advancedQueryCapabilities") or {}
    offered = definition.definition.get("standardMaxRecordCount") if advanced.get("supportsQueryWithResultType") else 0
    share = (expected or 0) // (_PAGES_PER_WORKER * WORKERS)
    return max(definition.max_record_count, min(int(offered or 0), share, _LARGE_PAGE))


def _filter(where: str | None, envelope: Place | None) -> dict[str, Any]:
    return {"where": where or EVERYTHING, **(envelope.to_query() if envelope is not None else {})}

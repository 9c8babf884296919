"""Feature services and their layers: what there is, how much of it, and where."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arcgis_export_widgets.errors import NotAFeatureServiceError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.fields import Field
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.items.item import Item
from arcgis_export_widgets.portal.layers import query, statistics
from arcgis_export_widgets.portal.layers.paging import WORKERS
from arcgis_export_widgets.portal.layers.query import Envelope, Place
from arcgis_export_widgets.portal.layers.statistics import Spread, ValueCount
from arcgis_export_widgets.portal.pages.page import FeaturePage

_SHOWN = 12
"""Most layers named in a service's repr."""


@dataclass(frozen=True)
class FeatureLayer:
    """One layer or table of a feature service, to be counted and queried."""

    url: str
    definition: LayerDefinition
    session: PortalSession

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.definition.name

    def count(self, where: str | None = None, *, envelope: Place | None = None) -> int:
        """How many rows meet `where` (None: all), inside `envelope` if one is given.

        Raises
        ------
        PortalError
            If the server refuses the clause or does not answer.
        """
        return query.count(self.session, self.url, where, envelope)

    def extent(self, where: str | None = None, *, out_sr: int = 4326) -> Envelope | None:
        """The smallest rectangle around the rows that meet `where`; None if there are none, or no geometry."""
        if self.definition.is_table:
            return None
        return query.extent(self.session, self.url, where, out_sr)

    def object_ids(self, where: str | None = None) -> NDArray[np.int64] | None:
        """Object ids of the rows that meet `where`, rising; None if the server does not list them."""
        return query.object_ids(self.session, self.url, where)

    def value_counts(self, field: str, where: str | None = None, *, limit: int = 1000) -> tuple[ValueCount, ...]:
        """The most frequent values of a field with their numbers of rows, most frequent first.

        Missing values are left out; of more than `limit` different values the rarest are. Counted by the server.

        Raises
        ------
        RequestError
            If the layer has no such field.
        PortalError
            If the server refuses, as old ones without statistics do.
        """
        return statistics.value_counts(self, self._field(field), where, limit=limit)

    def spread(self, field: str, where: str | None = None) -> Spread | None:
        """Least, greatest and mean value of a number or date field; None if no row has one. Raises as above."""
        return statistics.spread(self, self._field(field), where)

    def bin_counts(self, field: str, boundaries: Sequence[float], where: str | None = None) -> tuple[int, ...]:
        """How many rows lie between each two of the rising `boundaries`, for a histogram. Raises as above.

        Parameters
        ----------
        boundaries
            One more than there are bins; the last belongs to the last bin. For dates milliseconds since 1970 UTC.
        """
        return statistics.bin_counts(self, self._field(field), boundaries, where)

    def _field(self, name: str) -> Field:
        found = self.definition.field(name)
        if found is None:
            known = ", ".join(field.name for field in self.definition.fields)
            raise RequestError(
                say("{layer} has no field {name!r}. It has: {known}.", layer=self.name, name=name, known=known)
            )
        return found

    def preview(
        self,
        where: str | None = None,
        *,
        envelope: Place | None = None,
        limit: int = 2000,
        tolerance: float | None = None,
        out_fields: Sequence[str] = ("*",),
    ) -> dict[str, Any]:
        """Some of the rows as GeoJSON in WGS 84 (longitude, latitude), for looking at.

        Parameters
        ----------
        envelope
            Only rows that meet this rectangle; None for anywhere.
        limit
            Most features to return. The server may have a lower limit of its own.
        tolerance
            Greatest deviation, in degrees, by which the server may simplify shapes; None for none.

        Returns
        -------
        dict
            A FeatureCollection; its member ``exceeded`` tells whether there are more than were returned.
        """
        return query.preview(
            self.session,
            self.url,
            where=where,
            envelope=envelope,
            limit=limit,
            tolerance=tolerance,
            out_fields=out_fields,
        )

    def pages(
        self,
        where: str | None = None,
        *,
        out_fields: Sequence[str] = ("*",),
        page_size: int | None = None,
        out_sr: SpatialReference | None = None,
        return_geometry: bool = True,
        workers: int = WORKERS,
        cancel: threading.Event | None = None,
    ) -> Iterator[FeaturePage]:
        """All rows that meet `where`, page by page in order of their ids, each row once.

        A few pages are fetched ahead; whoever stops taking pages stops the fetching.

        Parameters
        ----------
        page_size
            Rows to ask for at once; None for as many as the server gives.
        out_sr
            Coordinate system of the shapes; None for the layer's own.
        workers
            Requests under way at once; 1 asks one after the other.
        cancel
            Setting this ends the fetching, within a fraction of a second, also while the server is silent.

        Raises
        ------
        IncompleteResultError
            If the rows received do not agree with the server's count, which is asked again at the end.
        ExportCancelledError
            If it was cancelled.
        """
        return query.pages(
            self.session,
            self.url,
            self.definition,
            where=where,
            out_fields=out_fields,
            page_size=page_size,
            out_sr=out_sr,
            return_geometry=return_geometry,
            workers=workers,
            cancel=cancel,
        )

    def refreshed(self) -> FeatureLayer:
        """The same layer with its definition as it stands now; shows whether it was edited meanwhile."""
        return FeatureLayer(self.url, LayerDefinition.from_json(self.session.ask(self.url)), self.session)

    def __repr__(self) -> str:
        geometry, fields = self.definition.geometry_type, len(self.definition.fields)
        kind = "table" if geometry is None else geometry.name.lower()
        return f"<FeatureLayer {self.definition.id} {self.name!r}, {kind}, {fields} fields, {self.url}>"


@dataclass(frozen=True)
class FeatureService:
    """A feature service with all its layers and tables."""

    url: str
    layers: tuple[FeatureLayer, ...]
    """Layers first, then tables, each in the service's order."""
    capabilities: frozenset[str] = frozenset()
    item: Item | None = None

    def layer(self, layer_id: int) -> FeatureLayer:
        """The layer of that number.

        Raises
        ------
        RequestError
            If the service has none of that number.
        """
        for layer in self.layers:
            if layer.definition.id == layer_id:
                return layer
        named = [layer for layer in self.layers if layer.name.lower() == str(layer_id).strip().lower()]
        if named:
            known = ", ".join(f"{layer.definition.id} ({layer.name})" for layer in named)
            raise RequestError(say("Take a layer by its number, not by its name: {known}.", known=known))
        known = ", ".join(f"{layer.definition.id} ({layer.name})" for layer in self.layers) or say("none")
        raise RequestError(say("The service has no layer {layer_id}. It has: {known}.", layer_id=layer_id, known=known))

    def __repr__(self) -> str:
        layers = ", ".join(f"{layer.definition.id} {layer.name!r}" for layer in self.layers[:_SHOWN])
        more = ", ..." if len(self.layers) > _SHOWN else ""
        return f"<FeatureService {self.url}: {layers or 'no layers'}{more}>"


def open_service(session: PortalSession, url: str, item: Item | None = None) -> FeatureService:
    """Read a service and the definitions of its layers.

    Raises
    ------
    NotAFeatureServiceError
        If there is no feature service at `url`.
    """
    url = url.rstrip("/")
    root = session.ask(url)
    if "layers" not in root and "tables" not in root:
        raise NotAFeatureServiceError(
            say("There is no feature service at {url}: it lists no layers.", url=url), url=url
        )
    entries = [*(root.get("layers") or ()), *(root.get("tables") or ())]
    wanted = [entry["id"] for entry in entries if entry.get("type") != "Group Layer"]
    definitions = _definitions(session, url, wanted)
    return FeatureService(
        url=url,
        layers=tuple(FeatureLayer(f"{url}/{d.id}", d, session) for d in definitions),
        capabilities=frozenset(w.strip() for w in (root.get("capabilities") or "").split(",") if w.strip()),
        item=item,
    )


def _definitions(session: PortalSession, url: str, ids: Sequence[int]) -> list[LayerDefinition]:
    """Definitions in the order of `ids`: in one request where the server has ``/layers``, else one by one."""
    answer = session.ask(f"{url}/layers")
    found = {entry["id"]: entry for entry in [*(answer.get("layers") or ()), *(answer.get("tables") or ())]}
    return [LayerDefinition.from_json(found.get(i) or session.ask(f"{url}/{i}")) for i in ids]

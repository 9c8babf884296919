"""Feature services: which layers they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arcgis_export_widgets.errors import NotAFeatureServiceError, RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.items.item import Item
from arcgis_export_widgets.portal.layers.layer import FeatureLayer

_SHOWN = 12
"""Most layers named in a service's repr."""


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

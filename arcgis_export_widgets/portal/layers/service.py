"""A feature service and its layers."""

from __future__ import annotations

from dataclasses import dataclass

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.items.item import Item
from arcgis_export_widgets.portal.layers.layer import FeatureLayer

_SHOWN = 12
"""Maximum number of layers in a service's repr."""


@dataclass(frozen=True)
class FeatureService:
    """A feature service with all its layers and tables."""

    url: str
    layers: tuple[FeatureLayer, ...]
    """Layers first, then tables, each in the service's order."""
    capabilities: frozenset[str] = frozenset()
    item: Item | None = None

    def layer(self, layer_id: int) -> FeatureLayer:
        """The layer with the number `layer_id`.

        Raises
        ------
        RequestError
            If the service has no layer with that number.
        """
        found = next((layer for layer in self.layers if layer.definition.id == layer_id), None)
        if found is not None:
            return found
        named = [layer for layer in self.layers if layer.name.lower() == str(layer_id).strip().lower()]
        known = ", ".join(f"{layer.definition.id} ({layer.name})" for layer in named or self.layers) or say("none")
        if named:
            raise RequestError(say("Choose a layer by its number, not by its name: {known}.", known=known))
        raise RequestError(say("The service has no layer {layer_id}. It has: {known}.", layer_id=layer_id, known=known))

    def __repr__(self) -> str:
        layers = ", ".join(f"{layer.definition.id} {layer.name!r}" for layer in self.layers[:_SHOWN])
        more = ", ..." if len(self.layers) > _SHOWN else ""
        return f"<FeatureService {self.url}: {layers or 'no layers'}{more}>"

"""A feature service and its layers, and a folder of services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.items.item import Item
from arcgis_export_widgets.portal.layers.layer import FeatureLayer

_SHOWN = 12
"""Maximum number of layers in a service's repr."""
_WITH_LAYERS = {"FeatureServer", "MapServer"}


@dataclass(frozen=True)
class ServerFolder:
    """A folder of a server, or its root: the addresses of what is in it, each of which can be opened."""

    url: str
    folders: tuple[str, ...]
    """Addresses of the folders in it."""
    services: tuple[str, ...]
    """Addresses of the services that have layers: feature services and map services."""
    others: tuple[str, ...] = ()
    """Addresses of the other services, such as image services."""

    @classmethod
    def from_json(cls, url: str, json: Mapping[str, Any]) -> ServerFolder:
        """Read the response of a folder; the names of its services include the folder's name."""
        root = url[: url.lower().index("/rest/services") + len("/rest/services")]
        entries = [(str(one["name"]), str(one["type"])) for one in json.get("services") or ()]
        services = [(f"{root}/{quote(name)}/{kind}", kind in _WITH_LAYERS) for name, kind in entries]
        return cls(
            url,
            tuple(f"{root}/{quote(str(name))}" for name in json.get("folders") or ()),
            tuple(address for address, has_layers in services if has_layers),
            tuple(address for address, has_layers in services if not has_layers),
        )

    def __repr__(self) -> str:
        lines = [*self.folders, *self.services, *(f"{url} (no layers)" for url in self.others)]
        return "\n".join([f"<ServerFolder {self.url}>", *(f"  {line}" for line in lines)])


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

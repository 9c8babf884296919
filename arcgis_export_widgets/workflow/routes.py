"""Choose the route by which to fetch features (Export Item, createReplica or page by page), and say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from arcgis_export_widgets.errors import PermissionDeniedError, RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import ExportRight, FeatureService


class Route(str, Enum):
    """A way to fetch features."""

    EXPORT = "export"
    """Export Item: the portal makes a file and an item that contains it. Open to the owner, to administrators, and to
    others if the owner allows it; only for layers that the portal hosts."""
    REPLICA = "replica"
    """createReplica: the service makes a file, but no item. Open to everybody who may see the layer, if the layer
    allows Extract."""
    QUERY = "query"
    """Page by page: no file is made. Open to everybody who may see the layer."""

    @classmethod
    def of(cls, value: Route | str) -> Route:
        """Return the route with this name, such as ``"export"``.

        Raises
        ------
        RequestError
            If no route has that name.
        """
        try:
            return cls(value)
        except ValueError:
            names = ", ".join(repr(route.value) for route in cls)
            raise RequestError(
                say(
                    "{value!r} is not a route. Choose one of {names}, or None for the first that is open.",
                    value=value,
                    names=names,
                )
            ) from None


@dataclass(frozen=True)
class Choice:
    """The route that was chosen, why it was chosen, and why others are closed."""

    route: Route
    reason: str
    """Why this route was chosen, in words for people."""
    closed: dict[Route, str]
    """The routes that are not open to this user or for this request, each with the reason."""

    def __str__(self) -> str:
        return f"{self.route.value}: {self.reason}"


def choose(
    export_format: ExportFormat,
    layer_ids: Sequence[int],
    service: FeatureService,
    right: ExportRight,
    wanted: Route | str | None = None,
    *,
    is_plain: bool = True,
) -> Choice:
    """Choose the route `wanted`, or the first open route if that is None, without sending a request.

    Parameters
    ----------
    layer_ids
        Ids of the layers to export; empty for all layers.
    right
        Whether this user may export the item.
    is_plain
        Whether every layer is exported with its geometry as it is; see `ExportLayer.is_plain`.

    Raises
    ------
    PermissionDeniedError
        If the wanted route is closed, or no route is open. The message says which other routes are open.
    """
    ways = {
        Route.EXPORT: (right.allowed, right.reason),
        Route.REPLICA: _by_replica(export_format, layer_ids, service, is_plain=is_plain),
        Route.QUERY: _by_query(export_format, service),
    }
    opened = {route: reason for route, (is_open, reason) in ways.items() if is_open}
    closed = {route: reason for route, (is_open, reason) in ways.items() if not is_open}
    route = next(iter(opened), None) if wanted is None else Route.of(wanted)
    if route is None:
        raise PermissionDeniedError(" ".join(closed.values()))
    if route in closed:
        hint = " " + _open_to_you(list(opened)) if opened else ""
        raise PermissionDeniedError(closed[route] + hint)
    refusals = [closed[refused] for refused in closed if list(Route).index(refused) < list(Route).index(route)]
    reason = opened[route] if wanted is not None else " ".join([*refusals, opened[route]])
    return Choice(route, reason, closed)


def _open_to_you(opened: Sequence[Route]) -> str:
    """A sentence that names the other routes that are open, of which there are one or two."""
    names = [f"route={route.value!r}" for route in opened]
    if len(names) == 1:
        return say("Open to you: {route}.", route=names[0])
    first, second = names
    return say("Open to you: {first} or {second}.", first=first, second=second)


def _by_replica(
    export_format: ExportFormat, layer_ids: Sequence[int], service: FeatureService, *, is_plain: bool
) -> tuple[bool, str]:
    if "Extract" not in service.capabilities:
        return False, say("The service does not let others make copies (it lacks the capability Extract).")
    layers, wanted = [service.layer(one) for one in layer_ids] or service.layers, export_format.facts.replica_value
    if wanted is None or not all(_offers(layer.definition.definition, wanted) for layer in layers):
        return False, say("The service cannot make a copy as {label}.", label=export_format.facts.label)
    if not is_plain:
        return False, say("A copy always includes the geometry, and its columns for x and y cannot be named.")
    return True, say("The service makes the file itself (createReplica); no item is made in the portal.")


def _offers(definition: dict[str, object], wanted: str) -> bool:
    offered = definition.get("supportedExportFormats")
    return not offered or wanted.lower() in {word.strip().lower() for word in str(offered).split(",")}


def _by_query(export_format: ExportFormat, service: FeatureService) -> tuple[bool, str]:
    if service.capabilities and "Query" not in service.capabilities:
        return False, say("The service does not let its features be queried (it lacks the capability Query).")
    if not export_format.facts.loadable:
        wanted = export_format.value
        return False, say("A {wanted} contains no features, so there is nothing to fetch.", wanted=wanted)
    if export_format is ExportFormat.GEOPACKAGE:
        return True, say("The features are fetched page by page.")
    return True, say("The features are fetched page by page; download() saves them as GeoPackage.")

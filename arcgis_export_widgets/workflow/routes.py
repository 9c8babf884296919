"""Which way features can come: Export Item, createReplica, or page by page; and which is taken, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from arcgis_export_widgets.errors import PermissionDeniedError, RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal import ExportRight, FeatureService
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.workflow.checked_request import Order, layers_asked
from arcgis_export_widgets.workflow.export import start_export
from arcgis_export_widgets.workflow.job import Job
from arcgis_export_widgets.workflow.pages import QueryJob
from arcgis_export_widgets.workflow.replica import start_replica


class Route(str, Enum):
    """A way for features to come."""

    EXPORT = "export"
    """Export Item: the portal makes a file and an item that holds it. For the owner, administrators, and whom the
    owner lets."""
    REPLICA = "replica"
    """createReplica: the service makes a file, and no item. For everybody who may see a layer that allows Extract."""
    QUERY = "query"
    """Page by page: no file is made. For everybody who may see the layer."""

    @classmethod
    def of(cls, value: Route | str) -> Route:
        """Read a route by name.

        Raises
        ------
        RequestError
            If there is none of that name.
        """
        try:
            return cls(value)
        except ValueError:
            names = ", ".join(repr(route.value) for route in cls)
            raise RequestError(
                say(
                    "{value!r} is no route. There are: {names}; None takes the first that is open.",
                    value=value,
                    names=names,
                )
            ) from None


@dataclass(frozen=True)
class Choice:
    """The route that is taken, and those that are not open."""

    route: Route
    reason: str
    """Why this route, in words for people."""
    closed: dict[Route, str]
    """Routes that are not open to this user or for this request, and why."""

    def __str__(self) -> str:
        return f"{self.route.value}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Plan:
    """What will be done for a request, told before it is done."""

    order: Order
    choice: Choice

    @property
    def route(self) -> Route:
        """The route that will be taken."""
        return self.choice.route

    @property
    def reason(self) -> str:
        """Why this route, in words for people."""
        return self.choice.reason

    @property
    def closed(self) -> dict[Route, str]:
        """Routes that are not open to this user or for this request, and why."""
        return self.choice.closed

    def start(self) -> Job:
        """Start, and return at once; wait with `Job.wait`."""
        job = _START[self.route](self.order)
        job.plan = self
        return job

    def __str__(self) -> str:
        return str(self.choice)

    def __repr__(self) -> str:
        return f"<Plan {self}>"


def make_plan(order: Order, wanted: Route | str | None) -> Plan:
    """Choose the route for an order; see `choose`."""
    right = order.portal.may_export(order.item, order.service)
    return Plan(order, choose(order.request, order.service, right, wanted))


def choose(
    request: ExportRequest, service: FeatureService, right: ExportRight, wanted: Route | str | None = None
) -> Choice:
    """Choose the route: the one wanted, else the first that is open. Asks nobody.

    Parameters
    ----------
    right
        Whether this user may export the item.

    Raises
    ------
    PermissionDeniedError
        If the wanted route is closed, or none is open; says which others are open.
    """
    ways = {
        Route.EXPORT: (right.allowed, right.reason),
        Route.REPLICA: _by_replica(request, service),
        Route.QUERY: _by_query(request, service),
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
    """The one or two routes that are open where the wanted one is not."""
    names = [f"route={route.value!r}" for route in opened]
    if len(names) == 1:
        return say("Open to you: {route}.", route=names[0])
    first, second = names
    return say("Open to you: {first} or {second}.", first=first, second=second)


def _by_replica(request: ExportRequest, service: FeatureService) -> tuple[bool, str]:
    if "Extract" not in service.capabilities:
        return False, say("The service makes no copies for others (it lacks the capability Extract).")
    asked = layers_asked(request, service)
    wanted = request.export_format.facts.replica_value
    if wanted is None or not all(_offers(service.layer(part.id).definition.definition, wanted) for part in asked):
        return False, say("The service makes no copies as {label}.", label=request.export_format.facts.label)
    if any(not part.include_geometry or part.x_column_name or part.y_column_name for part in asked):
        return False, say("A copy has its geometry always, and no names of its own for x and y.")
    return True, say("The service makes the file itself (createReplica); no item is made in the portal.")


def _offers(definition: dict[str, object], wanted: str) -> bool:
    told = definition.get("supportedExportFormats")
    return not told or wanted.lower() in {word.strip().lower() for word in str(told).split(",")}


def _by_query(request: ExportRequest, service: FeatureService) -> tuple[bool, str]:
    if service.capabilities and "Query" not in service.capabilities:
        return False, say("The service does not let its features be queried (it lacks the capability Query).")
    if not request.export_format.facts.loadable:
        wanted = request.export_format.value
        return False, say("A {wanted} holds no features, so nothing can be fetched for it.", wanted=wanted)
    if request.export_format is ExportFormat.GEOPACKAGE:
        return True, say("The features are fetched page by page.")
    return True, say("The features are fetched page by page; download() saves them as GeoPackage.")


_START: dict[Route, Callable[[Order], Job]] = {
    Route.EXPORT: start_export,
    Route.REPLICA: start_replica,
    Route.QUERY: QueryJob,
}

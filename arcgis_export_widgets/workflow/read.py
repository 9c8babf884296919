"""Open or read any layer by its address, with or without a portal, in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.events import EventHandler
from arcgis_export_widgets.language import say
from arcgis_export_widgets.loading import Frames
from arcgis_export_widgets.model.area import Envelope
from arcgis_export_widgets.portal import FeatureLayer, FeatureService
from arcgis_export_widgets.portal.auth.credentials import environment_host, found_credentials
from arcgis_export_widgets.portal.auth.registry import METHODS, Credentials
from arcgis_export_widgets.portal.http.addresses import is_arcgis_online, parsed, same_site
from arcgis_export_widgets.portal.http.cancellation import Cancellation
from arcgis_export_widgets.portal.http.tokens import Anonymous
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.layers.service import ServerFolder
from arcgis_export_widgets.request.reference import Reference
from arcgis_export_widgets.request.request import ExportLayer, ExportRequest
from arcgis_export_widgets.workflow.checked_request import check_request
from arcgis_export_widgets.workflow.pages import SAVED_AS, QueryJob
from arcgis_export_widgets.workflow.portal import Portal
from arcgis_export_widgets.workflow.server import Server

if TYPE_CHECKING:
    from typing_extensions import Unpack

_ONLINE = "https://www.arcgis.com"


class SignIn(Credentials, total=False):
    """The arguments of `Portal`, except its address."""

    verify: bool | str | Path
    timeout_s: float
    headers: Mapping[str, str] | None


def open(  # noqa: A001  the package's users write aew.open
    url: str,
    *,
    portal: Portal | None = None,
    **sign_in: Unpack[SignIn],
) -> FeatureLayer | FeatureService | ServerFolder:
    """Open a layer, a service, or a folder of a server, to see what is there. No account or portal is needed.

    Parameters
    ----------
    url
        Address of a FeatureServer, MapServer or layer; of a folder or the root of a server; of an item's page, a Hub
        dataset or a map with one layer; or an item id. A query or token in the address is dropped.
    portal
        An open portal, whose user opens the layer; None to find the portal or server by `url`.
    **sign_in
        As for `Portal`: credentials, `verify`, `timeout_s` and `headers`. Without credentials nobody signs in, unless
        there are credentials for this portal in the environment, keyring or netrc.

    Returns
    -------
    FeatureLayer, FeatureService or ServerFolder
        A layer has `definition`, `count`, `extent`, `value_counts`, `spread`, `preview` and `pages`.

    Raises
    ------
    RequestError
        If `url` names no layer, service or folder. For another kind of service the message says what it is.
    PortalError
        If the server refuses or does not respond.

    Examples
    --------
    >>> import arcgis_export_widgets as aew
    >>> portal = aew.sample_portal()
    >>> aew.open("345313e619df46f387f9ededbe15ac56_1", portal=portal).count("POPULATION > 1000000")
    9
    """
    named = Reference.of(url)
    client = portal or _client(named, **sign_in)
    if named.is_folder:
        return client.folder(url)
    service = client.feature_service(client.item(named.source))
    return service if named.layer_id is None else service.layer(named.layer_id)


def read(
    url: str,
    where: str | None = None,
    fields: Sequence[str] | None = None,
    area: tuple[float, float, float, float] | None = None,
    layer: int | None = None,
    *,
    portal: Portal | None = None,
    on_event: EventHandler | None = None,
    cancel: Cancellation | None = None,
    **sign_in: Unpack[SignIn],
) -> Frames:
    """Read a layer, or all layers and tables of a service, page by page. No account or portal is needed.

    Parameters
    ----------
    url
        Address of a layer or service, or one of the other forms that `open` takes.
    where
        Where clause for the rows to read, of each layer; None for the clause in the address of a query, or all rows.
    fields
        Names of the fields to read, in any letter case; None for all. The object id is always read.
    area
        Read only rows that touch this box: ``(xmin, ymin, xmax, ymax)`` in WGS 84, longitude first; None for all rows.
    layer
        Number of the layer in the service; None for the layer in `url`, or all layers and tables.
    on_event
        Called with an event for each page; None shows a progress bar in notebooks and terminals.
    cancel
        Event that, once set, ends the reading with an error.
    portal, **sign_in
        As for `open`.

    Returns
    -------
    Frames
        By layer name, in the layers' own coordinate systems; ``.only`` is the frame if there is only one, and
        ``.receipt`` says whether all rows arrived.

    Raises
    ------
    RequestError, WhereError
        If the address, clause, fields, area or layer do not fit the service.
    IncompleteResultError
        If other rows arrive than the server counts.
    PortalError
        If the server refuses or does not respond.

    Examples
    --------
    >>> import arcgis_export_widgets as aew
    >>> portal = aew.sample_portal()
    >>> frames = aew.read("345313e619df46f387f9ededbe15ac56_1", where="POPULATION > 1000000", portal=portal)
    >>> len(frames.only), frames.receipt.complete
    (9, True)
    """
    named = Reference.of(url)
    where = named.where if where is None else where
    number = named.layer_id if layer is None else layer
    cut = LayerQuery(fields=() if fields is None else fields, area=None if area is None else _box(area))
    client = portal or _client(named, **sign_in)
    try:
        if number is None:
            service = client.feature_service(client.item(named.source))
            numbers = [one.definition.id for one in service.layers]
        else:
            numbers = [number]
        request = ExportRequest(named.source, SAVED_AS, [ExportLayer(one, where) for one in numbers])
        job = QueryJob(check_request(client, request, allow_empty=True, cut=cut))
        return job.wait(on_event=on_event, cancel=cancel).load()
    finally:
        if portal is None:
            client.close()


def _box(area: Sequence[float]) -> Envelope:
    try:
        xmin, ymin, xmax, ymax = map(float, area)
    except (TypeError, ValueError):
        xmin = ymin = xmax = ymax = float("nan")
    if not (xmin <= xmax and ymin <= ymax):
        raise RequestError(
            say(
                "area is a box (xmin, ymin, xmax, ymax) in degrees, such as (-125, 32, -114, 42), not {area!r}.",
                area=area,
            )
        )
    return Envelope(xmin, ymin, xmax, ymax)


def _client(named: Reference, **sign_in: Unpack[SignIn]) -> Portal:
    """Open the portal or server that has what is `named`; a user name and password go only to its own site."""
    if named.url is None:
        return Portal(named.portal_url, **sign_in)
    address = _portal_of(named.url)
    if sign_in.get("anonymous"):
        return Server(named.url, **sign_in)
    if not any(sign_in.get(name) for name in Credentials.__annotations__):
        if address is None or isinstance(found_credentials(METHODS.values(), address), Anonymous):
            return Server(named.url, **sign_in)
    elif address is None:
        options: SignIn = {"verify": sign_in.get("verify", True), "headers": sign_in.get("headers")}
        with Server(named.url, **options) as server:
            address = server.owning_portal()
        if address is not None and not same_site(address, named.url):
            raise RequestError(
                say(
                    "The layer belongs to the portal {portal}, on another host. Open that portal with Portal(...) and "
                    "pass portal=.",
                    portal=address,
                )
            )
    if address is None:
        return Server(named.url, **sign_in)
    return Portal(address, **sign_in)


def _portal_of(url: str) -> str | None:
    """Address of the portal of a service, as far as it is known without asking."""
    if is_arcgis_online(parsed(url).host):
        return _ONLINE
    return environment_host() if same_site(url, environment_host()) else None

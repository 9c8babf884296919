"""`LocalPortal`: an ArcGIS portal on this machine, started and controlled from Python."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.process.portal_process import (
    KEY_HEADER,
    LocalPortalError,
    PortalProcess,
    require_libraries,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike
    from types import TracebackType

    import pandas as pd


class LocalPortal:
    """An ArcGIS portal with hosted feature layers on this machine, in a separate process.

    The process ends with `stop`, at the end of the ``with`` block, or when the Python process that started it ends.

    Parameters
    ----------
    data
        Vector file or files, each to be served as a feature service; by default, the sample data are served.
    port
        Port to listen on; 0 for any free port.
    host
        Address to listen on; by default only this machine can connect. If others can, passwords are generated
        (`passwords`), and administrators cannot use the control interface unless `options` contain ``--control``.
    job_duration_s
        Minimum time, in seconds, for which an export job stays in ``processing``.
    tls
        Whether to serve https, with a certificate created for this run; clients must trust the file `certificate`.
    start_timeout_s
        Number of seconds for which `start` waits until the portal is ready.
    options
        More options of ``python -m arcgis_export_widgets.localportal``, such as ``--app`` or ``--allow-origin``.

    Examples
    --------
    >>> with LocalPortal() as portal:  # doctest: +SKIP
    ...     requests.get(portal.url + "/sharing/rest/portals/self", params={"f": "json"})
    """

    def __init__(
        self,
        data: str | PathLike[str] | Iterable[str | PathLike[str]] = (),
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        job_duration_s: float = 0.5,
        tls: bool = False,
        start_timeout_s: float = 60.0,
        options: Iterable[str] = (),
    ) -> None:
        self._arguments = ["--port", str(port), "--host", host, "--job-duration", str(job_duration_s)]
        self._arguments += options
        if tls:
            self._arguments.append("--tls")
        files = [str(Path(path)) for path in ([data] if isinstance(data, (str, os.PathLike)) else data)]
        if files:
            self._arguments += ["--data", *files]
        self._tls = tls
        self._start_timeout_s = start_timeout_s
        self._key = secrets.token_urlsafe(32)
        self._certificate: Path | None = None
        self._process: PortalProcess | None = None
        self._url: str | None = None
        self._passwords: dict[str, str] = {}

    @property
    def passwords(self) -> dict[str, str]:
        """Passwords by user name: published ones if only this machine can connect, else made for this run."""
        return dict(self._passwords)

    @property
    def url(self) -> str:
        """The portal's URL; the REST API is at ``{url}/sharing/rest``."""
        if self._url is None:
            raise LocalPortalError("the local portal is not running: call start() first")
        return self._url

    @property
    def certificate(self) -> Path | None:
        """File with the certificate that clients must trust (``verify=`` in requests); None without TLS."""
        return self._certificate

    def __repr__(self) -> str:
        return f"<LocalPortal {self._url or 'not running'}>"

    def start(self) -> LocalPortal:
        """Start the process and wait until the portal is ready; do nothing if it is running already.

        Raises
        ------
        LocalPortalError
            If libraries are missing, or the process ends or is not ready in time; includes the process's message.
        """
        if self._url is not None:
            return self
        require_libraries(tls=self._tls)
        self._process = PortalProcess(self._arguments, self._key)
        answer = self._process.start(self._start_timeout_s)
        self._url = str(answer["url"])
        self._passwords = dict(answer["passwords"])
        self._certificate = Path(answer["certificate"]) if "certificate" in answer else None
        return self

    def stop(self) -> None:
        """Stop the process and wait until it has ended; do nothing if it is not running."""
        process, self._process, self._url = self._process, None, None
        if process is not None:
            process.stop()

    def fault(self, kind: str, value: object = None, *, path: str = "", times: int | None = None) -> None:
        """Switch a fault on; ``python -m arcgis_export_widgets.localportal --help`` lists the kinds.

        Parameters
        ----------
        kind
            Kind of fault, such as ``rate_limit``, ``truncate``, ``job_stuck`` or ``cap``.
        value
            Number or string whose meaning depends on the kind: seconds, an HTTP status, a share of the response ...
        path
            Only requests whose path contains this string are affected.
        times
            Number of requests that the fault affects; None for all requests until `clear_faults` is called.

        Raises
        ------
        LocalPortalError
            If the kind is unknown or does not accept the value.
        """
        form = {"kind": kind, "value": value, "path": path, "times": times}
        self._admin("faults", data={key: one for key, one in form.items() if one is not None})

    def clear_faults(self) -> None:
        """Switch all faults off."""
        self._admin("faults/clear")

    def expire_tokens(self) -> None:
        """Invalidate all tokens issued so far."""
        self._admin("expireTokens")

    def add(
        self,
        frame: pd.DataFrame,
        title: str,
        *,
        owner: str = "student",
        access: str = "public",
        allow_export: bool = False,
        hidden_fields: Iterable[str] = (),
        fields: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> str:
        """Publish a frame as a hosted feature layer and return the id of its item.

        Parameters
        ----------
        frame
            A GeoDataFrame whose geometries are of one type, or a DataFrame, which becomes a table.
        owner
            User name of the member who owns the item.
        access
            Who may see the item: ``public``, ``org`` or ``private``.
        allow_export
            Whether people other than the owner may export the item (the ``Extract`` capability).
        hidden_fields
            Columns to hide; if there are any, the service is a view.
        fields
            Properties that a frame does not have, by column: ``type`` (such as ``esriFieldTypeTimeOnly``), ``alias``,
            ``domain``, ``length``.

        Raises
        ------
        LocalPortalError
            If the portal cannot serve the frame; the message says why.
        """
        query = {"title": title, "owner": owner, "access": access, "allowExport": str(allow_export).lower()}
        query["hiddenFields"] = ",".join(hidden_fields)
        query["fields"] = json.dumps(fields or {})
        with tempfile.TemporaryDirectory() as folder:
            try:
                path = _write_frame(frame, title, Path(folder))
            except ValueError as error:
                raise LocalPortalError(f"the frame cannot be served: {error}") from error
            with path.open("rb") as file:
                answer = self._admin("add", params=query, data=file)
        return str(answer["itemId"])

    def _admin(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call an operation of the portal's control interface and return its JSON response."""
        import requests  # noqa: PLC0415 - not needed to start a portal

        answer = requests.post(
            f"{self.url}/localportal/{operation}",
            params={"f": "json", **arguments.pop("params", {})},
            headers={KEY_HEADER: self._key},
            verify=str(self._certificate) if self._certificate else True,
            timeout=600,
            **arguments,
        )
        content: dict[str, Any] = answer.json()
        if "error" in content:
            raise LocalPortalError(content["error"]["message"])
        return content

    def __enter__(self) -> LocalPortal:  # noqa: PYI034 - typing.Self is newer than Python 3.10
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


def _write_frame(frame: pd.DataFrame, title: str, folder: Path) -> Path:
    """Write `frame` as a GeoPackage with one layer and return its path.

    Raises
    ------
    ValueError
        If the frame contains something that a GeoPackage cannot store, such as measures (M).
    """
    # not needed to start a portal, and slow to import
    import geopandas as gpd  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    # pyogrio cannot write measures (M); before version 2.1, shapely does not keep them, so there is nothing to check
    if isinstance(frame, gpd.GeoDataFrame) and hasattr(shapely, "has_m") and shapely.has_m(frame.geometry.array).any():
        raise ValueError("it has measures (M); drop them with shapely.force_2d or shapely.force_3d")
    path = folder / "frame.gpkg"
    errors = pyogrio.errors
    refused = (errors.DataLayerError, errors.DataSourceError, errors.FeatureError, errors.FieldError)
    try:
        pyogrio.write_dataframe(frame, path, layer=title, driver="GPKG")
    except (*refused, errors.GeometryError) as error:
        raise ValueError(str(error)) from error
    return path

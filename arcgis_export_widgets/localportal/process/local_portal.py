"""`LocalPortal`: an ArcGIS portal on this machine, run and steered from Python."""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.localportal.process.portal_process import LocalPortalError, PortalProcess
from arcgis_export_widgets.localportal.process.requirements import REQUIREMENTS, missing_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike
    from types import TracebackType

    import pandas as pd

_KEY_HEADER = "X-LocalPortal-Key"


class LocalPortal:
    """An ArcGIS portal with hosted feature layers on this machine, in a process of its own.

    It ends with `stop`, with the ``with`` block, or with the Python that started it, however that ends.

    Parameters
    ----------
    data
        Vector file to serve, or several, one service each; none serves the sample data.
    port
        0 takes a free one.
    host
        Address to listen on; the default is reachable from this machine only.
    job_duration_s
        How long an export job is at least ``processing``.
    tls
        Whether to serve https, with a certificate made for this run; clients trust `certificate`.
    start_timeout_s
        How long `start` waits for an answer.

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
        job_duration_s: float = 1.5,
        tls: bool = False,
        start_timeout_s: float = 60.0,
    ) -> None:
        self._arguments = ["--port", str(port), "--host", host, "--job-duration", str(job_duration_s)]
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

    @property
    def url(self) -> str:
        """The portal's URL; REST stands under ``{url}/sharing/rest``."""
        if self._url is None:
            raise LocalPortalError("the local portal is not running: call start() first")
        return self._url

    @property
    def certificate(self) -> Path | None:
        """Certificate of the authority to trust (``verify=``), there while the portal runs; None without TLS."""
        return self._certificate

    def __repr__(self) -> str:
        return f"<LocalPortal {self._url or 'not running'}>"

    def start(self) -> LocalPortal:
        """Start the process and wait until it answers; does nothing when it runs.

        Raises
        ------
        LocalPortalError
            When libraries are missing, or the process ends or stays silent; with the process's own words.
        """
        if self._url is not None:
            return self
        missing = missing_requirements(tls=self._tls)
        if missing:
            raise LocalPortalError(f"the local portal needs {', '.join(missing)}: {REQUIREMENTS}")
        self._process = PortalProcess(self._arguments, self._key)
        answer = self._process.start(self._start_timeout_s)
        self._url = str(answer["url"])
        self._certificate = Path(answer["certificate"]) if "certificate" in answer else None
        return self

    def stop(self) -> None:
        """End the process and wait for its end; does nothing when none runs."""
        process, self._process, self._url = self._process, None, None
        if process is not None:
            process.stop()

    def fault(self, kind: str, value: object = None, *, path: str = "", times: int | None = None) -> None:
        """Switch a fault on; ``GET {url}/localportal/faults`` as teacher lists the kinds.

        Parameters
        ----------
        kind
            Such as ``rate_limit``, ``truncate``, ``job_stuck``, ``cap``.
        value
            What the kind counts: seconds, a status, a share, features.
        path
            Text that the request's path must contain.
        times
            How many requests it hits; None for all until `clear_faults`.

        Raises
        ------
        LocalPortalError
            For an unknown kind.
        """
        form = {"kind": kind, "value": value, "path": path, "times": times}
        self._admin("faults", data={key: one for key, one in form.items() if one is not None})

    def clear_faults(self) -> None:
        """Switch all faults off."""
        self._admin("faults/clear")

    def expire_tokens(self) -> None:
        """End every token that was handed out."""
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
        """Serve a frame as a hosted feature layer; return its item id.

        Parameters
        ----------
        frame
            GeoDataFrame with one kind of geometry, or a DataFrame, which becomes a table.
        owner
            Member whose item it is.
        access
            ``public``, ``org`` or ``private``.
        allow_export
            Whether others than the owner may export it (the ``Extract`` capability).
        hidden_fields
            Columns that are there but not shown; the service is then a view.
        fields
            What a frame cannot say of a column: ``type`` (such as ``esriFieldTypeTimeOnly``), ``alias``, ``domain``,
            ``length``.

        Raises
        ------
        LocalPortalError
            When the portal cannot serve it, with the reason.
        """
        from arcgis_export_widgets.localportal.process.frame_file import write_frame  # noqa: PLC0415 - needs GDAL

        query = {"title": title, "owner": owner, "access": access, "allowExport": str(allow_export).lower()}
        query["hiddenFields"] = ",".join(hidden_fields)
        query["fields"] = json.dumps(fields or {})
        with tempfile.TemporaryDirectory() as folder:
            try:
                path = write_frame(frame, title, Path(folder))
            except ValueError as error:
                raise LocalPortalError(f"the frame cannot be served: {error}") from error
            with path.open("rb") as file:
                answer = self._admin("add", params=query, data=file)
        return str(answer["itemId"])

    def _admin(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Call the portal's own switchboard."""
        import requests  # noqa: PLC0415 - starting a portal needs none

        answer = requests.post(
            f"{self.url}/localportal/{operation}",
            params={"f": "json", **arguments.pop("params", {})},
            headers={_KEY_HEADER: self._key},
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

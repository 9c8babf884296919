"""The local portal as a process of its own, started and ended from Python."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike
    from types import TracebackType

REQUIREMENTS = 'pip install "arcgis-export-widgets[localportal]"'
_NEEDED = {"starlette": "starlette", "uvicorn": "uvicorn", "duckdb": "duckdb", "python_multipart": "python-multipart"}


class LocalPortalError(RuntimeError):
    """The local portal could not be started; the message holds its own words and what to do."""


def missing_requirements() -> list[str]:
    """Return the libraries of the ``localportal`` extra that are not installed."""
    return [name for module, name in _NEEDED.items() if find_spec(module) is None]


class LocalPortal:
    """An ArcGIS portal with hosted feature layers on this machine, in a process of its own.

    It ends with `stop`, with the ``with`` block, or with the Python that started it, however that ends.

    Parameters
    ----------
    data
        Vector files to serve, one service each; none serves the sample data.
    port
        0 takes a free one.
    host
        Address to listen on; the default is reachable from this machine only.
    job_duration_s
        How long an export job is at least ``processing``.
    start_timeout_s
        How long `start` waits for an answer.

    Examples
    --------
    >>> with LocalPortal() as portal:  # doctest: +SKIP
    ...     requests.get(portal.url + "/sharing/rest/portals/self", params={"f": "json"})
    """

    def __init__(
        self,
        data: Iterable[str | PathLike[str]] = (),
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        job_duration_s: float = 1.5,
        start_timeout_s: float = 60.0,
    ) -> None:
        self._data = [str(Path(path)) for path in data]
        self._port = port
        self._host = host
        self._job_duration_s = job_duration_s
        self._start_timeout_s = start_timeout_s
        self._process: subprocess.Popen[bytes] | None = None
        self._url: str | None = None

    @property
    def url(self) -> str:
        """The portal's URL; REST stands under ``{url}/sharing/rest``."""
        if self._url is None:
            raise LocalPortalError("the local portal is not running: call start() first")
        return self._url

    def __repr__(self) -> str:
        return f"<LocalPortal {self._url or 'not running'}>"

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "arcgis_export_widgets.localportal", "--announce", "--exit-with-parent"]
        command += ["--port", str(self._port), "--host", self._host, "--job-duration", str(self._job_duration_s)]
        return [*command, "--data", *self._data] if self._data else command

    def start(self) -> LocalPortal:
        """Start the process and wait until it answers; does nothing when it runs.

        Raises
        ------
        LocalPortalError
            When libraries are missing, or the process ends or stays silent; with the process's own words.
        """
        if self._url is not None:
            return self
        missing = missing_requirements()
        if missing:
            raise LocalPortalError(f"the local portal needs {', '.join(missing)}: {REQUIREMENTS}")
        with tempfile.TemporaryFile() as words:
            process = subprocess.Popen(  # noqa: S603 - our own module
                self._command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=words
            )
            self._process = process
            line = self._first_line(process)
            if not line:
                self.stop()
                words.seek(0)
                said = words.read().decode(errors="replace").strip() or "it did not answer in time"
                raise LocalPortalError(f"the local portal did not start: {said}")
        answer: dict[str, Any] = json.loads(line)
        self._url = str(answer["url"])
        atexit.register(self.stop)
        return self

    def _first_line(self, process: subprocess.Popen[bytes]) -> bytes:
        """Return what the process prints first; empty when it ends or the time is over."""
        lines: list[bytes] = []

        def read() -> None:
            if process.stdout is not None:
                lines.append(process.stdout.readline())

        reader = threading.Thread(target=read, name="localportal-start", daemon=True)
        reader.start()
        reader.join(self._start_timeout_s)
        return lines[0] if lines else b""

    def stop(self) -> None:
        """End the process and wait for its end; does nothing when none runs."""
        process, self._process, self._url = self._process, None, None
        atexit.unregister(self.stop)
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def __enter__(self) -> LocalPortal:  # noqa: PYI034 - typing.Self is newer than Python 3.10
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

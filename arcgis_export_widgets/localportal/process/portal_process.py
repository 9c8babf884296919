"""Start the process that serves the local portal, wait until it is ready, and stop it."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

KEY_VARIABLE = "ARCGIS_LOCALPORTAL_KEY"
KEY_HEADER = "X-LocalPortal-Key"
_LIBRARIES = {
    "starlette": "starlette",
    "uvicorn": "uvicorn",
    "duckdb": "duckdb",
    "python_multipart": "python-multipart",
}


class LocalPortalError(RuntimeError):
    """The local portal could not be started or controlled; the message says why and what to do."""


def require_libraries(*, tls: bool = False) -> None:
    """Check, without importing anything, that the libraries needed for a local portal are installed.

    Raises
    ------
    LocalPortalError
        If libraries of the ``localportal`` extra are missing; the message names them.
    """
    needed = _LIBRARIES | {"trustme": "trustme"} if tls else _LIBRARIES
    missing = [name for module, name in needed.items() if find_spec(module) is None]
    if missing:
        install = 'pip install "arcgis-export-widgets[localportal]"'
        raise LocalPortalError(f"the local portal needs {', '.join(missing)}: {install}")


class PortalProcess:
    """A process that runs the local portal; it ends when the Python process that started it ends.

    Parameters
    ----------
    arguments
        Command-line arguments of ``python -m arcgis_export_widgets.localportal``.
    key
        Secret that opens the control interface; passed as an environment variable, which other users cannot read.
    """

    def __init__(self, arguments: Sequence[str], key: str) -> None:
        self._arguments = list(arguments)
        self._key = key
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float) -> dict[str, Any]:
        """Start the process, wait until it is ready, and return its ``url`` and, if it uses TLS, its ``certificate``.

        Raises
        ------
        LocalPortalError
            If the process ends or is not ready in time; includes the process's message.
        """
        command = [sys.executable, "-m", "arcgis_export_widgets.localportal", "--announce", "--exit-with-parent"]
        with tempfile.TemporaryFile() as messages:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command + self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=messages,
                env={**os.environ, KEY_VARIABLE: self._key},
            )
            self._process = process
            atexit.register(self.stop)
            line = _first_line(process, timeout_s)
            if not line:
                self.stop()
                messages.seek(0)
                reason = messages.read().decode(errors="replace").strip() or "it did not answer in time"
                raise LocalPortalError(f"the local portal did not start: {reason}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """Stop the process and wait until it has ended; do nothing if it is not running."""
        process, self._process = self._process, None
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


def _first_line(process: subprocess.Popen[bytes], timeout_s: float) -> bytes:
    """Return the first line that the process prints; empty if it ends first or prints no line within `timeout_s`."""
    lines: list[bytes] = []

    def read() -> None:
        if process.stdout is not None:
            lines.append(process.stdout.readline())

    reader = threading.Thread(target=read, name="localportal-start", daemon=True)
    reader.start()
    reader.join(timeout_s)
    return lines[0] if lines else b""

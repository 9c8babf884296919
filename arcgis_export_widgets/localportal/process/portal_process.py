"""The local portal's process: started, listened to until it answers, and ended."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import Any

KEY_VARIABLE = "ARCGIS_LOCALPORTAL_KEY"


class LocalPortalError(RuntimeError):
    """The local portal could not be started or steered; the message holds its own words and what to do."""


class PortalProcess:
    """``python -m arcgis_export_widgets.localportal``, ended with the Python that started it, however that ends.

    Parameters
    ----------
    arguments
        Of the command line.
    key
        What later calls of the switchboard show; handed over in the environment, which other users cannot read.
    """

    def __init__(self, arguments: Sequence[str], key: str) -> None:
        self._arguments = list(arguments)
        self._key = key
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, timeout_s: float) -> dict[str, Any]:
        """Start the process; return what it announces once it answers: ``url`` and, with TLS, ``certificate``.

        Raises
        ------
        LocalPortalError
            When the process ends or stays silent; with the process's own words.
        """
        command = [sys.executable, "-m", "arcgis_export_widgets.localportal", "--announce", "--exit-with-parent"]
        with tempfile.TemporaryFile() as words:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command + self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=words,
                env={**os.environ, KEY_VARIABLE: self._key},
            )
            self._process = process
            atexit.register(self.stop)
            line = _first_line(process, timeout_s)
            if not line:
                self.stop()
                words.seek(0)
                said = words.read().decode(errors="replace").strip() or "it did not answer in time"
                raise LocalPortalError(f"the local portal did not start: {said}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def stop(self) -> None:
        """End the process and wait for its end; does nothing when none runs."""
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
    """Return what the process prints first; empty when it ends or the time is over."""
    lines: list[bytes] = []

    def read() -> None:
        if process.stdout is not None:
            lines.append(process.stdout.readline())

    reader = threading.Thread(target=read, name="localportal-start", daemon=True)
    reader.start()
    reader.join(timeout_s)
    return lines[0] if lines else b""

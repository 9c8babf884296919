"""A Jupyter server in a separate process, what it says about its kernels, and how its pages run cells."""

from __future__ import annotations

import ast
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client import BlockingKernelClient, find_connection_file
from playwright.sync_api import Page

PATIENCE_S = 120
"""How long to wait for what takes a second or two, unless the machine is busy with something else."""

# Lab asks about news in a corner, where it would cover what the test wants to press.
SETTINGS = {
    # what a saved notebook can give away, it shall give away here
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Look again and again until `condition` holds."""
    pause = threading.Event()
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {timeout_s:.0f} s for {what}")
        pause.wait(0.1)


def run_all_cells(page: Page) -> None:
    """Choose Run All Cells from the menu of JupyterLab or Notebook."""
    page.get_by_text("Run", exact=True).first.click()
    page.get_by_text("Run All Cells", exact=True).click()


class JupyterServer:
    """Starts ``jupyter lab`` over a folder; serves Lab, Notebook and Voila alike."""

    def __init__(self, folder: Path, settings: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "overrides.json").write_text(json.dumps(SETTINGS))
        self.url = f"http://127.0.0.1:{port}"
        self.token = secrets.token_hex(16)
        self.folder = folder
        self.shared: set[str] = set()
        """Notebooks that several tests use, so that their kernels do not end with a test."""
        self.log = settings / "server.log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterlab", "--allow-root", "--no-browser"),
                    *(f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={self.token}"),
                    *(f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={settings}"),
                    f"--LabApp.workspaces_dir={settings}",
                ],
                stdout=log,
                stderr=log,
                env=os.environ | {"PYTHONWARNINGS": "ignore", "JUPYTERLAB_SETTINGS_DIR": str(settings / "user")},
                start_new_session=True,
            )
        wait_until(self._answers, f"the Jupyter server; see {self.log}")

    def page(self, path: str) -> str:
        """Address of a page of the server, with the token that opens it; Lab forgets what was open before."""
        return f"{self.url}/{path}?token={self.token}&reset"

    def kernel_is_ready(self, path: str) -> bool:
        """Whether a page is attached to an idle kernel; what the page itself shows comes too early."""
        return any(
            session["path"] == path
            and session["kernel"]["execution_state"] == "idle"
            and session["kernel"]["connections"] >= 1
            for session in self._sessions()
        )

    def evaluate(self, expression: str) -> object:
        """Evaluate an expression in the kernel of the one notebook that is not shared, as a console would."""
        (session,) = self._own_sessions()
        connection = find_connection_file(f"kernel-{session['kernel']['id']}.json")
        client = BlockingKernelClient(connection_file=connection)
        client.load_connection_file()
        client.start_channels()
        try:
            reply = client.execute_interactive(
                "", user_expressions={"value": expression}, silent=True, timeout=PATIENCE_S, output_hook=lambda _: None
            )
        finally:
            client.stop_channels()
        told = reply["content"]["user_expressions"]["value"]
        if told["status"] != "ok":
            raise AssertionError(f"{expression}: {told.get('evalue', told)}")
        return ast.literal_eval(told["data"]["text/plain"])

    def restart_kernel(self) -> None:
        """Restart the kernel of the one notebook that is not shared, as a crash or a person would."""
        (session,) = self._own_sessions()
        self._ask(f"api/kernels/{session['kernel']['id']}/restart", method="POST")

    def end_kernels(self) -> None:
        """End what a test left running: kernels outlive their pages."""
        for session in self._own_sessions():
            self._ask(f"api/sessions/{session['id']}", method="DELETE")

    def stop(self) -> None:
        """End the server and all its kernels."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"The Jupyter server ended at once:\n{self.log.read_text()[-2000:]}")
        try:
            self._ask("api/status")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def _sessions(self) -> list[dict[str, Any]]:
        return json.loads(self._ask("api/sessions"))

    def _own_sessions(self) -> list[dict[str, Any]]:
        """The sessions of the test that runs."""
        return [session for session in self._sessions() if session["path"] not in self.shared]

    def _ask(self, path: str, method: str = "GET") -> bytes:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.read()

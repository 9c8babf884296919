"""A Jupyter server as a process of its own, and what it says about its kernels."""

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

from jupyter_client import BlockingKernelClient, find_connection_file

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


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    """Look again and again until `condition` holds."""
    pause = threading.Event()
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {timeout_s:.0f} s for {what}")
        pause.wait(0.1)


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
            for session in json.loads(self._ask("api/sessions"))
        )

    def evaluate(self, expression: str) -> object:
        """Evaluate an expression in the kernel of the only session, as a console beside the notebook would."""
        (session,) = json.loads(self._ask("api/sessions"))
        connection = find_connection_file(f"kernel-{session['kernel']['id']}.json")
        client = BlockingKernelClient(connection_file=connection)
        client.load_connection_file()
        client.start_channels()
        try:
            reply = client.execute_interactive(
                "", user_expressions={"value": expression}, silent=True, timeout=30, output_hook=lambda _: None
            )
        finally:
            client.stop_channels()
        told = reply["content"]["user_expressions"]["value"]
        if told["status"] != "ok":
            raise AssertionError(f"{expression}: {told.get('evalue', told)}")
        return ast.literal_eval(told["data"]["text/plain"])

    def restart_kernel(self) -> None:
        """Restart the kernel of the only session, as a crash or a person would."""
        (session,) = json.loads(self._ask("api/sessions"))
        self._ask(f"api/kernels/{session['kernel']['id']}/restart", method="POST")

    def end_kernels(self) -> None:
        """End what a test left running: kernels outlive their pages."""
        for session in json.loads(self._ask("api/sessions")):
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

    def _ask(self, path: str, method: str = "GET") -> bytes:
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"{self.url}/{path}", method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

"""The form as a page for people without notebooks, served as README says, for two of them at once."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from jupyter_server import wait_until
from playwright.sync_api import expect

from arcgis_export_widgets import load

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"


class VoilaApp:
    """``voila export_app.ipynb`` in the folder of the notebooks, but sooner done with pages that were left."""

    def __init__(self, folder):
        for name in ("export_app.ipynb", "voila.json"):
            shutil.copy(NOTEBOOKS / name, folder / name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        soon = ["--MappingKernelManager.cull_idle_timeout=5", "--MappingKernelManager.cull_interval=1"]
        command = [sys.executable, "-m", "voila", "export_app.ipynb", "--no-browser", f"--port={port}", *soon]
        env = os.environ | {"PYTHONWARNINGS": "ignore"}
        with (folder / "voila.log").open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, stdout=log, stderr=log, env=env, start_new_session=True
            )
        wait_until(self._answers, "Voila")

    def kernels(self):
        """How many kernels there are."""
        return len(self._children("ipykernel_launcher"))

    def portals(self):
        """How many local portals there are."""
        return len(self._children("arcgis_export_widgets.localportal"))

    def stop(self):
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(60)

    def _children(self, word):
        family = psutil.Process(self._process.pid).children(recursive=True)
        return [one for one in family if word in _command(one)]

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}voila/static/voila.js", timeout=60):
                return True
        except urllib.error.HTTPError:
            return True
        except (urllib.error.URLError, ConnectionError):
            return False


def _command(process):
    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it ended while it was looked at
        return ""


@pytest.fixture(scope="module")
def voila(tmp_path_factory):
    app = VoilaApp(tmp_path_factory.mktemp("voila"))
    yield app
    app.stop()


@pytest.fixture
def two_people(new_page, voila):
    pages = [new_page({"width": 1400, "height": 1300}) for _ in range(2)]
    for page in pages:
        page.goto(voila.url)
    yield pages
    for page in pages:
        page.context.close()


def test_each_has_a_form_and_a_portal_of_their_own_for_as_long_as_the_page_is_open(two_people, voila, keep):
    ours, theirs = two_people
    for page in two_people:
        expect(page.get_by_label("Cities", exact=True)).to_be_attached()
    expect(ours).to_have_title("Export ArcGIS features")
    expect(ours.locator(".jp-CodeMirrorEditor, .jp-CodeCell .jp-InputArea")).to_have_count(0)
    who = [page.locator(".aew-who").inner_text() for page in two_people]
    assert who[0] != who[1], "both look at the same portal"
    ours.get_by_label("Counties", exact=True).uncheck()
    expect(ours.get_by_role("button", name="Export 7,662 features")).to_be_visible()
    expect(theirs.get_by_role("button", name="Export 10,803 features")).to_be_visible()
    keep(ours.locator("body"), "voila_app")
    wait_until(lambda: (voila.kernels(), voila.portals()) == (2, 2), "a kernel and a portal for each of the two")
    ours.goto("about:blank")
    wait_until(
        lambda: (voila.kernels(), voila.portals()) == (1, 1),
        "the kernel and the portal of the page that was left to end",
    )


def test_the_exported_file_is_saved_by_the_browser(form_in, tmp_path):
    page = form_in("voila").page
    page.get_by_label("Counties", exact=True).uncheck()
    page.get_by_label("State borders", exact=True).uncheck()
    page.get_by_role("button", name="Export 7,555 features").click()
    expect(page.get_by_text(re.compile(r"^Done in "))).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(r"^Save .*\.zip$")).click()
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    assert len(load(saved).only) == 7555


def test_pages_that_were_left_are_cleared_away_within_the_hour_and_open_ones_stay():
    settings = json.loads((NOTEBOOKS / "voila.json").read_text())["MappingKernelManager"]
    assert 0 < settings["cull_idle_timeout"] <= 3600
    assert settings["cull_interval"] < settings["cull_idle_timeout"]
    assert settings["cull_connected"] is False

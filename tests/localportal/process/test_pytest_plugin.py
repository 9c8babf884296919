"""The fixture that other projects' tests use."""

import os
import subprocess
import sys

CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def arcgis_local_portal_data():
    return [{path!r}]
"""
TEST = """
import requests

def test_it(arcgis_local_portal):
    services = requests.get(arcgis_local_portal.url + "/arcgis/rest/services?f=json", timeout=60).json()["services"]
    assert [service["name"] for service in services] == ["towns"]
"""


def test_another_project_gets_a_portal_with_its_own_data(data_file, tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST.format(path=str(data_file)))
    (tmp_path / "test_it.py").write_text(TEST)
    plugin = "arcgis_export_widgets.localportal.pytest_plugin"
    command = [sys.executable, "-m", "pytest", "-p", plugin, "-q", str(tmp_path)]
    # the plugin is named here, whether or not it is installed as an entry point
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    said = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert "1 passed" in said.stdout, said.stdout

import ast
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import arcgis_export_widgets as aew


@pytest.mark.parametrize("name", aew.__all__)
def test_every_public_name_leads_somewhere_and_is_documented(name):
    assert getattr(aew, name).__doc__


def test_type_checkers_see_the_names_that_are_public_at_run_time():
    stub = ast.parse(Path(aew.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imported = [alias for node in stub.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    seen = [alias.name for alias in imported if alias.asname == alias.name]  # others are private to a stub
    assert sorted(seen) == aew.__all__


def test_the_version_is_the_installed_ones():
    assert aew.__version__ == version("arcgis-export-widgets")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="attribute Exportapp"):
        _ = aew.Exportapp


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, arcgis_export_widgets; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "ipywidgets", "requests"} & set(told.stdout.split())

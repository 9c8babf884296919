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


def test_the_names_type_checkers_see_are_the_public_ones_in_order():
    tree = ast.parse(Path(aew.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = [alias.name for statement in checked.body for alias in statement.names]
    assert sorted(seen) == aew.__all__


def test_the_version_is_the_installed_ones():
    assert aew.__version__ == version("arcgis-export-widgets")


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Exportapp'"):
        _ = aew.Exportapp


def test_importing_the_package_imports_nothing_heavy():
    code = "import sys, arcgis_export_widgets; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "ipywidgets", "requests"} & set(told.stdout.split())

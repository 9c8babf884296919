"""How the documentation is built: ``sphinx-build -W docs build/docs``."""

import shutil
from pathlib import Path

from sphinx.application import Sphinx

import arcgis_export_widgets

HERE = Path(__file__).parent
project = "arcgis-export-widgets"
author = "The arcgis-export-widgets developers"
release = version = arcgis_export_widgets.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
exclude_patterns = ["jupyter_execute"]
html_theme = "furo"
html_title = project
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # the tests execute them
nb_merge_streams = True
suppress_warnings = ["misc.highlighting_failure"]  # lines for the shell in notebooks are no Python
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_inherit_docstrings = False
napoleon_google_docstring = False
napoleon_use_rtype = False

# the notebooks stand where people look for them, beside docs/
shutil.copytree(
    HERE.parent / "notebooks", HERE / "tutorials", ignore=shutil.ignore_patterns(".*", "*.json"), dirs_exist_ok=True
)


def setup(app: Sphinx) -> None:
    """Let pages link to the notebooks where they stand, for those who read them as they are."""

    def to_copies(_: Sphinx, __: str, source: list[str]) -> None:
        source[0] = source[0].replace("](../notebooks/", "](tutorials/")

    app.connect("source-read", to_copies)

"""What README and the documentation name exists, and their code is code."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import arcgis_export_widgets as aew

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
MODULES = ("arcgis_export_widgets run", "arcgis_export_widgets resume", "arcgis_export_widgets.localportal")


def blocks(page, language):
    return [code for kind, code in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def heading_anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def helps():
    """The help of each command that documentation shows."""
    run = [
        subprocess.run([sys.executable, "-m", *one.split(), "--help"], check=False, capture_output=True, text=True)
        for one in MODULES
    ]
    assert all(one.returncode == 0 for one in run)
    return dict(zip(MODULES, (one.stdout for one in run), strict=True))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_linked_is_there(page):
    missing = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in heading_anchors(file)):
            missing.append(target)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_is_python_and_names_what_the_package_has(page):
    for code in blocks(page, "python"):
        tree = ast.parse(code)
        named = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "aew"
        }
        assert [name for name in named if not hasattr(aew, name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_options_of_commands_exist(page, helps):
    for code in blocks(page, "console"):
        for line in code.replace("\\\n", " ").splitlines():
            module = next((one for one in MODULES if f"-m {one}" in line), None)
            if module is not None:
                options = [word for word in shlex.split(line, comments=True) if word.startswith("--")]
                assert [option for option in options if option.split("=")[0] not in helps[module]] == []


def test_the_example_of_the_first_page_runs(local_portal):
    (example,) = (code for code in blocks(ROOT / "README.md", "python") if "assert_complete" in code)
    signed_in = aew.Portal(local_portal.url, username="student", password="learn-arcgis")
    kept = {}
    exec(
        compile(example.replace("aew.sample_portal()", "signed_in"), "README.md", "exec"),
        {"signed_in": signed_in},
        kept,
    )
    assert len(kept["frames"]["Cities"]) == 356
    kept["result"].delete()


def test_every_dependency_has_its_reason():
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").lower()
    needed = set(re.findall(r'"([\w.-]+)>=', (ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    assert "geopandas" in needed
    assert [name for name in needed if name.lower() not in told] == []


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def folders_in_the_map():
    """Folders and modules of CONTRIBUTING's map of the package, as paths."""
    (drawn,) = re.findall(r"^arcgis_export_widgets/\n(.*?)```", CONTRIBUTING, flags=re.DOTALL | re.MULTILINE)
    found, above = set(), ""
    for indent, name in re.findall(r"^( +)(\S+)", drawn, flags=re.MULTILINE):
        above = above if len(indent) > 2 else name
        found.add(name if len(indent) == 2 else above + name)
    return found


def test_the_map_of_the_package_shows_every_folder():
    package = ROOT / "arcgis_export_widgets"
    inner = {f"{path.parent.relative_to(package)}/" for path in package.glob("*/__init__.py")}
    inner |= {
        f"{path.parent.relative_to(package)}/"
        for part in ("portal", "loading")
        for path in (package / part).glob("*/__init__.py")
    }
    modules = {path.name for path in package.glob("*.py") if not path.name.startswith("__")}
    assert folders_in_the_map() == inner | modules | {"translations/"}


ADDITIONS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| `(tests/[^`]+)` \|$", CONTRIBUTING, flags=re.MULTILINE)


@pytest.mark.parametrize(("addition", "touched", "check"), ADDITIONS, ids=[row[0] for row in ADDITIONS])
def test_the_files_to_touch_for_an_addition_exist_and_their_test_knows_them(addition, touched, check):
    paths = [ROOT / path for path in re.findall(r"`((?:arcgis_export_widgets|docs)/[^`]+)`", touched)]
    assert [path for path in paths if not path.exists()] == []
    names = [path.parent.name if path.stem == "__init__" else path.stem for path in paths]
    text = (ROOT / check).read_text(encoding="utf-8")
    assert not names or any(name in text for name in names), f"{check} says nothing of {addition}"


def test_the_table_of_additions_is_read():
    assert {"an export format", "a sign-in method", "a text people see"} <= {row[0] for row in ADDITIONS}

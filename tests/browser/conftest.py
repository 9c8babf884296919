"""A real Jupyter server, a real Chromium, and the steps a person takes in them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_server import JupyterServer, wait_until
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

SCREENSHOTS = Path(__file__).parent / "screenshots"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")  # its loop would be in the way of tests that run their own
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        missing = "no Chromium found: apt-get install chromium, or set CHROMIUM to the path of a Chrome"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of its own context; what it shows at the end is kept as a screenshot, for failures above all."""
    context = browser.new_context(viewport={"width": 1600, "height": 1500})
    page = context.new_page()
    yield page
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^a-zA-Z0-9]+', '_', request.node.name)}.png")
    context.close()


@pytest.fixture(scope="session")
def keep() -> Callable[[Locator, str], None]:
    """Keeps a picture of a part of a page, to be looked at; all of it, however far down the page it goes."""

    def screenshot(part: Locator, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        page, size, box = part.page, part.page.viewport_size, part.bounding_box()
        height = max(size["height"], round(box["height"]) + 400)
        page.set_viewport_size({"width": size["width"], "height": height})
        part.screenshot(path=SCREENSHOTS / f"{name}.png")
        page.set_viewport_size(size)

    return screenshot


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    server = JupyterServer(tmp_path_factory.mktemp("notebooks"), tmp_path_factory.mktemp("lab-settings"))
    yield server
    server.stop()


@pytest.fixture
def fresh_server(server: JupyterServer) -> Iterator[JupyterServer]:
    """The server, whose kernels end after the test."""
    yield server
    server.end_kernels()


@pytest.fixture
def open_in_lab(fresh_server: JupyterServer, page: Page) -> Callable[[str], Page]:
    """Opens a notebook of this project, or of the server's folder, in JupyterLab and runs all its cells."""

    def open_and_run(name: str) -> Page:
        if (NOTEBOOKS / name).exists():
            shutil.copy(NOTEBOOKS / name, fresh_server.folder / name)
        page.goto(fresh_server.page(f"lab/tree/{name}"))
        wait_until(lambda: fresh_server.kernel_is_ready(name), f"a kernel for {name}")
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).click()
        # a form answers once no other cell keeps the kernel busy
        prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
        expect(prompts.last).to_have_text(re.compile(r"\[\d+\]"), timeout=90_000)
        return page

    return open_and_run


@pytest.fixture
def write_notebook(fresh_server: JupyterServer) -> Callable[..., str]:
    """Writes a notebook of these cells into the server's folder, and gives its name."""

    def write(*cells: str, name: str = "form.ipynb") -> str:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=kernel)
        nbformat.write(notebook, fresh_server.folder / name)
        return name

    return write


@pytest.fixture
def form_notebook(write_notebook: Callable[..., str]) -> str:
    """Name of a notebook with nothing but the form on the local portal."""
    return write_notebook(
        "import arcgis_export_widgets as aew\nportal = aew.sample_portal()",
        'app = aew.ExportApp(portal, item="345313e619df46f387f9ededbe15ac56")\napp',
    )


@pytest.fixture(params=["lab", "notebook", "voila"])
def open_anywhere(request: pytest.FixtureRequest, fresh_server: JupyterServer, page: Page) -> Callable[[str], Locator]:
    """Runs a notebook in JupyterLab, in Notebook 7 and in Voila, and gives the form in it."""

    def open_and_run(name: str) -> Locator:
        if request.param == "voila":
            page.goto(fresh_server.page(f"voila/render/{name}"))
        else:
            page.goto(fresh_server.page(f"{'lab/tree' if request.param == 'lab' else 'notebooks'}/{name}"))
            wait_until(lambda: fresh_server.kernel_is_ready(name), "a kernel for the form")
            page.get_by_text("Run", exact=True).first.click()
            page.get_by_text("Run All Cells", exact=True).click()
        form = page.locator(".aew").first
        expect(form.get_by_role("heading", name="ArcGIS export")).to_be_attached(timeout=90_000)
        return form

    return open_and_run


@pytest.fixture
def form_anywhere(open_anywhere: Callable[[str], Locator], form_notebook: str) -> Locator:
    """The form in JupyterLab, in Notebook 7 and in Voila."""
    form = open_anywhere(form_notebook)
    expect(form.get_by_label("Cities", exact=True)).to_be_attached(timeout=90_000)
    return form


@pytest.fixture
def run_in_kernel(fresh_server: JupyterServer) -> Callable[[str], object]:
    """Evaluates an expression in the kernel of the one open notebook, and gives its value back."""
    return fresh_server.evaluate

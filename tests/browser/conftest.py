"""A real Jupyter server, a real Chromium, and the steps a person takes in them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import nbformat
import pytest
from jupyter_server import PATIENCE_S, JupyterServer, run_all_cells, wait_until
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

# a busy machine is no defect: what a test expects may come late
expect.set_options(timeout=PATIENCE_S * 1000)

SCREENSHOTS = Path(__file__).parent / "screenshots"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SIZE = {"width": 1600, "height": 1500}
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


@pytest.fixture(scope="package")  # its loop would be in the way of tests that run their own
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


@pytest.fixture(scope="package")
def new_page(browser: Browser) -> Callable[..., Page]:
    """Opens pages, each with cookies and storage of its own."""

    def make(size: dict[str, int] = SIZE) -> Page:
        context = browser.new_context(viewport=size)
        context.set_default_timeout(PATIENCE_S * 1000)
        return context.new_page()

    return make


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page], None]:
    """Keeps what a page shows at the end of a test that failed."""

    def take(page: Page) -> None:
        if request.node.stash[FAILED]:
            SCREENSHOTS.mkdir(exist_ok=True)
            page.screenshot(path=SCREENSHOTS / f"{re.sub(r'[^a-zA-Z0-9]+', '_', request.node.name)}.png")

    return take


@pytest.fixture
def page(new_page: Callable[[], Page], picture: Callable[[Page], None]) -> Iterator[Page]:
    """A page for one test."""
    page = new_page()
    yield page
    picture(page)
    page.context.close()


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
    """The server, whose kernels end after the test, except those that tests share."""
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
        run_all_cells(page)
        # a form answers once no other cell keeps the kernel busy
        prompts = page.locator(".jp-CodeCell .jp-InputPrompt")
        expect(prompts.last).to_have_text(re.compile(r"\[\d+\]"))
        return page

    return open_and_run


@pytest.fixture(scope="session")
def write_notebook(server: JupyterServer) -> Callable[..., str]:
    """Writes a notebook of these cells into the server's folder, and gives its name."""

    def write(*cells: str, name: str) -> str:
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells], metadata=kernel)
        nbformat.write(notebook, server.folder / name)
        return name

    return write


@pytest.fixture(scope="session")
def form_cells(local_portal) -> tuple[str, str]:
    """The cells of a notebook with nothing but the form on the local portal."""
    sign_in = f'aew.Portal("{local_portal.url}", username="student", password="learn-arcgis")'
    return (
        f"import arcgis_export_widgets as aew\nportal = {sign_in}",
        'app = aew.ExportApp(portal, item="345313e619df46f387f9ededbe15ac56")\napp',
    )


@pytest.fixture(params=["lab", "notebook", "voila"])
def front_end(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="package")
def open_form(server: JupyterServer, new_page: Callable[[], Page]) -> Callable[[str, str], Locator]:
    """Opens a notebook with a form in JupyterLab, Notebook 7 or Voila, runs all its cells, and gives the form."""

    def open_and_run(front_end: str, name: str) -> Locator:
        page = new_page()
        if front_end == "voila":
            page.goto(server.page(f"voila/render/{name}"))
        else:
            page.goto(server.page(f"{'lab/tree' if front_end == 'lab' else 'notebooks'}/{name}"))
            wait_until(lambda: server.kernel_is_ready(name), "a kernel for the form")
            run_all_cells(page)
        form = page.locator(".aew").first
        expect(form.get_by_role("heading", name="ArcGIS export")).to_be_attached()
        return form

    return open_and_run


@pytest.fixture(scope="package")
def opened_forms() -> dict[str, Locator]:
    """The form in each front end; the pages stay open, because a page and a kernel take seconds to start."""
    return {}


@pytest.fixture
def form_in(opened_forms, open_form, server, write_notebook, form_cells, picture) -> Iterator[Callable[[str], Locator]]:
    """Gives a new form in a front end; all but the first are made by running the cells of an open notebook again."""
    used: list[Page] = []

    def new_form(front_end: str) -> Locator:
        if front_end not in opened_forms:
            name = f"form_{front_end}.ipynb"
            server.shared.add(name)
            opened_forms[front_end] = open_form(front_end, write_notebook(*form_cells, name=name))
        else:
            page = opened_forms[front_end].page
            page.set_viewport_size(SIZE)
            if front_end == "voila":
                page.reload()
            else:
                former = opened_forms[front_end].element_handle()
                run_all_cells(page)
                former.wait_for_element_state("hidden")
        form = opened_forms[front_end]
        used.append(form.page)
        expect(form.get_by_label("Cities", exact=True)).to_be_attached()
        return form

    yield new_form
    for page in used:
        picture(page)


@pytest.fixture
def form_anywhere(front_end: str, form_in: Callable[[str], Locator]) -> Locator:
    """The form in JupyterLab, in Notebook 7 and in Voila."""
    return form_in(front_end)


@pytest.fixture
def run_in_kernel(fresh_server: JupyterServer) -> Callable[[str], object]:
    """Evaluates an expression in the kernel of the notebook that the test opened, and gives its value back."""
    return fresh_server.evaluate

import nbformat
import pytest
from jupyter_server import wait_until
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PASSWORD = "learn-arcgis"
CELLS = [
    "import arcgis_export_widgets as aew",
    "app = aew.ExportApp()\napp",
]


def test_a_saved_notebook_with_all_widget_state_holds_neither_password_nor_token(
    fresh_server, open_in_lab, run_in_kernel, local_portal
):
    path = fresh_server.folder / "sign_in.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in CELLS], metadata=kernel), path)
    page = open_in_lab(path.name)
    form = page.locator(".aew").first
    form.get_by_label("Portal address").fill(local_portal.url)
    form.get_by_label("User name").fill("student")
    form.get_by_label("Password").press_sequentially(PASSWORD)
    page.keyboard.press("Control+s")
    form.get_by_role("button", name="Sign in").click()
    expect(form.get_by_text("signed in as student").first).to_be_visible()

    page.keyboard.press("Control+s")
    wait_until(lambda: "signed in as student" in path.read_text(), "the notebook to be saved with its widgets")
    saved = [file.read_text() for file in fresh_server.folder.rglob("sign_in*.ipynb")]
    token = run_in_kernel("app.state.sign_in.portal.session.auth.token(None)")
    assert len(token) > 20
    assert not any(secret in text for text in saved for secret in (PASSWORD, token))

"""An export outlives the kernel that started it."""

from __future__ import annotations

import re

import pytest
from jupyter_server import run_all_cells, wait_until
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def slow_jobs(local_portal):
    """Export jobs that go on until the test lets them end."""
    local_portal.fault("job_stuck")
    yield local_portal
    local_portal.clear_faults()


def test_an_export_goes_on_after_the_kernel_was_restarted(
    open_in_lab, write_notebook, form_cells, fresh_server, slow_jobs, keep
):
    name = write_notebook(*form_cells, name="restarted.ipynb")
    page = open_in_lab(name)
    form = page.locator(".aew").first
    form.get_by_label("Counties", exact=True).uncheck()
    form.get_by_role("button", name="Export 7,662 features").click()
    expect(form.locator(".aew-now")).to_contain_text("Portal makes the file")
    fresh_server.restart_kernel()
    wait_until(lambda: fresh_server.kernel_is_ready(name), "the new kernel")
    run_all_cells(page)
    left = page.locator(".aew-saved-jobs")
    expect(left).to_contain_text("as Shapefile, started")
    keep(page.locator(".aew").first, "left_behind")
    left.get_by_role("button", name="Resume").click()
    expect(page.locator(".aew-now").last).to_contain_text("Portal makes the file")
    slow_jobs.clear_faults()
    expect(page.get_by_text(re.compile(r"^Done in "))).to_be_visible()
    expect(left).to_be_hidden()
    page.get_by_role("tab", name="Receipt").click()
    expect(page.get_by_text("Complete: all 7,662 rows the portal counted arrived.")).to_be_visible()

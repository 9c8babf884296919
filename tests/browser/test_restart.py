"""An export outlives the kernel that started it."""

from __future__ import annotations

import re

import pytest
from jupyter_server import wait_until
from playwright.sync_api import expect

from arcgis_export_widgets import LocalPortal

pytestmark = pytest.mark.browser

SECONDS = 1000


def test_an_export_goes_on_after_the_kernel_was_restarted(open_in_lab, write_notebook, fresh_server, keep):
    with LocalPortal(job_duration_s=8) as slow:
        name = write_notebook(
            "import arcgis_export_widgets as aew",
            f'portal = aew.Portal("{slow.url}", username="student", password="learn-arcgis")',
            'app = aew.ExportApp(portal, item="345313e619df46f387f9ededbe15ac56")\napp',
        )
        page = open_in_lab(name)
        form = page.locator(".aew").first
        form.get_by_label("Counties", exact=True).uncheck()
        form.get_by_role("button", name="Export 7,662 features").click()
        expect(form.locator(".aew-now")).to_contain_text("Portal makes the file")

        fresh_server.restart_kernel()
        wait_until(lambda: fresh_server.kernel_is_ready(name), "the new kernel")
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).click()
        left = page.locator(".aew-saved-jobs")
        expect(left).to_contain_text("as Shapefile, started", timeout=60 * SECONDS)
        keep(page.locator(".aew").first, "left_behind")
        left.get_by_role("button", name="Resume").click()
        expect(page.get_by_text(re.compile(r"^Done in "))).to_be_visible(timeout=60 * SECONDS)
        expect(left).to_be_hidden()
        page.get_by_role("tab", name="Receipt").click()
        expect(page.get_by_text("Complete: all 7,662 rows the portal counted arrived.")).to_be_visible()

"""axe-core finds nothing serious in the form, whatever is open in it, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # all that is looked at; listing the rest takes longer
}


def faults(form: Locator) -> list[str]:
    """What axe-core calls serious or critical in the form."""
    found = Axe().run(form.page, context=".aew", options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} ({node['failureSummary'][:200]})"
        for one in found
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


def open_everything(form: Locator) -> None:
    """Conditions with histogram and values, a group, format cards, found coordinate systems, a chosen area."""
    layer = form.locator(".aew-layer", has=form.page.get_by_label("Cities", exact=True))
    layer.get_by_role("button", name="Add condition").click()
    layer.get_by_label("Population is at least").fill("many")
    expect(layer.locator(".aew-bars button").first).to_be_visible()
    layer.get_by_role("button", name="Add group").click()
    group = layer.locator(".aew-group")
    group.get_by_label("Field").select_option(label="State")
    expect(group.locator(".aew-choices input").first).to_be_visible()
    other = form.locator(".aew-layer", has=form.page.get_by_label("Counties", exact=True))
    other.get_by_role("button", name="Edit as SQL").click()
    form.get_by_label("Counties where").fill("NOTHING = 1")
    form.get_by_role("button", name="Compare all formats").click()
    form.get_by_label("Coordinate system", exact=True).fill("utm 33n")
    expect(form.get_by_label("Coordinate systems found")).to_be_visible()
    form.get_by_role("button", name="Paste a request").click()
    form.get_by_role("button", name="Keep only what is in view").click()
    expect(form.get_by_role("button", name="Keep features anywhere")).to_be_visible()


def test_nothing_serious_in_any_front_end(form_anywhere, keep, front_end):
    open_everything(form_anywhere)
    keep(form_anywhere, f"everything_open_{front_end}")
    assert faults(form_anywhere) == []


def choose_theme(page: Page, name: str) -> None:
    page.get_by_role("menuitem", name="Settings").click()
    page.get_by_text("Theme", exact=True).click()
    page.get_by_text(f"JupyterLab {name}", exact=True).click()
    light = "true" if name == "Light" else "false"
    expect(page.locator(f"body[data-jp-theme-light='{light}']")).to_be_attached()


@pytest.fixture
def form_in_the_dark(form_in: Callable[[str], Locator]) -> Iterator[Locator]:
    form = form_in("lab")
    choose_theme(form.page, "Dark")
    yield form
    choose_theme(form.page, "Light")


def test_nothing_serious_in_the_dark(form_in_the_dark, keep):
    open_everything(form_in_the_dark)
    keep(form_in_the_dark, "everything_open_dark")
    assert faults(form_in_the_dark) == []


def test_nothing_serious_after_an_export(form_anywhere, keep, front_end):
    form = form_anywhere
    form.get_by_label("Counties", exact=True).uncheck()
    form.get_by_role("button", name="Export 7,662 features").click()
    expect(form.get_by_role("tab", name="Receipt")).to_be_visible()
    for tab in ("Summary", "Map", "Table", "Receipt", "Code"):
        form.get_by_role("tab", name=tab).click()
        assert faults(form) == [], tab
    keep(form, f"exported_{front_end}")

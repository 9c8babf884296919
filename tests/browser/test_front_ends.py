"""The same form in JupyterLab, Notebook 7 and Voila."""

from __future__ import annotations

import re

import pytest
from jupyter_server import wait_until
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_condition_is_built_counted_and_exported(form_anywhere):
    form = form_anywhere
    for other in ("Counties", "State borders"):
        form.get_by_label(other, exact=True).uncheck()
    layer = form.locator(".aew-layer", has=form.page.get_by_label("Cities", exact=True))
    layer.get_by_role("button", name="Add condition").click()
    layer.get_by_label("Field").select_option(label="Population")
    layer.get_by_label("Population is at least").fill("1000000")
    expect(layer.locator(".aew-count")).to_have_text(re.compile(r"^\d+ of 7,555$"))
    expect(layer.locator(".aew-bars button").first).to_be_visible()
    expect(form.locator(".leaflet-container").first).to_be_visible()
    form.get_by_role("button", name=re.compile(r"^Export \d+ features$")).click()
    expect(form.get_by_text(re.compile(r"^Done in "))).to_be_visible()
    expect(form.get_by_role("tab", name="Receipt")).to_be_visible()


def test_everything_is_reached_with_the_keyboard_alone(form_in):
    page = form_in("lab").page
    layer = page.locator(".aew-layer", has=page.get_by_label("Cities", exact=True))
    layer.get_by_role("button", name="Add condition").focus()
    page.keyboard.press("Enter")
    expect(layer.get_by_label("Field")).to_be_focused()
    expect(layer.get_by_label("Population is at least")).to_be_visible()
    reached = []
    layer.get_by_label("Cities", exact=True).focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    wanted = ["Field", "Comparison", "Population is at least", "Remove", "Add condition", "Add group", "Edit as SQL"]
    assert [name for name in reached if name in wanted][: len(wanted)] == wanted


FOCUSED = """() => {
  const found = document.activeElement;
  return found.labels?.[0]?.textContent || found.textContent.trim();
}"""


def test_the_map_stays_in_sight_while_filters_are_scrolled(form_anywhere):
    form, page = form_anywhere, form_anywhere.page
    page.set_viewport_size({"width": 1366, "height": 768})
    counties = form.locator(".aew-layer", has=page.get_by_label("Counties", exact=True))
    for number in range(1, 4):
        counties.get_by_role("button", name="Add condition").click()
        expect(counties.locator(".aew-condition")).to_have_count(number)
    expect(counties.locator(".aew-bars:visible, .aew-choices:visible")).to_have_count(3)  # nothing grows any more
    adding = counties.get_by_role("button", name="Add condition")
    adding.evaluate("button => button.scrollIntoView({block: 'center'})")
    expect(adding).to_be_in_viewport()
    expect(form.locator(".leaflet-container").first).to_be_in_viewport(ratio=0.7)


def test_a_saved_form_without_its_kernel_says_so(fresh_server, open_in_lab, write_notebook, form_cells):
    told = "This is a saved image of the form. Run its cell again to use it."
    name = write_notebook(*form_cells, name="saved.ipynb")
    page = open_in_lab(name)
    expect(page.get_by_label("Cities", exact=True)).to_be_attached()
    expect(page.get_by_text(told)).to_be_hidden()
    page.keyboard.press("Control+s")
    saved = fresh_server.folder / name
    wait_until(lambda: "State borders" in saved.read_text(), "the notebook to be saved with its widgets")
    fresh_server.end_kernels()
    page.goto(fresh_server.page(f"lab/tree/{name}"))
    expect(page.get_by_text(told)).to_be_visible()

"""A portal whose texts are scripts: the form shows them as texts, wherever it shows them."""

from __future__ import annotations

import re

import geopandas as gpd
import pytest
import shapely
from playwright.sync_api import expect

from arcgis_export_widgets import LocalPortal, Portal

pytestmark = pytest.mark.browser

EVIL = '<img src="x" onerror="window.pwned = \'{0}\'"><script>window.pwned = "{0}"</script>'


def evil(place):
    return EVIL.format(place)


@pytest.fixture
def hostile_portal():
    """A portal in which title, layer, alias, domain label and values are scripts."""
    towns = gpd.GeoDataFrame(
        {"NAME": [evil("value"), evil("value"), "plain"], "KIND": [1, 2, 1]},
        geometry=shapely.points([8.5, 8.6, 8.7], [47.1, 47.2, 47.3]),
        crs=4326,
    )
    labels = [{"code": 1, "name": evil("label")}, {"code": 2, "name": "two"}]
    domain = {"type": "codedValue", "name": evil("domain"), "codedValues": labels}
    fields = {"NAME": {"alias": evil("alias")}, "KIND": {"alias": evil("kind"), "domain": domain}}
    with LocalPortal(job_duration_s=0.05) as running:
        running.item = running.add(towns, "towns", fields=fields)
        with Portal(running.url, username="student", password="learn-arcgis") as portal:
            texts = {name: evil(name) for name in ("title", "snippet", "description", "accessInformation", "tags")}
            portal.session.ask(f"content/users/student/items/{running.item}/update", texts)
        yield running


def test_no_text_of_a_portal_becomes_a_part_of_the_page(hostile_portal, open_in_lab, write_notebook, keep):
    sign_in = f'aew.Portal("{hostile_portal.url}", username="student", password="learn-arcgis")'
    cells = (
        f"import arcgis_export_widgets as aew\nportal = {sign_in}",
        f'app = aew.ExportApp(portal, item="{hostile_portal.item}")\napp',
        f'portal.item("{hostile_portal.item}")',
        f'portal.feature_service("{hostile_portal.item}")',
    )
    page = open_in_lab(write_notebook(*cells, name="hostile.ipynb"))
    form = page.locator(".aew").first
    expect(form.get_by_text("onerror").first).to_be_visible()

    layer = form.locator(".aew-layer").first
    layer.get_by_role("button", name="Add condition").click()
    expect(layer.locator(".aew-condition")).to_have_count(1)
    for field in ("KIND", "NAME"):
        option = layer.get_by_label("Field").locator("option", has_text="kind" if field == "KIND" else "alias")
        layer.get_by_label("Field").select_option(option.first.get_attribute("value"))
        expect(layer.locator(".aew-choices")).to_contain_text("onerror")
    layer.get_by_role("button", name="Remove").first.click()
    layer.get_by_role("button", name="Edit as SQL").click()
    layer.get_by_label(re.compile("where$")).fill("<img src=x onerror=window.pwned=1> = 1")
    expect(layer).to_contain_text("onerror")
    layer.get_by_label(re.compile("where$")).fill("")

    form.get_by_role("button", name="Zoom to features").click()
    expect(form.locator(".aew-map-status")).to_contain_text("3 features")
    canvas = form.locator(".leaflet-container").first
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(form.locator(".aew-pairs")).to_contain_text("onerror")

    hostile_portal.fault("job_failed", evil("error"), times=1)
    form.get_by_role("button", name=re.compile(r"^Export 3 features$")).click()
    expect(form.get_by_text(re.compile("could not export"))).to_be_visible()
    form.get_by_role("button", name=re.compile(r"^Export 3 features$")).click()
    expect(form.get_by_text(re.compile(r"^Done in "))).to_be_visible()
    for tab in form.get_by_role("tab").all():
        tab.click()
    keep(form, "hostile_texts")

    form.get_by_label("Item", exact=True).fill("")
    form.get_by_role("button", name="Find").click()
    expect(form.get_by_text(re.compile("found. Choose one"))).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.pwned") is None
    assert page.locator("img[src=x]").count() == 0

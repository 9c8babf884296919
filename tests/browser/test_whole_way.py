"""The whole way through the form as a person goes it: sign in, search, filter, draw, export, look, copy the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

pytestmark = pytest.mark.browser


def layer_of(form: Locator, name: str) -> Locator:
    return form.locator(".aew-layer", has=form.page.get_by_label(name, exact=True))


def counted(layer: Locator) -> Locator:
    return layer.locator(".aew-count")


@pytest.fixture
def signed_in(front_end, open_form, server, write_notebook, local_portal, picture) -> Iterator[Locator]:
    """A form that was opened without a portal, after somebody signed in to one."""
    cells = ("import arcgis_export_widgets as aew", "app = aew.ExportApp()\napp")
    form = open_form(front_end, write_notebook(*cells, name=f"sign_in_{front_end}.ipynb"))
    form.get_by_label("Portal address").fill(local_portal.url)
    form.get_by_label("User name").fill("student")
    form.get_by_label("Password", exact=True).fill("learn-arcgis")
    form.get_by_role("button", name="Sign in", exact=True).click()
    expect(form.get_by_text("signed in as student").first).to_be_visible()
    yield form
    picture(form.page)
    form.page.context.close()
    server.end_kernels()


def test_from_signing_in_to_the_code(signed_in, keep, front_end):  # noqa: PLR0915  the way is that long
    form, page = signed_in, signed_in.page

    # search, and choose a card
    form.get_by_label("Item", exact=True).fill("earthq")
    form.get_by_role("button", name="Find").click()
    card = form.locator(".aew-found .aew-card")
    expect(card).to_contain_text("3 layers: Earthquakes, Countries, Country facts")
    keep(form, f"found_{front_end}")
    card.get_by_role("button").click()
    expect(form.get_by_text("You may export it: you own it.")).to_be_visible()

    # a filter, by pressing a bar of the histogram and choosing from a domain
    quakes = layer_of(form, "Earthquakes")
    for other in ("Countries", "Country facts"):
        form.get_by_label(other, exact=True).uncheck()
    quakes.get_by_role("button", name="Add condition").click()
    quakes.get_by_label("Field").select_option(label="Magnitude")
    quakes.locator(".aew-bars button").nth(4).click()
    expect(counted(quakes)).to_have_text(re.compile(r"^\d[\d,]* of 1,707$"))
    quakes.get_by_role("button", name="Add condition").click()
    quakes.get_by_label("Field").nth(1).select_option(label="Kind of event")
    quakes.get_by_label("Earthquake", exact=True).check()
    expect(quakes.locator(".aew-made")).to_contain_text("AND")

    # the same as SQL and back
    quakes.get_by_role("button", name="Edit as SQL").click()
    where = form.get_by_label("Earthquakes where")
    where.fill("MAGNITUDE > 4 AND PLACE LIKE '%Japan%'")
    expect(counted(quakes)).to_have_text(re.compile(r"^\d+ of 1,707$"))
    quakes.get_by_role("button", name="Edit as conditions").click()
    expect(quakes.get_by_label("Place contains")).to_have_value("Japan")
    quakes.get_by_title("Remove the condition on Place").click()
    expect(form.locator(".aew-map-status")).to_contain_text("are drawn")

    # around some of them with the mouse
    form.get_by_role("button", name="Draw freehand").click()
    expect(form.get_by_role("button", name="Stop drawing")).to_be_visible()  # before this, the mouse moves the map
    canvas = form.locator(".leaflet-container").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    corners = [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()
    expect(form.get_by_text(re.compile(r"Earthquakes: [\d,]+ in the area")).first).to_be_visible()
    keep(form, f"drawn_{front_end}")

    # format and coordinates
    form.get_by_label("Format", exact=True).select_option(label="File Geodatabase")
    form.get_by_label("Coordinate system", exact=True).fill("robinson")
    form.get_by_label("Coordinate systems found").select_option(index=0)
    expect(form.get_by_label("Coordinate system", exact=True)).to_have_value(re.compile("Robinson"))
    form.get_by_label("Title", exact=True).fill("Strong ones")

    # export, and look at what came
    form.get_by_role("button", name=re.compile(r"^Export [\d,]+ features$")).click()
    expect(form.get_by_text(re.compile(r"^Done in "))).to_be_visible()
    form.get_by_role("tab", name="Receipt").click()
    expect(form.get_by_text(re.compile("^Complete: all "))).to_be_visible()
    form.get_by_role("tab", name="Table").click()
    expect(form.locator(".aew-result table").filter(has_text="MAGNITUDE").first).to_be_visible()
    form.get_by_role("tab", name="Map").click()
    expect(form.get_by_text(re.compile("Earthquakes: all [0-9,]+ drawn"))).to_be_visible()

    # the code for it, and a request that fills the form
    form.get_by_role("tab", name="Code").click()
    form.get_by_label("Code for").select_option(label="Shell, curl and jq")
    expect(form.locator(".aew-code pre")).to_contain_text("curl")
    form.get_by_role("button", name="Paste a request").click()
    pasted = {"layers": [{"id": 1, "where": "POPULATION > 1000000"}], "targetSR": {"wkid": 4326}}
    form.get_by_label("Saved request, or exportParameters").fill(json.dumps(pasted))
    form.get_by_role("button", name="Fill the form").click()
    expect(form.get_by_label("Countries", exact=True)).to_be_checked()
    expect(form.get_by_label("Earthquakes", exact=True)).not_to_be_checked()


def test_a_click_on_a_feature_shows_its_attributes(form_anywhere):
    form, page = form_anywhere, form_anywhere.page
    for other in ("Counties", "State borders"):
        form.get_by_label(other, exact=True).uncheck()
    cities = layer_of(form, "Cities")
    cities.get_by_role("button", name="Edit as SQL").click()
    form.get_by_label("Cities where").fill("NAME = 'Denver'")
    expect(counted(cities)).to_have_text(re.compile("^1 of"))
    form.get_by_role("button", name="Zoom to features").click()
    expect(form.locator(".aew-map-status")).to_contain_text("The one feature in this part of the map is drawn")
    canvas = form.locator(".leaflet-container").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(form.locator(".aew-pairs")).to_contain_text("Denver")

import re
from pathlib import Path

import pyogrio
import pytest
from playwright.sync_api import Locator, expect

import arcgis_export_widgets

pytestmark = pytest.mark.browser

SAMPLE = Path(arcgis_export_widgets.__file__).parent / "localportal" / "data" / "cities_and_counties.gpkg"


def sql_of(form: Locator, layer: str) -> Locator:
    layer_form(form, layer).get_by_role("button", name="Edit as SQL").click()
    return form.get_by_label(f"{layer} where")


def layer_form(form: Locator, layer: str) -> Locator:
    return form.locator(".aew-layer", has=form.page.get_by_label(layer, exact=True))


def count_of(form: Locator, layer: str) -> Locator:
    return layer_form(form, layer).locator(".aew-count")


def cities_above(population: int) -> int:
    return len(pyogrio.read_dataframe(SAMPLE, layer="cities", where=f"POPULATION > {population}"))


def test_a_person_filters_exports_and_holds_the_features(open_in_lab, run_in_kernel, keep):
    big = cities_above(500_000)
    form = open_in_lab("01_quickstart.ipynb").locator(".aew").first
    expect(count_of(form, "Cities")).to_contain_text("7,555")

    form.get_by_label("Counties", exact=True).uncheck()
    form.get_by_label("State borders", exact=True).uncheck()
    sql_of(form, "Cities").fill("POPULATION > 500000")
    expect(count_of(form, "Cities")).to_contain_text(f"{big} of 7,555")
    form.get_by_label("Format").select_option(label="Shapefile")
    keep(form, "form_filtered")
    form.get_by_role("button", name=f"Export {big} features").click()

    expect(form.get_by_role("tab", name="Receipt")).to_be_visible()
    form.get_by_role("tab", name="Receipt").click()
    expect(form.get_by_text(f"Complete: all {big} rows the portal counted arrived.")).to_be_visible()
    keep(form, "form_exported")
    frames = run_in_kernel(
        "{name: (type(f).__name__, len(f), int(min(f['POPULATION']))) for name, f in app.frames.items()}"
    )
    assert set(frames) == {"Cities"}
    kind, rows, least = frames["Cities"]
    assert (kind, rows) == ("GeoDataFrame", big)
    assert least > 500_000


def test_a_wrong_clause_is_named_while_typing_and_loses_nothing(form_in):
    form = form_in("lab")
    where = sql_of(form, "Cities")
    where.fill("POPLATION > 100000")
    expect(form.get_by_text("Did you mean POPULATION?").first).to_be_visible()
    expect(form.get_by_role("button", name=re.compile("^Export"))).to_be_disabled()
    where.fill("POPULATION > 100000")
    expect(count_of(form, "Cities")).to_contain_text(f"{cities_above(100_000)} of 7,555")
    expect(form.get_by_role("button", name=re.compile("^Export"))).to_be_enabled()

from __future__ import annotations

import sys

import pandas as pd
import pytest

from arcgis_export_widgets import ExportLayer, ExportRequest, Portal, sample_portal
from arcgis_export_widgets.request.python_code import python_code
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.runner import SameThreadRunner
from arcgis_export_widgets.state.submission import Stage
from arcgis_export_widgets.workflow import choose

USA = "345313e619df46f387f9ededbe15ac56"
WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"


def test_the_form_makes_the_request_of_esris_example(form):
    form.layer_list.layers[2].ticked = False
    form.layer_list.layers[1].where = "POPULATION > 100000"
    assert form.request == ExportRequest(
        USA, "Shapefile", layers=[ExportLayer(0), ExportLayer(1, where="POPULATION > 100000")]
    )
    assert form.value == form.request.to_json()


def test_every_choice_reaches_the_request(form):
    form.layer_list.layers[0].ticked = form.layer_list.layers[2].ticked = False
    form.format_form.format = "CSV"
    form.format_form.coordinates = "EPSG:3857"
    form.format_form.x_column_name, form.format_form.y_column_name = "lon", "lat"
    form.submission.title, form.submission.tags = "My cities", "a, b"
    assert form.request == ExportRequest(
        USA,
        "CSV",
        layers=[ExportLayer(1, x_column_name="lon", y_column_name="lat")],
        title="My cities",
        tags=["a", "b"],
        target_sr=3857,
    )


def test_the_value_can_be_observed(form):
    seen = []
    form.observe(lambda change: seen.append(change["new"]["exportFormat"]), "value")
    form.format_form.format = "CSV"
    assert seen == ["CSV"]


@pytest.fixture
def calls_of(monkeypatch):
    """Counts the calls of a function, whatever module calls it."""

    def count(function):
        calls = []

        def counted(*arguments, **options):
            calls.append(arguments)
            return function(*arguments, **options)

        for module in list(sys.modules.values()):
            if vars(module).get(function.__name__) is function:
                monkeypatch.setattr(module, function.__name__, counted)
        return calls

    return count


def test_a_change_makes_one_request_with_one_route_and_writes_no_code(form, portal, calls_of):
    routes, codes = calls_of(choose), calls_of(python_code)
    layer, picker = form.layer_list.layers[1], form.item_picker
    picker.text = WORLD
    visitor = Portal(portal.url, anonymous=True)
    for change in (
        lambda: layer.set_trait("where", "POPULATION > 100000"),
        lambda: layer.set_trait("ticked", False),
        lambda: form.format_form.set_trait("format", "CSV"),
        lambda: form.submission.set_trait("title", "My cities"),
        picker.find,
        lambda: form.sign_in.set_trait("portal", visitor),
    ):
        routes.clear()
        change()
        assert len(routes) == 1
        assert codes == []
    visitor.close()


def test_exporting_sends_the_request_as_it_is_and_writes_no_code(form, calls_of):
    codes, request = calls_of(python_code), form.request
    form.export()
    assert form.request is request
    assert codes == []
    assert form.code == form.code != ""
    assert len(codes) == 1


def test_the_button_says_how_much_it_exports(form):
    form.layer_list.layers[0].ticked = form.layer_list.layers[2].ticked = False
    form.layer_list.layers[1].where = "POPULATION > 100000"
    assert form.ready
    assert form.action == f"Export {form.layer_list.matched:,} features"
    assert "deletes the exported item" in form.explanation
    form.submission.delete_after = False
    assert "keeps the exported item" in form.explanation


@pytest.mark.parametrize(
    ("username", "item", "words"),
    [("colleague", USA, "page by page"), ("visitor", WORLD, "createReplica"), ("teacher", USA, "the exported item")],
)
def test_the_button_says_by_which_route_the_features_come(local_portal, username, item, words):
    portal = Portal(local_portal.url, username=username, password="learn-arcgis")
    form = ExportForm(portal, item=item, runner=SameThreadRunner())
    assert (form.ready, form.blockers) == (True, ())
    assert words in form.explanation
    form.layer_list.layers[0].where = "1=1"
    compile(form.code, "code", "exec")
    portal.close()


def test_who_may_not_export_gets_the_same_frames_page_by_page(local_portal):
    portal = Portal(local_portal.url, username="visitor", password="learn-arcgis")
    form = ExportForm(portal, item=USA, runner=SameThreadRunner())
    form.export()
    assert form.submission.stage is Stage.FINISHED
    assert form.submission.result.frames.receipt.complete
    assert (form.submission.rows_received, form.submission.rows_counted) == (10803, 10803)
    assert form.submission.summary.endswith("10,803 rows in 3 layers.")
    assert "page by page" in form.submission.route
    portal.close()


def test_what_stops_the_export_is_said_one_step_at_a_time(portal):
    empty = ExportForm(runner=SameThreadRunner())
    assert empty.blockers == ("Sign in to a portal.",)
    empty.sign_in.portal = portal
    assert empty.blockers == ("Choose an item.",)
    empty.item_picker.text = USA
    empty.item_picker.find()
    assert empty.blockers == ()


def test_an_item_given_before_signing_in_is_opened_afterwards(portal):
    form = ExportForm(item=USA, runner=SameThreadRunner())
    assert form.item_picker.opened is None
    form.sign_in.portal = portal
    assert form.item_picker.item.id == USA


def test_a_wrong_clause_blocks_and_pressing_does_nothing(form):
    form.layer_list.layers[1].where = "POPULATON > 1"
    assert "POPULATION" in form.blockers[0]
    form.export()
    assert form.submission.stage is Stage.IDLE


def test_a_mended_clause_frees_the_button(form):
    form.layer_list.layers[1].where = "POPULATON > 1"
    form.layer_list.layers[1].where = "POPULATION > 1"
    assert form.ready


def test_the_form_can_be_used_again_after_an_export(form):
    form.layer_list.layers[0].ticked = form.layer_list.layers[2].ticked = False
    form.export()
    assert form.submission.stage is Stage.FINISHED
    assert form.ready
    form.layer_list.layers[1].where = "POPULATION > 100000"
    form.export()
    assert len(form.submission.result.frames["Cities"]) == form.layer_list.matched


def test_the_code_makes_the_same_request_and_holds_no_secret(form):
    form.sign_in.portal.is_sample = True
    form.layer_list.layers[1].where = "NAME = 'O''Fallon'"
    assert "O''Fallon" in form.code
    assert "sample_portal()" in form.code
    assert "learn-arcgis" not in form.code
    compile(form.code, "code", "exec")


def test_the_code_for_other_portals_asks_for_the_password(form):
    form.format_form.format = "CSV"
    assert "getpass()" in form.code


def test_rows_of_a_table_are_called_rows(world):
    world.layer_list.layers[0].ticked = world.layer_list.layers[1].ticked = False
    assert world.action == "Export 174 rows"


@pytest.mark.parametrize("item", [5, 0, True, ["a"], {"id": USA}, b"x"])
def test_an_item_of_the_wrong_type_is_refused_with_what_would_do(portal, item):
    with pytest.raises(TypeError, match="item is an id, an address, words, or an Item, not a"):
        ExportForm(portal, item, runner=SameThreadRunner())


def test_a_portal_of_the_wrong_type_is_refused_with_what_would_do(local_portal):
    for wrong in (local_portal.url, local_portal, 5):
        with pytest.raises(TypeError, match="portal is an open portal, such as Portal"):
            ExportForm(wrong, USA)


def test_an_item_that_was_searched_for_opens_itself(portal):
    form = ExportForm(portal, portal.item(USA), runner=SameThreadRunner())
    assert form.item_picker.item.id == USA


def test_a_table_that_is_opened_is_not_looked_for_on_the_map(local_portal, portal):
    item = local_portal.add(pd.DataFrame({"n": [1, 2]}), title="Only rows")
    form = ExportForm(portal, item, runner=SameThreadRunner())
    assert form.action == "Export 2 rows"
    assert form.preview.message == ""


@pytest.mark.parametrize(
    ("username", "item", "layer", "export_format", "words"),
    [
        ("student", USA, 1, "Shapefile", "downloads the file and reads it into GeoDataFrames"),
        ("student", USA, 1, "Scene Package", "downloads the file, which GeoPandas cannot read"),
        ("visitor", WORLD, 0, "CSV", "and reads it into GeoDataFrames"),
        ("colleague", USA, 1, "Shapefile", "page by page; the GeoDataFrames are the same"),
    ],
)
def test_it_is_said_before_whether_the_file_can_be_read(local_portal, username, item, layer, export_format, words):
    with Portal(local_portal.url, username=username, password="learn-arcgis") as portal:
        form = ExportForm(portal, item=item, runner=SameThreadRunner())
        for place, one in enumerate(form.layer_list.layers):
            one.ticked = place == layer
        form.format_form.format = export_format
        assert words in form.explanation


def test_the_code_for_the_sample_portal_opens_the_sample_portal(local_portal, monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.workflow.portal._local_portal", lambda: local_portal)
    with sample_portal() as portal:
        assert "portal = aew.sample_portal()" in ExportForm(portal, item=USA, runner=SameThreadRunner()).code

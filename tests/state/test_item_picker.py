from __future__ import annotations

from dataclasses import replace

import pytest

from arcgis_export_widgets import ExportRequest, Portal
from arcgis_export_widgets.state.item_picker import ItemPicker
from arcgis_export_widgets.state.runner import SameThreadRunner

USA = "345313e619df46f387f9ededbe15ac56"
BOTH = f"id:{USA} OR id:9d2c5f0b8e6a47c1a3f47be0c61d8e24"


@pytest.fixture
def picker(portal):
    return ItemPicker(SameThreadRunner(), portal)


def find(picker: ItemPicker, text: str) -> None:
    picker.text = text
    picker.find()


def test_an_id_opens_the_item_and_says_that_its_owner_may_export_it(picker):
    find(picker, USA)
    assert picker.item.owner == "student"
    assert picker.opened.right.allowed
    assert picker.blockers == ()


def test_the_address_of_a_layer_opens_its_item_and_remembers_the_layer(picker, portal):
    find(picker, portal.feature_service(USA).layer(1).url)
    assert picker.item.id == USA
    assert picker.opened.layer_id == 1


def test_words_find_items_to_choose_from(picker):
    find(picker, "earthquakes")
    assert [item.title for item in picker.results] == ["Earthquakes and countries of the world"]
    picker.choose(picker.results[0])
    assert picker.item.title == "Earthquakes and countries of the world"
    assert picker.results == ()


def test_results_tell_their_layers_while_one_reads(portal, steps):
    picker = ItemPicker(steps, portal)
    find(picker, BOTH)
    steps.answer()
    assert len(picker.results) == 2
    assert picker.contents == {}
    steps.answer()
    steps.answer()
    assert picker.contents[USA] == "3 layers: Counties, Cities, State borders"
    assert set(picker.contents) == {item.id for item in picker.results}


def test_layers_of_results_that_went_are_not_asked_for(portal, steps):
    picker = ItemPicker(steps, portal)
    find(picker, BOTH)
    steps.answer()
    picker.choose(picker.results[1])
    steps.answer(-1)
    steps.settle()
    assert picker.opened is not None
    assert picker.contents == {}


def test_a_result_that_cannot_be_looked_into_says_why(picker, portal, monkeypatch):
    broken = replace(portal.search("earthquakes")[0], url=f"{portal.url}/rest/services/Gone/FeatureServer")
    monkeypatch.setattr(portal, "search", lambda _: [broken])
    find(picker, "earthquakes")
    assert picker.contents[broken.id].endswith(".")
    assert "layers:" not in picker.contents[broken.id]


def test_the_beginning_of_a_word_finds_it_too(picker):
    find(picker, "earthq")
    assert len(picker.results) == 1


def test_words_that_find_nothing_are_shown_with_what_to_do(picker):
    find(picker, "xylophone")
    assert "'xylophone'" in picker.message
    assert "paste" in picker.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("00000000000000000000000000000000", "item"),
        ("https://example.org/some/page", "is not an item"),
    ],
)
def test_what_names_no_item_is_shown_and_the_text_stays(picker, text, said):
    find(picker, text)
    assert said in picker.error
    assert (picker.text, picker.busy) == (text, False)


def test_an_item_without_layers_is_shown_for_what_it_is(picker, portal):
    result = portal.export(ExportRequest(USA, "CSV", layers=[2])).wait(on_event=lambda _: None)
    find(picker, result.job.export_item_id)
    result.delete()
    assert "not a feature service" in picker.error


def test_a_failed_attempt_leaves_the_item_before_open(picker):
    find(picker, USA)
    find(picker, "0" * 32)
    assert picker.item.id == USA
    assert picker.error


def test_a_user_who_may_not_export_sees_why(local_portal):
    colleague = Portal(local_portal.url, username="colleague", password="learn-arcgis")
    picker = ItemPicker(SameThreadRunner(), colleague)
    find(picker, USA)
    colleague.close()
    assert picker.item.id == USA
    assert not picker.opened.right.allowed
    assert "student" in picker.opened.right.reason

"""The answer to an export gets lost: nothing is started twice, and what was started is found."""

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors

CITIES = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def with_fault(local_portal):
    yield local_portal.fault
    local_portal.clear_faults()


def items_of(portal):
    answer = portal.session.ask(f"content/users/{portal.username}", {"num": 100})
    return {item["id"] for item in answer["items"]}


@pytest.mark.parametrize("kind", ["lost_answer", "no_export_item", "cut_short"])
def test_an_export_whose_answer_got_lost_is_found_and_waited_for(portal, with_fault, kind):
    before = items_of(portal)
    with_fault(kind, path="/export", times=1)
    job = portal.export(aew.ExportRequest(CITIES, "Shapefile", [2]))
    assert items_of(portal) - before == {job.export_item_id}
    result = job.wait()
    result.load().receipt.assert_complete()
    result.delete()
    assert items_of(portal) == before


def test_an_older_item_of_the_same_title_is_not_taken_for_it(portal, with_fault):
    request = aew.ExportRequest(CITIES, "CSV", [2], title="Borders again")
    older = portal.export(request)
    older.wait()
    with_fault("lost_answer", path="/export", times=1)
    job = portal.export(request)
    assert job.export_item_id != older.export_item_id
    for one in (older, job):
        one.wait().delete()


def test_a_request_that_was_cut_off_starts_nothing_and_says_where_to_look(portal, with_fault):
    before = items_of(portal)
    with_fault("reset", path="/export")
    with pytest.raises(errors.ExportError, match=r"look for 'Cut off' in the content of student"):
        portal.export(aew.ExportRequest(CITIES, "CSV", [2], title="Cut off"))
    assert items_of(portal) == before

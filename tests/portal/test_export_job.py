import json

import pytest
from scripted_server import Answer, as_json

from arcgis_export_widgets.errors import ExportError, PermissionDeniedError, PortalUnreachableError
from arcgis_export_widgets.portal.items.export_job import JobStatus, SubmittedExport, delete_item, state, submit
from arcgis_export_widgets.request.request import ExportRequest

REQUEST = ExportRequest("345313e619df46f387f9ededbe15ac56", "CSV", layers=[0], title="Cities export")
ANSWER = {"type": "CSV", "size": 100, "jobId": "j-1", "exportItemId": "e" * 32, "serviceItemId": REQUEST.item_id}
REFUSAL = {"error": {"code": 403, "message": "You do not have permissions to access this resource."}}
NOTHING_YET = {"items": []}
RUNNING = SubmittedExport("j-1", "e" * 32, "student")


def test_an_export_posts_the_documented_fields_to_the_users_content(make_server, session_to):
    server = make_server(as_json(NOTHING_YET), as_json(ANSWER))
    export = submit(session_to(server), REQUEST, "student")
    assert server.asked[1].path == "/sharing/rest/content/users/student/export"
    assert server.asked[1].form == {
        "f": "json",
        "itemId": REQUEST.item_id,
        "title": "Cities export",
        "exportFormat": "CSV",
        "exportParameters": '{"layers": [{"id": 0}]}',
    }
    assert (export.job_id, export.export_item_id, export.response) == ("j-1", "e" * 32, ANSWER)


@pytest.mark.parametrize("answer", [Answer(b"", hang_up=True), Answer(b"<html>Bad gateway</html>"), as_json({})])
def test_a_lost_answer_is_never_followed_by_a_second_export(make_server, session_to, answer):
    server = make_server(as_json(REFUSAL), answer)
    with pytest.raises(ExportError):
        submit(session_to(server), REQUEST, "student")
    assert [asked.path for asked in server.asked].count("/sharing/rest/content/users/student/export") == 1


def test_after_a_lost_answer_the_error_says_where_to_look(make_server, session_to):
    with pytest.raises(ExportError, match=r"look for 'Cities export' in the content of student"):
        submit(session_to(make_server(as_json(REFUSAL), Answer(b"", hang_up=True))), REQUEST, "student")


def listing(*items):
    return as_json({"items": [{"id": number * 32, "title": title, "type": kind} for number, title, kind in items]})


MINE = ("a", "Cities export", "CSV")
LOST = Answer(b"", hang_up=True)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((), [MINE, ("b", "Cities export", "CSV")]),  # somebody else exports under the same title
        ((), [("b", "Cities export", "Shapefile")]),
        ((), [("b", "Another export", "CSV")]),
        ([MINE], [MINE]),
    ],
    ids=["two new ones", "another type", "another title", "an older one"],
)
def test_after_a_lost_answer_no_item_is_taken_that_may_be_somebody_elses(make_server, session_to, before, after):
    server = make_server(listing(*before), LOST, listing(*after))
    with pytest.raises(ExportError, match="look for 'Cities export'"):
        submit(session_to(server), REQUEST, "student")


def test_after_a_lost_answer_the_only_new_item_of_title_and_type_is_taken(make_server, session_to):
    older, other = ("o", "Cities export", "CSV"), ("b", "Cities export", "Shapefile")
    server = make_server(listing(older), LOST, listing(older), listing(older, other, MINE))
    assert submit(session_to(server), REQUEST, "student").export_item_id == "a" * 32


def test_a_portal_that_cannot_be_reached_has_started_nothing(session_to, make_server):
    server = make_server(as_json(NOTHING_YET))
    session = session_to(server)
    server.url = session.portal_url = "http://127.0.0.1:9"  # discard: nobody listens there
    with pytest.raises(PortalUnreachableError, match="cannot be reached") as caught:
        submit(session, REQUEST, "student")
    assert not caught.value.may_have_arrived


def test_a_refusal_keeps_its_meaning(make_server, session_to):
    with pytest.raises(PermissionDeniedError):
        submit(session_to(make_server(as_json(NOTHING_YET), as_json(REFUSAL))), REQUEST, "student")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("processing", JobStatus.PROCESSING),
        ("Completed", JobStatus.COMPLETED),
        ("failed", JobStatus.FAILED),
        ("partial", JobStatus.PROCESSING),
        ("esriJobFailed", JobStatus.FAILED),
        ("esriJobTimedOut", JobStatus.FAILED),
        ("esriJobSucceeded", JobStatus.COMPLETED),
        ("resting", JobStatus.UNKNOWN),
        ("", JobStatus.UNKNOWN),
    ],
)
def test_every_status_word_is_understood_or_known_as_unknown(word, meant):
    assert JobStatus.of(word) is meant


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Out of disk", "Out of disk"),
        (json.dumps({"code": 400, "message": "Index was outside the bounds."}), "Index was outside the bounds."),
        ("{not json", "{not json"),
        (None, ""),
    ],
)
def test_the_servers_reason_is_readable_also_when_it_is_json_in_a_text(make_server, session_to, message, shown):
    seen = state(session_to(make_server(as_json({"status": "failed", "statusMessage": message}))), RUNNING)
    assert (seen.status, seen.message) == (JobStatus.FAILED, shown)


def test_deleting_names_the_item_and_passes_the_recycle_bin(make_server, session_to):
    server = make_server(as_json({"success": True, "itemId": "e" * 32}))
    delete_item(session_to(server), RUNNING)
    assert server.asked[0].path == f"/sharing/rest/content/users/student/items/{'e' * 32}/delete"
    assert server.asked[0].form["permanentDelete"] == "true"

"""A whole export while the portal has a bad day: all rows, or an error that says what happened."""

import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors

CITIES = "345313e619df46f387f9ededbe15ac56"
REQUEST = aew.ExportRequest(CITIES, "Shapefile", [1])


@pytest.fixture
def fault(local_portal):
    yield local_portal.fault
    local_portal.clear_faults()


@pytest.mark.parametrize(
    ("kind", "value", "path", "times"),
    [
        ("delay", 1, "", 3),
        ("reset", None, "/status", 2),
        ("http_error", 500, "/status", 2),
        ("http_error", 502, "/status", 2),
        ("http_error", 503, "/data", 2),
        ("http_error", 504, "/data", 2),
        ("too_many_requests", 1, "/status", 2),
        ("rate_limit", 1, "/status", 2),
        ("invalid_token", None, "/status", 1),
        ("invalid_token", None, "/data", 1),
        ("token_required", None, "/status", 1),
        ("malformed_json", None, "/status", 1),
        ("login_page", None, "/status", 1),
        ("error_as_data", None, "/data", 1),
        ("truncate", 0.5, "/data", 2),
        ("wrong_length", 10, "/data", 1),
        ("cut_short", 0.5, "/data", 1),
        ("stall", 2, "/data", 1),
        ("drip", 1, "/data", 1),
        ("redirect", None, "/data", 1),
        ("job_slow", 2, "", 1),
        ("no_export_item", None, "/export", 1),
        ("lost_answer", None, "/export", 1),
    ],
)
def test_all_rows_come(portal, fault, kind, value, path, times):
    fault(kind, value, path=path, times=times)
    result = aew.run_export(portal, REQUEST, route="export")
    result.frames.receipt.assert_complete()
    assert len(result.frames.only) == 7555


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("Disk full on the data store", "Disk full on the data store"),
        ('{"error": {"code": 500, "message": "Layer is locked", "details": []}}', "Layer is locked"),
    ],
)
def test_a_job_that_fails_gives_the_portals_reason(portal, fault, told, said):
    fault("job_failed", told, times=1)
    with pytest.raises(errors.ExportFailedError, match=said):
        aew.run_export(portal, REQUEST, route="export")


def test_a_job_that_never_ends_is_left_at_the_deadline(portal, fault):
    fault("job_stuck", times=1)
    with pytest.raises(errors.ExportTimeoutError):
        aew.run_export(portal, REQUEST, route="export", timeout_s=2)


def test_a_portal_that_never_answers_in_json_again_is_an_error_and_the_job_can_be_waited_for_again(portal, fault):
    job = portal.export(REQUEST)
    fault("login_page", path="/status", times=6)
    with pytest.raises(errors.ResponseError, match="web page"):
        job.wait()
    assert len(job.wait().load().only) == 7555

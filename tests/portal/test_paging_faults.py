"""A real layer through everything that goes wrong at the local portal on bad days: no row lost, none twice."""

import threading

import pytest

from arcgis_export_widgets.errors import AuthError, ExportCancelledError, IncompleteResultError, PortalError
from arcgis_export_widgets.portal import PortalClient

CITIES = "345313e619df46f387f9ededbe15ac56"
PAGES = "/1/query"


@pytest.fixture
def cities(local_portal):
    # a second without a byte is silence here
    with PortalClient(local_portal.url, username="student", password="learn-arcgis", timeout_s=1.0) as client:
        yield client.feature_service(CITIES).layer(1)


@pytest.fixture
def fault(local_portal):
    yield lambda kind, value=None, **options: local_portal.fault(kind, value, path=PAGES, **options)
    local_portal.clear_faults()


def ids_of(pages):
    return [number for page in pages for number in page.object_ids.tolist()]


def assert_all(ids, layer):
    assert len(ids) == len(set(ids)) == layer.count()


@pytest.mark.parametrize(
    ("kind", "value", "times"),
    [
        ("shuffle", None, None),
        ("repeat", None, None),
        ("cap", 150, None),
        ("short_page", 150, None),
        ("overlap", None, None),
        ("wrong_length", None, 3),
        ("malformed_json", None, 3),
        ("drip", 0.5, 2),
        ("too_many_requests", 1, 2),
        ("reset", None, 3),
        ("lost_answer", None, 3),
        ("truncate", 0.5, 3),
        ("cut_short", 0.5, 3),
        ("stall", 2, 2),
        ("http_error", 500, 3),
        ("http_error", 504, 3),
        ("login_page", None, 2),
        ("rate_limit", 1, 2),
        ("invalid_token", None, 1),
        ("error_as_data", None, 3),
    ],
)
def test_a_fault_on_the_way_costs_no_row(cities, fault, kind, value, times):
    found = cities.pages(page_size=500)
    fault(kind, value, times=times)
    assert_all(ids_of(found), cities)


def test_several_faults_at_once_cost_no_row(cities, fault):
    found = cities.pages(page_size=500)
    fault("shuffle")
    fault("cap", 120)
    fault("http_error", 503, times=2)
    fault("truncate", times=2)
    assert_all(ids_of(found), cities)


def test_where_ids_are_not_listed_the_rows_come_one_page_after_the_other(cities, fault):
    fault("null_ids")
    assert_all(ids_of(cities.pages(page_size=500)), cities)


def test_several_faults_at_once_cost_no_row_where_ids_are_not_listed_either(cities, fault):
    fault("null_ids")
    fault("cap", 500)
    fault("shuffle")
    fault("repeat")
    assert_all(ids_of(cities.pages(page_size=500)), cities)


def test_a_count_that_never_agrees_is_an_error_with_both_numbers(cities, fault):
    fault("count_drift", 2)
    with pytest.raises(IncompleteResultError) as caught:
        ids_of(cities.pages(page_size=500))
    assert caught.value.expected > caught.value.received == 7555


@pytest.mark.parametrize(("kind", "raised"), [("http_error", PortalError), ("token_required", AuthError)])
def test_a_server_that_stays_broken_is_an_error(cities, fault, kind, raised):
    found = cities.pages(page_size=8)
    fault(kind)
    with pytest.raises(raised):
        ids_of(found)


def test_cancelling_does_not_wait_for_a_silent_server(local_portal, fault):
    with PortalClient(local_portal.url, username="student", password="learn-arcgis", timeout_s=5.0) as client:
        cancel = threading.Event()
        found = client.feature_service(CITIES).layer(1).pages(page_size=500, cancel=cancel)
        next(found)
        fault("stall", 3, times=8)
        threading.Timer(0.2, cancel.set).start()
        with pytest.raises(ExportCancelledError):
            ids_of(found)


@pytest.mark.parametrize("ids", ["listed", "not listed"])
def test_cancelling_does_not_wait_for_as_long_as_a_server_asks_to(cities, fault, ids):
    if ids == "not listed":
        fault("null_ids")
    cancel = threading.Event()
    found = cities.pages(page_size=500, cancel=cancel)
    next(found)
    fault("too_many_requests", 100)
    threading.Timer(0.3, cancel.set).start()
    with pytest.raises(ExportCancelledError):
        ids_of(found)
    workers = [thread for thread in threading.enumerate() if thread.name.startswith("pages")]
    for thread in workers:
        thread.join(10)
    assert not any(thread.is_alive() for thread in workers)


def test_who_stops_taking_pages_leaves_no_thread_behind(cities):
    found = cities.pages(page_size=100)
    next(found)
    workers = [thread for thread in threading.enumerate() if thread.name.startswith("pages")]
    found.close()
    for thread in workers:
        thread.join(10)
    assert workers
    assert not any(thread.is_alive() for thread in workers)

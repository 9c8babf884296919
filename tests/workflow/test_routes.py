"""Three routes to the same frames, and which is taken."""

import threading

import geopandas as gpd
import pandas as pd
import pytest
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors, events

CITIES = "345313e619df46f387f9ededbe15ac56"
QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
BIG = "POPULATION > 100000"


@pytest.fixture
def sign_in(local_portal):
    opened = []

    def signed_in(username):
        opened.append(aew.Portal(local_portal.url, username=username, password="learn-arcgis"))
        return opened[-1]

    yield signed_in
    for portal in opened:
        portal.close()


@pytest.mark.parametrize(
    ("username", "item", "route"),
    [
        ("student", CITIES, "export"),  # owns it
        ("teacher", CITIES, "export"),  # administers it
        ("colleague", QUAKES, "export"),  # is let by its owner
        ("visitor", QUAKES, "replica"),  # is let, but may not create items
        ("colleague", CITIES, "query"),  # may only look
        ("visitor", CITIES, "query"),
    ],
)
def test_the_first_open_route_is_taken_and_brings_everything(sign_in, username, item, route):
    portal = sign_in(username)
    seen = []
    result = aew.run_export(portal, aew.ExportRequest(item, "File Geodatabase"), on_event=seen.append)
    assert result.job.plan.route.value == route
    assert seen[0] == events.RoutePlanned(route, result.job.plan.reason)
    result.frames.receipt.assert_complete()
    assert [len(frame) for frame in result.frames.values()] == [
        layer.count() for layer in portal.feature_service(item).layers
    ]


@pytest.fixture
def not_hosted(portal):
    """The item of a service that the portal lists but does not host, such as one on an ArcGIS Server."""
    keywords = portal.item(CITIES).type_keywords
    update = f"content/users/student/items/{CITIES}/update"
    portal.session.ask(update, {"typeKeywords": ",".join(word for word in keywords if word != "Hosted Service")})
    yield CITIES
    portal.session.ask(update, {"typeKeywords": ",".join(keywords)})


def test_a_service_that_is_not_hosted_comes_by_another_route_even_to_its_owner(portal, not_hosted):
    request = aew.ExportRequest(not_hosted, "CSV", [1])
    plan = portal.plan(request)
    assert plan.route is aew.Route.QUERY
    assert "not hosted" in plan.closed[aew.Route.EXPORT]
    assert "not hosted" in plan.reason
    with pytest.raises(errors.PermissionDeniedError, match=r"not hosted.*route='query'"):
        portal.export(request)
    aew.run_export(portal, request).frames.receipt.assert_complete()


@pytest.mark.parametrize("item", [CITIES, QUAKES])
def test_pages_and_an_exported_geodatabase_make_the_same_frames(portal, item):
    exported = aew.run_export(portal, aew.ExportRequest(item, "File Geodatabase"), route="export").frames
    fetched = aew.run_export(portal, aew.ExportRequest(item, "File Geodatabase"), route="query").frames
    assert list(fetched) == list(exported)
    for name, frame in exported.items():
        assert fetched[name].attrs == frame.attrs
        if isinstance(frame, gpd.GeoDataFrame):
            single = frame.set_geometry(frame.geometry.map(only_part))
            assert_geodataframe_equal(fetched[name], single, check_less_precise=True)
        else:
            assert_frame_equal(fetched[name], frame)


def only_part(geometry):
    """A File Geodatabase makes every line and polygon a multi one."""
    parts = getattr(geometry, "geoms", ())
    return parts[0] if len(parts) == 1 else geometry


def test_every_route_keeps_to_the_clause_and_the_coordinates(portal):
    request = aew.ExportRequest(QUAKES, "Shapefile", [aew.ExportLayer(0, where="MAGNITUDE >= 6")], target_sr=3857)
    found = {route: aew.run_export(portal, request, route=route).frames["Earthquakes"] for route in aew.Route}
    for frame in found.values():
        assert frame.crs == "EPSG:3857"
        assert frame["MAGNITUDE"].min() >= 6
    assert len({len(frame) for frame in found.values()}) == 1


def test_a_format_that_is_always_in_degrees_is_so_page_by_page(portal):
    request = aew.ExportRequest(CITIES, "GeoJson", [2], target_sr=3857)
    assert aew.run_export(portal, request, route="query").frames["State borders"].crs == "EPSG:4326"


def test_without_geometry_no_shape_is_fetched(portal):
    layer = aew.ExportLayer(1, where=BIG, include_geometry=False)
    frame = aew.run_export(portal, aew.ExportRequest(CITIES, "CSV", [layer]), route="query").frames["Cities"]
    assert type(frame) is pd.DataFrame
    assert len(frame) == 356


def test_a_layer_without_matching_rows_is_an_empty_frame_with_its_columns(portal):
    request = aew.ExportRequest(CITIES, "CSV", [aew.ExportLayer(1, where="POPULATION < 0")])
    result = portal.plan(request, "query", allow_empty=True).start().wait()
    frame = result.load()["Cities"]
    assert (len(frame), type(frame)) == (0, gpd.GeoDataFrame)
    assert {"NAME", "POPULATION"} <= set(frame.columns)
    assert frame.crs == "EPSG:4326"


def test_coded_values_become_labels_page_by_page_too(portal):
    job = portal.plan(aew.ExportRequest(QUAKES, "CSV", [0]), "query").start()
    result = job.wait()
    coded = [field for field in portal.feature_service(QUAKES).layer(0).definition.fields if field.domain]
    codes, labels = result.load(), result.load(domains="labels")
    for field in coded:
        assert not codes["Earthquakes"][field.name].equals(labels["Earthquakes"][field.name])


def test_a_page_by_page_result_can_be_saved_and_loaded_again(portal, tmp_path):
    result = aew.run_export(portal, aew.ExportRequest(QUAKES, "Excel"), route="query", folder=tmp_path)
    assert (result.path.suffix, result.path.parent) == (".gpkg", tmp_path)
    assert " " in result.request.title
    assert " " not in result.path.name  # as the portal names files
    again = aew.load(result.path, layers=result.job.checked.expected)
    again.receipt.assert_complete()
    for name, frame in result.frames.items():
        assert_frame_equal(*(one.drop(columns="geometry", errors="ignore") for one in (again[name], frame)))
        if "geometry" in frame:
            assert again[name].geometry.geom_equals(frame.geometry).all()


def test_a_closed_route_is_refused_with_the_open_ones(sign_in):
    with pytest.raises(errors.PermissionDeniedError, match=r"lacks the capability Extract.*route='query'"):
        sign_in("colleague").plan(aew.ExportRequest(CITIES, "CSV"), "replica")
    with pytest.raises(errors.PermissionDeniedError, match=r"student can allow others.*route='query'"):
        sign_in("colleague").export(aew.ExportRequest(CITIES, "CSV"))


def test_a_format_that_the_service_cannot_copy_is_refused_with_the_reason(sign_in):
    with pytest.raises(errors.PermissionDeniedError, match="cannot make a copy as Scene Package"):
        sign_in("visitor").plan(aew.ExportRequest(QUAKES, "Scene Package"))


def test_a_route_of_another_name_is_refused_with_the_names_there_are(portal):
    with pytest.raises(errors.RequestError, match="'export', 'replica', 'query'"):
        portal.plan(aew.ExportRequest(CITIES, "CSV"), "teleport")


def test_names_for_x_and_y_need_an_export(sign_in):
    layer = aew.ExportLayer(0, x_column_name="lon")
    plan = sign_in("visitor").plan(aew.ExportRequest(QUAKES, "CSV", [layer]))
    assert plan.route is aew.Route.QUERY
    assert "its columns for x and y cannot be named" in plan.closed[aew.Route.REPLICA]


def test_fetching_ends_when_it_is_cancelled(portal):
    cancel = threading.Event()
    seen = []

    def stop_after_one_page(event):
        seen.append(event)
        if isinstance(event, events.PageReceived):
            cancel.set()

    with pytest.raises(errors.ExportCancelledError, match="The fetching was cancelled"):
        aew.run_export(
            portal, aew.ExportRequest(CITIES, "CSV"), route="query", on_event=stop_after_one_page, cancel=cancel
        )
    assert sum(isinstance(event, events.PageReceived) for event in seen) == 1


def test_fetching_ends_at_its_deadline_with_what_had_arrived(portal):
    job = portal.plan(aew.ExportRequest(CITIES, "CSV"), "query").start()
    with pytest.raises(errors.ExportTimeoutError, match="of 10,803 rows had arrived"):
        job.wait(timeout_s=0)


@pytest.fixture
def with_fault(local_portal):
    yield local_portal.fault
    local_portal.clear_faults()


@pytest.mark.parametrize("kind", ["repeat", "shuffle", "cap", "null_ids"])
def test_a_server_that_pages_badly_loses_no_row(portal, with_fault, kind):
    with_fault(kind, path="/1/query")
    aew.run_export(portal, aew.ExportRequest(CITIES, "CSV", [1]), route="query").frames.receipt.assert_complete()


def test_rows_that_never_come_are_an_error_not_a_shorter_frame(portal, with_fault):
    with_fault("count_drift", 2, path="/1/query")
    with pytest.raises(errors.IncompleteResultError, match=r"counted 7,5[56]\d rows but .*7,555"):
        aew.run_export(portal, aew.ExportRequest(CITIES, "CSV", [1]), route="query")


def test_a_plan_shows_itself_in_a_line(portal):
    plan = portal.plan(aew.ExportRequest(CITIES, "CSV", [1]))
    assert repr(plan) == f"<Plan export: {plan.reason}>"

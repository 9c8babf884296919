import threading

import pandas as pd
import pytest

import arcgis_export_widgets as aew
from arcgis_export_widgets import errors, events
from arcgis_export_widgets.workflow import run_export

CITIES = "345313e619df46f387f9ededbe15ac56"
QUAKES = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"
A_MAP = "5b7f1c2e9a3d4d0f8c6e2b1a4f9d7e30"
BIG = "POPULATION > 100000"


def signed_in(local_portal, username):
    return aew.Portal(local_portal.url, username=username, password="learn-arcgis")


def items_of(portal):
    answer = portal.session.ask(f"content/users/{portal.username}", {"num": 100})
    return {item["id"]: item["title"] for item in answer["items"]}


LOADABLE = ["Shapefile", "CSV", "GeoJson", "File Geodatabase", "geoPackage", "KML", "Excel", "Feature Collection"]


@pytest.mark.parametrize("export_format", LOADABLE)
def test_one_layer_arrives_complete_in_every_format(portal, export_format):
    frames = run_export(portal, aew.ExportRequest(CITIES, export_format, [2])).frames
    assert len(frames["State borders"]) == 107
    frames.receipt.assert_complete()


@pytest.mark.parametrize("export_format", LOADABLE)
def test_the_documented_example_arrives_complete_in_every_format(portal, export_format):
    service = portal.feature_service(CITIES)
    request = aew.ExportRequest(CITIES, export_format, layers=[aew.ExportLayer(0), aew.ExportLayer(1, where=BIG)])
    frames = portal.export(request).wait().load()
    assert list(frames) == ["Counties", "Cities"]
    assert len(frames["Counties"]) == service.layer(0).count()
    assert len(frames["Cities"]) == service.layer(1).count(BIG)
    assert frames["Cities"]["POPULATION"].min() > 100_000
    assert frames["Cities"].crs == "EPSG:4326"
    frames.receipt.assert_complete()


def test_the_summary_is_the_portals_answer_as_a_table(portal):
    result = portal.export(aew.ExportRequest(CITIES, "CSV", [1], title="Cities for class")).wait()
    row = result.summary.iloc[0]
    assert len(result.summary) == 1
    assert (row["title"], row["exportFormat"], row["type"]) == ("Cities for class", "CSV", "CSV")
    assert (row["serviceItemId"], row["status"]) == (CITIES, "completed")
    assert row["exportItemId"] in items_of(portal)


def test_a_job_and_a_result_show_themselves_in_a_line(portal):
    job = portal.export(aew.ExportRequest(CITIES, "CSV", [2], title="Borders"))
    assert repr(job) == f"<ExportJob {job.job_id} of 'Borders', CSV>"
    result = job.wait()
    assert repr(result) == f"<ExportResult 'Borders', CSV, item {job.export_item_id}: not loaded>"
    result.load()
    result.delete()
    assert repr(result) == (
        "<ExportResult 'Borders', CSV, deleted from the portal: Complete: all 107 rows the portal counted arrived.>"
    )


def test_progress_is_reported_step_by_step(portal):
    seen = []
    run_export(portal, aew.ExportRequest(CITIES, "CSV", [2]), on_event=seen.append)
    kinds = [type(event) for event in seen]
    for earlier, later in [
        (events.ExportSubmitted, events.StatusReceived),
        (events.StatusReceived, events.ExportCompleted),
        (events.ExportCompleted, events.ChunkReceived),
        (events.ChunkReceived, events.DownloadFinished),
        (events.DownloadFinished, events.LayerLoaded),
        (events.LayerLoaded, events.ExportItemDeleted),
    ]:
        assert kinds.index(earlier) < kinds.index(later)
    assert "processing" in [event.status for event in seen if isinstance(event, events.StatusReceived)]


def test_run_export_leaves_nothing_in_the_portal_and_the_file_on_disk(portal, tmp_path):
    before = items_of(portal)
    result = run_export(portal, aew.ExportRequest(CITIES, "geoPackage", [2]), folder=tmp_path)
    assert items_of(portal) == before
    assert result.path.parent == tmp_path
    assert aew.load(result.path)["State borders"].shape[0] == 107


def test_an_export_of_everything_needs_no_layers(portal):
    frames = run_export(portal, aew.ExportRequest(QUAKES, "File Geodatabase")).frames
    assert list(frames) == ["Earthquakes", "Countries", "Country facts"]
    assert type(frames["Country facts"]) is pd.DataFrame
    frames.receipt.assert_complete()


def test_the_target_coordinate_system_is_the_one_that_arrives(portal):
    frames = run_export(portal, aew.ExportRequest(CITIES, "Shapefile", [1], target_sr="EPSG:3857")).frames
    assert frames["Cities"].crs == "EPSG:3857"
    assert abs(frames["Cities"].geometry.x).max() > 10_000_000


def test_csv_columns_take_the_coordinates_under_the_names_asked_for(portal):
    layer = aew.ExportLayer(1, where=BIG, x_column_name="lon", y_column_name="lat")
    result = run_export(portal, aew.ExportRequest(CITIES, "CSV", [layer]))
    assert {"lon", "lat"} <= set(pd.read_csv(result.path).columns)
    new_york = result.frames["Cities"].set_index("NAME").loc["New York City"].geometry
    assert (round(new_york.x, 3), round(new_york.y, 3)) == (-74.006, 40.714)


def test_without_geometry_tables_arrive(portal):
    layer = aew.ExportLayer(1, where=BIG, include_geometry=False)
    frames = run_export(portal, aew.ExportRequest(CITIES, "File Geodatabase", [layer])).frames
    assert type(frames["Cities"]) is pd.DataFrame
    assert len(frames["Cities"]) == portal.feature_service(CITIES).layer(1).count(BIG)


def test_dates_codes_nulls_and_names_in_all_scripts_survive_a_shapefile(portal):
    frames = run_export(portal, aew.ExportRequest(QUAKES, "Shapefile", [0, 1])).frames
    quakes, countries = frames["Earthquakes"], frames["Countries"]
    assert str(quakes["OCCURRED"].dtype).startswith("datetime64")
    assert str(quakes["OCCURRED"].dtype).endswith("UTC]")
    assert {"MAGNITUDE_TYPE", "PEOPLE_WHO_FELT_IT", "STATION_GAP_DEGREES"} <= set(quakes.columns)
    assert set(quakes["STATUS"]) == {"A", "R"}
    assert {"Österreich", "Հայաստան", "България"} <= set(countries["NAME_LOCAL"].dropna())


@pytest.mark.parametrize(
    ("request_", "kind", "said"),
    [
        (
            lambda: aew.ExportRequest(CITIES, "CSV", [{"id": 1, "where": "POPLATION > 1"}]),
            errors.WhereError,
            "POPULATION",
        ),
        (lambda: aew.ExportRequest(CITIES, "CSV", [{"id": 1, "where": "POPULATION >> 1"}]), errors.WhereError, ">>"),
        (
            lambda: aew.ExportRequest(CITIES, "CSV", [{"id": 1, "where": "POPULATION < 0"}]),
            errors.RequestError,
            "no row",
        ),
        (lambda: aew.ExportRequest(CITIES, "CSV", [7]), errors.RequestError, "no layer 7"),
        (lambda: aew.ExportRequest(A_MAP, "CSV"), errors.NotAFeatureServiceError, "Web Map"),
        (lambda: aew.ExportRequest("0" * 32, "CSV"), errors.ItemNotFoundError, "Check the id"),
        (lambda: aew.ExportRequest(CITIES, "Shape"), errors.RequestError, "Shapefile"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_started(portal, request_, kind, said):
    before = items_of(portal)
    with pytest.raises(kind, match=said):
        portal.export(request_())
    assert items_of(portal) == before


def test_a_user_who_may_not_export_learns_why_and_who_can_allow_it(local_portal):
    with pytest.raises(errors.PermissionDeniedError, match="Only its owner, student"):
        signed_in(local_portal, "colleague").export(aew.ExportRequest(CITIES, "CSV", [0]))


def test_others_export_into_their_own_content_where_the_owner_lets_them(local_portal):
    colleague = signed_in(local_portal, "colleague")
    result = colleague.export(aew.ExportRequest(QUAKES, "CSV", [0])).wait()
    assert result.job.export_item_id in items_of(colleague)
    assert len(result.load()["Earthquakes"]) == colleague.feature_service(QUAKES).layer(0).count()
    result.delete()


def test_nobody_exports_without_signing_in(local_portal):
    with pytest.raises(errors.PermissionDeniedError, match="Sign in"):
        aew.Portal(local_portal.url).export(aew.ExportRequest(CITIES, "CSV", [0]))


@pytest.fixture
def stuck_job(local_portal):
    """Keeps the next export job from ending until faults are cleared."""
    local_portal.fault("job_stuck", times=1)
    yield
    local_portal.clear_faults()


@pytest.mark.usefixtures("stuck_job")
def test_a_deadline_that_passes_leaves_the_job_to_be_waited_for_again(local_portal, portal):
    job = portal.export(aew.ExportRequest(CITIES, "CSV", [2]))
    with pytest.raises(
        errors.ExportTimeoutError, match=r"after 0\.01 s; .*portal\.reattach\(error\.handle\)\.wait\(\)"
    ):
        job.wait(timeout_s=0.01)
    local_portal.clear_faults()
    assert job.wait().summary["status"].item() == "completed"


@pytest.mark.usefixtures("stuck_job")
def test_cancelling_deletes_the_unfinished_item(portal):
    cancel = threading.Event()
    cancel.set()
    job = portal.export(aew.ExportRequest(CITIES, "CSV", [2]))
    with pytest.raises(errors.ExportCancelledError):
        job.wait(cancel=cancel)
    assert job.export_item_id not in items_of(portal)


@pytest.mark.parametrize("stage", [events.ExportSubmitted, events.ExportCompleted])
@pytest.mark.usefixtures("stuck_job")
def test_cancelling_before_the_file_is_here_deletes_the_item_and_saves_nothing(local_portal, portal, tmp_path, stage):
    before, cancel = items_of(portal), threading.Event()
    if stage is events.ExportCompleted:
        local_portal.clear_faults()
    with pytest.raises(errors.ExportCancelledError):
        run_export(
            portal,
            aew.ExportRequest(CITIES, "CSV", [2]),
            route="export",
            folder=tmp_path,
            on_event=lambda event: cancel.set() if isinstance(event, stage) else None,
            cancel=cancel,
        )
    assert items_of(portal) == before
    assert list(tmp_path.iterdir()) == []


def test_a_refused_export_of_ones_own_is_sent_once(portal, local_portal):
    before = items_of(portal)
    local_portal.fault("http_error", 403, path="/export", times=1)
    try:
        with pytest.raises(errors.PermissionDeniedError):
            portal.export(aew.ExportRequest(CITIES, "CSV", [2]))
        assert items_of(portal) == before
    finally:
        local_portal.clear_faults()

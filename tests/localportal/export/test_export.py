"""Export Item over raw HTTP: real files, read back by pandas, pyogrio, openpyxl and the standard library."""

import json
import zipfile

import openpyxl
import pandas as pd
import pyogrio
import pytest

CITIES = {"id": 0, "where": "POPULATION > 15000"}  # 45 of 49 places: every tenth has no population


@pytest.fixture
def exported(student, tmp_path):
    def export(export_format, parameters=None, **form):
        started, status = student.export(export_format, parameters, **form)
        assert status["status"] == "completed", status
        item = student.get(f"content/items/{started['exportItemId']}").json()
        path = student.download(started, tmp_path)
        assert item["size"] == path.stat().st_size
        assert (item["type"], item["name"]) == (started["type"], path.name)
        return started["type"], path

    return export


def test_the_item_is_there_at_once_and_the_job_passes_through_processing(student):
    form = {"itemId": student.service_item(), "exportFormat": "CSV", "title": "Now", "tags": "a,b"}
    started = student.post("content/users/student/export", **form).json()
    item = student.get(f"content/items/{started['exportItemId']}").json()
    assert (item["title"], item["tags"], item["owner"]) == ("Now", ["a", "b"], "student")
    path = f"content/users/student/items/{started['exportItemId']}/status"
    assert student.get(path, jobId=started["jobId"]).json()["status"] == "processing"
    assert student.wait(started) == {
        "status": "completed", "statusMessage": "completed", "itemId": started["exportItemId"],
    }  # fmt: skip


def test_the_status_is_also_available_through_the_source_item(student):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    path = f"content/users/student/items/{student.service_item()}/status"
    assert student.post(path, jobtype="export", jobid=started["jobId"]).json()["status"] == "completed"


def test_a_shapefile_has_short_names_days_and_zeros_for_null(exported):
    kind, path = exported("shapefile", {"layers": [{"id": 0, "where": "OBJECTID <= 2"}, {"id": 1}]})
    assert kind == "Shapefile"
    with zipfile.ZipFile(path) as archive:
        assert {"Places.shp", "Places.dbf", "Places.prj", "Places.cpg", "Areas.shp"} <= set(archive.namelist())
    places = pyogrio.read_dataframe(f"/vsizip/{path}/Places.shp")
    assert places["POPULATION"].tolist() == [0, 100]
    assert places["NAME"].tolist() == ["Città 0", "Città 1"]
    assert [str(day)[:10] for day in places["OPENED"]] == ["2020-01-01", "2020-01-02"]
    areas = pyogrio.read_dataframe(f"/vsizip/{path}/Areas.shp")
    assert list(areas.columns[:3]) == ["OBJECTID", "AREA_NAME_", "AREA_NAM_1"]


def test_a_csv_of_points_has_its_columns_and_coordinates_in_the_target_system(exported):
    parameters = {
        "layers": [{**CITIES, "xColumnName": "east", "yColumnName": "north"}], "targetSR": {"wkid": 102100},
    }  # fmt: skip
    kind, path = exported("CSV", parameters)
    assert (kind, path.suffix) == ("CSV", ".csv")
    frame = pd.read_csv(path)
    assert list(frame.columns) == ["OBJECTID", "NAME", "POPULATION", "OPENED", "SCORE", "CODE", "east", "north"]
    assert len(frame) == 45
    # OBJECTID 152 is place 151: 11 degrees east, 47 degrees north
    assert frame.loc[0, ["east", "north"]].tolist() == pytest.approx([1224514.3987, 5942074.0726], abs=0.001)
    assert frame.loc[0, "OPENED"] == "05/31/2020 12:00:00 PM"


def test_a_csv_without_geometry_or_of_polygons_has_no_coordinates(exported):
    _, path = exported("CSV", {"layers": [{"id": 0, "includeGeometry": False}]})
    assert "x" not in pd.read_csv(path).columns
    _, path = exported("CSV", {"layers": [{"id": 1}]})
    assert list(pd.read_csv(path).columns) == ["OBJECTID", "AREA_NAME_IN_FULL", "AREA_NAME_IN_SHORT"]


def test_empty_parameters_mean_all_layers_and_make_a_collection(exported):
    kind, path = exported("csv")
    assert kind == "CSV Collection"
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == ["Areas_1.csv", "Codes_3.csv", "Places_0.csv", "Roads_2.csv"]


@pytest.mark.parametrize("export_format", ["File Geodatabase", "geoPackage"])
def test_databases_keep_ids_types_nulls_and_tables(exported, export_format):
    _, path = exported(export_format, {"layers": [CITIES, {"id": 1}, {"id": 3}]})
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            (folder,) = {name.split("/")[0] for name in archive.namelist()}
        path = f"/vsizip/{path}/{folder}"
    assert [name for name, _ in pyogrio.list_layers(path)] == ["Places", "Areas", "Codes"]
    places = pyogrio.read_dataframe(path, layer="Places", fid_as_index=True)
    assert (places.index[0], len(places), places.crs.to_epsg()) == (152, 45, 4326)
    assert places["OPENED"].iloc[0].isoformat()[:19] == "2020-05-31T12:00:00"
    areas = pyogrio.read_dataframe(path, layer="Areas")
    assert areas.geometry.isna().tolist() == [False, False, True]
    assert pyogrio.read_info(path, layer="Places")["dtypes"][1] == "int32"


def test_geojson_is_in_degrees_whatever_was_asked(exported):
    _, path = exported("GeoJson", {"layers": [{"id": 2}], "targetSR": {"wkid": 102100}})
    content = json.loads(path.read_text())
    assert content["features"][0]["geometry"]["coordinates"][0][-1][0] == pytest.approx(8.98315, abs=1e-5)
    assert content["features"][0]["properties"] == {"OBJECTID": 1, "LANES": 2}


def test_geojson_dates_are_epoch_milliseconds(exported):
    _, path = exported("GeoJson", {"layers": [{"id": 0, "where": "OBJECTID = 1"}]})
    assert json.loads(path.read_text())["features"][0]["properties"]["OPENED"] == 1577880000000


def test_kml_keeps_attributes_that_are_called_name(exported):
    kind, path = exported("KML", {"layers": [{"id": 0, "where": "OBJECTID = 2"}]})
    assert (kind, path.suffix) == ("KML", ".kml")
    text = path.read_text()
    assert "<name>Città 1</name>" in text
    assert '<SimpleData name="NAME">Città 1</SimpleData>' in text
    kind, path = exported("KML", {"layers": [{"id": 0}, {"id": 1}]})
    with zipfile.ZipFile(path) as archive:
        assert (kind, archive.namelist()) == ("KML Collection", ["Areas.kml", "Places.kml"])


def test_excel_has_a_sheet_per_layer(exported):
    kind, path = exported("Excel", {"layers": [{"id": 0, "where": "OBJECTID = 1"}, {"id": 3}]})
    book = openpyxl.load_workbook(path)
    assert (kind, book.sheetnames) == ("Microsoft Excel", ["Places", "Codes"])
    header, row = book["Places"].iter_rows(values_only=True)
    assert dict(zip(header, row, strict=True)) | {"OPENED": None} == {
        "OBJECTID": 1, "NAME": "Città 0", "POPULATION": None, "OPENED": None, "SCORE": 0, "CODE": "a", "x": 0, "y": 40,
    }  # fmt: skip


def test_a_feature_collection_holds_definitions_and_features(exported):
    _, path = exported("Feature Collection", {"layers": [{"id": 1}], "targetSR": {"wkid": 3857}})
    (layer,) = json.loads(path.read_text())["layers"]
    assert layer["layerDefinition"]["geometryType"] == "esriGeometryPolygon"
    assert layer["featureSet"]["spatialReference"] == {"wkid": 102100, "latestWkid": 3857}
    assert [len(f.get("geometry", {}).get("rings", [])) for f in layer["featureSet"]["features"]] == [2, 2, 0]


@pytest.mark.parametrize(
    ("layers", "reason"),
    [
        ([{"id": 9}], "Layer 9 does not exist in the service."),
        ([{"id": 0, "where": "FOO = 1"}], "'Invalid field: FOO' parameter is invalid"),
        ([{"id": 0}, {"id": 1, "where": "((("}], "'where' parameter is invalid"),
    ],
)
def test_a_bad_layer_fails_with_a_reason(student, layers, reason):
    _, status = student.export("CSV", {"layers": layers})
    assert status["status"] == "failed"
    assert reason in status["statusMessage"]


@pytest.mark.parametrize("export_format", ["Scene Package", "Vector Tile Package", "DXF"])
def test_a_format_that_cannot_be_made_is_refused_at_once(student, export_format):
    form = {"itemId": student.service_item(), "exportFormat": export_format, "title": "x"}
    error = student.post("content/users/student/export", **form).json()["error"]
    assert error["code"] == 400
    assert export_format in error["details"][0]


@pytest.mark.parametrize("parameters", ["{", "[]", '{"layers": 1}', '{"layers": [{}]}', '{"targetSR": 4}'])
def test_export_parameters_that_cannot_be_read_are_refused(student, parameters):
    form = {"itemId": student.service_item(), "exportFormat": "CSV", "title": "x", "exportParameters": parameters}
    assert student.post("content/users/student/export", **form).json()["error"]["code"] == 400


def test_only_owner_and_administrator_export_without_extract(student, sign_in, anonymous):
    form = {"itemId": student.service_item(), "exportFormat": "CSV", "title": "x"}
    for username, user in (("colleague", "colleague"), ("colleague", "student"), ("visitor", "visitor")):
        answer = sign_in(username).post(f"content/users/{user}/export", **form).json()
        assert answer["error"]["message"] == (
            "You do not have permissions to access this resource or perform this operation."
        )
    assert anonymous.post("content/users/student/export", **form).json()["error"]["code"] == 499
    started = sign_in("teacher").post("content/users/student/export", **form).json()
    assert student.get(f"content/items/{started['exportItemId']}").json()["owner"] == "student"


def test_jobs_run_in_parallel(portal, student):
    form = {"itemId": student.service_item(), "exportFormat": "CSV", "title": "x"}
    portal.fault("job_stuck", times=2)
    stuck = [student.post("content/users/student/export", **form).json() for _ in range(2)]
    third = student.post("content/users/student/export", **form).json()
    assert student.wait(third)["status"] == "completed"
    path = "content/users/student/items/{exportItemId}/status"
    assert [student.get(path.format(**job), jobId=job["jobId"]).json()["status"] for job in stuck] == ["processing"] * 2
    portal.clear_faults()
    assert [student.wait(job)["status"] for job in stuck] == ["completed"] * 2


def test_another_members_job_is_not_told_of_even_if_its_item_is_shared(student, sign_in):
    started, _ = student.export("CSV", {"layers": [{"id": 3}]})
    student.post(f"content/users/student/items/{started['exportItemId']}/share", everyone="true")
    path = f"content/users/student/items/{started['exportItemId']}/status"
    assert sign_in("colleague").get(path, jobId=started["jobId"]).json()["error"]["code"] == 403
    assert sign_in("teacher").get(path, jobId=started["jobId"]).json()["status"] == "completed"


def test_data_of_an_unfinished_or_unknown_item_is_not_a_file(student):
    answer = student.get(f"content/items/{'0' * 32}/data")
    assert answer.json()["error"]["messageCode"] == "CONT_0001"


@pytest.mark.parametrize(
    "title", ["\u5730\u56f3" * 60, "\U0001f5fa" * 120, "CON", "nul.csv", "a" * 400, "../../etc/passwd"]
)
@pytest.mark.parametrize("export_format", ["CSV", "Shapefile"])
def test_any_title_makes_a_file(exported, export_format, title):
    _, path = exported(export_format, {"layers": [CITIES]}, title=title)
    assert path.parent.is_dir()
    assert path.stat().st_size > 0
    assert path.stem.lower() not in {"con", "nul"}

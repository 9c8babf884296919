"""A downloaded file read again by somebody who has nothing but the file and what was left beside it."""

import contextlib
import hashlib
import json
import random
import shutil

import pytest
from pandas.testing import assert_frame_equal

import arcgis_export_widgets as aew

CITIES = "345313e619df46f387f9ededbe15ac56"
LOADABLE = ["Shapefile", "CSV", "GeoJson", "File Geodatabase", "geoPackage", "KML", "Excel", "Feature Collection"]
BIG = aew.ExportLayer(1, where="POPULATION > 100000")


def beside(path):
    return path.with_name(f"{path.name}.layers.json")


@pytest.fixture
def exported(portal, tmp_path):
    """A shapefile, which keeps least, and what its export gave."""
    return aew.run_export(portal, aew.ExportRequest(CITIES, "Shapefile", [0, BIG]), folder=tmp_path / "keep")


@pytest.mark.parametrize(
    ("export_format", "route"), [*((one, "export") for one in LOADABLE), ("Shapefile", "query"), ("KML", "query")]
)
def test_yesterdays_file_is_restored_and_proved_as_it_was_yesterday(portal, tmp_path, export_format, route):
    request = aew.ExportRequest(CITIES, export_format, [0, BIG], title="Places")
    result = aew.run_export(portal, request, route=route, folder=tmp_path)
    loaded = aew.load(result.path)
    loaded.receipt.assert_complete()
    assert loaded.receipt.note == (
        f"Restored and checked with what the portal reported at the download, saved in {result.path.name}.layers.json."
    )
    assert loaded.receipt.note in repr(loaded.receipt)
    assert loaded.receipt.note in loaded.receipt._repr_html_()
    assert loaded.receipt.losses == result.frames.receipt.losses
    assert list(loaded) == ["Counties", "Cities"]
    for name, frame in loaded.items():
        assert_frame_equal(frame, result.frames[name], check_dtype=True)
        assert frame.attrs == result.frames[name].attrs
    assert list(aew.load(result.path, layer="Cities", columns=["state_name"]).only) == ["STATE_NAME", "geometry"]


def test_parquet_and_a_folder_of_files_are_restored_too(exported, tmp_path):
    files = aew.to_parquet(exported.path, tmp_path / "parquet")
    files.receipt.assert_complete()
    assert list(files) == ["Counties", "Cities"]
    aew.load(tmp_path / "keep").receipt.assert_complete()


def test_what_is_saved_holds_no_secret_and_is_not_saved_for_a_temporary_file(portal, exported):
    text = beside(exported.path).read_text(encoding="utf-8")
    assert "learn-arcgis" not in text

    assert aew.ExportRequest.from_json(json.loads(text)["request"]).layers[1] == BIG
    result = portal.export(aew.ExportRequest(CITIES, "CSV", [2])).wait()
    assert not beside(result.download()).exists()
    result.delete()


def without_hash(content):
    return {key: value for key, value in content.items() if key != "sha256"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:0],
        lambda text: text[: len(text) // 2],
        lambda text: f"[{text}]",
        lambda text: text.replace('{"layersVersion": 1,', '{"layersVersion": 2,'),
        lambda text: text.replace('"count": 3', '"count": 4'),
        lambda text: json.dumps(without_hash(json.loads(text))),
        lambda text: "[" * len(text),
    ],
)
def test_a_damaged_or_changed_document_is_not_used_and_the_receipt_says_so(exported, spoil):
    document = beside(exported.path)
    document.write_text(spoil(document.read_text(encoding="utf-8")), encoding="utf-8")
    loaded = aew.load(exported.path)
    assert loaded.receipt.note == f"{document.name}, next to the file, was not used: it is damaged."
    assert loaded.receipt.to_json()["note"] == loaded.receipt.note
    assert not loaded.receipt.complete
    assert sum(map(len, loaded.values())) == sum(map(len, exported.frames.values()))


def test_a_document_of_another_file_is_not_used(portal, exported, tmp_path):
    other = aew.run_export(portal, aew.ExportRequest(CITIES, "Shapefile", [2]), folder=tmp_path / "other").path
    shutil.copyfile(beside(other), beside(exported.path))
    loaded = aew.load(exported.path)
    assert loaded.receipt.note.endswith("was not used: it belongs to another file.")
    assert {layer.counted for layer in loaded.receipt.layers} == {None}


def test_what_the_caller_says_goes_before_what_lies_beside(portal, exported):
    layer = portal.feature_service(CITIES).layer(0)
    loaded = aew.load(exported.path, layers=[aew.ExpectedLayer(layer.definition, count=1)], layer="Counties")
    assert loaded.receipt.note is None
    assert not loaded.receipt.complete


def test_pages_saved_with_labels_are_not_said_to_be_codes(portal, tmp_path):
    job = portal.plan(aew.ExportRequest(CITIES, "CSV", [2]), "query").start()
    result = job.wait()
    result.load(domains="labels", folder=tmp_path)
    assert not beside(result.path).exists()
    aew.load(result.path)


ODD = [None, "odd", -1, 1e308, True, [], {}, [None], [[1]], {"odd": 1}, 2**70]


def places_in(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in list(children):
        yield from places_in(child, (*path, key))


@pytest.mark.parametrize("seed", range(60))
def test_a_document_with_an_odd_value_and_the_right_checksum_is_used_or_refused(portal, tmp_path, seed):
    path = aew.run_export(portal, aew.ExportRequest(CITIES, "CSV", [BIG]), folder=tmp_path).path
    content = json.loads(beside(path).read_text(encoding="utf-8"))
    del content["sha256"]
    chance = random.Random(seed)
    *way, last = chance.choice([place for place in places_in(content["layers"]) if place])
    inner = content["layers"]
    for key in way:
        inner = inner[key]
    inner[last] = chance.choice(ODD)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    beside(path).write_text(json.dumps(content | {"sha256": digest}), encoding="utf-8")
    with contextlib.suppress(aew.ArcGISExportError):
        assert len(aew.load(path).only) > 0

"""`load`, `to_parquet` and dask give the same frames, and leave the caller's garbage collector alone."""

from __future__ import annotations

import gc
import json
import shutil
from itertools import islice
from pathlib import Path

import fidelity_data
import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from arcgis_export_widgets import ExportRequest, Portal
from arcgis_export_widgets.events import ignore
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading import ExpectedLayer, load, to_parquet
from arcgis_export_widgets.loading.pipeline import open_pipeline
from arcgis_export_widgets.portal.pages.assemble import gc_paused

FORMATS = [one for one in ExportFormat if one.facts.loadable]
GAPS_FIRST = [2, 2, 0, 1, 3]
"""Rows of `fidelity_data`: the first batch of two has nothing but gaps, so that it says nothing of a column's type."""


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr("arcgis_export_widgets.loading.parquet._BATCH_ROWS", 2)


@pytest.fixture(scope="module")
def exported(local_portal, tmp_path_factory):
    """The file of each format, with no document next to it, and the layer that it holds."""
    frame = fidelity_data.attributes_layer().iloc[GAPS_FIRST].reset_index(drop=True)
    frame["GLOBALID"] = [f"0d9b3f2e-5c1a-4e47-9f5c-0a7d2b6c8e{number:02}" for number in range(len(frame))]
    frame["STATE"] = pd.array([None, None, 1, 9, 2], dtype="Int16")  # 9 is not in the domain
    item_id = local_portal.add(frame, "One pipeline", fields=fidelity_data.FIELDS)
    portal = Portal(local_portal.url, username="student", password="learn-arcgis")
    layer = ExpectedLayer(portal.feature_service(item_id).layers[0].definition, count=len(frame))
    files = {}
    for one in FORMATS:
        result = portal.export(ExportRequest(item_id, one)).wait(on_event=ignore)
        files[one] = shutil.copy(result.download(on_event=ignore), tmp_path_factory.mktemp("exported")), layer
    portal.close()
    return files


def from_parquet(path, target, **options):
    (file,) = to_parquet(path, target, **options).values()
    has_geometry = b"geo" in pq.read_metadata(file).metadata
    return gpd.read_parquet(file) if has_geometry else pd.read_parquet(file)


def assert_same(found, wanted):
    """Equal in values, types, order and coordinate system; Parquet does not hold ``attrs``."""
    assert type(found) is type(wanted)
    if isinstance(wanted, gpd.GeoDataFrame):
        assert found.crs == wanted.crs
        assert found.geometry.to_wkb().tolist() == wanted.geometry.to_wkb().tolist()
        found, wanted = found.drop(columns=found.geometry.name), wanted.drop(columns=wanted.geometry.name)
    pd.testing.assert_frame_equal(with_none(found), with_none(wanted))


def with_none(frame):
    """None for what is missing in columns of objects, where pandas 2 has None or NaN for missing texts."""
    objects = frame[frame.columns[frame.dtypes == "object"]]
    return pd.DataFrame(frame).assign(**{name: objects[name].where(objects[name].notna(), None) for name in objects})


@pytest.mark.parametrize("domains", ["codes", "labels", "categories"])
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("export_format", FORMATS)
def test_all_three_ways_give_the_same_frame(exported, tmp_path, export_format, is_known, domains):
    path, layer = exported[export_format]
    options = {"layers": [layer] if is_known else [], "domains": domains}
    loaded = load(path, **options)
    assert_same(from_parquet(path, tmp_path / "p", **options), loaded.only)
    pieces = load(path, npartitions=3, partitions_folder=tmp_path / "d", **options)
    assert_same(pieces.only.compute(), loaded.only)
    assert repr(pieces.receipt) == repr(loaded.receipt)


@pytest.mark.parametrize("export_format", FORMATS)
def test_the_frame_is_the_same_without_pyarrow(exported, monkeypatch, export_format):
    path, layer = exported[export_format]
    wanted = load(path, layers=[layer]).only
    monkeypatch.setattr("arcgis_export_widgets.loading.readers.gdal._ARROW", False)
    assert_same(load(path, layers=[layer]).only, wanted)


CELLS = st.sampled_from(["", "1", "-7", "2.5", "a", "007", "True", "False", "NaN", "2020-02-01", "9007199254740993"])
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=7)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(rows=[("1", "", ""), ("2", "", ""), ("2.5", "a", "True")])
@example(rows=[("True", "", "1"), ("False", "1", "2"), ("", "2", "True")])
@example(rows=[("1", "1", "1"), ("2", "2", "2"), ("a", "3", "3"), ("4", "4", "2.5")])
@example(rows=[("1", "1", ""), ("1", "1", ""), ("True", "1", ""), ("", "1", "")])
@example(rows=[("", "", ""), ("", "a", ""), ("", "007", "")])
@given(rows=ROWS)
def test_a_csv_without_definition_has_the_same_types_in_batches(tmp_path, rows):
    path = tmp_path / "t.csv"
    path.write_text("x,y,C\n" + "".join(",".join(row) + "\n" for row in rows))
    assert_same(from_parquet(path, tmp_path / "p"), load(path).only)


FEATURES = {
    "dates of several zones": ["2020-02-01T12:00:00Z", "2020-02-01T12:00:00Z", "2020-02-01T12:00:00+02:00"],
    "dates with a zone and without": ["2020-02-01T12:00:00", "2020-02-01T12:00:00", "2020-02-01T12:00:00+02:00"],
    "a date that pandas cannot hold": ["2020-02-01T12:00:00Z", "2020-02-01T12:00:00Z", "2016-12-31T23:59:60Z"],
    "a date after gaps": [None, None, "2020-02-01"],
    "whole numbers, then fractions": [1, 2, 2.5],
    "whole numbers after gaps": [None, None, 2**53 + 1],
    "truth values": [True, None, False],
    "lists": [["a", "b"], [], ["c"]],
    "lists and gaps": [None, ["a"], None],
    "lists and texts": [["a"], "b", None],
    "lists and numbers": [1, ["a"], 2.5],
}


@pytest.mark.parametrize("values", FEATURES.values(), ids=FEATURES)
def test_a_geojson_without_definition_has_the_same_types_in_batches(tmp_path, values):
    features = [{"type": "Feature", "geometry": None, "properties": {"A": value}} for value in values]
    (tmp_path / "t.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert_same(from_parquet(tmp_path / "t.geojson", tmp_path / "p"), load(tmp_path / "t.geojson").only)


def test_what_parquet_cannot_hold_is_text(tmp_path):
    features = [
        {"type": "Feature", "geometry": None, "properties": {"A": value}} for value in ({"a": 1}, None, {"b": ["ü"]})
    ]
    (tmp_path / "t.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    loaded = load(tmp_path / "t.geojson").only["A"].tolist()
    assert loaded == [{"a": 1}, None, {"b": ["ü"]}]
    texts = from_parquet(tmp_path / "t.geojson", tmp_path / "p")["A"]
    assert [None if pd.isna(text) else json.loads(text) for text in texts] == loaded


def test_a_number_that_widens_the_type_half_way_widens_it_everywhere(tmp_path, expected):
    (tmp_path / "t.csv").write_text("OBJECTID,SMALL,x,y\n1,1,0,0\n2,2,0,0\n3,40000,0,0\n")
    options = {"layers": [expected]}
    found = from_parquet(tmp_path / "t.csv", tmp_path / "p", **options)
    assert found["SMALL"].tolist() == [1, 2, 40000]
    assert_same(found, load(tmp_path / "t.csv", **options).only)


@pytest.mark.parametrize("export_format", FORMATS)
def test_the_collector_runs_wherever_the_caller_has_a_batch(exported, export_format):
    path, layer = exported[export_format]
    nothing = {"layer": None, "columns": None, "bbox": None, "export_format": None, "domains": "codes"}
    for rows in (None, 2):
        with open_pipeline(path, layers=[layer], **nothing) as pipeline:
            assert gc.isenabled()
            frames = pipeline.batches(pipeline.parts[0], rows)
            assert [gc.isenabled() for _ in frames] == [True] * (5 // rows + 1 if rows and can_be_parted(path) else 1)
        with open_pipeline(path, layers=[layer], **nothing) as pipeline:
            frames = pipeline.batches(pipeline.parts[0], rows)
            assert list(islice(frames, 1))
            assert gc.isenabled()  # of a loop that was left early
        assert gc.isenabled()


def can_be_parted(path):
    return Path(path).suffix not in {".xlsx", ".json"}


def test_the_collector_runs_again_after_an_error_and_after_the_last_of_several_pauses():
    with gc_paused():
        with pytest.raises(ValueError, match="here"), gc_paused():
            raise ValueError("here")
        assert not gc.isenabled()
    assert gc.isenabled()

"""Pages into frames, whatever format and types the pages came in."""

import numpy as np
import pandas as pd
import pytest
import shapely

from arcgis_export_widgets.loading import ExpectedLayer, frame_from_pages
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference
from arcgis_export_widgets.portal.pages.page import Column, FeaturePage

FIELDS = [("OBJECTID", "OID"), ("NAME", "String"), ("SCORE", "Double"), ("OPENED", "Date"), ("SIZE", "SmallInteger")]
LAYER = ExpectedLayer(
    LayerDefinition.from_json(
        {
            "id": 0,
            "name": "Places",
            "geometryType": "esriGeometryPoint",
            "fields": [{"name": name, "type": f"esriFieldType{kind}"} for name, kind in FIELDS],
        }
    )
)


def page(ids, geometry=None, **columns):
    found = {name: Column.of(values) for name, values in {"OBJECTID": ids, **columns}.items()}
    points = np.array(geometry or [None] * len(ids), dtype=object)
    return FeaturePage(np.array(ids, dtype=np.int64), found, points, SpatialReference(3857))


def test_pages_follow_each_other_in_one_frame():
    pages = [page([1, 2], [shapely.Point(1, 2), None]), page([3], [shapely.Point(3, 4)])]
    frame = frame_from_pages(iter(pages), LAYER)
    assert frame["OBJECTID"].tolist() == [1, 2, 3]
    assert frame.index.tolist() == [0, 1, 2]
    assert frame.geometry.isna().tolist() == [False, True, False]
    assert frame.crs == "EPSG:3857"


def test_a_page_of_whole_numbers_beside_one_of_fractions_is_one_column():
    frame = frame_from_pages([page([1, 2], SCORE=[1, None]), page([3], SCORE=[0.5])], LAYER)
    assert frame["SCORE"].dtype == "float64"
    assert frame["SCORE"].isna().tolist() == [False, True, False]
    assert frame["SCORE"].dropna().tolist() == [1.0, 0.5]


def test_a_page_without_any_value_does_not_change_the_type():
    empty = page([2], NAME=[None], OPENED=[None], SIZE=[None])
    frame = frame_from_pages([page([1], NAME=["a"], OPENED=[-1], SIZE=[7]), empty], LAYER)
    assert frame["SIZE"].dtype == "Int16"
    assert frame["OPENED"][0] == pd.Timestamp("1969-12-31T23:59:59.999Z")
    assert frame.loc[1, ["NAME", "OPENED", "SIZE"]].isna().all()


def test_big_integers_are_not_rounded_beside_a_gap():
    big = ExpectedLayer(
        LayerDefinition.from_json({"id": 0, "fields": [{"name": "BIG", "type": "esriFieldTypeBigInteger"}]})
    )
    frame = frame_from_pages([page([1, 2], BIG=[2**53 + 1, None]), page([3], BIG=[-(2**62)])], big)
    assert [None if pd.isna(value) else int(value) for value in frame["BIG"]] == [2**53 + 1, None, -(2**62)]


@pytest.mark.parametrize(
    ("kind", "told", "expected"),
    [
        ("SmallInteger", -7, -7),
        ("Integer", 2**31 - 1, 2**31 - 1),
        ("BigInteger", 2**62, 2**62),
        ("Single", 0.5, 0.5),
        ("Double", 3, 3.0),
        ("String", "Ω", "Ω"),
        ("Date", -2209161600000, pd.Timestamp("1899-12-30", tz="UTC")),
        ("DateOnly", "1899-12-30", pd.Timestamp("1899-12-30")),
        ("TimeOnly", "15:54:36", "15:54:36"),
        ("TimestampOffset", "2023-05-03T11:44:08-07:00", pd.Timestamp("2023-05-03T18:44:08", tz="UTC")),
        ("GUID", "d7f2ee41-4d6a-4a7b-9b8f-0a41b8c3a3de", "d7f2ee41-4d6a-4a7b-9b8f-0a41b8c3a3de"),
        ("GlobalID", "d7f2ee41-4d6a-4a7b-9b8f-0a41b8c3a3de", "d7f2ee41-4d6a-4a7b-9b8f-0a41b8c3a3de"),
        ("OID", 2**40, 2**40),
    ],
)
def test_a_value_of_every_field_type_beside_a_missing_one(kind, told, expected):
    fields = [{"name": "F", "type": f"esriFieldType{kind}"}]
    layer = ExpectedLayer(LayerDefinition.from_json({"id": 0, "fields": fields}))
    found = frame_from_pages([page([1, 2], F=[told, None])], layer)["F"]
    assert found[0] == expected
    assert type(found[0]) is not float or isinstance(expected, float)
    assert found.isna().tolist() == [False, True]


def test_no_pages_are_an_empty_frame_with_the_layers_columns():
    frame = frame_from_pages([], LAYER)
    assert list(frame.columns) == [*(name for name, _ in FIELDS), "geometry"]
    assert len(frame) == 0


def test_an_error_while_taking_pages_reaches_the_caller():
    def broken():
        yield page([1])
        raise RuntimeError("the line broke")

    with pytest.raises(RuntimeError, match="the line broke"):
        frame_from_pages(broken(), LAYER)

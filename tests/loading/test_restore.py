import json
from functools import partial

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from arcgis_export_widgets.errors import LoadError, RequestError
from arcgis_export_widgets.loading import ExpectedLayer, load, to_parquet
from arcgis_export_widgets.model.definition import LayerDefinition

STATES = {
    "type": "codedValue",
    "name": "States",
    "codedValues": [{"code": 2, "name": "closed"}, {"code": 1, "name": "open"}],
}


def table_of(field_type, **more):
    fields = [
        {"name": "ID", "type": "esriFieldTypeOID"},
        {"name": "VALUE", "type": f"esriFieldType{field_type}", **more},
    ]
    definition = {"id": 0, "name": "T", "objectIdField": "ID", "fields": fields}
    return ExpectedLayer(LayerDefinition.from_json(definition))


def load_values(tmp_path, values, expected, **options):
    path = tmp_path / "t.csv"
    path.write_text("ID,VALUE\n" + "".join(f"{i},{value}\n" for i, value in enumerate(values)))
    return load(path, layers=[expected], **options)["T"]["VALUE"]


def test_a_number_beyond_two_to_the_53_stays_exact_beside_a_gap(tmp_path):
    values = load_values(tmp_path, ["9007199254740993", ""], table_of("BigInteger"))
    assert values[0] == 9007199254740993
    assert values.isna().tolist() == [False, True]


def test_a_number_too_big_for_its_type_is_not_bent(tmp_path):
    values = load_values(tmp_path, ["40000", "1"], table_of("SmallInteger"))
    assert values.tolist() == [40000, 1]


def test_a_fraction_too_big_for_single_precision_is_not_made_infinite(tmp_path):
    values = load_values(tmp_path, ["1e39", "0.5"], table_of("Single"))
    assert values.tolist() == [1e39, 0.5]


def test_a_gap_among_whole_numbers_is_no_number(tmp_path):
    values = load_values(tmp_path, ["5", "", "0"], table_of("Integer"))
    assert values.dtype == "Int32"
    assert values.isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    "text",
    ["2/1/2020 12:30:15 PM", "02/01/2020 12:30:15 PM", "2020-02-01 12:30:15", "2020/02/01 12:30:15",
     "2020-02-01T12:30:15Z", "2020-02-01T14:30:15+02:00", "1580560215000"],
)  # fmt: skip
def test_a_date_is_understood_in_every_way_it_is_written(tmp_path, text):
    values = load_values(tmp_path, [text, ""], table_of("Date"))
    assert values.dtype == "datetime64[ms, UTC]"
    assert values[0] == pd.Timestamp("2020-02-01T12:30:15Z")
    assert pd.isna(values[1])


def test_a_date_that_is_none_is_an_error_and_no_gap(tmp_path):
    with pytest.raises(LoadError, match="VALUE"):
        load_values(tmp_path, ["yesterday"], table_of("Date"))


def test_a_text_among_whole_numbers_is_an_error_that_names_the_field(tmp_path):
    with pytest.raises(LoadError, match="VALUE"):
        load_values(tmp_path, ["many"], table_of("Integer"))


def test_a_text_among_numbers_is_an_error_and_no_gap(tmp_path):
    with pytest.raises(LoadError, match="VALUE"):
        load_values(tmp_path, ["many"], table_of("Double"))


def test_codes_stay_codes_unless_asked_otherwise(tmp_path):
    values = load_values(tmp_path, [1, 2, ""], table_of("SmallInteger", domain=STATES))
    assert values.dtype == "Int16"


def test_codes_become_what_they_mean_and_unknown_ones_stay(tmp_path):
    values = load_values(tmp_path, [1, 2, "", 9], table_of("SmallInteger", domain=STATES), domains="labels")
    assert values.fillna("none").tolist() == ["open", "closed", "none", "9"]


def test_categories_stand_in_the_domains_order(tmp_path):
    values = load_values(tmp_path, [1, 2, "", 9], table_of("SmallInteger", domain=STATES), domains="categories")
    assert values.cat.ordered
    assert values.cat.categories.tolist() == ["closed", "open", "9"]
    assert values.isna().tolist() == [False, False, True, False]


def test_a_choice_of_domains_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(RequestError, match="'codes', 'labels', 'categories'"):
        load_values(tmp_path, [1], table_of("SmallInteger", domain=STATES), domains="names")
    for convert in (load, partial(to_parquet, target=tmp_path / "p")):
        with pytest.raises(RequestError, match="not 'label'"):
            convert(tmp_path / "t.csv", domains="label")


def test_missing_coordinates_make_no_point(tmp_path, expected):
    (tmp_path / "t.csv").write_text("OBJECTID,x,y\n1,8.5,47.4\n2,,\n")
    frames = load(tmp_path / "t.csv", layers=[expected])
    assert isinstance(frames[expected.name], gpd.GeoDataFrame)
    assert frames[expected.name].geometry.isna().tolist() == [False, True]
    assert frames.receipt.table.loc[0, "null_geometry"] == 1


@pytest.mark.parametrize("text", ["{0D9B3F2E-5C1A-4E47-9F5C-0A7D2B6C8E11}", "0d9b3f2e-5c1a-4e47-9f5c-0a7d2b6c8e11"])
@pytest.mark.parametrize("kind", ["GUID", "GlobalID"])
def test_a_guid_is_the_same_text_whatever_the_format_wrote(tmp_path, text, kind):
    values = load_values(tmp_path, [text, ""], table_of(kind))
    assert values[0] == "0d9b3f2e-5c1a-4e47-9f5c-0a7d2b6c8e11"
    assert pd.isna(values[1])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("12:30:15", "12:30:15"), ("12:30:15.500", "12:30:15.500"), ("2:30:15 PM", "14:30:15"), ("00:00:00", "00:00:00")],
)
def test_a_time_of_day_is_a_text_that_sorts(tmp_path, text, wanted):
    values = load_values(tmp_path, [text, ""], table_of("TimeOnly"))
    assert values[0] == wanted
    assert pd.isna(values[1])


def test_a_time_that_is_none_is_an_error(tmp_path):
    with pytest.raises(LoadError, match="VALUE"):
        load_values(tmp_path, ["noon"], table_of("TimeOnly"))


def test_of_a_timestamp_with_an_offset_the_moment_is_kept(tmp_path):
    values = load_values(tmp_path, ["2020-02-01T14:30:15+02:00", ""], table_of("TimestampOffset"))
    assert values[0] == pd.Timestamp("2020-02-01T12:30:15Z")


def test_a_date_without_time_has_no_zone(tmp_path):
    values = load_values(tmp_path, ["2020-02-01", ""], table_of("DateOnly"))
    assert values.dtype == "datetime64[ms]"
    assert values[0] == pd.Timestamp("2020-02-01")


def test_units_of_lengths_and_areas_go_with_the_frame(tmp_path):
    told = {"shapeAreaFieldName": "VALUE", "shapeLengthFieldName": "Shape__Length", "units": "esriMeters"}
    layer = table_of("Double")
    definition = layer.definition.definition | {"geometryProperties": told}
    path = tmp_path / "t.csv"
    path.write_text("ID,VALUE\n1,2.5\n")
    frame = load(path, layers=[ExpectedLayer(LayerDefinition.from_json(definition))]).only
    assert frame.attrs["units"] == {"VALUE": "square meters"}


LAUNDERED = [
    {"Gebäude Nr": "Gebäude_Nr", "2nd": "_2nd", "order": "order_", "a b": "a_b", "a_b": "a_b_1", "last": "last"},
    {"a_b": "a_b", "a b": "a_b_1", "last": "last"},
]
"""Names in a geodatabase by those of the layer, as GDAL makes them."""


@pytest.mark.parametrize("laundered", LAUNDERED)
@pytest.mark.parametrize("batched", [False, True])
def test_names_that_a_geodatabase_cannot_hold_are_given_back_to_their_own_values(tmp_path, laundered, batched):
    names, values = list(laundered), {name: [f"of {name}"] for name in laundered}
    table = pd.DataFrame(values).rename(columns=laundered)
    pyogrio.write_dataframe(table, tmp_path / "t.gdb", layer="t", driver="OpenFileGDB")
    fields = [{"name": name, "type": "esriFieldTypeString"} for name in names]
    layer = ExpectedLayer(LayerDefinition.from_json({"id": 0, "name": "t", "type": "Table", "fields": fields}))
    if batched:
        frame = pd.read_parquet(to_parquet(tmp_path / "t.gdb", tmp_path / "p", layers=[layer])["t"])
    else:
        frame = load(tmp_path / "t.gdb", layers=[layer]).only
    assert [name for name in frame.columns if name in names] == names
    assert frame[names].to_dict("list") == values
    for name in names:
        assert load(tmp_path / "t.gdb", layers=[layer], columns=[name]).only.to_dict("list") == {name: values[name]}


@pytest.mark.parametrize("with_arrow", [False, True])
def test_a_moment_that_pandas_cannot_hold_stays_a_text_without_a_warning(tmp_path, monkeypatch, with_arrow):
    monkeypatch.setattr("arcgis_export_widgets.loading.readers.gdal._ARROW", with_arrow)
    leap = {"type": "Feature", "geometry": None, "properties": {"when": "2016-12-31T23:59:60Z"}}
    (tmp_path / "t.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [leap]}))
    assert "23:59:60" in load(tmp_path / "t.geojson").only["when"][0]

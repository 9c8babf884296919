"""What each format loses, said before it is lost."""

import pandas as pd
import pyogrio
import pytest

from arcgis_export_widgets import load
from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.losses import losses
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading import ExpectedLayer
from arcgis_export_widgets.model.definition import LayerDefinition


def layer(*fields, geometry="esriGeometryPoint", wkid=4326, **more):
    return LayerDefinition.from_json(
        {
            "id": 0,
            "name": "Layer",
            "geometryType": geometry,
            "extent": {"spatialReference": {"wkid": wkid}},
            "fields": [{"type": f"esriFieldType{kind}", "name": name, **rest} for name, kind, rest in fields],
            **more,
        }
    )


def texts(*arguments, **options):
    return [str(loss) for loss in losses(*arguments, **options)]


FILLED = {"nullable": False}


def test_long_names_are_shown_as_a_shapefile_will_cut_them():
    definition = layer(("POPULATION_2000", "Integer", FILLED), ("STATE", "GUID", FILLED))
    (loss,) = losses("Shapefile", definition)
    assert loss.fields == ("POPULATION_2000",)
    assert str(loss) == "1 name becomes 10 characters (load() restores them): POPULATION_2000 as POPULATION"


def test_names_that_become_the_same_are_said_to_be_numbered():
    definition = layer(("POPULATION_2000", "Integer", FILLED), ("population_2010", "Integer", FILLED))
    assert "get a number" in texts("Shapefile", definition)[0]


def test_many_names_are_counted_rather_than_listed():
    definition = layer(*((f"A_RATHER_LONG_{n}", "Integer", FILLED) for n in range(9)))
    (loss,) = losses("Shapefile", definition)
    assert len(loss.fields) == 9
    assert loss.text.count(" as ") == 3
    assert "and 6 more" in loss.text


@pytest.mark.parametrize(
    ("kind", "more", "said"),
    [
        ("Date", FILLED, "The time of day is lost in value"),
        ("XML", FILLED, "Any spaces before and after text are removed in value"),
        ("Double", FILLED, "Very small numbers lose digits in value"),
        ("Integer", {}, "Missing values look like 0 or empty text in value"),
        ("BigInteger", FILLED, "Whole numbers beyond 9,007,199,254,740,992 are rounded in value"),
    ],
)
def test_a_shapefile_loses_by_field_type(kind, more, said):
    assert texts("Shapefile", layer(("value", kind, more))) == [said]


def test_a_shapefile_cuts_long_texts_and_has_no_missing_ones():
    said = texts("Shapefile", layer(("value", "String", {"length": 255})))
    assert said[:2] == [
        "Any text longer than 254 bytes is cut in value",
        "Missing values look like empty text in value",
    ]


@pytest.mark.parametrize(
    ("kind", "more"), [("DateOnly", {}), ("OID", {}), ("GUID", {}), ("TimeOnly", {}), ("TimestampOffset", {})]
)
def test_a_shapefile_keeps_what_it_can(kind, more):
    assert texts("Shapefile", layer(("value", kind, more))) == []


@pytest.mark.parametrize("geometry", ["esriGeometryPolyline", "esriGeometryPolygon", "esriGeometryMultipoint"])
@pytest.mark.parametrize("export_format", ["CSV", "Excel"])
def test_tables_hold_coordinates_of_points_only(export_format, geometry):
    definition = layer(geometry=geometry)
    assert "rows arrive without coordinates" in texts(export_format, definition)[0]
    assert texts(export_format, definition, include_geometry=False) == []
    assert texts(export_format, layer()) == []


@pytest.mark.parametrize("export_format", ["GeoJson", "KML"])
def test_formats_that_ignore_the_coordinate_system_say_so(export_format):
    (said,) = texts(export_format, layer(wkid=2227))
    assert "always in EPSG:4326, not in EPSG:2227" in said
    assert "to_crs() converts the loaded frame" in said
    assert texts(export_format, layer(wkid=2227), target_sr=4326) == []
    assert "not in EPSG:3857" in texts(export_format, layer(), target_sr="EPSG:3857")[0]
    assert texts(export_format, layer(wkid=2227), include_geometry=False) == []


def test_formats_that_honour_the_coordinate_system_lose_nothing_by_it():
    assert texts("geoPackage", layer(wkid=2227), target_sr=3857) == []


@pytest.mark.parametrize(
    ("export_format", "lost"),
    [("CSV", 2), ("Excel", 2), ("GeoJson", 1), ("KML", 1), ("Shapefile", 0), ("geoPackage", 0)],
)
def test_heights_and_measures_are_dropped_where_there_is_no_place(export_format, lost):
    said = texts(export_format, layer(hasZ=True, hasM=True))
    assert sum("drops" in sentence for sentence in said) == lost


def test_codes_lose_their_meaning_outside_a_geodatabase():
    domain = {"type": "codedValue", "name": "S", "codedValues": [{"code": "R", "name": "Reviewed"}]}
    definition = layer(("STATUS", "String", {"domain": domain, "length": 5}))
    assert texts("geoPackage", definition) == ["Codes arrive without their labels in STATUS"]
    assert texts("File Geodatabase", definition) == []


def test_attachments_travel_in_geodatabases_only():
    assert "Attachments" in texts("geoPackage", layer(hasAttachments=True))[0]
    assert texts("File Geodatabase", layer(hasAttachments=True)) == []


def test_types_that_a_text_file_forgets_are_restored_by_load():
    second, said = texts("CSV", layer(("opened", "Date", FILLED)))
    assert second == "Times lose their fractions of a second in opened"
    assert "load() restores the types" in said


def test_a_table_has_no_geometry_to_lose():
    table = LayerDefinition.from_json({"id": 1, "name": "Log", "fields": []})
    assert [texts(known, table) for known in ExportFormat if known.facts.loadable] == [[]] * 8


@pytest.mark.parametrize("export_format", ["Scene Package", "Vector Tile Package"])
def test_packages_are_said_to_be_for_display(export_format):
    (said,) = texts(export_format, layer(("opened", "Date", {})))
    assert "load() cannot read it" in said


FLAGS = [(f"FLAG_{n}", "SmallInteger", FILLED) for n in range(300)]


@pytest.mark.parametrize(
    ("export_format", "fields", "geometry", "said"),
    [
        ("Shapefile", 255, "esriGeometryPoint", []),
        ("Shapefile", 256, "esriGeometryPoint", ["Shapefile holds at most 255 fields: 1 of the 256 fields do not fit"]),
        ("Excel", 16_384, None, []),
        ("Excel", 16_385, None, ["Excel holds at most 16,384 fields: 1 of the 16,385 fields do not fit"]),
        # x and y are columns, too
        (
            "Excel",
            16_383,
            "esriGeometryPoint",
            ["Excel holds at most 16,384 fields: 1 of the 16,385 fields do not fit"],
        ),
        (
            "File Geodatabase",
            65_535,
            None,
            ["File Geodatabase holds at most 65,534 fields: 1 of the 65,535 fields do not fit"],
        ),
        ("geoPackage", 2001, None, ["GeoPackage holds at most 2,000 fields: 1 of the 2,001 fields do not fit"]),
        ("CSV", 20_000, None, []),
    ],
)
def test_fields_beyond_a_formats_limit_are_counted(export_format, fields, geometry, said):
    definition = layer(*[(f"F{n}", "String", FILLED) for n in range(fields)], geometry=geometry)
    assert [text for text in texts(export_format, definition) if "fields do not fit" in text] == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (None, []),
        (1_048_575, []),
        (1_048_576, ["Excel holds at most 1,048,575 rows: 1 of the 1,048,576 rows do not fit"]),
    ],
)
def test_a_sheet_holds_its_rows_less_the_one_with_the_names(count, said):
    assert texts("Excel", layer(), count=count) == said
    assert texts("CSV", layer(), count=count) == []


def test_a_shapefile_of_more_than_two_gigabytes_is_said_to_be_too_big_for_table_and_shapes_each():
    wide = layer(("NOTE", "String", {"length": 254, "nullable": False}))
    size = "holds at most 2 GB, but 10,000,000 rows take about 2.4 GB (estimated from the layer's fields)"
    assert texts("Shapefile", wide, count=10_000_000)[0] == f"Shapefile: the .dbf file {size}"
    narrow = layer(("N", "SmallInteger", FILLED))
    assert texts("Shapefile", narrow, count=76_000_000) == []
    (shapes,) = texts("Shapefile", narrow, count=77_000_000)
    assert shapes.startswith("Shapefile: the .shp file holds at most 2 GB, but 77,000,000 rows take about 2.0 GB")
    assert texts("Shapefile", narrow, count=77_000_000, include_geometry=False) == []
    assert texts("Shapefile", layer(("N", "SmallInteger", FILLED), hasZ=True), count=77_000_000)[0].endswith(
        "3.2 GB (estimated from the layer's fields)"
    )


def test_the_size_of_lines_cannot_be_known_and_is_not_guessed():
    lines = layer(("N", "SmallInteger", FILLED), geometry="esriGeometryPolyline")
    assert texts("Shapefile", lines, count=100_000_000) == []


def test_a_cell_holds_so_many_characters():
    said = "Any text longer than 32,767 characters does not fit in value"
    for length, expected in ((32_767, False), (32_768, True)):
        found = texts("Excel", layer(("value", "String", {"length": length, "nullable": False})))
        assert (said in found) is expected


def test_the_receipt_of_a_loaded_file_names_limits_as_the_form_does(tmp_path):
    path = tmp_path / "cities.xlsx"
    pyogrio.write_dataframe(pd.DataFrame({"N": [1, 2], "x": [7, 8], "y": [50, 51]}), path, driver="XLSX", layer="Layer")
    expected = ExpectedLayer(layer(("N", "SmallInteger", FILLED)), count=1_048_577)
    receipt = load(path, layers=[expected], export_format="Excel").receipt
    assert "Excel holds at most 1,048,575 rows: 2 of the 1,048,577 rows do not fit" in receipt.losses["Layer"]


def test_what_exceeds_a_limit_comes_first():
    definition = layer(*FLAGS, ("opened", "Date", {}), wkid=2227)
    assert [loss.topic for loss in losses("Shapefile", definition, count=10**7)][:2] == [
        "fields beyond 255",
        "rows beyond 2 GB",
    ]


def test_an_unknown_format_is_refused():
    with pytest.raises(RequestError, match="not an export format"):
        losses("dwg", layer())

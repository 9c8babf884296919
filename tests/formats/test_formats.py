"""Format names as people write them, and facts that agree with each other."""

import pytest

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.model.definition import GeometryType


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("shapefile", "Shapefile"),
        ("SHP", "Shapefile"),
        ("csv", "CSV"),
        ("file geodatabase", "File Geodatabase"),
        ("FileGeodatabase", "File Geodatabase"),
        ("fgdb", "File Geodatabase"),
        ("geojson", "GeoJson"),
        ("GPKG", "geoPackage"),
        ("GeoPackage", "geoPackage"),
        ("kmz", "KML"),
        ("xlsx", "Excel"),
        ("feature_collection", "Feature Collection"),
        ("vector tile package", "Vector Tile Package"),
    ],
)
def test_any_casing_and_short_name_becomes_what_arcgis_takes(written, sent):
    assert ExportFormat.of(written).value == sent


@pytest.mark.parametrize("known", ExportFormat)
def test_each_format_knows_itself(known):
    assert ExportFormat.of(known) is known
    assert ExportFormat.of(known.value) is known
    assert ExportFormat.of(known.facts.label) is known


@pytest.mark.parametrize("written", ["dwg", "", None, 5])
def test_an_unknown_format_is_answered_with_those_there_are(written):
    with pytest.raises(RequestError, match="ArcGIS exports to: Shapefile, CSV"):
        ExportFormat.of(written)


@pytest.mark.parametrize("known", ExportFormat)
def test_facts_do_not_contradict_each_other(known):
    facts = known.facts
    assert facts.extension.startswith(".")
    assert (facts.collection_type is None) == (facts.collection_extension is None)
    assert GeometryType.POINT in facts.geometry_types


def test_no_name_means_two_formats():
    names = [name for known in ExportFormat for name in (known.value.lower().replace(" ", ""), *known.facts.nicknames)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", ["GeoParquet", "parquet"])
def test_who_asks_for_parquet_is_told_how_to_get_it(name):
    with pytest.raises(RequestError, match=r"For GeoParquet, export to a format that can be loaded"):
        ExportFormat.of(name)

from __future__ import annotations

from dataclasses import astuple

import pytest
from pyproj.aoi import AreaOfInterest

from arcgis_export_widgets.model.crs_search import area_of, search_crs, suggest_crs
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.model.spatial_reference import SpatialReference

TEXAS = AreaOfInterest(-96, 29, -95, 30)
BERLIN_MERCATOR = {"xmin": 1.45e6, "ymin": 6.86e6, "xmax": 1.52e6, "ymax": 6.92e6, "spatialReference": {"wkid": 102100}}


def layer(extent):
    return LayerDefinition.from_json({"id": 0, "geometryType": "esriGeometryPoint", "extent": extent})


@pytest.mark.parametrize(
    ("typed", "label"),
    [
        ("25832", "EPSG:25832 · ETRS89 / UTM zone 32N"),
        ("epsg:3857", "EPSG:3857 · WGS 84 / Pseudo-Mercator"),
        ("albers conus", "ESRI:102003 · USA_Contiguous_Albers_Equal_Area_Conic"),
        ("wgs 84 utm 33n", "EPSG:32633 · WGS 84 / UTM zone 33N"),
    ],
)
def test_systems_are_found_by_code_and_by_words(typed, label):
    assert label in [known.label for known in search_crs(typed)][:10]


def test_nothing_is_found_for_nothing_and_for_nonsense():
    assert search_crs("  ") == ()
    assert search_crs("flat earth") == ()


def test_an_area_within_a_zone_is_offered_its_utm_zone_and_narrower_systems():
    found = suggest_crs(TEXAS)
    assert found[0].label == "EPSG:32615 · WGS 84 / UTM zone 15N"
    assert any("Texas" in known.name for known in found)
    assert all(SpatialReference.of(known.label.partition(" ")[0]).label == known.label for known in found)


def test_an_area_across_the_180th_meridian_is_offered_nothing_wrong():
    assert suggest_crs(AreaOfInterest(-190, 50, -170, 60)) == ()


def test_the_area_of_layers_is_theirs_in_degrees():
    box = area_of([layer(BERLIN_MERCATOR), layer({})])
    assert [round(side) for side in astuple(box)] == [13, 52, 14, 53]


@pytest.mark.parametrize("extent", [{}, {"xmin": "NaN"}, {**BERLIN_MERCATOR, "spatialReference": {"wkid": 1}}])
def test_an_extent_of_no_use_gives_no_area(extent):
    assert area_of([layer(extent)]) is None

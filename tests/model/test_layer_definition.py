"""Layer definitions of servers old and new."""

import pytest

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.model.definition import GeometryType, LayerDefinition
from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType, RangeDomain
from arcgis_export_widgets.model.spatial_reference import SpatialReference


def test_a_hosted_layer_is_read_whole():
    layer = LayerDefinition.from_json(
        {
            "id": 2,
            "name": "Roads",
            "geometryType": "esriGeometryPolyline",
            "extent": {"spatialReference": {"wkid": 102100, "latestWkid": 3857}},
            "objectIdField": "fid",
            "displayField": "name",
            "maxRecordCount": 2000,
            "capabilities": "Query, Extract",
            "supportedQueryFormats": "JSON, geoJSON, PBF",
            "advancedQueryCapabilities": {"supportsPagination": True},
            "hasZ": True,
            "hasAttachments": True,
            "editingInfo": {"lastEditDate": 1700000000000},
            "fields": [{"name": "fid", "type": "esriFieldTypeOID"}, {"name": "Shape", "type": "esriFieldTypeGeometry"}],
        }
    )
    assert (layer.id, layer.name, layer.object_id_field, layer.max_record_count) == (2, "Roads", "fid", 2000)
    assert layer.geometry_type is GeometryType.POLYLINE
    assert layer.spatial_reference == SpatialReference(wkid=102100, latest_wkid=3857)
    assert layer.capabilities == {"Query", "Extract"}
    assert layer.query_formats == {"json", "geojson", "pbf"}
    assert [field.name for field in layer.fields] == ["fid"]
    assert (layer.has_z, layer.has_m, layer.has_attachments) == (True, False, True)
    assert layer.last_edit_ms == 1700000000000


def test_an_old_server_says_little_and_is_understood():
    layer = LayerDefinition.from_json(
        {
            "id": 0,
            "name": "",
            "geometryType": "esriGeometryPoint",
            "fields": [{"name": "NAME", "type": "esriFieldTypeString"}, {"name": "FID", "type": "esriFieldTypeOID"}],
        }
    )
    assert (layer.name, layer.object_id_field, layer.max_record_count) == ("Layer 0", "FID", 1000)
    assert layer.query_formats == {"json"}
    assert layer.spatial_reference is None


def test_a_table_has_no_geometry_and_no_spatial_reference():
    table = LayerDefinition.from_json(
        {"id": 1, "name": "Log", "fields": None, "extent": {"spatialReference": {"wkid": 4326}}}
    )
    assert table.is_table
    assert table.spatial_reference is None
    assert table.fields == ()


def test_a_local_system_nobody_knows_does_not_hide_the_layer():
    layer = LayerDefinition.from_json(
        {"id": 0, "geometryType": "esriGeometryPoint", "extent": {"spatialReference": {"wkid": 999999}}}
    )
    assert layer.spatial_reference is None
    assert layer.geometry_type is GeometryType.POINT


def test_the_stored_reference_wins_over_that_of_the_extent():
    layer = LayerDefinition.from_json(
        {
            "id": 0,
            "geometryType": "esriGeometryPoint",
            "sourceSpatialReference": {"wkid": 2227},
            "extent": {"spatialReference": {"wkid": 4326}},
        }
    )
    assert layer.spatial_reference == SpatialReference(wkid=2227)


def test_the_service_itself_is_no_layer():
    with pytest.raises(RequestError, match="not the definition of a layer"):
        LayerDefinition.from_json({"layers": [{"id": 0, "name": "Roads"}]})


def test_fields_are_found_in_any_case(cities):
    assert cities.field("größe").name == "Größe"
    assert cities.field("nothing") is None


def test_two_definitions_of_one_layer_are_equal_whatever_else_the_server_said():
    json = {"id": 0, "name": "Roads", "fields": []}
    assert LayerDefinition.from_json(json) == LayerDefinition.from_json(json | {"copyrightText": "us"})


def test_a_domain_is_read_in_its_own_order():
    values = [{"code": 2, "name": "Rail"}, {"code": 1, "name": "Road"}]
    domain = {"type": "codedValue", "name": "Kind", "codedValues": values}
    field = Field.from_json({"name": "KIND", "type": "esriFieldTypeSmallInteger", "domain": domain})
    assert isinstance(field.domain, CodedValues)
    assert list(field.domain.labels.items()) == [(2, "Rail"), (1, "Road")]


@pytest.mark.parametrize(
    ("json", "domain"),
    [
        (None, None),
        ({"type": "inherited"}, None),
        ({"type": "range", "name": "Share", "range": [0, 1]}, RangeDomain("Share", 0, 1)),
        ({"type": "codedValue", "name": None, "codedValues": None}, CodedValues("", {})),
    ],
)
def test_other_domains_are_read_as_far_as_they_say_something(json, domain):
    assert Field.from_json({"name": "A", "type": "esriFieldTypeDouble", "domain": json}).domain == domain


@pytest.mark.parametrize(
    "domain",
    [
        {"type": "codedValue", "codedValues": [{"name": "no code"}]},
        {"type": "codedValue", "codedValues": 5},
        {"type": "range", "range": ["low", None]},
        {"type": "range", "range": [1]},
    ],
)
def test_a_domain_that_says_nothing_does_not_hide_its_field(domain):
    assert Field.from_json({"name": "A", "domain": domain}).domain is None


def test_a_code_without_a_label_stands_for_itself():
    domain = Field.from_json({"name": "A", "domain": {"type": "codedValue", "codedValues": [{"code": 7}]}}).domain
    assert domain.labels == {7: "7"}


@pytest.mark.parametrize("wrong", [{"fields": [{"type": "esriFieldTypeString"}]}, {"fields": 5}, {"id": "first"}])
def test_a_layer_described_as_no_server_does_is_told_by_its_name(wrong):
    with pytest.raises(RequestError, match="does not describe layer Roads as ArcGIS does"):
        LayerDefinition.from_json({"id": 0, "name": "Roads"} | wrong)


def test_a_field_without_alias_goes_by_its_name():
    field = Field.from_json({"name": "A", "type": "esriFieldTypeString", "alias": "", "nullable": False, "length": 5})
    assert (field.alias, field.nullable, field.length) == ("A", False, 5)


@pytest.mark.parametrize(
    ("name", "is_integer", "is_number", "is_text", "is_temporal"),
    [
        ("esriFieldTypeBigInteger", True, True, False, False),
        ("esriFieldTypeOID", True, True, False, False),
        ("esriFieldTypeSingle", False, True, False, False),
        ("esriFieldTypeGUID", False, False, True, False),
        ("esriFieldTypeTimeOnly", False, False, False, True),
        ("esriFieldTypeFromTheFuture", False, False, False, False),
    ],
)
def test_field_types_know_their_kind(name, is_integer, is_number, is_text, is_temporal):
    kind = FieldType.of(name)
    assert (kind.is_integer, kind.is_number, kind.is_text, kind.is_temporal) == (
        is_integer,
        is_number,
        is_text,
        is_temporal,
    )


def test_every_geometry_type_has_a_word_for_people():
    assert GeometryType.POLYLINE.plural == "lines"
    assert all(kind.plural for kind in GeometryType)


@pytest.mark.parametrize("known", GeometryType)
def test_a_geometry_type_is_known_in_any_letter_case(known):
    for name in (known.value, known.value.upper(), known.value.lower()):
        layer = LayerDefinition.from_json({"id": 0, "geometryType": name})
        assert layer.geometry_type is known


@pytest.mark.parametrize("known", FieldType)
def test_a_field_type_is_known_in_any_letter_case(known):
    for name in (known.value, known.value.upper(), known.value.lower()):
        assert FieldType.of(name) is known

"""Layers as an ArcGIS server describes them, small enough to read."""

import pytest

from arcgis_export_widgets.request.layer_definition import LayerDefinition


def field(name, kind, **more):
    return {"name": name, "type": f"esriFieldType{kind}", **more}


def coded(name, labels):
    values = [{"code": code, "name": label} for code, label in labels.items()]
    return {"type": "codedValue", "name": name, "codedValues": values}


CITIES = {
    "id": 0,
    "name": "Cities",
    "geometryType": "esriGeometryPoint",
    "extent": {"spatialReference": {"wkid": 102100, "latestWkid": 3857}},
    "objectIdField": "OBJECTID",
    "maxRecordCount": 2000,
    "fields": [
        field("OBJECTID", "OID"),
        field("POPULATION", "Integer", alias="Total population"),
        field("STATE", "String", length=30),
        field("NAME", "String", length=400),
        field("AREA_KM2", "Double"),
        field("Größe", "Double"),
        field("opened", "Date"),
        field("founded", "DateOnly"),
        field("closes_at", "TimeOnly"),
        field("ORDER", "SmallInteger"),
        field("DATE", "Date"),
        field("VALUE", "Double"),
        field("STATUS", "String", domain=coded("Status", {"R": "Reviewed", "O": "Open"})),
        field("KIND", "SmallInteger", domain=coded("Kind", {1: "Road", 2: "Rail"})),
        field("GlobalID", "GlobalID"),
    ],
}


@pytest.fixture
def cities():
    return LayerDefinition.from_json(CITIES)

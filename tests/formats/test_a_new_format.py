"""A format is one row, and a reader: everything else follows, for each format there is and for one made up here."""

import ast
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import geopandas as gpd
import make_fidelity_table as fidelity
import pandas as pd
import pyogrio
import pytest
from jsonschema import Draft202012Validator

import arcgis_export_widgets
from arcgis_export_widgets import load
from arcgis_export_widgets.formats.facts import FormatFacts
from arcgis_export_widgets.formats.losses import losses
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.request.dialects import Dialect, RequestCode
from arcgis_export_widgets.request.python_code import python_code
from arcgis_export_widgets.request.reading import request_schema
from arcgis_export_widgets.request.request import ExportRequest
from arcgis_export_widgets.state.format_form import FormatForm
from arcgis_export_widgets.widgets.format_form import FormatFormView

PACKAGE = Path(arcgis_export_widgets.__file__).parent
ITEM = "345313e619df46f387f9ededbe15ac56"
MADE_UP = "FLATGEOBUF"
ROW = f"""
    {MADE_UP} = FormatFacts(
        value="FlatGeobuf",
        label="Flat Geobuf",
        nicknames=("fgb",),
        replica_value="flatGeobuf",
        package_value="FlatGeobufPackage",
        item_type="FlatGeobuf",
        collection_type="FlatGeobuf Collection",
        extension=".fgb",
        collection_extension=".zip",
        suffixes=(".fgb",),
        driver="FlatGeobuf",
        max_rows=1000,
        keeps_m=False,
    )
"""

every_format = pytest.mark.parametrize("known", ExportFormat, ids=lambda known: known.name)
every_loadable_format = pytest.mark.parametrize(
    "known", [known for known in ExportFormat if known.facts.loadable], ids=lambda known: known.name
)


def layer():
    fields = [
        {"name": "OBJECTID", "type": "esriFieldTypeOID"},
        {"name": "A_LONG_FIELD_NAME", "type": "esriFieldTypeString", "length": 100_000},
        {"name": "SMALL", "type": "esriFieldTypeInteger"},
        {"name": "BIG", "type": "esriFieldTypeBigInteger"},
        {"name": "FRACTION", "type": "esriFieldTypeDouble"},
        {"name": "OPENED", "type": "esriFieldTypeDate"},
        {
            "name": "STATE",
            "type": "esriFieldTypeInteger",
            "domain": {"type": "codedValue", "name": "S", "codedValues": [{"code": 1, "name": "open"}]},
        },
    ]
    return LayerDefinition.from_json(
        {
            "id": 0,
            "name": "Cities",
            "geometryType": "esriGeometryPoint",
            "extent": {"spatialReference": {"wkid": 3857}},
            "fields": fields,
            "hasZ": True,
            "hasM": True,
            "hasAttachments": True,
        }
    )


def test_a_new_format_is_a_row_and_nothing_else(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    registry = tmp_path / PACKAGE.name / "formats" / "registry.py"
    text = registry.read_text(encoding="utf-8")
    behind_the_rows = "\n    @classmethod\n    def of("
    assert behind_the_rows in text
    registry.write_text(text.replace(behind_the_rows, ROW + behind_the_rows), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", MADE_UP, str(Path(__file__))]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@every_format
def test_a_request_takes_each_name_and_sends_the_api_value(known):
    for name in (known.value, known.value.upper(), known.facts.label, *known.facts.nicknames):
        assert ExportRequest(ITEM, name).to_form()["exportFormat"] == known.facts.value


@every_format
def test_the_schema_admits_it(known):
    Draft202012Validator(request_schema()).validate(ExportRequest(ITEM, known).to_json())


@every_format
def test_the_form_offers_it_with_what_it_loses(known):
    form = FormatForm(definitions=(layer(),))
    assert (known.facts.label, known.value) in FormatFormView(form).format.options
    form.format = known.value
    form.counts = {0: 10**10}
    (card,) = (card for card in form.cards if card.value == known.value)
    assert card.extension == known.facts.extension
    assert card.lost == tuple(dict.fromkeys(loss.topic for loss in losses(known, layer(), count=10**10)))
    assert {*form.layer_losses, *form.field_losses} == {str(loss) for loss in losses(known, layer(), count=10**10)}
    assert form.has_columns is known.facts.names_xy_columns
    form.definitions = (layer(), replace(layer(), id=1))
    (card,) = (card for card in form.cards if card.value == known.value)
    assert card.extension == known.facts.extension_of(2)


@every_format
def test_its_limits_and_what_it_does_not_keep_are_told(known):
    said = {str(loss) for loss in losses(known, layer(), count=10**10)}
    if known.facts.loadable:
        assert any("holds at most" in text for text in said) is (
            known.facts.max_rows is not None or known.facts.row_bytes is not None
        )
        assert any("measures" in text for text in said) is not known.facts.keeps_m


@every_format
def test_its_file_gets_the_extension_once(known):
    facts = known.facts
    for count in (1, 2):
        extension = facts.extension_of(count)
        assert known.file_name("Roads 2.0", count) == f"Roads 2.0{extension}"
        for suffix in facts.download_suffixes:
            assert known.file_name(f"Cities{suffix}", count) == f"Cities{suffix}"


@every_format
def test_the_code_for_it_names_it_and_its_file(known):
    request = ExportRequest(ITEM, known)
    assert f'"{known.value}"' in python_code(request, portal_url=None, is_sample=True)
    code = {
        dialect: RequestCode(request, dialect, portal_url=None).text
        for dialect in Dialect
        if dialect is not Dialect.PACKAGE
    }
    assert f'"{known.facts.package_value or known.value}"' in code.pop(Dialect.ARCGIS)
    assert all(f"export{known.facts.extension}" in text and known.value in text for text in code.values())


@every_format
def test_the_documentation_lists_it(known):
    assert f"| {known.facts.label} |" in fidelity.make_limits()


def made_file(facts, folder):
    """A file of two rows in that format, as any program would write it."""
    path = folder / f"cities{facts.suffixes[0]}"
    frame = gpd.GeoDataFrame(
        {"NAME": ["Bonn", "Köln"]}, geometry=gpd.points_from_xy([7.1, 7.0], [50.7, 50.9]), crs=4326
    )
    if facts.has_xy_columns:
        frame = pd.DataFrame(frame.drop(columns="geometry")).assign(x=[7.1, 7.0], y=[50.7, 50.9])
    if facts.driver is not None:
        pyogrio.write_dataframe(frame, path, driver=facts.driver)
    elif facts.reader == "csv":
        frame.to_csv(path, index=False)
    else:
        features = [{"attributes": {"NAME": name}, "geometry": {"x": 7, "y": 50}} for name in frame["NAME"]]
        definition = {"name": "cities", "geometryType": "esriGeometryPoint", "fields": []}
        feature_set = {"features": features, "geometryType": "esriGeometryPoint"}
        path.write_text(json.dumps({"layers": [{"layerDefinition": definition, "featureSet": feature_set}]}))
    return path


@every_loadable_format
def test_its_files_are_found_and_read_bare_in_a_folder_and_in_a_zip(known, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    path = made_file(known.facts, folder)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    for place in (path, folder, tmp_path / "export.zip"):
        frame = load(place).only
        assert len(frame) == 2
        assert {"Bonn", "Köln"} <= set(frame.to_numpy().ravel().tolist())


def test_the_documentation_is_up_to_date_with_the_rows():
    assert fidelity.TABLE.read_text(encoding="utf-8").endswith(fidelity.make_limits())


WORSE = {"max_rows": 1, "max_fields": 1, "max_name_characters": 3, "max_text_bytes": 5, "max_text_characters": 5}
BYTES = {"max_file_bytes": 10, "row_bytes": lambda *_: {".bin": 7}}


@pytest.mark.parametrize(
    "fact", [one.name for one in fields(FormatFacts) if one.name.startswith(("keeps_", "max_", "honours_"))]
)
def test_no_fact_goes_without_a_sentence(fact, monkeypatch):
    best = replace(
        ExportFormat.FILE_GEODATABASE.facts, **dict.fromkeys(("max_rows", "max_fields"), None), keeps_milliseconds=True
    )
    monkeypatch.setattr(ExportFormat.FILE_GEODATABASE, "facts", best)
    assert losses(ExportFormat.FILE_GEODATABASE, layer(), count=100) == ()
    worse = BYTES if fact == "max_file_bytes" else {fact: WORSE.get(fact, False)}
    monkeypatch.setattr(ExportFormat.FILE_GEODATABASE, "facts", replace(best, **worse))
    assert len(losses(ExportFormat.FILE_GEODATABASE, layer(), count=100)) == 1


ELSEWHERE = {
    "state/format_form.py": "the format the form starts with",
    "workflow/pages.py": "the format that pages of features are saved in",
    "workflow/routes.py": "says that pages are saved in that format, not in the one asked for",
    "loading/readers/": "a reader knows the format it reads",
    "loading/detect.py": "tells by content formats that begin alike, and which are several files or a folder",
    "loading/pipeline.py": "a geodatabase is a folder",
    "loading/restore.py": "a geodatabase has names of letters, digits and underscores",
}


def test_no_other_place_tells_formats_apart():
    suffixes = {suffix for known in ExportFormat for suffix in (*known.facts.suffixes, *known.facts.download_suffixes)}
    drivers = {known.facts.driver for known in ExportFormat}
    found = set()
    for file in PACKAGE.rglob("*.py"):
        name = file.relative_to(PACKAGE).as_posix()
        if name.startswith(("localportal/", "formats/", *ELSEWHERE)):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "ExportFormat":
                found |= {f"{name}: {node.attr}"} if node.attr in ExportFormat.__members__ else set()
            if isinstance(node, ast.Constant) and node.value in (suffixes | drivers) - {".zip", ".json", None}:
                found.add(f"{name}: {node.value}")
    assert found == set()

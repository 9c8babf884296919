"""The code written for a request: it compiles, makes the same request again, and holds no secret."""

import ast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.request import request as aew
from arcgis_export_widgets.request.python_code import python_code
from arcgis_export_widgets.request.request import ExportLayer, ExportRequest

ITEM = "345313e619df46f387f9ededbe15ac56"

NASTY = st.text() | st.sampled_from(
    ["\"'\n\\", "O'Brien", 'say "so"', "'\"", "é😀\u2028\x00", "{x}", "\\N{DASH}", "\ud800"]
)
COLUMNS = st.none() | st.sampled_from(["lon", 'l"o', "l\no"])
LAYERS = st.builds(
    ExportLayer,
    st.integers(0, 10**6),
    where=st.none() | NASTY,
    include_geometry=st.booleans(),
    x_column_name=COLUMNS,
)
REFERENCES = st.sampled_from(
    [None, 4326, "EPSG:2227", {"wkid": 102100, "latestWkid": 3857}, 'LOCAL_CS["a",UNIT["m",1]]']
)


@st.composite
def requests(draw):
    return ExportRequest(
        draw(st.uuids()).hex,
        draw(st.sampled_from(ExportFormat)),
        layers=draw(st.lists(LAYERS, max_size=4, unique_by=lambda layer: layer.id)),
        title=draw(st.none() | NASTY),
        target_sr=draw(REFERENCES),
        tags=draw(st.lists(NASTY, max_size=3)),
        snippet=draw(st.none() | NASTY),
        enforce_field_visibility=draw(st.none() | st.booleans()),
    )


def request_expression(request):
    code = python_code(request, portal_url=None, is_sample=True)
    return code.partition("request = ")[2].partition("\n\njob = ")[0]


@given(requests())
@example(ExportRequest(ITEM, "CSV", layers=[0, 1, 2]))
def test_the_written_request_is_the_same_request(request):
    assert eval(request_expression(request), {"aew": aew}) == request


@given(requests(), st.booleans(), st.booleans())
def test_the_complete_code_compiles(request, is_sample, delete_after):
    compile(
        python_code(request, portal_url="https://gis.example.org", is_sample=is_sample, delete_after=delete_after),
        "code",
        "exec",
    )


def test_the_sample_portal_needs_no_sign_in():
    code = python_code(ExportRequest(ITEM, "Shapefile", [0]), portal_url=None, is_sample=True)
    assert "portal = aew.sample_portal()" in code
    assert "getpass" not in code


def test_a_password_is_asked_for_and_never_written():
    address = "https://student:learn@gis.example.org:8443/portal?token=abc#x"
    code = python_code(ExportRequest(ITEM, "Shapefile"), portal_url=address, is_sample=False)
    assert 'aew.Portal("https://gis.example.org:8443/portal", username="...", password=getpass())' in code
    assert not any(secret in code for secret in ("learn@", "student", "abc"))


def test_no_address_means_arcgis_online():
    assert '"https://www.arcgis.com"' in python_code(ExportRequest(ITEM, "CSV"), portal_url=None, is_sample=False)


def test_only_what_differs_from_the_defaults_is_written():
    assert request_expression(ExportRequest(ITEM, "csv")) == f'aew.ExportRequest("{ITEM}", "CSV")'
    assert request_expression(ExportRequest(ITEM, "csv", [0, 2])).endswith('"CSV", layers=[0, 2])')


def test_long_calls_are_broken_as_formatters_break_them():
    request = ExportRequest(ITEM, "Shapefile", [0, ExportLayer(1, where="POP1999 > 100000")], target_sr=3857)
    assert request_expression(request) == (
        "aew.ExportRequest(\n"
        f'    "{ITEM}",\n'
        '    "Shapefile",\n'
        '    layers=[aew.ExportLayer(0), aew.ExportLayer(1, where="POP1999 > 100000")],\n'
        "    target_sr=3857,\n"
        ")"
    )


@pytest.mark.parametrize("delete_after", [True, False])
def test_the_item_is_deleted_only_if_wanted(delete_after):
    request = ExportRequest(ITEM, "CSV")
    code = python_code(request, portal_url=None, is_sample=True, delete_after=delete_after)
    assert ("result.delete()" in code) is delete_after
    for route in ("replica", "query"):  # which make no item
        other = python_code(request, portal_url=None, is_sample=True, delete_after=delete_after, route=route)
        assert "delete" not in other
        assert f'portal.plan(request, "{route}").start()' in other
    assert [type(line).__name__ for line in ast.parse(code).body][-1] == "Expr"
    assert code.rstrip().endswith("frames.receipt")

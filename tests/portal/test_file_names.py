"""File names made of titles, which people and portals may have written in any way."""

from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcgis_export_widgets.portal.items.file_names import free_name, safe_name

CJK, EMOJI = "\u5730\u56f3" * 60, "\U0001f5fa" * 120


@pytest.mark.parametrize(
    "title", [CJK, EMOJI, f"{CJK}.geojson", f"{EMOJI}.zip", "a" * 500, "a." + "b" * 500, "." * 300, " " * 300]
)
def test_a_title_of_any_length_is_the_name_of_a_file(tmp_path, title):
    path = free_name(tmp_path / safe_name(title))
    for name in (path.name, f"{path.name}.part", f"{path.name}.layers.json", f"{path.stem} (9999){path.suffix}.part"):
        (tmp_path / name).touch()


@pytest.mark.parametrize("suffix", [".geojson", ".zip", ".gpkg"])
def test_a_title_that_is_cut_keeps_its_suffix(suffix):
    assert safe_name(CJK + suffix).endswith(suffix)


@pytest.mark.parametrize("name", ["CON", "con.csv", "Nul.zip", "COM1", "lpt9.gpkg", "aux .csv", "COM\u00b9", "CONIN$"])
def test_no_name_is_a_device_of_windows(name):
    assert not PureWindowsPath(safe_name(name)).is_reserved()
    assert safe_name(name).startswith("_")


@pytest.mark.parametrize("name", ["Context", "console.csv", "COM10", "nullable.zip", "auxiliary"])
def test_a_name_that_only_begins_like_a_device_stays(name):
    assert safe_name(name) == name


@given(st.text(max_size=400))
def test_a_name_is_one_valid_name_and_stays_what_it_is(text):
    name = safe_name(text)
    assert name == safe_name(name)
    assert 0 < len(name.encode()) <= 200
    assert not set(name) & set('<>:"/\\|?*\0')
    assert name not in {".", ".."}
    assert name[-1] not in " ."

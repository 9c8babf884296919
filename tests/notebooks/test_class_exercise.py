"""The checks of the class exercise: open, right and wrong answers."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

PATH = Path(__file__).parents[2] / "notebooks" / "07_class_exercise.ipynb"
RIGHT = {
    "item_id = ...": "item_id = portal.search('earthquakes')[0].id",
    "strong = ...": "strong = 39",  # as the bars of the form show: 34 from 5, 5 from 6
    "request = ...": (
        "request = aew.ExportRequest(item_id, 'File Geodatabase', layers=[aew.ExportLayer(0, where='MAGNITUDE >= 5')])"
    ),
    "quakes = ...": "quakes = aew.run_export(portal, request).frames.only",
    "longest_name = ...": "longest_name = 'STATION_GAP_DEGREES'",
    "country = ...": (
        "c = aew.run_export(portal, aew.ExportRequest(item_id, 'geoPackage', layers=[1])).frames.only\n"
        "country = gpd.sjoin(quakes, c[['NAME', 'geometry']])['NAME'].mode()[0]"
    ),
}


def run(answers, tmp_path):
    """What the checks say, with these answers."""
    notebook = nbformat.read(PATH, as_version=4)
    for cell in notebook.cells:
        for dots, answer in answers.items():
            cell.source = cell.source.replace(dots, answer)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = (output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    return "".join(said).splitlines()


def test_right_answers_are_right(tmp_path):
    assert run(RIGHT, tmp_path).count("Right.") == len(RIGHT)


@pytest.mark.parametrize(
    ("dots", "answer", "hint"),
    [
        ("item_id = ...", "item_id = '5b7f1c2e9a3d4d0f8c6e2b1a4f9d7e30'", "feature services hold them"),
        ("longest_name = ...", "longest_name = 'MAGNITUDE'", "which a shapefile can hold"),
    ],
)
def test_wrong_answers_get_a_hint(tmp_path, dots, answer, hint):
    with pytest.raises(CellExecutionError, match=hint):
        run({dots: answer}, tmp_path)

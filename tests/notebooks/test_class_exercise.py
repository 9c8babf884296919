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


WRONG = {
    "item_id = ...": "item_id = '5b7f1c2e9a3d4d0f8c6e2b1a4f9d7e30'",
    "longest_name = ...": "longest_name = 'MAGNITUDE'",
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What the check after each task says, to the wrong answer (if there is one here) and then to the right one."""
    notebook = nbformat.read(PATH, as_version=4)
    folder = str(tmp_path_factory.mktemp("exercise"))
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": folder}})
    said = {}

    def run(place):
        """Run a cell; gives what it prints, or its error."""
        cell = notebook.cells[place]
        try:
            client.execute_cell(cell, place)
        except CellExecutionError as error:
            return str(error)
        return "".join(output.get("text", "") for output in cell.get("outputs", ())).strip()

    with client.setup_kernel():
        for place, cell in enumerate(notebook.cells):
            dots = next((dots for dots in RIGHT if cell.source.startswith(dots)), None)
            if dots is None:
                run(place)
                continue
            task = cell.source
            for kind in (kind for kind in (WRONG, RIGHT) if dots in kind):
                cell.source = task.replace(dots, kind[dots])
                run(place)
                said["right" if kind is RIGHT else "wrong", dots] = run(place + 1)
    return said


@pytest.mark.parametrize("dots", RIGHT)
def test_right_answers_are_right(said, dots):
    assert said["right", dots] == "Right."


@pytest.mark.parametrize(
    ("dots", "hint"),
    [("item_id = ...", "feature services hold them"), ("longest_name = ...", "which a shapefile can hold")],
)
def test_wrong_answers_get_a_hint(said, dots, hint):
    assert hint in said["wrong", dots]

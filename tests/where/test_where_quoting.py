"""Fields whose names have to stand in double quotes."""

import pytest

from arcgis_export_widgets.model.definition import LayerDefinition
from arcgis_export_widgets.where.checks import check_where

KINDS = {
    "when": "Date",
    "case": "Integer",
    "and": "Integer",
    "date": "Date",
    "Gebäude Nr": "Integer",
    "Höhe (m)": "Double",
    "Höhe [ft]": "Double",
    "a-b": "Integer",
    "NAME": "String",
}


@pytest.fixture
def layer():
    fields = [{"name": name, "type": f"esriFieldType{kind}", "alias": f"{name} alias"} for name, kind in KINDS.items()]
    return LayerDefinition.from_json({"id": 0, "name": "L", "fields": fields})


@pytest.mark.parametrize(
    ("clause", "at", "name"),
    [
        ("when > DATE '2020-01-01'", 0, "when"),
        ("NAME = 'when' AND WHEN IS NULL", 18, "when"),
        ("case IN (1, 2)", 0, "case"),
        ("NAME = 'x' OR when IS NULL AND case > 3", 14, "when"),
        ("Gebäude Nr > 3", 0, "Gebäude Nr"),
        ("gebäude nr = 3 AND NAME = 'x'", 0, "Gebäude Nr"),
        ("NAME = 'x' AND Höhe (m) > 3.5", 15, "Höhe (m)"),
        ("Höhe [ft] > 3.5", 0, "Höhe [ft]"),
        ("a-b = 3", 0, "a-b"),
        ("and = 3", 0, "and"),
    ],
)
def test_the_name_to_be_quoted_is_pointed_at_and_written_out(layer, clause, at, name):
    (problem,) = check_where(clause, layer)
    assert str(problem) == f'{name} needs double quotes to be read as a field. Write "{name}".'
    assert clause[problem.position :][: problem.length].lower() == name.lower()
    assert (problem.position, problem.is_error) == (at, True)


def test_what_is_told_works(layer):
    for name in KINDS:
        assert check_where(f'"{name}" IS NOT NULL', layer) == ()


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("NAME = 'x' AND date > 3 AND NAM = 'y'", "has no field NAM"),
        ("NAME = 'x' AND", "A condition is missing after AND"),
        ("NAME = 'when", "is never closed"),
        ('"when" > 3 NAME', "AND or OR is missing"),
    ],
)
def test_other_faults_are_told_as_before(layer, clause, said):
    assert any(said in str(problem) for problem in check_where(clause, layer))


@pytest.mark.parametrize("clause", ["Gebäude Nr alias > 3", '"Gebäude Nr alias" IS NULL'])
def test_an_alias_leads_to_the_quoted_name(layer, clause):
    (problem,) = check_where(clause, layer)
    assert problem.fix == 'write "Gebäude Nr"'

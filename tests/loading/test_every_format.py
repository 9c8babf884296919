"""Every field type and kind of geometry through every format and back, every value compared.

The layers stand in ``tools/fidelity_data.py``, how they are compared in ``tools/make_fidelity_table.py``.
"""

import fidelity_data
import make_fidelity_table as fidelity
import pytest

from arcgis_export_widgets.formats.losses import losses

GIVEN_BACK = {"long names", "field types", "labels of codes"}  # by load(), from the definition
OF_GEOMETRY = {"geometry", "heights", "the layer's own coordinate system"}


@pytest.fixture(scope="module")
def outcomes():
    with fidelity.served() as run:
        return {one: run(one) for one in fidelity.FORMATS}


def differing(outcome):
    return {name for name in fidelity_data.VALUES if not fidelity.same_values(outcome.attributes, name, (0, 1, 2, 3))}


def test_values_are_lost_only_where_it_was_said_before(outcomes):
    for export_format, outcome in outcomes.items():
        told = losses(export_format, outcome.attributes_definition)
        allowed = {name for loss in told if loss.topic not in GIVEN_BACK for name in loss.fields}
        assert differing(outcome) <= allowed, export_format


def test_whatever_is_said_to_be_lost_is_lost(outcomes):
    for export_format, outcome in outcomes.items():
        for loss in losses(export_format, outcome.attributes_definition):
            if loss.topic not in GIVEN_BACK:
                assert set(loss.fields) & differing(outcome), f"{export_format}: {loss}"


@pytest.mark.parametrize("name", [*fidelity_data.SHAPES, fidelity_data.PLANE])
def test_geometry_is_lost_exactly_where_it_was_said_before(outcomes, name):
    for export_format, outcome in outcomes.items():
        told = {loss.topic for loss in losses(export_format, outcome.shapes_definitions[name])}
        assert fidelity.same_shapes(outcome, name) == (not told & OF_GEOMETRY), export_format


def test_all_columns_come_under_their_full_names_and_in_order(outcomes):
    for outcome in outcomes.values():
        assert [c for c in outcome.attributes.columns if c != "geometry"] == ["OBJECTID", *fidelity_data.FIELDS]


def test_every_row_is_accounted_for(outcomes):
    for outcome in outcomes.values():
        outcome.shapes.receipt.assert_complete()


def test_the_table_in_the_documentation_is_this_run(outcomes):
    assert fidelity.TABLE.read_text(encoding="utf-8") == fidelity.make_table(outcomes)

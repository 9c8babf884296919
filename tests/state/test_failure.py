"""What the form says of an exception."""

import pytest

from arcgis_export_widgets.errors import WhereError
from arcgis_export_widgets.state.failure import sentence
from arcgis_export_widgets.where.checks.check import raise_for_where


def test_a_clause_is_not_drawn_again_in_the_form_which_marks_the_place_itself(form):
    with pytest.raises(WhereError) as caught:
        raise_for_where("POPLATION > 1", form.layer_list.layers[1].definition)
    assert "^" in str(caught.value)
    assert sentence(caught.value) == "Layer Cities has no field POPLATION. Did you mean POPULATION?"

from __future__ import annotations

import pytest

from arcgis_export_widgets.state.layer_form import LayerForm
from arcgis_export_widgets.state.runner import SameThreadRunner

USA = "345313e619df46f387f9ededbe15ac56"


@pytest.fixture
def cities(portal):
    return portal.feature_service(USA).layer(1)


def test_the_whole_layer_is_counted_at_first(cities):
    form = LayerForm(cities, SameThreadRunner())
    assert form.matched == form.total == cities.count()
    assert form.status == f"{form.total:,}"


def test_a_clause_is_counted_as_the_portal_counts_it(cities):
    form = LayerForm(cities, SameThreadRunner())
    form.where = "POPULATION > 100000"
    assert form.matched == cities.count("POPULATION > 100000")
    assert form.status == f"{form.matched:,} of {form.total:,}"


def test_nothing_is_asked_before_typing_rests(cities, steps):
    form = LayerForm(cities, steps)
    steps.settle()
    for text in ("POPULATION >", "POPULATION > 1", "POPULATION > 100000"):
        form.where = text
    assert steps.asked == []
    assert form.matched is None
    steps.rest()
    assert len(steps.asked) == 1
    assert form.status == "counting"


def test_the_count_of_an_older_clause_never_shows(cities, steps):
    form = LayerForm(cities, steps)
    steps.settle()
    form.where = "POPULATION > 100000"
    steps.rest()
    form.where = "POPULATION > 500000"
    steps.rest()
    steps.answer(1)
    newest = form.matched
    steps.answer(0)
    assert form.matched == newest == cities.count("POPULATION > 500000")


def test_an_unknown_field_is_told_at_once_with_place_and_remedy(cities, steps):
    form = LayerForm(cities, steps)
    steps.settle()
    form.where = "POPULATON > 5"
    assert (form.problems[0].position, form.problems[0].length) == (0, 9)
    assert "POPULATION" in form.blockers[0]
    assert form.status == "not counted"
    assert steps.timers == []


def test_a_wrong_clause_leaves_the_last_working_one_for_the_preview(cities):
    form = LayerForm(cities, SameThreadRunner())
    form.where = "POPULATION > 100000"
    form.where = "POPULATION > > 100000"
    assert form.settled_where == "POPULATION > 100000"
    assert form.where == "POPULATION > > 100000"


def test_coming_back_to_the_last_working_clause_counts_again(cities):
    form = LayerForm(cities, SameThreadRunner())
    form.where = "POPULATION > 100000"
    kept = form.matched
    form.where = "POPULATION >"
    assert form.matched is None
    form.where = "POPULATION > 100000"
    assert form.matched == kept


def test_a_layer_that_is_not_ticked_blocks_nothing(cities):
    form = LayerForm(cities, SameThreadRunner(), ticked=False)
    form.where = "NONSENSE = 1"
    assert form.blockers == ()


def test_what_the_portal_refuses_is_told_and_blocks(cities, monkeypatch):
    form = LayerForm(cities, SameThreadRunner())
    monkeypatch.setattr("arcgis_export_widgets.state.layer_form.check_where", lambda *_: ())
    form.where = "NO_SUCH_FIELD = 1"
    assert form.error
    assert form.blockers == (f"Cities: {form.error}",)


def test_a_portal_that_went_away_is_told_but_does_not_condemn_the_clause(cities):
    form = LayerForm(cities, SameThreadRunner())
    object.__setattr__(form.layer, "url", "http://127.0.0.1:9/rest/services/x/FeatureServer/1")
    form.where = "POPULATION > 100000"
    assert "cannot be reached" in form.error
    assert form.blockers == ()


def test_a_count_that_comes_while_something_else_is_typed_does_not_show(cities, steps):
    form = LayerForm(cities, steps)
    form.where = "POPULATION >"
    steps.answer()
    assert form.matched is None


def test_a_count_that_is_refused_leaves_no_older_number(cities):
    form = LayerForm(cities, SameThreadRunner(), where="POPULATION > 100000")
    object.__setattr__(form.layer, "url", "http://127.0.0.1:9/rest/services/x/FeatureServer/1")
    form.refresh()
    assert "cannot be reached" in form.error
    assert form.matched is None
    assert form.status == ""


def test_a_total_that_is_refused_does_not_condemn_the_clause(cities, steps):
    form = LayerForm(cities, steps, where="POPULATION > 100000")
    steps.answer()
    object.__setattr__(form.layer, "url", "http://127.0.0.1:9/rest/services/x/FeatureServer/1")
    steps.answer()
    assert (form.error, form.status) == ("", f"{form.matched:,}")


def test_refresh_counts_no_clause_that_is_wrong(cities, steps):
    form = LayerForm(cities, steps)
    steps.settle()
    form.where = "POPULATION >"
    form.refresh()
    steps.settle()
    assert (form.matched, form.settled_where, form.refused) == (None, "", False)
    assert form.status == "not counted"

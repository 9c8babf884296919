from __future__ import annotations

import pytest

from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType
from arcgis_export_widgets.where.checks import WhereProblem
from arcgis_export_widgets.widgets import html

EVIL = "<img src=x onerror=alert(1)>"
EVIL_FIELD = Field(EVIL, FieldType.STRING, alias=f"{EVIL}!", domain=CodedValues(EVIL, {EVIL: EVIL}))


@pytest.mark.parametrize(
    "made",
    [
        html.error(EVIL),
        html.problem(EVIL, WhereProblem(EVIL, 2, 5, EVIL)),
        html.problem(EVIL, WhereProblem(EVIL, 0, len(EVIL))),
        html.problem(EVIL, WhereProblem(EVIL, len(EVIL), 1)),
        html.fields([EVIL_FIELD]),
        html.table(EVIL, [EVIL], [[EVIL]]),
        html.pairs(EVIL, [(EVIL, EVIL)]),
        html.folded(EVIL, [EVIL]),
        html.warnings([EVIL]),
        html.step(1, EVIL),
    ],
)
def test_texts_that_are_not_ours_are_escaped(made):
    assert "<img" not in made
    assert "onerror" in made


def test_the_place_of_a_problem_is_marked_in_the_clause():
    made = html.problem("POPULATON > 5", WhereProblem("no such field", 0, 9))
    assert "<mark>POPULATON</mark> &gt; 5" in made


def test_a_problem_behind_the_end_is_marked_there():
    assert "A &gt;<mark>\u2423</mark>" in html.problem("A >", WhereProblem("a value is missing", 3, 1))


def test_a_doubt_looks_other_than_an_error():
    assert "aew-warning" in html.problem("A", WhereProblem("odd", 0, 1, is_error=False))


def test_nothing_to_say_makes_no_html():
    assert html.error("") == html.folded("x", []) == html.warnings([]) == ""


def test_fields_are_shown_with_type_alias_and_codes():
    field = Field("STATUS", FieldType.STRING, alias="Review", domain=CodedValues("s", {"A": "Automatic"}))
    assert "<td>text</td><td>Review: A = Automatic</td>" in html.fields([field])

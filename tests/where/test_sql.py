from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import arcgis_export_widgets as aew
from arcgis_export_widgets.where.clause import read
from arcgis_export_widgets.where.sql import and_, ids_clause


@pytest.mark.parametrize(
    ("ids", "clause"),
    [
        ([3, 1, 2, 2], "OBJECTID BETWEEN 1 AND 3"),
        ([1, 2, 9], "OBJECTID IN (1, 2, 9)"),
        ([1, 2, 3, 4, 8, 20, 21, 22], "OBJECTID BETWEEN 1 AND 4 OR OBJECTID BETWEEN 20 AND 22 OR OBJECTID IN (8)"),
        ([], "OBJECTID IN (-1)"),
    ],
)
def test_runs_of_ids_become_ranges(ids, clause):
    assert ids_clause("OBJECTID", ids) == clause


@given(st.sets(st.integers(0, 200), min_size=1))
def test_exactly_the_given_ids_meet_the_clause(ids):
    kept = {x for x in range(201) if _meets(ids_clause("x", ids), x)}
    assert kept == ids


def _meets(clause, x):
    for part in clause.split(" OR "):
        if "BETWEEN" in part:
            low, high = part.removeprefix("x BETWEEN ").split(" AND ")
            if int(low) <= x <= int(high):
                return True
        elif x in {int(one) for one in part.removeprefix("x IN (").rstrip(")").split(",")}:
            return True
    return False


def test_clauses_are_joined_in_parentheses():
    assert and_("A = 1 OR B = 2", "C = 3") == "(A = 1 OR B = 2) AND (C = 3)"
    assert and_("A = 1", None, "B = 2 OR C = 3", "D = 4") == "(A = 1) AND (B = 2 OR C = 3) AND (D = 4)"
    assert and_() == and_(None, " ") == ""
    assert and_("", "C = 3") == and_("C = 3", "  ") == "C = 3"


def test_a_clause_of_thousands_of_runs_can_be_read():
    assert read(ids_clause("OBJECTID", [n for n in range(20_000) if n % 10 < 5])).tree is not None


def test_no_other_module_joins_clauses_or_writes_the_one_for_all_rows():
    package = Path(aew.__file__).parent
    client = [path for path in package.rglob("*.py") if "localportal" not in path.relative_to(package).parts]
    written = {path.name for path in client if re.search(r"\) AND |1 ?= ?1\b", path.read_text(encoding="utf-8"))}
    assert written == {"sql.py"}

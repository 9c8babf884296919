"""The mutants in tools/mutants fit the package, so that `tools/mutate.py` can be run at any time."""

import re

import pytest
from mutate import PACKAGE, ROOT, Mutant, mutants

MUTANTS = mutants()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.file}: {mutant.old.splitlines()[0].strip()}")
def test_its_line_occurs_once_and_its_tests_exist(mutant):
    assert mutant.fault() == ""


def test_every_folder_of_the_package_has_some():
    folders = {path.parent.name for path in (ROOT / PACKAGE).glob("*/__init__.py")} - {"translations"}
    assert folders - {mutant.area for mutant in MUTANTS} == set()


def test_few_may_survive_and_each_has_its_reason():
    surviving = [mutant for mutant in MUTANTS if mutant.survives]
    assert len(MUTANTS) >= 80
    assert len(surviving) <= 8
    assert all(re.search(r"\w+ \w+ \w+", mutant.survives) for mutant in surviving)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"file": "nowhere.py"}, "nowhere.py does not exist"),
        ({"old": "no such line"}, "0 times"),
        ({"old": "import"}, "not once"),
        ({"tests": "tests/test_nothing.py"}, "tests/test_nothing.py does not exist"),
    ],
)
def test_a_mutant_that_does_not_fit_says_why(change, fault):
    row = {"file": "errors.py", "old": "class ArcGISExportError(", "new": "", "tests": "tests/portal/test_retry.py"}
    assert fault in Mutant(**row | change).fault()

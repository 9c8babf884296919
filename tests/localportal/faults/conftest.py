"""Faults end with the test that switched them on."""

import pytest


@pytest.fixture(autouse=True)
def without_faults(portal):
    yield
    portal.clear_faults()

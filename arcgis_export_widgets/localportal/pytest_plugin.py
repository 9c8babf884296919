"""Pytest fixtures that give other projects' tests a local portal: ``def test_mine(arcgis_local_portal): ...``.

Override ``arcgis_local_portal_data`` in a ``conftest.py`` to serve files of your own instead of the sample data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from arcgis_export_widgets.localportal.process.local_portal import LocalPortal


@pytest.fixture(scope="session")
def arcgis_local_portal_data() -> Sequence[str | Path]:
    """Return the vector files that `arcgis_local_portal` serves; if there are none, it serves the sample data."""
    return ()


@pytest.fixture(scope="session")
def arcgis_local_portal(arcgis_local_portal_data: Sequence[str | Path]) -> Iterator[LocalPortal]:
    """Start a portal that runs until the test session ends; its export jobs take at least 0.2 seconds."""
    with LocalPortal(arcgis_local_portal_data, job_duration_s=0.2) as portal:
        yield portal

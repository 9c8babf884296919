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
    """Vector files to serve; if empty, the sample data are served."""
    return ()


@pytest.fixture(scope="session")
def arcgis_local_portal(arcgis_local_portal_data: Sequence[str | Path]) -> Iterator[LocalPortal]:
    """A portal that runs for the whole test session; export jobs take at least 0.2 seconds."""
    with LocalPortal(arcgis_local_portal_data, job_duration_s=0.2) as portal:
        yield portal

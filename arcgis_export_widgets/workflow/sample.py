"""The sample portal: everything works with no account and no internet."""

from __future__ import annotations

import threading
from functools import lru_cache

from arcgis_export_widgets.localportal import LocalPortal
from arcgis_export_widgets.workflow.portal import Portal

SAMPLE_USER = "student"
SAMPLE_PASSWORD = "learn-arcgis"  # noqa: S105  no secret: it opens a local portal that holds sample data only

_starting = threading.Lock()


def sample_portal() -> Portal:
    """Open the local portal with its sample data, signed in as the student who owns them.

    The portal runs as a process of its own on this machine and ends with this one. Calling again gives the same
    portal. The feature service ``345313e619df46f387f9ededbe15ac56`` has counties (0), cities (1) and state borders (2).

    Raises
    ------
    LocalPortalError
        If it cannot start; the message says why.
    """
    with _starting:
        portal = Portal(_local_portal().url, username=SAMPLE_USER, password=SAMPLE_PASSWORD)
    portal.is_sample = True
    return portal


@lru_cache(maxsize=1)
def _local_portal() -> LocalPortal:
    portal = LocalPortal()
    portal.start()
    return portal

"""The state of one running portal, and the call that a handler answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from arcgis_export_widgets.localportal.accounts import Accounts
from arcgis_export_widgets.localportal.catalog import ORG_ID, Catalog
from arcgis_export_widgets.localportal.errors import token_required
from arcgis_export_widgets.localportal.oauth import OAuth

if TYPE_CHECKING:
    from pathlib import Path

    from arcgis_export_widgets.localportal.accounts import User
    from arcgis_export_widgets.localportal.export_jobs import ExportJobs
    from arcgis_export_widgets.localportal.parameters import Parameters


@dataclass
class Portal:
    """Everything a handler may look at or change.

    Parameters
    ----------
    folder
        Where exported files lie while the portal runs.
    """

    accounts: Accounts
    catalog: Catalog
    jobs: ExportJobs
    folder: Path
    oauth: OAuth = field(default_factory=OAuth)
    name: str = "Local portal"
    org_id: str = ORG_ID


@dataclass(frozen=True)
class Call:
    """One request, read.

    Parameters
    ----------
    path
        The variable parts of the URL.
    base_url
        Scheme and host under which the caller reached the portal, without a slash at the end.
    caller
        The signed-in member; None when anonymous.
    """

    parameters: Parameters
    base_url: str
    caller: User | None
    path: dict[str, str] = field(default_factory=dict)
    referer: str | None = None
    token_expires_ms: int | None = None

    def require_caller(self) -> User:
        """Return the signed-in member, or raise that a token is required."""
        if self.caller is None:
            raise token_required()
        return self.caller

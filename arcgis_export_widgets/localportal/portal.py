"""The state of a running portal, and one request as handlers see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from arcgis_export_widgets.localportal.content.accounts import Accounts, User
from arcgis_export_widgets.localportal.content.catalog import Catalog
from arcgis_export_widgets.localportal.content.groups import Groups
from arcgis_export_widgets.localportal.content.oauth_grants import OAuth
from arcgis_export_widgets.localportal.export.jobs import ExportJobs
from arcgis_export_widgets.localportal.faults.faults import Faults
from arcgis_export_widgets.localportal.http.request import Parameters, token_required


@dataclass
class Portal:
    """Everything that handlers read and change.

    Parameters
    ----------
    folder
        Where exported files are while the portal runs.
    admin_key
        Sent by the process that started the portal instead of signing in; None if there is none.
    redirected_files
        Files that the ``redirect`` fault serves from another host, by key.
    """

    accounts: Accounts
    catalog: Catalog
    jobs: ExportJobs
    folder: Path
    groups: Groups = field(default_factory=Groups)
    oauth: OAuth = field(default_factory=OAuth)
    faults: Faults = field(default_factory=Faults)
    admin_key: str | None = field(default=None, repr=False)
    redirected_files: dict[str, tuple[Path, str | None]] = field(default_factory=dict)
    name: str = "Local portal"


@dataclass(frozen=True)
class Call:
    """One request.

    Parameters
    ----------
    path
        The variable parts of the URL.
    base_url
        Scheme and host under which the caller reached the portal, without a slash at the end.
    caller
        The signed-in member; None when anonymous.
    address
        The network address the request came from.
    brought_token
        Whether there was a token, valid or not.
    file
        The body of the request, for the handler that takes a file.
    """

    parameters: Parameters
    base_url: str
    caller: User | None
    path: dict[str, str] = field(default_factory=dict)
    request_path: str = ""
    address: str | None = None
    brought_token: bool = False
    admin_key: str | None = field(default=None, repr=False)
    file: Path | None = None

    def require_caller(self) -> User:
        """Return the signed-in member, or raise that a token is required."""
        if self.caller is None:
            raise token_required()
        return self.caller

"""The state of a running portal, and the request that is passed to a handler."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from arcgis_export_widgets.localportal.content.accounts import Accounts, User
from arcgis_export_widgets.localportal.content.catalog import Catalog
from arcgis_export_widgets.localportal.content.groups import Groups
from arcgis_export_widgets.localportal.content.oauth_grants import OAuth
from arcgis_export_widgets.localportal.export.jobs import ExportJobs
from arcgis_export_widgets.localportal.faults.faults import Faults
from arcgis_export_widgets.localportal.http.access import Access
from arcgis_export_widgets.localportal.http.request import Parameters, token_required


@dataclass
class Portal:
    """The state of a running portal, which handlers read and change.

    `admin_key` is what the process that started the portal sends instead of signing in. `redirected_files` are path and
    download name of the files that the ``redirect`` fault serves from another host, by the key in their URL.
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
    access: Access = field(default_factory=Access)


@dataclass(frozen=True)
class Call:
    """One request, as it is passed to a handler.

    `base_url` is the scheme and host in the caller's URL, without a slash at the end; `path` has the variable parts of
    the URL, by name. `caller` is the signed-in member, None when anonymous; `brought_token` is whether the request
    has a token, valid or not. `file` is the uploaded file, None for all requests that do not upload one.
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
        """Return the signed-in member; raise an error if the caller is anonymous."""
        if self.caller is None:
            raise token_required()
        return self.caller

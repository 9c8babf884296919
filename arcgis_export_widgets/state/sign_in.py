"""Who asks which portal."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from traitlets import Any, Bool, HasTraits, Unicode

from arcgis_export_widgets.state.failure import sentence
from arcgis_export_widgets.state.runner import Latest, Runner
from arcgis_export_widgets.workflow import Portal


class SignIn(HasTraits):
    """The portal's address and the user; the password passes through and is not kept here.

    Parameters
    ----------
    runner
        Where to work.
    portal
        A portal that is already open; None to sign in first.
    connect
        Opens a portal: ``connect(url, username=..., password=...)``.
    """

    portal = Any(None, allow_none=True)
    """The open `Portal`; None before signing in."""
    url = Unicode("https://www.arcgis.com")
    """Address of the portal, or of any of its pages."""
    username = Unicode()
    """Empty to look around without signing in."""
    open = Bool(False)
    """Whether the fields to sign in are wanted."""
    busy = Bool(False)
    error = Unicode()
    """Why the last attempt failed, and what to do; empty if it did not."""

    def __init__(
        self, runner: Runner, portal: Portal | None = None, *, connect: Callable[..., Portal] = Portal
    ) -> None:
        super().__init__()
        self._connect = connect
        self._latest = Latest(runner)
        if portal is not None:
            self.url = portal.url
            self.username = portal.username or ""
            self.portal = portal
        self.open = portal is None

    @property
    def blockers(self) -> tuple[str, ...]:
        """What stops an export here."""
        return () if self.portal is not None else ("Sign in to a portal.",)

    @property
    def summary(self) -> str:
        """Which portal is open and for whom, in a few words."""
        if self.portal is None:
            return "Not connected to a portal"
        who = f"signed in as {self.portal.username}" if self.portal.username else "not signed in"
        return f"{self.portal.portal_name} ({urlsplit(self.portal.url).netloc}), {who}"

    def sign_in(self, password: str = "") -> None:
        """Open the portal for the user typed in; without a user name, as nobody in particular."""
        username, url = self.username.strip(), self.url.strip()
        if password and not username:
            self.error = "Type your user name as well, or clear the password to look around without signing in."
            return
        if username and not password:
            self.error = f"Type the password of {username}, or clear the user name to look around without signing in."
            return
        self.busy, self.error = True, ""
        credentials = {"username": username, "password": password} if username else {}
        self._latest.run(lambda: self._connect(url, **credentials), self._opened, self._failed)

    def _opened(self, portal: Portal) -> None:
        self.busy = False
        self.open = False
        self.portal = portal

    def _failed(self, error: Exception) -> None:
        self.busy = False
        self.error = sentence(error)

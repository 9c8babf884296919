"""Who asks which portal."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from urllib.parse import urlsplit

from traitlets import Any, Bool, HasTraits, Unicode, UseEnum

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say, sentence
from arcgis_export_widgets.portal import CodeSignIn
from arcgis_export_widgets.runner import Latest, Runner
from arcgis_export_widgets.workflow import Portal


class Way(Enum):
    """A way to sign in, by its words in the form."""

    PASSWORD = mark("User name and password")
    PAGE = mark("The portal's own page")
    API_KEY = mark("API key")
    TOKEN = mark("Token")
    STORED = mark("What is stored on this machine")
    NOBODY = mark("Nothing: see what is public")

    @property
    def secret(self) -> str:
        """What has to be typed in secret; empty where nothing has."""
        names = {
            Way.PASSWORD: say("Password"),
            Way.PAGE: say("Code from the page"),
            Way.API_KEY: say("API key"),
            Way.TOKEN: say("Token"),
        }
        return names.get(self, "")


class SignIn(HasTraits):
    """The portal's address and the user; the secret passes through and is not kept here.

    Parameters
    ----------
    runner
        Where to work.
    portal
        A portal that is already open; None to sign in first.
    connect
        Opens a portal: called with its address and what `Portal` takes.
    stored
        Opens a portal with what is stored on this machine: called with its address.
    """

    portal = Any(None, allow_none=True)
    """The open `Portal`; None before signing in."""
    url = Unicode("https://www.arcgis.com")
    """Address of the portal, or of any of its pages."""
    way = UseEnum(Way, default_value=Way.PASSWORD)
    username = Unicode()
    """Of an account with a password."""
    client_id = Unicode()
    """Of the application that the portal's own page signs in to; empty for the environment's."""
    link = Unicode()
    """Address of the portal's own page to sign in on; empty before it was asked for. Holds no secret."""
    open = Bool(False)
    """Whether the fields to sign in are wanted."""
    busy = Bool(False)
    error = Unicode()
    """Why the last attempt failed, and what to do; empty if it did not."""

    def __init__(
        self,
        runner: Runner,
        portal: Portal | None = None,
        *,
        connect: Callable[..., Portal] = Portal,
        stored: Callable[[str], Portal] = Portal.from_environment,
    ) -> None:
        super().__init__()
        self._connect = connect
        self._stored = stored
        self._latest = Latest(runner)
        self._page: CodeSignIn | None = None
        if portal is not None:
            self.url = portal.url
            self.username = portal.username or ""
            self.portal = portal
        self.open = portal is None
        self.observe(self._forget_page, ["url", "client_id", "way"])

    @property
    def blockers(self) -> tuple[str, ...]:
        """What stops an export here."""
        return () if self.portal is not None else (say("Sign in to a portal."),)

    @property
    def summary(self) -> str:
        """Which portal is open and for whom, in a few words."""
        if self.portal is None:
            return say("Not connected to a portal")
        name, host, user = self.portal.portal_name, urlsplit(self.portal.url).netloc, self.portal.username
        if not user:
            return say("{portal} ({host}), not signed in", portal=name, host=host)
        return say("{portal} ({host}), signed in as {user}", portal=name, host=host, user=user)

    def ask_for_page(self) -> None:
        """Make the link to the portal's own page, where one signs in and gets a code."""
        self.error = ""
        try:
            self._page = CodeSignIn(self.url.strip(), self.client_id.strip() or None)
        except RequestError as error:
            self.error = str(error)
        else:
            self.link = self._page.url

    def sign_in(self, secret: str = "") -> None:
        """Open the portal in the way chosen.

        Parameters
        ----------
        secret
            What that way wants in secret: password, key, token, or the code from the portal's own page.
        """
        if missing := self._missing(secret):
            self.error = missing
            return
        self.busy, self.error = True, ""
        self._latest.run(self._opening(secret), self._opened, self._failed)

    def _missing(self, secret: str) -> str:
        """What has still to be typed or pressed, as a sentence; empty if nothing has."""
        username = self.username.strip()
        if self.way is Way.PASSWORD and not username:
            return say("Type your user name as well, or choose '{way}'.", way=say(Way.NOBODY.value))
        if self.way is Way.PAGE and self._page is None:
            return say("Ask for the page first, sign in there, and copy the code it shows.")
        if not self.way.secret or secret:
            return ""
        return {
            Way.PASSWORD: say("Type the password of {user}.", user=username),
            Way.PAGE: say("Type the code that the page shows."),
            Way.API_KEY: say("Type the API key."),
            Way.TOKEN: say("Type the token."),
        }[self.way]

    def _opening(self, secret: str) -> Callable[[], Portal]:
        """The call that opens the portal; it alone holds the secret."""
        url, username, page = self.url.strip(), self.username.strip(), self._page
        connect, stored = self._connect, self._stored
        if self.way is Way.PAGE and page is not None:
            return lambda: connect(page.portal_url, auth=page.finish(secret))
        return {
            Way.PASSWORD: lambda: connect(url, username=username, password=secret),
            Way.API_KEY: lambda: connect(url, api_key=secret),
            Way.TOKEN: lambda: connect(url, token=secret),
            Way.STORED: lambda: stored(url),
            Way.NOBODY: lambda: connect(url, anonymous=True),
        }[self.way]

    def _forget_page(self, _: object = None) -> None:
        """A link belongs to what it was made from, and serves once."""
        self._page = None
        self.link = ""

    def _opened(self, portal: Portal) -> None:
        self._forget_page()
        self.busy = False
        self.open = False
        self.portal = portal

    def _failed(self, error: Exception) -> None:
        self._forget_page()
        self.busy = False
        self.error = sentence(error)

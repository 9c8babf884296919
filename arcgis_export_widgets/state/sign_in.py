"""Signs the user in to a portal, by the chosen method."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from traitlets import Any, Bool, Enum, HasTraits, Unicode

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import mark, say, sentence
from arcgis_export_widgets.portal import CodeSignIn
from arcgis_export_widgets.portal.auth.credentials import SignInMethod
from arcgis_export_widgets.portal.auth.registry import METHODS
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.state.runner import Latest, Runner
from arcgis_export_widgets.workflow import Portal


class SignIn(HasTraits):
    """Signs in to a portal; holds its address, the chosen method and that method's fields, but never a secret.

    Each field of a sign-in method that is not secret, such as `username`, is a trait. `connect` opens the portal, given
    the portal's address and ``auth``.
    """

    portal = Any(None, allow_none=True)
    """The open `Portal`; None before signing in."""
    url = Unicode("https://www.arcgis.com")
    """Address of the portal, or of any of its pages."""
    method = Unicode()
    """Name of the chosen sign-in method, a key of `methods`."""
    link = Unicode()
    """Address of the portal's own sign-in page; empty until requested. Contains no secret."""
    open = Bool(False)
    """Whether the sign-in fields are shown."""
    busy = Bool(False)
    error = Unicode()
    """Why the last attempt to sign in failed, and what to do; empty if it succeeded."""

    def __init__(
        self, runner: Runner, portal: Portal | None = None, *, connect: Callable[..., Portal] = Portal
    ) -> None:
        super().__init__()
        self.methods = {name: method for name, method in METHODS.items() if method.choice}
        self.fields = {field.name: field for method in self.methods.values() for field in method.fields}
        self.add_traits(method=Enum(list(self.methods)), **{name: Unicode() for name in self.fields})
        self.method = next(iter(self.methods))
        self._connect = connect
        self._latest = Latest(runner)
        self._page: CodeSignIn | None = None
        if portal is not None:
            self.url = portal.url
            self.set_trait("username", portal.username or "")
            self.portal = portal
        self.open = portal is None
        self.observe(self._forget_page, ["url", "method", *self.fields])

    @property
    def chosen(self) -> SignInMethod:
        """The chosen sign-in method."""
        return self.methods[self.method]

    @property
    def blockers(self) -> tuple[str, ...]:
        """One sentence that asks the user to sign in; empty if a portal is open."""
        return () if self.portal is not None else (say("Sign in to a portal."),)

    @property
    def summary(self) -> str:
        """Names the open portal and the signed-in user, in a few words."""
        if self.portal is None:
            return say("Not connected to a portal")
        name, host, user = self.portal.portal_name, urlsplit(self.portal.url).netloc, self.portal.username
        if not user:
            return say("{portal} ({host}), not signed in", portal=name, host=host)
        return say("{portal} ({host}), signed in as {user}", portal=name, host=host, user=user)

    def ask_for_page(self) -> None:
        """Create the link to the portal's own sign-in page, which shows a code after signing in."""
        self.error = ""
        if self.chosen.page is None:
            return
        try:
            self._page = self.chosen.page(self.url.strip(), **self._values())
        except RequestError as error:
            self.error = str(error)
        else:
            self.link = self._page.url

    def sign_in(self, secret: str = "") -> None:
        """Open the portal with the chosen method.

        Parameters
        ----------
        secret
            The method's secret: a password, a key, a token, or the code from the portal's own page.
        """
        if missing := self._missing(secret):
            self.error = missing
            return
        self.busy, self.error = True, ""
        self._latest.run(self._opening(secret), self._opened, self._failed)

    def _values(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name).strip() for field in self.chosen.fields}

    def _missing(self, secret: str) -> str:
        """One sentence saying what the user must still type or press before signing in; empty if nothing is missing."""
        values = self._values()
        empty = [field.prompt for field in self.chosen.fields if not values[field.name]]
        if self.chosen.page is not None and self._page is None:
            empty.append(mark("Get the link to the sign-in page first, sign in there, and copy the code it shows."))
        if self.chosen.secret is not None and not secret:
            empty.append(self.chosen.secret.prompt)
        prompt = next(filter(None, empty), "")
        return say(prompt, **values, anonymous=say(METHODS["anonymous"].choice))

    def _opening(self, secret: str) -> Callable[[], Portal]:
        """A function that opens the portal; the secret is stored only in this function."""
        url, method, values, page, connect = self.url.strip(), self.chosen, self._values(), self._page, self._connect
        if page is not None:
            return lambda: connect(page.portal_url, auth=page.finish(secret))
        if method.secret is not None:
            values[method.secret.name] = secret
        return lambda: connect(url, auth=method.build(portal_url(url), **values))

    def _forget_page(self, _: object = None) -> None:
        """Forget the link, because it works only once, and only for the values from which it was made."""
        self._page = None
        self.link = ""

    def _opened(self, portal: Portal) -> None:
        self._forget_page()
        self.busy = self.open = False
        self.portal = portal

    def _failed(self, error: Exception) -> None:
        self._forget_page()
        self.busy = False
        self.error = sentence(error)

"""Opening a portal, and asking it who is signed in."""

from __future__ import annotations

import inspect
import re
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import TYPE_CHECKING, Any, ClassVar

from arcgis_export_widgets.errors import AuthError, PortalError, RequestError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.auth.credentials import environment_host, found_credentials, given_credentials
from arcgis_export_widgets.portal.auth.loopback import LoopbackSignIn
from arcgis_export_widgets.portal.auth.registry import METHODS, Credentials
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.portal.http.responses import as_documented
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.http.tokens import NO_SUCH_OPERATION, Anonymous
from arcgis_export_widgets.portal.items.item import User

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack


class PortalConnection:
    """A portal, ArcGIS Online or Enterprise, opened for one user. `Portal` documents the arguments."""

    __signature__: ClassVar[inspect.Signature]

    def __init__(
        self,
        url: str | None = None,
        *,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
        headers: Mapping[str, str] | None = None,
        **credentials: Unpack[Credentials],
    ) -> None:
        address, auth = given_credentials(METHODS.values(), url, credentials)
        self.session = PortalSession(address, auth, verify=verify, timeout_s=timeout_s, headers=headers)
        try:
            self._self: dict[str, Any] = self.session.ask("portals/self")
            self.session.has_servers = bool(self._self.get("isPortal"))
            user = self._self.get("user")
            if user is None and auth.is_member:
                user = self._signed_in_user()
            with as_documented():
                self.user: User | None = User.from_json(user) if user else None
        except BaseException as error:
            self.session.close()
            if not isinstance(error, PortalError) or error.code not in NO_SUCH_OPERATION:
                raise
            message = say(
                "There is no portal at {portal}: the server there is not an ArcGIS portal. Give the "
                "address that the browser shows, up to /home, such as https://www.arcgis.com or "
                "https://gis.example.org/portal.",
                portal=address,
            )
            raise ResponseError(message, code=error.code, url=error.url) from error

    @classmethod
    def from_environment(
        cls,
        url: str | None = None,
        *,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Open a portal with credentials from the environment, the keyring or netrc.

        Parameters
        ----------
        url
            Address of the portal; None for ``ARCGIS_HOST``, or ArcGIS Online if ``ARCGIS_HOST`` is not set. If
            ``ARCGIS_HOST`` and `url` are different portals, credentials in environment variables are not used.

        Raises
        ------
        RequestError
            If there are no credentials for this portal.
        PortalError
            If the portal cannot be opened, as for `Portal`.
        """
        address = portal_url(url) if url else environment_host()
        auth = found_credentials(METHODS.values(), address, required=True)
        return cls(address, auth=auth, verify=verify, timeout_s=timeout_s, headers=headers)

    @classmethod
    def from_browser(
        cls,
        url: str,
        client_id: str | None = None,
        *,
        port: int = 0,
        wait_s: float = 300.0,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Sign in on the portal's own page in this machine's browser (OAuth 2.0), and open the portal.

        Interrupt the kernel to stop waiting. `LoopbackSignIn` does the same in steps. If the browser is on another
        machine, as with Binder or JupyterHub, use `CodeSignIn` and copy the code.

        Parameters
        ----------
        url
            Address of the portal or of any of its pages.
        client_id, port
            Client id of an application registered with the redirect address ``http://127.0.0.1:<port>/``, and that
            port. Without a client id, the environment variable ``ARCGIS_CLIENT`` is used. Port 0 stands for any free
            port, which not every portal allows.
        wait_s
            Seconds to wait for the sign-in.

        Raises
        ------
        AuthError
            If nobody signs in within `wait_s` seconds, or the portal refuses.
        RequestError
            If no browser can be opened here.
        """
        with LoopbackSignIn(url, client_id, port=port) as waiting:
            if not webbrowser.open(waiting.url):
                raise RequestError(say("No browser can be opened here. Use CodeSignIn and copy the code."))
            auth = waiting.wait(timeout_s=wait_s)
        return cls(url, auth=auth, verify=verify, timeout_s=timeout_s, headers=headers)

    @property
    def url(self) -> str:
        """The portal's address, without ``/sharing/rest``."""
        return self.session.portal_url

    @property
    def username(self) -> str | None:
        """Name of the user who is signed in; None if nobody is signed in."""
        return self.user.username if self.user else None

    @property
    def signed_in(self) -> str:
        """A phrase that says who is signed in and how; contains no secret."""
        auth = self.session.auth
        if isinstance(auth, Anonymous):
            return say("not signed in")
        if self.username is None:
            return say("signed in with {how}", how=auth.how)
        return say("signed in as {user} with {how}", user=self.username, how=auth.how)

    @property
    def portal_name(self) -> str:
        """The portal's display name."""
        return str(self._self.get("portalName") or self._self.get("name") or self.url)

    def close(self) -> None:
        """Close the connections. Leaving a ``with`` block does the same."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _signed_in_user(self) -> dict[str, Any] | None:
        try:
            answer = self.session.ask("community/self")
        except AuthError as error:
            auth = self.session.auth
            refused = say("The portal does not accept {how}.", how=auth.how)
            raise AuthError(f"{refused} {say(auth.advice)}", code=error.code, url=error.url) from error
        return answer if answer.get("username") else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}, {self.signed_in}>"


def signature() -> inspect.Signature:
    """The signature of `Portal`, with ``**credentials`` replaced by the arguments of all sign-in methods."""
    _, url, *options = inspect.signature(PortalConnection.__init__).parameters.values()
    arguments = [
        inspect.Parameter(
            argument.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=False if (hint := Credentials.__annotations__.get(argument.name)) is bool else None,
            annotation=hint or inspect.Parameter.empty,
        )
        for method in METHODS.values()
        for argument in method.arguments
    ]
    return inspect.Signature([url, *arguments, *options[:-1]])


def documented(text: str) -> str:
    """The docstring `text`, with ``**credentials`` replaced by the arguments of all sign-in methods."""
    entries = "".join(
        f"{argument.name}\n    {argument.help}"
        + (f" In the environment: ``{argument.variable}``.\n" if argument.variable else "\n")
        for method in METHODS.values()
        for argument in method.arguments
    )
    return re.sub(
        r"^( *)\*\*credentials\n(?:\1 +.*\n)+", lambda found: indent(entries, found[1]), text, flags=re.MULTILINE
    )


PortalConnection.__signature__ = signature()

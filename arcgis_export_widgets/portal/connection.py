"""A portal that is open: its address, and who is signed in."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcgis_export_widgets.errors import AuthError, PortalError, RequestError, ResponseError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.auth import Anonymous, Auth, LoopbackSignIn, choose
from arcgis_export_widgets.portal.auth.credentials import kept
from arcgis_export_widgets.portal.auth.environment import environment_host
from arcgis_export_widgets.portal.auth.expiring import NOTHING_THERE
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.portal.http.session import PortalSession
from arcgis_export_widgets.portal.items.item import User

if TYPE_CHECKING:
    from typing_extensions import Self


class PortalConnection:
    """A portal, ArcGIS Online or Enterprise, opened for one user.

    Signing in happens at once, so that a wrong password is known before anything else is tried. Where credentials come
    from, the first that has some for this portal:

    1. the arguments below;
    2. the environment: ``ARCGIS_USER`` and ``ARCGIS_PASSWORD``, or ``ARCGIS_CLIENT`` and ``ARCGIS_SECRET``, or
       ``ARCGIS_API_KEY``, for the portal in ``ARCGIS_HOST`` (ArcGIS Online without it) and no other;
    3. the keyring, under the portal's address (with the extra ``auth``);
    4. netrc, under the portal's host.

    Without any, one looks around anonymously. ``repr`` says how one is signed in, without the secret.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages; None for that of `gis`, or else ``ARCGIS_HOST``.
    username, password
        Of a built-in account. Without password, it is looked for as above.
    token
        A token issued elsewhere. It cannot be renewed.
    api_key
        An API key of ArcGIS Location Platform, Online or Enterprise.
    client_id, client_secret
        Of an application, to sign in as that application; as oneself with `from_browser` or `CodeSignIn`.
    gis
        An ``arcgis.gis.GIS`` that is signed in; its token is used as long as the GIS renews it.
    auth
        What `CodeSignIn` and `LoopbackSignIn` give, or an `Auth` of one's own.
    anonymous
        Not to sign in, whatever environment, keyring and netrc hold.
    verify
        True to verify TLS against the system's authorities, or the path of a file with an organisation's own.
    timeout_s
        Seconds without a byte after which the portal counts as silent.

    Raises
    ------
    AuthError
        If the portal refuses the credentials.
    PortalUnreachableError
        If nothing answers there.
    ResponseError
        If what answers there is no portal.
    RequestError
        If the arguments do not go together.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        username: str | None = None,
        password: str | None = None,
        token: str | None = None,
        api_key: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        gis: Any = None,
        auth: Auth | None = None,
        anonymous: bool = False,
        verify: bool | str | Path = True,
        timeout_s: float = 60.0,
    ) -> None:
        address, chosen = choose(
            url,
            username=username,
            password=password,
            token=token,
            api_key=api_key,
            client_id=client_id,
            client_secret=client_secret,
            gis=gis,
            auth=auth,
            anonymous=anonymous,
        )
        self.session = PortalSession(address, chosen, verify=verify, timeout_s=timeout_s)
        try:
            self._self: dict[str, Any] = self.session.ask("portals/self")
            self.session.has_servers = bool(self._self.get("isPortal"))
            user = self._self.get("user")
            if user is None and chosen.is_member:
                user = self._whoever_signed_in()
        except BaseException as error:
            self.session.close()
            if isinstance(error, PortalError) and error.code in NOTHING_THERE:
                raise _no_portal(address, error) from error
            raise
        self.user: User | None = User.from_json(user) if user else None

    @classmethod
    def from_environment(
        cls, url: str | None = None, *, verify: bool | str | Path = True, timeout_s: float = 60.0
    ) -> Self:
        """Open a portal with credentials that are kept outside of the notebook: points 2 to 4 above.

        Parameters
        ----------
        url
            Address of the portal; None for ``ARCGIS_HOST``, or ArcGIS Online where that is not set. Where it is set to
            another portal than `url`, the environment's credentials stay with that one.

        Raises
        ------
        RequestError
            If there are none for this portal.
        PortalError
            As when opening a portal with arguments.
        """
        address = portal_url(url) if url else environment_host()
        auth = kept(address, asked_for=True)
        if isinstance(auth, Anonymous):
            raise RequestError(
                say(
                    "There are no credentials for {portal}. Set ARCGIS_USER and ARCGIS_PASSWORD, or ARCGIS_CLIENT and "
                    "ARCGIS_SECRET, or ARCGIS_API_KEY, and ARCGIS_HOST for another portal than ArcGIS Online; or keep "
                    "a password in the keyring or netrc.",
                    portal=address,
                )
            )
        return cls(address, auth=auth, verify=verify, timeout_s=timeout_s)

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
    ) -> Self:
        """Sign in on the portal's own page in this machine's browser (OAuth 2.0), and open the portal.

        Stops waiting when the kernel is interrupted. `LoopbackSignIn` is the same in steps; where the browser is on
        another machine, as on Binder and hubs, `CodeSignIn` lets one copy the code.

        Parameters
        ----------
        url
            Address of the portal or of any of its pages.
        client_id, port
            Of an application registered with the redirect address ``http://127.0.0.1:<port>/``; client id None for
            ``ARCGIS_CLIENT``, port 0 for any that is free, if the portal allows it.
        wait_s
            Seconds to wait for the browser to come back.

        Raises
        ------
        AuthError
            If nobody signs in within that time, or the portal refuses.
        RequestError
            If no browser can be opened here.
        """
        with LoopbackSignIn(url, client_id, port=port) as waiting:
            if not webbrowser.open(waiting.url):
                raise RequestError(say("No browser can be opened here. Use CodeSignIn, where one copies the code."))
            auth = waiting.wait(timeout_s=wait_s)
        return cls(url, auth=auth, verify=verify, timeout_s=timeout_s)

    @property
    def url(self) -> str:
        """The portal's address, without ``/sharing/rest``."""
        return self.session.portal_url

    @property
    def username(self) -> str | None:
        """Who is signed in; None for nobody."""
        return self.user.username if self.user else None

    @property
    def signed_in(self) -> str:
        """Who is signed in and how, in words; never the secret."""
        auth = self.session.auth
        if isinstance(auth, Anonymous):
            return say("not signed in")
        if self.username is None:
            return say("signed in with {how}", how=auth.how)
        return say("signed in as {user} with {how}", user=self.username, how=auth.how)

    @property
    def portal_name(self) -> str:
        """The portal's name for people."""
        return self._self.get("portalName") or self._self.get("name") or self.url

    def close(self) -> None:
        """Close the connections; a ``with`` block does it by itself."""
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _whoever_signed_in(self) -> dict[str, Any] | None:
        try:
            answer = self.session.ask("community/self")
        except AuthError as error:
            auth = self.session.auth
            told = say("The portal does not accept {how}.", how=auth.how)
            raise AuthError(f"{told} {say(auth.advice)}", code=error.code, url=error.url) from error
        return answer if answer.get("username") else None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.url}, {self.signed_in}>"


def _no_portal(address: str, error: PortalError) -> ResponseError:
    told = say(
        "There is no portal at {portal}: a server answers, but knows none of a portal's operations there. Give the "
        "address that the browser shows up to /home, such as https://www.arcgis.com or https://gis.example.org/portal.",
        portal=address,
    )
    return ResponseError(told, code=error.code, url=error.url)

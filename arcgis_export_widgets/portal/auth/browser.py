"""Signing in at the portal's own page, with OAuth 2.0 and PKCE: for accounts with a login of their organisation, too.

Sources: https://developers.arcgis.com/rest/users-groups-and-items/authorize/ and RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from arcgis_export_widgets.errors import AuthError, RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.auth.oauth import CodeAuth
from arcgis_export_widgets.portal.auth.protocol import checked_secret, refuse_unencrypted
from arcgis_export_widgets.portal.http.addresses import portal_url

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""In place of an address: the portal shows the code on a page, to be copied."""


class CodeSignIn:
    """Sign in on the portal's own page, in two steps that work wherever there is a browser somewhere.

    This is how accounts sign in that have two factors, or belong to an organisation's own login. It works on Binder
    and hubs, where nothing can listen for the browser to come back.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages.
    client_id
        Of an application registered in the portal with the redirect address ``urn:ietf:wg:oauth:2.0:oob``;
        None for the environment's ``ARCGIS_CLIENT``.
    redirect_uri
        Where the page sends the code; as registered.
    expiration_minutes
        For how long the portal shall let tokens be renewed without signing in again.

    Attributes
    ----------
    portal_url
        The portal's address, to open it with.

    Raises
    ------
    RequestError
        If there is no client id, or the portal's address would carry the code unencrypted over a network.

    Examples
    --------
    >>> sign_in = CodeSignIn("https://www.arcgis.com", client_id="AbCdEf123")
    >>> sign_in  # shows the link; sign in there and copy the code  # doctest: +SKIP
    >>> portal = Portal(sign_in.portal_url, auth=sign_in.finish(getpass("code: ")))  # doctest: +SKIP
    """

    def __init__(
        self,
        url: str,
        client_id: str | None = None,
        *,
        redirect_uri: str = OUT_OF_BAND,
        expiration_minutes: int = 20160,
    ) -> None:
        client_id = client_id or os.environ.get("ARCGIS_CLIENT")
        if not client_id:
            raise RequestError(
                say("OAuth takes the client id of an application registered in the portal; give client_id.")
            )
        self.portal_url = portal_url(url)
        refuse_unencrypted(self.portal_url, mark("A sign-in code"))
        self.client_id = checked_secret(client_id, mark("client id"))
        self._redirect_uri = redirect_uri
        self._state = secrets.token_urlsafe(16)
        self._verifier = secrets.token_urlsafe(64)
        self._minutes = expiration_minutes

    @property
    def url(self) -> str:
        """Address of the portal's sign-in page; holds no secret."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self._verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self._redirect_uri,
            "expiration": self._minutes,
            "state": self._state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{self.portal_url}/sharing/rest/oauth2/authorize?{urlencode(query)}"

    def finish(self, answer: str) -> CodeAuth:
        """Finish with what the page gave.

        Parameters
        ----------
        answer
            The code, or the whole title or address of the page that shows it.

        Returns
        -------
        CodeAuth
            For ``Portal(..., auth=...)``, which exchanges the code.

        Raises
        ------
        AuthError
            If the portal refused, or the address belongs to another sign-in.
        RequestError
            If there is no code in it.
        """
        code = self._code_in(answer.strip())
        if not code or not code.isprintable() or " " in code:
            raise RequestError(
                say("That is no code. Sign in at the page, then copy the code it shows, whole and alone.")
            )
        return CodeAuth(self.portal_url, self.client_id, self._redirect_uri, code, self._verifier)

    def _code_in(self, answer: str) -> str:
        if "://" not in answer:
            return answer.rpartition("code=")[2]
        returned = dict(parse_qsl(urlsplit(answer).query))
        if returned.get("state", self._state) != self._state:
            raise AuthError(
                say("This address belongs to another sign-in. Open the url of this one."), url=self.portal_url
            )
        if "error" in returned:
            reason = returned.get("error_description") or returned["error"]
            raise AuthError(
                say("The portal did not sign you in: {reason}. Try again.", reason=reason.rstrip(". ")),
                url=self.portal_url,
            )
        return returned.get("code", "")

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self.portal_url}: open its url and sign in>"

    def _repr_html_(self) -> str:
        text = escape(say("Sign in"))
        link = f'<a href="{escape(self.url)}" target="_blank" rel="noopener noreferrer">{text}</a>'
        sentence = say(
            "{link} at {portal}, then give {finish} the code it shows.",
            link=link,
            portal=escape(self.portal_url),
            finish="<code>finish()</code>",
        )
        return f"<p>{sentence}</p>"

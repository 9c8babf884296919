"""Signing in on the portal's own page, with OAuth 2.0 and PKCE. Also works with an organisation's own login.

Sources: https://developers.arcgis.com/rest/users-groups-and-items/authorize/,
https://developers.arcgis.com/rest/users-groups-and-items/token/ and RFC 7636.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import time
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit

from arcgis_export_widgets.errors import AuthError, RequestError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.addresses import portal_url
from arcgis_export_widgets.portal.http.tokens import ExpiringAuth, Issued, PostForm, checked_secret, refuse_unencrypted

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""Special redirect address: the portal shows the code on a page, for the user to copy."""
_EXCHANGE_BEFORE_S = 86_400.0


class CodeAuth(ExpiringAuth):
    """Exchanges the code from the portal's sign-in page for tokens, and renews them with a refresh token.

    Returned by `CodeSignIn.finish` and `LoopbackSignIn.wait`.
    """

    kind = "OAuth 2.0"
    advice = mark("Sign in again on the portal's page; the sign-in was ended or has expired.")

    def __init__(self, portal_url: str, client_id: str, redirect_uri: str, code: str, verifier: str) -> None:
        super().__init__()
        self._portal_url = portal_url
        self._client = {"client_id": client_id}
        self._redirect = {"redirect_uri": redirect_uri}
        self._code: dict[str, str] | None = {"code": code, "code_verifier": verifier}
        self._refresh: dict[str, str] | None = None
        self._exchange_at_s = float("inf")

    def _issue(self, post: PostForm) -> Issued:
        if self._code is not None:
            grant = {"grant_type": "authorization_code"} | self._code | self._redirect
        elif self._refresh is None:
            raise AuthError(say("There is no refresh token."))
        elif time.time() > self._exchange_at_s:
            grant = {"grant_type": "exchange_refresh_token"} | self._refresh | self._redirect
        else:
            grant = {"grant_type": "refresh_token"} | self._refresh
        answer = post("oauth2/token", self._client | grant)
        issued = Issued.from_oauth(answer)
        self._code = None
        if answer.get("refresh_token"):
            self._refresh = {"refresh_token": str(answer["refresh_token"])}
            lifetime_s = float(answer.get("refresh_token_expires_in") or 0)
            # a refresh token that is about to expire is exchanged for a new one
            margin_s = min(_EXCHANGE_BEFORE_S, lifetime_s / 10)
            self._exchange_at_s = time.time() + lifetime_s - margin_s if lifetime_s else float("inf")
        return issued

    @property
    def _refusal(self) -> str:
        if self._code is not None:
            return say(
                "{portal} does not accept this code. A code works once and for a few minutes: open the sign-in page "
                "again.",
                portal=self._portal_url,
            )
        return say("The sign-in to {portal} has ended. Sign in again on the portal's page.", portal=self._portal_url)


class CodeSignIn:
    """Sign in on the portal's own page, in two steps: open the page, then copy the code it shows.

    For accounts with two-factor authentication or an organisation's own login. Also works on Binder and JupyterHub,
    where `LoopbackSignIn` cannot receive the code from the browser.

    Parameters
    ----------
    url
        Address of the portal or of any of its pages.
    client_id
        Client id of an application registered in the portal with the redirect address ``urn:ietf:wg:oauth:2.0:oob``;
        None for the environment variable ``ARCGIS_CLIENT``.
    redirect_uri
        The application's registered redirect address, to which the portal sends the code; by default a page shows it.
    expiration_minutes
        Number of minutes during which tokens can be renewed without signing in again.

    Attributes
    ----------
    portal_url
        The portal's address, to be passed to `Portal`.

    Raises
    ------
    RequestError
        If there is no client id, or the code would be sent over a network unencrypted (``http://``).

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
        """Address of the portal's sign-in page; contains no secret."""
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
        """Finish the sign-in with the code that the page shows.

        Parameters
        ----------
        answer
            The code, or the complete title or address of the page that shows the code.

        Returns
        -------
        CodeAuth
            To be passed to ``Portal(..., auth=...)``, which exchanges the code for a token.

        Raises
        ------
        AuthError
            If `answer` says that the portal refused the sign-in, or is an address from another sign-in.
        RequestError
            If there is no code in `answer`.
        """
        code = self._code_in(answer.strip())
        if not code or not code.isprintable() or " " in code:
            raise RequestError(
                say("That is not a code. Sign in on the page, then copy the code it shows and nothing else.")
            )
        return CodeAuth(self.portal_url, self.client_id, self._redirect_uri, code, self._verifier)

    def _code_in(self, answer: str) -> str:
        if "://" not in answer:
            return answer.rpartition("code=")[2]
        returned = dict(parse_qsl(urlsplit(answer).query))
        if returned.get("state", self._state) != self._state:
            raise AuthError(
                say("This address belongs to another sign-in. Open the address of this one (its `url`)."),
                url=self.portal_url,
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

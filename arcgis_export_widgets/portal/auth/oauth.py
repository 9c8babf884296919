"""OAuth 2.0 tokens: from a code that a person brought from the browser, or from an application's own secret.

Source: https://developers.arcgis.com/rest/users-groups-and-items/token/
"""

from __future__ import annotations

import time
from typing import Any

from arcgis_export_widgets.errors import AuthError, PortalError, PortalUnreachableError, RequestError
from arcgis_export_widgets.portal.auth.protocol import ExpiringAuth, PostForm, refuse_unencrypted

_LIFETIME_S = 1800.0


class CodeAuth(ExpiringAuth):
    """A code from the sign-in page, exchanged once for a token, which is renewed without asking the person again.

    Made by `CodeSignIn.finish` and `LoopbackSignIn.wait`.
    """

    def __init__(self, client_id: str, code: str, verifier: str, redirect_uri: str) -> None:
        super().__init__()
        self.client_id = client_id
        self._redirect_uri = redirect_uri
        self._code: tuple[str, str] | None = (code, verifier)
        self._refresh_token: str | None = None

    def _fetch(self, post: PostForm) -> tuple[str, float]:
        if self._code is not None:
            code, verifier = self._code
            form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
            remedy = "Codes can be used once and for a few minutes only; start signing in again."
        elif self._refresh_token is not None:
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
            remedy = "Sign in again."
        else:
            raise AuthError("The sign-in has expired, and the portal gave no way to renew it. Sign in again.")
        answer = _granted(post, form | {"client_id": self.client_id, "redirect_uri": self._redirect_uri}, remedy)
        self._code = None
        self._refresh_token = str(answer.get("refresh_token") or "") or self._refresh_token
        return str(answer["access_token"]), _expiry(answer)

    def __repr__(self) -> str:
        return f"CodeAuth({self.client_id!r}, <hidden>)"


class ClientAuth(ExpiringAuth):
    """An application's own credentials. Its tokens belong to no user: they may look, but cannot export.

    Parameters
    ----------
    client_id, client_secret
        Of an application registered in the portal.
    portal_url
        Where they are sent.

    Raises
    ------
    RequestError
        If either is empty, or the portal's address would carry the secret unencrypted over a network.
    """

    def __init__(self, client_id: str, client_secret: str, portal_url: str) -> None:
        super().__init__()
        if not client_id.strip() or not client_secret:
            raise RequestError("An application signs in with its client id and its secret; one of them is empty.")
        refuse_unencrypted(portal_url, "A secret")
        self.client_id = client_id.strip()
        self._secret = client_secret

    def _fetch(self, post: PostForm) -> tuple[str, float]:
        form = {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self._secret}
        answer = _granted(post, form, "Check client id and secret of the application.")
        return str(answer["access_token"]), _expiry(answer)

    def __repr__(self) -> str:
        return f"ClientAuth({self.client_id!r}, <hidden>)"


def _granted(post: PostForm, form: dict[str, str], remedy: str) -> dict[str, Any]:
    try:
        answer = post("oauth2/token", form)
    except PortalUnreachableError:
        raise
    except PortalError as error:
        raise AuthError(f"The portal did not accept this sign-in: {error} {remedy}", code=error.code) from error
    if not answer.get("access_token"):
        raise AuthError("The portal accepted the sign-in but issued no token.")
    return answer


def _expiry(answer: dict[str, Any]) -> float:
    return time.time() + float(answer.get("expires_in") or _LIFETIME_S)

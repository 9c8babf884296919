"""OAuth 2.0 tokens from a code that a person brought from the browser.

Source: https://developers.arcgis.com/rest/users-groups-and-items/token/
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from arcgis_export_widgets.errors import AuthError
from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.auth.expiring import ExpiringAuth, Issued
from arcgis_export_widgets.portal.auth.protocol import PostForm

_EXCHANGE_BEFORE_S = 86_400.0


class CodeAuth(ExpiringAuth):
    """A member who signed in on the portal's page: a code first, a refresh token afterwards.

    Made by `CodeSignIn.finish` and `LoopbackSignIn.wait`.
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
        self._remember(answer)
        return issued

    def _remember(self, answer: Mapping[str, Any]) -> None:
        self._code = None
        if answer.get("refresh_token"):
            self._refresh = {"refresh_token": str(answer["refresh_token"])}
            lifetime_s = float(answer.get("refresh_token_expires_in") or 0)
            # a refresh token about to end is exchanged for a new one instead
            margin_s = min(_EXCHANGE_BEFORE_S, lifetime_s / 10)
            self._exchange_at_s = time.time() + lifetime_s - margin_s if lifetime_s else float("inf")

    @property
    def _refusal(self) -> str:
        if self._code is not None:
            return say(
                "{portal} does not accept this code. A code works once and for a few minutes: open the sign-in page "
                "again.",
                portal=self._portal_url,
            )
        return say("The sign-in to {portal} has ended. Sign in again on the portal's page.", portal=self._portal_url)

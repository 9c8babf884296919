"""Signing in as an application, with a client id and secret."""

from __future__ import annotations

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.auth.protocol import (
    ExpiringAuth,
    Issued,
    PostForm,
    checked_secret,
    refuse_unencrypted,
)

_TOKEN_MINUTES = 120


class ClientAuth(ExpiringAuth):
    """OAuth 2.0 credentials of an application, exchanged for tokens that do not belong to a member.

    Such a token gives access to what is shared with the application. It owns nothing, so it cannot run exports.
    Source: https://developers.arcgis.com/documentation/security-and-authentication/app-authentication/

    Parameters
    ----------
    client_id, client_secret
        As the portal shows them for the registered application.
    portal_url
        Address of the portal where it is registered.

    Raises
    ------
    RequestError
        If either is empty, or the portal's address would carry the secret unencrypted over a network.
    """

    kind = mark("a client id and secret")
    advice = mark("Check the application's registration and what is shared with it.")
    is_member = False

    def __init__(self, client_id: str, client_secret: str, portal_url: str) -> None:
        super().__init__()
        self.client_id = checked_secret(client_id, mark("client id"))
        self._client_secret = checked_secret(client_secret, mark("client secret"))
        refuse_unencrypted(portal_url, mark("A client secret"))
        self._portal_url = portal_url

    def _issue(self, post: PostForm) -> Issued:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self._client_secret,
            "expiration": str(_TOKEN_MINUTES),
        }
        return Issued.from_oauth(post("oauth2/token", form))

    @property
    def _refusal(self) -> str:
        return say(
            "{portal} does not accept this client id and secret. Compare both with the application's page in the "
            "portal; a secret may have been replaced there.",
            portal=self._portal_url,
        )

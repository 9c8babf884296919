"""Signing in as an application, with its client id and secret."""

from __future__ import annotations

from arcgis_export_widgets.language import mark, say
from arcgis_export_widgets.portal.http.tokens import ExpiringAuth, Issued, PostForm, checked_secret, refuse_unencrypted

_TOKEN_MINUTES = 120


class ClientAuth(ExpiringAuth):
    """Exchanges the client id and secret of an application for tokens that belong to no member of the portal.

    The tokens give access to what is shared with the application. An application owns no items, so it cannot run
    exports. Raises RequestError if a value is empty, or the secret would be sent over a network unencrypted.

    Source: https://developers.arcgis.com/documentation/security-and-authentication/app-authentication/
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

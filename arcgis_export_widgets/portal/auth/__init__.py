"""Who asks, and how one signs in: each way is an `Auth`.

An `Auth` says which token to send and how to get a fresh one. None shows a secret in its repr, and none is asked to
send its token anywhere but to the portal and its own servers: that is the session's business.
"""

from arcgis_export_widgets.portal.auth.application import ClientAuth
from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.auth.credentials import choose
from arcgis_export_widgets.portal.auth.gis import GisAuth
from arcgis_export_widgets.portal.auth.loopback import LoopbackSignIn
from arcgis_export_widgets.portal.auth.oauth import CodeAuth
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.protocol import Auth, PostForm
from arcgis_export_widgets.portal.auth.tokens import Anonymous, ApiKeyAuth, TokenAuth

__all__ = [
    "Anonymous",
    "ApiKeyAuth",
    "Auth",
    "ClientAuth",
    "CodeAuth",
    "CodeSignIn",
    "GisAuth",
    "LoopbackSignIn",
    "PasswordAuth",
    "PostForm",
    "TokenAuth",
    "choose",
]

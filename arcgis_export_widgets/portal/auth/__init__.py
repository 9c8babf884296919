"""Who asks: every way of signing in, each an `Auth` that says which token to send and how to get a fresh one.

None of them shows a secret in its repr.
"""

from arcgis_export_widgets.portal.auth.browser import CodeSignIn, LoopbackSignIn
from arcgis_export_widgets.portal.auth.gis import GisAuth
from arcgis_export_widgets.portal.auth.oauth import ClientAuth, CodeAuth
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
]

"""Signing in: each method makes an `Auth`, which knows the token to send; `registry` lists the methods.

No `Auth` shows a secret in its repr. The session decides where a token may be sent: to the portal and its own servers.
"""

from arcgis_export_widgets.portal.auth.application import ClientAuth
from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.auth.loopback import LoopbackSignIn
from arcgis_export_widgets.portal.auth.password import PasswordAuth
from arcgis_export_widgets.portal.auth.protocol import Auth
from arcgis_export_widgets.portal.auth.registry import METHODS, Credentials
from arcgis_export_widgets.portal.auth.tokens import Anonymous, ApiKeyAuth, TokenAuth

__all__ = [
    "METHODS",
    "Anonymous",
    "ApiKeyAuth",
    "Auth",
    "ClientAuth",
    "CodeSignIn",
    "Credentials",
    "LoopbackSignIn",
    "PasswordAuth",
    "TokenAuth",
]

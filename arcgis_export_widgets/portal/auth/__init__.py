"""Signing in: each method makes an `Auth`, which knows the token to send; `registry` lists the methods."""

from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.auth.loopback import LoopbackSignIn
from arcgis_export_widgets.portal.auth.methods import ApiKeyAuth, ClientAuth, PasswordAuth, TokenAuth
from arcgis_export_widgets.portal.auth.registry import METHODS, Credentials

__all__ = [
    "METHODS",
    "ApiKeyAuth",
    "ClientAuth",
    "CodeSignIn",
    "Credentials",
    "LoopbackSignIn",
    "PasswordAuth",
    "TokenAuth",
]

"""Talking to a portal: signing in, finding items, running exports and reading layers. Sends all HTTP requests."""

from arcgis_export_widgets.model.area import Envelope
from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.auth.loopback import LoopbackSignIn
from arcgis_export_widgets.portal.client import PortalClient
from arcgis_export_widgets.portal.items.item import ExportRight, Item
from arcgis_export_widgets.portal.layers.layer import FeatureLayer
from arcgis_export_widgets.portal.layers.query import LayerQuery
from arcgis_export_widgets.portal.layers.service import FeatureService

__all__ = [
    "CodeSignIn",
    "Envelope",
    "ExportRight",
    "FeatureLayer",
    "FeatureService",
    "Item",
    "LayerQuery",
    "LoopbackSignIn",
    "PortalClient",
]

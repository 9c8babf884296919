"""The portal client: the only code that speaks HTTP."""

from arcgis_export_widgets.model.area import Envelope
from arcgis_export_widgets.portal.auth.browser import CodeSignIn
from arcgis_export_widgets.portal.auth.loopback import LoopbackSignIn
from arcgis_export_widgets.portal.client import PortalClient
from arcgis_export_widgets.portal.items.item import ExportRight, Item
from arcgis_export_widgets.portal.layers.layer import FeatureLayer, FeatureService
from arcgis_export_widgets.portal.layers.query import LayerQuery

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

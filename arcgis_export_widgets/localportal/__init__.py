"""An ArcGIS portal on your own machine: sign-in, items, hosted feature layers, queries and Export Item.

``python -m arcgis_export_widgets.localportal`` serves a portal; `LocalPortal` runs a portal from Python. The portal
shares no code with the rest of the package: the client and the server that tests it cannot make the same mistake.

Folders import only from folders to their right: ``server > feature_server | sharing > portal > export > content |
query > where > layers > geometry | faults > http | process``.
"""

from arcgis_export_widgets.localportal.process.local_portal import LocalPortal
from arcgis_export_widgets.localportal.process.portal_process import LocalPortalError

__all__ = ["LocalPortal", "LocalPortalError"]

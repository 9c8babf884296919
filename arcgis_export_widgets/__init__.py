"""Export hosted ArcGIS feature layers into GeoPandas, from a form or from Python.

>>> import arcgis_export_widgets as aew
>>> portal = aew.sample_portal()                                     # doctest: +SKIP
>>> aew.ExportApp(portal, item="345313e619df46f387f9ededbe15ac56")   # doctest: +SKIP

The public names are in ``__init__.pyi``, where type checkers read them. Each is imported when it is first used: the
local portal's process, a child of this package, needs no widgets.
"""

from importlib.metadata import version

import lazy_loader

__version__ = version("arcgis-export-widgets")
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

"""Export hosted ArcGIS feature layers into GeoPandas, from a form or from Python.

>>> import arcgis_export_widgets as aew
>>> portal = aew.sample_portal()                                     # doctest: +SKIP
>>> aew.ExportApp(portal, item="345313e619df46f387f9ededbe15ac56")   # doctest: +SKIP

Each name is imported when it is first used: the local portal's process, a child of this package, needs no widgets.
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

__version__: str

if TYPE_CHECKING:
    from arcgis_export_widgets import errors, events
    from arcgis_export_widgets.errors import ArcGISExportError
    from arcgis_export_widgets.formats.registry import ExportFormat
    from arcgis_export_widgets.language import languages, use_language
    from arcgis_export_widgets.loading import ExpectedLayer, Frames, Receipt, compare, load, to_parquet
    from arcgis_export_widgets.localportal import LocalPortal
    from arcgis_export_widgets.model.spatial_reference import SpatialReference
    from arcgis_export_widgets.portal import CodeSignIn, LoopbackSignIn
    from arcgis_export_widgets.request.request import ExportLayer, ExportRequest
    from arcgis_export_widgets.widgets import ExportApp
    from arcgis_export_widgets.workflow import (
        ExportJob,
        ExportResult,
        Job,
        Plan,
        Portal,
        Result,
        Route,
        run_export,
        sample_portal,
    )

__all__ = [
    "ArcGISExportError",
    "CodeSignIn",
    "ExpectedLayer",
    "ExportApp",
    "ExportFormat",
    "ExportJob",
    "ExportLayer",
    "ExportRequest",
    "ExportResult",
    "Frames",
    "Job",
    "LocalPortal",
    "LoopbackSignIn",
    "Plan",
    "Portal",
    "Receipt",
    "Result",
    "Route",
    "SpatialReference",
    "compare",
    "errors",
    "events",
    "languages",
    "load",
    "run_export",
    "sample_portal",
    "to_parquet",
    "use_language",
]

_HOMES = {
    "ArcGISExportError": "errors",
    "CodeSignIn": "portal",
    "ExpectedLayer": "loading",
    "ExportApp": "widgets",
    "ExportFormat": "formats.registry",
    "ExportJob": "workflow",
    "ExportLayer": "request.request",
    "ExportRequest": "request.request",
    "ExportResult": "workflow",
    "Frames": "loading",
    "Job": "workflow",
    "LocalPortal": "localportal",
    "LoopbackSignIn": "portal",
    "Plan": "workflow",
    "Portal": "workflow",
    "Receipt": "loading",
    "Result": "workflow",
    "Route": "workflow",
    "SpatialReference": "model.spatial_reference",
    "compare": "loading",
    "languages": "language",
    "load": "loading",
    "run_export": "workflow",
    "sample_portal": "workflow",
    "to_parquet": "loading",
    "use_language": "language",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    elif name == "__version__":
        value = version("arcgis-export-widgets")
    elif name in __all__:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]

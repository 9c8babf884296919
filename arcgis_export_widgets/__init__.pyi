from . import errors as errors
from . import events as events
from .errors import ArcGISExportError as ArcGISExportError
from .formats.registry import ExportFormat as ExportFormat
from .language import languages as languages
from .language import use_language as use_language
from .loading import ExpectedLayer as ExpectedLayer
from .loading import Frames as Frames
from .loading import Receipt as Receipt
from .loading import compare as compare
from .loading import load as load
from .loading import to_parquet as to_parquet
from .localportal import LocalPortal as LocalPortal
from .model.spatial_reference import SpatialReference as SpatialReference
from .portal import CodeSignIn as CodeSignIn
from .portal import LoopbackSignIn as LoopbackSignIn
from .request.request import ExportLayer as ExportLayer
from .request.request import ExportRequest as ExportRequest
from .widgets import ExportApp as ExportApp
from .workflow import ExportJob as ExportJob
from .workflow import ExportResult as ExportResult
from .workflow import Job as Job
from .workflow import Plan as Plan
from .workflow import Portal as Portal
from .workflow import Result as Result
from .workflow import Route as Route
from .workflow import open as open  # noqa: A004
from .workflow import read as read
from .workflow import run_export as run_export
from .workflow import sample_portal as sample_portal

__version__: str

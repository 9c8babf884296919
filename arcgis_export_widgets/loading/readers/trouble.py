"""Turn whatever goes wrong while a file is read into `LoadError`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from arcgis_export_widgets.errors import ArcGISExportError, LoadError
from arcgis_export_widgets.language import say
from arcgis_export_widgets.portal.items.file_names import file_errors


def existing(path: str | Path) -> Path:
    """The path of a file or folder that exists; raises `LoadError` if it does not."""
    try:
        found = Path(path).expanduser()
        if found.exists():
            return found
    except (RuntimeError, ValueError) as error:  # "~nobody", or characters that no path can contain
        raise LoadError(say("{path!r} is not a file: {reason}.", path=str(path), reason=error)) from error
    raise LoadError(say("There is no file {path}.", path=found))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Within the block, whatever goes wrong because of what the file contains, or where it is, becomes LoadError."""
    try:
        with file_errors(LoadError, path.name):
            yield
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, ArcGISExportError):
            raise
        raise LoadError(
            say("{file} contains something that ArcGIS does not write: {error}.", file=path.name, error=error)
        ) from error


def readable(batches: Iterator[pd.DataFrame], path: Path) -> Iterator[pd.DataFrame]:
    """The same batches; errors in reading them become LoadError."""
    while True:
        with reading(path):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch

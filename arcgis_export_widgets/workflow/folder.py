"""The folder a file is to lie in, seen to before anything is started."""

from __future__ import annotations

import tempfile
from pathlib import Path

from arcgis_export_widgets.errors import RequestError
from arcgis_export_widgets.language import say


def usable_folder(folder: str | Path) -> Path:
    """Make the folder if need be, and see that it takes files; ``~`` is the home of whoever runs this.

    Raises
    ------
    RequestError
        If nothing can be put there.
    """
    try:
        path = Path(folder).expanduser()
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except FileExistsError as error:
        raise RequestError(say("{folder} is a file. Name a folder; it is made if need be.", folder=folder)) from error
    except OSError as error:
        reason = error.strerror or error
        raise RequestError(
            say("Nothing can be put into the folder {folder} ({reason}). Name another.", folder=folder, reason=reason)
        ) from error
    except (RuntimeError, ValueError) as error:  # "~nobody", or what no path can hold
        raise RequestError(say("{folder!r} is no folder: {reason}.", folder=str(folder), reason=error)) from error
    return path

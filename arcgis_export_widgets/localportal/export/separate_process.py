"""Write large exports in a separate process.

GDAL holds Python's global lock (GIL) while it writes: in the portal's own process, exporting a million features would
block every other request for many seconds.
"""

from __future__ import annotations

import gc
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pandas as pd

from arcgis_export_widgets.localportal.export.exported_layer import ExportedLayer
from arcgis_export_widgets.localportal.export.formats import FORMATS
from arcgis_export_widgets.localportal.http.request import ArcGISError

_POLL_INTERVAL_S = 0.1


def write_in_process(
    export_format: str, layers: Sequence[ExportedLayer], folder: Path, base: str, cancelled: threading.Event
) -> Path:
    """Write layers to a file in a separate process and return its path; if that fails, raise an error that says why.

    `export_format` is a key of `FORMATS`; when `cancelled` is set, the process is killed.
    """
    command = [sys.executable, "-m", "arcgis_export_widgets.localportal.export.separate_process"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("no pipes")
        # if the process ends before it has read everything, its exit status is checked below
        with suppress(BrokenPipeError):
            pickle.dump((export_format, str(folder), base, len(layers)), process.stdin)
            for layer in layers:
                _send(layer, process.stdin)
            process.stdin.flush()
        while process.poll() is None:
            if cancelled.wait(_POLL_INTERVAL_S):
                process.kill()
                process.wait()
        printed = process.stdout.read()
    answer: dict[str, Any] = json.loads(printed) if process.returncode == 0 else {"error": "the writer ended early"}
    if "error" in answer:
        raise ArcGISError(400, str(answer["error"]))
    return folder / str(answer["file"])


def _send(layer: ExportedLayer, stream: IO[bytes]) -> None:
    """Send a layer column by column, so that no step holds Python's global lock for long."""
    pickle.dump(replace(layer, attributes=layer.attributes.iloc[:0], wkb=None), stream)
    for column in (layer.wkb, *(layer.attributes[name] for name in layer.attributes.columns)):
        pickle.dump(column, stream)


def _receive(stream: IO[bytes]) -> ExportedLayer:
    layer: ExportedLayer = pickle.load(stream)  # noqa: S301 - from our parent, through a pipe
    wkb = pickle.load(stream)  # noqa: S301
    columns = {name: pickle.load(stream) for name in layer.attributes.columns}  # noqa: S301
    return replace(layer, attributes=pd.DataFrame(columns), wkb=wkb)


def main() -> int:
    """Read layers from standard input, write them, and print the name of the file or the error message as JSON."""
    gc.disable()  # faster: no object becomes garbage before the process ends
    stream = sys.stdin.buffer
    export_format, folder, base, count = pickle.load(stream)  # noqa: S301
    layers = [_receive(stream) for _ in range(count)]
    try:
        answer = {"file": FORMATS[export_format].write(layers, Path(folder), base).name}
    except ArcGISError as error:
        answer = {"error": error.message}
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())

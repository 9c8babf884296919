"""Count the files and functions that see a where clause, and a row, by tracing the code that really runs.

Three ways are traced on the sample portal: a clause typed in the form until the map is painted, the export button until
the request is sent, and an exported file until its frames and receipt are made.

    .venv/bin/python tools/trace_where.py [--functions]
"""

from __future__ import annotations

import argparse
import inspect
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import arcgis_export_widgets as aew

CLAUSE = "POPULATION > 123457"
SAMPLE_ITEM = "345313e619df46f387f9ededbe15ac56"
CITIES = 1
PACKAGE = Path(aew.__file__).parent
_DEPTH = 3


class Trace:
    """The functions of the package that ran, in order.

    Parameters
    ----------
    counts
        Whether a call counts, by its frame.
    ends
        Whether this call ends the way; no later one counts.
    """

    def __init__(
        self, counts: Callable[[FrameType], bool], ends: Callable[[FrameType], bool] = lambda _: False
    ) -> None:
        self.calls: list[tuple[str, str]] = []
        self._counts, self._ends = counts, ends
        self._ended = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Trace every thread meanwhile."""
        threading.setprofile(self._called)
        sys.setprofile(self._called)
        try:
            yield
        finally:
            sys.setprofile(None)
            threading.setprofile(None)

    def _called(self, frame: FrameType, event: str, _: Any) -> None:
        path = Path(frame.f_code.co_filename)
        if event != "call" or self._ended or PACKAGE not in path.parents or "localportal" in path.parts:
            return
        name = getattr(frame.f_code, "co_qualname", frame.f_code.co_name)
        if not name.endswith(">") and self._counts(frame):  # neither lambdas nor comprehensions
            self.calls.append((str(path.relative_to(PACKAGE)), name))
        self._ended = self._ends(frame)

    def report(self, title: str, *, functions: bool) -> str:
        """The figures in one line, and the functions below it if wanted."""
        files = {file for file, _ in self.calls}
        names = list(dict.fromkeys(self.calls))
        changes = sum(one[0] != other[0] for one, other in zip(self.calls, self.calls[1:], strict=False))
        checks = sum(name == "check_where" for _, name in self.calls)
        codes = sum(name == "python_code" for _, name in self.calls)
        line = (
            f"{title}: {len(files)} files, {len(names)} functions, {changes} changes of file; "
            f"check_where called {checks} times, python_code {codes} times"
        )
        return "\n".join([line, *(f"    {file}: {name}" for file, name in names if functions)])


def arguments(frame: FrameType) -> Iterator[Any]:
    """The values a call was given."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    yield from (frame.f_locals.get(name) for name in code.co_varnames[:count])


def sees_clause(frame: FrameType) -> bool:
    """Whether an argument holds the clause, as text or within a value."""
    return any(_holds(value, _DEPTH) for value in arguments(frame))


def sends_export(frame: FrameType) -> bool:
    """Whether this is the call that sends the Export Item request."""
    return any(isinstance(value, str) and value.endswith("/export") for value in arguments(frame))


def _holds(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return CLAUSE in value
    if depth == 0:
        return False
    if isinstance(value, dict):
        return any(_holds(part, depth - 1) for part in value.values())
    if isinstance(value, tuple | list):
        return any(_holds(part, depth - 1) for part in value[:20])
    fields = getattr(value, "__dataclass_fields__", ())
    return any(_holds(getattr(value, name, None), depth - 1) for name in fields)


def main() -> None:
    """Trace the three ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", action="store_true", help="list the functions, too")
    wanted = parser.parse_args()
    os.chdir(tempfile.mkdtemp())  # the form saves what it exports below the working folder
    app = aew.ExportApp(aew.sample_portal(), item=SAMPLE_ITEM)
    for form in app.state.layer_list.layers:
        form.ticked = form.definition.id == CITIES
    cities = next(form for form in app.state.layer_list.layers if form.ticked)
    typed, sent, loaded = Trace(sees_clause), Trace(sees_clause, sends_export), Trace(lambda _: True)
    with typed.running():
        cities.where = CLAUSE
    if not app.state.preview.layers:
        raise SystemExit("The map was not painted.")
    with sent.running():
        app.state.export()
    if app.result is None:
        raise SystemExit(app.state.submission.summary)
    expected = [aew.ExpectedLayer(cities.definition, count=1000)]
    with loaded.running():
        aew.load(app.result.path, layers=expected)
    ways = {"where typed -> map painted": typed, "button -> export sent": sent, "zip -> frame, receipt": loaded}
    sys.stdout.write("\n".join(way.report(title, functions=wanted.functions) for title, way in ways.items()) + "\n")


if __name__ == "__main__":
    main()

"""Write docs/formats.md: what each export format keeps, seen by exporting everything and loading it again.

python tools/make_fidelity_table.py            # writes the file
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import fidelity_data
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from arcgis_export_widgets import ExportRequest, LocalPortal, Portal, load
from arcgis_export_widgets.events import ignore
from arcgis_export_widgets.formats.facts import FormatFacts
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading import Frames
from arcgis_export_widgets.model.definition import LayerDefinition

TABLE = Path(__file__).parent.parent / "docs" / "formats.md"
FORMATS = [one for one in ExportFormat if one.facts.loadable]
DEGREES = 1e-7
"""Coordinates that differ by less are the same: GeoJSON has seven decimals, a geodatabase a grid as fine."""

_INTRODUCTION = """# What each format keeps

Made by `tools/make_fidelity_table.py`, which has the local portal export a layer with every field type and layers
with every kind of geometry to each format, loads the files again and compares every value. **yes**: the file holds
it. **load()**: the file alone does not, but `load()` with the layer's definition gives it back, as `result.load()`
does. **no**: it is lost; the form says so before the export, and the receipt after it.
"""
_NOTE = """
Coordinates count as kept when they agree to 0.0000001 degrees. Files that ArcGIS itself writes may lose more than
those of the local portal, which follow what is known of ArcGIS's. Measures (M) are not in this table, because the local
portal serves none.
"""
_LIMITS = """## Names and limits

An empty cell means no limit that an ArcGIS layer could reach. The form warns when the rows under the filter exceed one.
"""
_SET, _MISSING, _ALL = (0, 1, 3), (2,), (0, 1, 2, 3)
_VALUES: dict[str, dict[str, tuple[int, ...]]] = {
    "whole numbers": {"SMALL": _SET, "WHOLE": _SET},
    "whole numbers beyond 2^53": {"BIG": _ALL},
    "fractions to the last digit": {"SINGLE": _SET, "DOUBLE": _SET},
    "missing numbers": {"SMALL": _MISSING, "WHOLE": _MISSING, "DOUBLE": _MISSING},
    "texts in all scripts": {"TEXT": _SET},
    'text made of digits ("007")': {"DIGITS": _SET},
    'missing text kept distinct from ""': {"EMPTY_TEXT": (0,), "TEXT": _MISSING},
    "spaces around text": {"EMPTY_TEXT": (1,)},
    "texts beyond 254 bytes": {"LONG_TEXT": _SET},
    "days": {"DAY": _SET},
    "time of day": {"MOMENT": _SET},
    "milliseconds": {"MILLIS": _SET},
    "missing dates": {"DAY": _MISSING, "MOMENT": _MISSING},
    "times without a day": {"CLOCK": _ALL},
    "moments of timestamps with an offset": {"WITH_ZONE": _ALL},
    "GUIDs": {"GUID": _ALL, "GLOBALID": _ALL},
    "names beyond 10 characters": {"POPULATION_1990": (0, 1), "POPULATION_2000": _ALL},
    "names beyond ASCII": {"Fläche_in_Hektar": (0, 1)},
}


@dataclass(frozen=True)
class Outcome:
    """What came back from one format.

    Attributes
    ----------
    attributes, shapes
        With the layers' definitions; `shapes` holds all layers of `fidelity_data.SHAPES`.
    labels
        The attributes with coded values as labels.
    bare
        The attributes without any definition.
    """

    attributes: gpd.GeoDataFrame
    labels: gpd.GeoDataFrame
    bare: pd.DataFrame
    shapes: Frames
    attributes_definition: LayerDefinition
    shapes_definitions: dict[str, LayerDefinition]


@contextmanager
def served() -> Iterator[Callable[[ExportFormat], Outcome]]:
    """Serve the layers; the function given exports them to one format and loads them."""
    with tempfile.TemporaryDirectory() as folder:
        shapes_file = Path(folder) / "shapes.gpkg"
        fidelity_data.write_shapes(shapes_file)
        with LocalPortal([shapes_file], job_duration_s=0) as running:
            title = "attributes"
            attributes_id = running.add(fidelity_data.attributes_layer(), title, fields=fidelity_data.FIELDS)
            portal = Portal(running.url, username="student", password="learn-arcgis")  # noqa: S106  a public one
            (shapes,) = portal.search("shapes")
            try:
                yield lambda export_format: _run(portal, attributes_id, shapes.id, export_format)
            finally:
                portal.close()


def _run(portal: Portal, attributes_id: str, shapes_id: str, export_format: ExportFormat) -> Outcome:
    result = portal.export(ExportRequest(attributes_id, export_format)).wait(on_event=ignore)
    path = result.download(on_event=ignore)  # to a temporary folder, with no saved definition next to it
    shapes = portal.export(ExportRequest(shapes_id, export_format)).wait(on_event=ignore)
    return Outcome(
        attributes=result.load(on_event=ignore).only,
        labels=result.load(domains="labels", on_event=ignore).only,
        bare=load(path).only,
        shapes=shapes.load(on_event=ignore),
        attributes_definition=portal.feature_service(attributes_id).layers[0].definition,
        shapes_definitions={
            layer.definition.name: layer.definition for layer in portal.feature_service(shapes_id).layers
        },
    )


def truth(column: str) -> list[object]:
    """The values of a column as `load` should give them."""
    values = fidelity_data.VALUES[column]
    if column == "WITH_ZONE":
        values = pd.to_datetime(values, utc=True, format="ISO8601")
    return values.tolist()


def same_values(frame: pd.DataFrame, column: str, rows: tuple[int, ...]) -> bool:
    """Whether a column of `frame` holds the truth in these rows."""
    if column not in frame.columns:
        return False
    found, wanted = frame[column].tolist(), truth(column)
    return all(bool(pd.isna(found[row])) if pd.isna(wanted[row]) else _equal(found[row], wanted[row]) for row in rows)


def _equal(found: object, wanted: object) -> bool:
    if isinstance(found, date) and not isinstance(found, datetime):
        found = pd.Timestamp(found)  # a day is a day, whichever class the reader has for it
    return (type(found) is type(wanted) and found == wanted) or (_number(found) and _number(wanted) and found == wanted)


def _number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def same_shapes(outcome: Outcome, name: str) -> bool:
    """Whether a layer's geometries came back as they were."""
    wanted = fidelity_data.plane_layer() if name == fidelity_data.PLANE else fidelity_data.shapes_layer(name)
    frame = outcome.shapes[name]
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs != wanted.crs:
        return False
    pairs = zip(frame.geometry, wanted.geometry, strict=True)
    return all(_same_shape(found, shape) for found, shape in pairs)


def _same_shape(found: shapely.Geometry | None, wanted: shapely.Geometry | None) -> bool:
    if wanted is None or wanted.is_empty:
        return found is None  # ArcGIS tells no empty shape from none
    return (
        found is not None
        and found.has_z == wanted.has_z
        and found.geom_type == wanted.geom_type
        and bool(shapely.equals_exact(found.normalize(), wanted.normalize(), DEGREES))
        and bool(np.allclose(_heights(found), _heights(wanted), equal_nan=True))
    )


def _heights(geometry: shapely.Geometry) -> list[float]:
    heights: list[float] = np.sort(shapely.get_coordinates(geometry, include_z=True)[:, 2]).tolist()
    return heights


def make_table(outcomes: dict[ExportFormat, Outcome]) -> str:
    """The table in Markdown: a line for each thing that can be lost, a column for each format."""
    lines = [["", *(one.facts.label for one in outcomes)], ["---", *("---" for _ in outcomes)]]
    for label, columns in _VALUES.items():
        lines.append([label, *(_cell(outcome, columns) for outcome in outcomes.values())])
    lines.append(["labels of codes", *(_label_cell(outcome) for outcome in outcomes.values())])
    lines.extend(
        [name, *("yes" if same_shapes(outcome, name) else "no" for outcome in outcomes.values())]
        for name in [*fidelity_data.SHAPES, fidelity_data.PLANE]
    )
    return f"{_INTRODUCTION}\n{_markdown(lines)}\n{_NOTE}\n{make_limits()}"


def make_limits() -> str:
    """The table of names, files and limits in Markdown: a line for each format."""
    columns: dict[str, Callable[[FormatFacts], object]] = {
        "Format": lambda facts: facts.label,
        "Also written as": lambda facts: ", ".join(facts.nicknames),
        "File": lambda facts: " or ".join(filter(None, [facts.extension, facts.collection_extension])),
        "Coordinates": lambda facts: "any" if facts.honours_target_sr else "WGS 84",
        "Rows": lambda facts: facts.max_rows,
        "Fields": lambda facts: facts.max_fields,
        "Characters of a name": lambda facts: facts.max_name_characters,
        "Length of a text": _text_limit,
        "Size of a file": lambda facts: facts.max_file_bytes and f"{facts.max_file_bytes // 1024**3} GB",
        "load()": lambda facts: "yes" if facts.loadable else "no",
    }
    lines = [[*columns], ["---" for _ in columns]]
    lines += [[_limit(of(known.facts)) for of in columns.values()] for known in ExportFormat]
    return f"{_LIMITS}\n{_markdown(lines)}\n"


def _text_limit(facts: FormatFacts) -> str | None:
    if facts.max_text_bytes is not None:
        return f"{facts.max_text_bytes:,} bytes"
    return None if facts.max_text_characters is None else f"{facts.max_text_characters:,} characters"


def _limit(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value or "")


def _markdown(lines: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(outcome: Outcome, columns: dict[str, tuple[int, ...]]) -> str:
    if not all(same_values(outcome.attributes, column, rows) for column, rows in columns.items()):
        return "no"
    in_file = all(same_values(outcome.bare, column, rows) for column, rows in columns.items())
    return "yes" if in_file else "load()"


def _label_cell(outcome: Outcome) -> str:
    return "load()" if outcome.labels["STATE"].tolist()[:2] == ["open", "closed"] else "no"


def main() -> None:
    """Run everything and write the file."""
    with served() as run:
        TABLE.write_text(make_table({one: run(one) for one in FORMATS}), encoding="utf-8")


if __name__ == "__main__":
    main()

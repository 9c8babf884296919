"""Define the receipt, which compares what the portal counted with what arrived."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import pandas as pd

from arcgis_export_widgets.errors import IncompleteResultError
from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.loading.expected import FileFacts

_HEADINGS = {
    "counted": mark("Rows counted by the portal"),
    "rows": mark("Rows arrived"),
    "distinct_ids": mark("Different ids"),
    "complete": mark("Complete"),
    "geometry": mark("Geometry"),
    "null_geometry": mark("Without geometry"),
    "crs": mark("Coordinate system"),
    "crs_as_asked": mark("As requested"),
    "extent": mark("Extent found"),
    "extent_expected": mark("Extent by the portal"),
    "extent_fits": mark("Extents agree"),
    "edited_meanwhile": mark("Edited meanwhile"),
}


@dataclass(frozen=True)
class LayerReceipt:
    """What the portal counted and what arrived, for one layer."""

    layer: str
    counted: int | None
    """Number of rows the portal counted; None if they were not counted."""
    rows: int
    """Number of rows that arrived."""
    distinct_ids: int | None
    """Number of distinct object ids in these rows; None if the rows contain no ids, or the id field is unknown."""
    geometry: str | None
    """Geometry types of the rows that arrived, separated by commas; None if no row has geometry."""
    null_geometry: int | None
    """Number of rows without geometry; None if the layer is a table."""
    crs: str | None
    """Coordinate system of the rows that arrived, such as ``EPSG:4326``; None if there is none."""
    crs_as_asked: bool | None
    """Whether the coordinate system is the requested one; None if unknown."""
    extent: str | None
    """Extent of the rows that arrived: smallest x and y, greatest x and y; None if no row has geometry."""
    extent_expected: str | None
    """The extent that the portal reported for the counted rows; None if unknown."""
    extent_fits: bool | None
    """Whether the two extents agree to within a thousandth of their size; None if unknown."""
    edited_meanwhile: bool | None
    """Whether the source was edited after its rows were counted, before they arrived; None if unknown."""

    in_box: bool = False
    """Whether only the rows in the box ``bbox`` were loaded, a number the portal did not count."""

    @property
    def complete(self) -> bool | None:
        """Whether as many rows arrived as the portal counted, each only once; None if the portal did not count them."""
        if self.counted is None or self.in_box:
            return None
        return self.rows == self.counted and self.distinct_ids in {None, self.rows}


@dataclass(frozen=True, eq=False, repr=False)
class Receipt:
    """What the portal counted compared with what was loaded, layer by layer."""

    layers: tuple[LayerReceipt, ...]
    """What the portal counted and what arrived, one entry for each layer."""
    losses: dict[str, list[str]]
    """By layer name, sentences that say what the format lost and what loading restored."""
    file: FileFacts | None
    """Path, size and SHA-256 of the file; None if the features were fetched without a file."""
    note: str | None = None
    """Sentence that says whether the ``.layers.json`` next to the file was used; None if there is none."""
    outside: tuple[str, ...] = ()
    """One sentence for each layer that lies completely outside the box ``bbox``."""

    @property
    def table(self) -> pd.DataFrame:
        """One row per layer, with the fields of `LayerReceipt` and ``complete`` as columns."""
        numbers = ("counted", "rows", "distinct_ids", "null_geometry")
        truths = ("crs_as_asked", "extent_fits", "edited_meanwhile", "complete")
        return pd.DataFrame(self._rows).astype(dict.fromkeys(numbers, "Int64") | dict.fromkeys(truths, "boolean"))

    @property
    def _rows(self) -> list[dict[str, Any]]:
        return [asdict(layer) | {"complete": layer.complete} for layer in self.layers]

    @property
    def complete(self) -> bool:
        """Whether every layer has as many rows as the portal counted; False if the rows of a layer were not counted."""
        return bool(self.layers) and all(layer.complete for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The receipt as plain JSON: ``verdict``, ``complete``, ``layers``, ``losses``, ``file`` and ``note``."""
        return {
            "verdict": self.verdict,
            "complete": self.complete,
            "layers": self._rows,
            "losses": self.losses,
            "file": self.file.to_json() if self.file else None,
            "note": self.note,
        }

    def assert_complete(self) -> None:
        """Raise an error unless every layer is complete.

        Raises
        ------
        IncompleteResultError
            If there are no layers, or one is not complete. The message names the first such layer, with both numbers
            of rows.
        """
        if not self.layers:
            raise IncompleteResultError(say("No layer was loaded, so nothing is proved."), expected=-1, received=0)
        layer = next((layer for layer in self.layers if not layer.complete), None)
        if layer is None:
            return
        expected, received = -1, layer.rows
        if layer.in_box:
            reason = say(
                "{layer}: only the rows in a box were loaded, which nobody counted. Load without bbox to "
                "prove that all arrived.",
                layer=layer.layer,
            )
        elif layer.counted is None:
            reason = say(
                "{layer}: nobody counted its rows at the portal, so completeness cannot be proved. "
                "Load through the export's result, or pass layers=[ExpectedLayer(...)] with a count.",
                layer=layer.layer,
            )
        else:
            reason, expected = _difference(layer), layer.counted
            received = layer.rows if layer.distinct_ids is None else layer.distinct_ids
        raise IncompleteResultError(reason, expected=expected, received=received)

    @property
    def verdict(self) -> str:
        """A sentence for people that says whether all rows arrived."""
        rows = sum(layer.rows for layer in self.layers)
        if self.complete:
            return say_count(
                "Complete: the {count:,} row the portal counted arrived.",
                "Complete: all {count:,} rows the portal counted arrived.",
                rows,
            )
        if any(layer.in_box for layer in self.layers):
            loaded = say_count(
                "{count:,} row in the box was loaded; nobody counted it at the portal.",
                "{count:,} rows in the box were loaded; nobody counted those at the portal.",
                rows,
            )
            return " ".join([loaded, *self.outside])
        if all(layer.counted is None for layer in self.layers):
            return say_count(
                "{count:,} row was loaded; nobody counted it at the portal.",
                "{count:,} rows were loaded; nobody counted them at the portal.",
                rows,
            )
        if not self.differences:
            uncounted = ", ".join(layer.layer for layer in self.layers if layer.counted is None)
            return say("NOT PROVED: nobody counted the rows of {layers} at the portal.", layers=uncounted)
        return say("NOT COMPLETE: the rows that arrived are not those the portal counted.")

    @property
    def differences(self) -> tuple[str, ...]:
        """One sentence for each layer whose rows differ from what the portal counted."""
        counted = (layer for layer in self.layers if layer.counted is not None and not layer.in_box)
        return tuple(_difference(layer) for layer in counted if not layer.complete)

    def __repr__(self) -> str:
        lines = [self.verdict, self.table.drop(columns="in_box").to_string(index=False), *self._sentences]
        return "\n".join([*lines, *([self.note] if self.note else []), self._origin])

    @property
    def _sentences(self) -> list[str]:
        return [f"{name}: {text}" for name, texts in self.losses.items() for text in texts]

    @property
    def _origin(self) -> str:
        if self.file is None:
            return say("fetched page by page, without a file")
        name, size, sha256 = self.file.path.name, self.file.size_bytes, self.file.sha256
        return say("{name}, {size:,} bytes, SHA-256 {sha256}", name=name, size=size, sha256=sha256)

    def _repr_html_(self) -> str:
        names = "".join(f"<th>{escape(layer.layer)}</th>" for layer in self.layers)
        facts = "".join(map(self._fact_html, _HEADINGS))
        table = f"<table><thead><tr><th></th>{names}</tr></thead><tbody>{facts}</tbody></table>"
        notes = "".join(f"<li>{escape(sentence)}</li>" for sentence in self._sentences)
        if notes:
            notes = f"<p>{escape(say('What the format changed:'))}</p><ul>{notes}</ul>"
        if self.note:
            notes += f"<p>{escape(self.note)}</p>"
        return (
            f"<p><strong>{escape(self.verdict)}</strong></p>{table}{notes}"
            f"<p style='overflow-wrap:anywhere'><small>{escape(self._origin)}</small></p>"
        )

    def _fact_html(self, name: str) -> str:
        """Make an HTML table row that shows one fact for every layer; empty if the fact is unknown for all layers."""
        values = [getattr(layer, name) for layer in self.layers]
        if all(value is None for value in values):
            return ""
        cells = "".join(f"<td>{escape(_for_people(value))}</td>" for value in values)
        return f"<tr><th>{escape(say(_HEADINGS[name]))}</th>{cells}</tr>"


def _difference(layer: LayerReceipt) -> str:
    """A sentence that says how the rows of a layer differ from the portal's count."""
    numbers = {"layer": layer.layer, "counted": layer.counted, "rows": layer.rows}
    if layer.distinct_ids in {None, layer.rows}:
        text = say("{layer}: the portal counted {counted:,} rows but {rows:,} arrived.", **numbers)
    else:
        text = say(
            "{layer}: the portal counted {counted:,} rows but {rows:,} arrived, with {different:,} different ids.",
            **numbers,
            different=layer.distinct_ids,
        )
    if layer.edited_meanwhile:
        text += " " + say("The layer was edited meanwhile; export again.")
    return text


def _for_people(value: float | str | None) -> str:
    if value is None:
        return "\u2013"
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    return say("{number:,}", number=value) if isinstance(value, int) else str(value)

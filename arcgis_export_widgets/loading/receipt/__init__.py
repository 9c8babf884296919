"""The receipt: what the portal counted, compared with what arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

import pandas as pd

from arcgis_export_widgets.errors import IncompleteResultError
from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.loading.receipt.expected import FileFacts

_HEADINGS = {
    "counted": mark("Rows counted by the portal"),
    "rows": mark("Rows arrived"),
    "distinct_ids": mark("Different ids"),
    "complete": mark("Complete"),
    "geometry": mark("Geometry"),
    "null_geometry": mark("Without geometry"),
    "crs": mark("Coordinate system"),
    "crs_as_asked": mark("As asked"),
    "extent": mark("Extent found"),
    "extent_expected": mark("Extent by the portal"),
    "extent_fits": mark("Extents agree"),
    "edited_meanwhile": mark("Edited meanwhile"),
}


@dataclass(frozen=True)
class LayerReceipt:
    """What was counted and what arrived of one layer."""

    layer: str
    counted: int | None
    """Rows by the portal's count; None if nobody counted."""
    rows: int
    """Rows that arrived."""
    distinct_ids: int | None
    """Different object ids among them; None where the format drops ids."""
    geometry: str | None
    """Geometry types found; None without geometry."""
    null_geometry: int | None
    """Rows whose geometry is missing; None without geometry."""
    crs: str | None
    """Coordinate system found, such as ``EPSG:4326``."""
    crs_as_asked: bool | None
    """Whether it is the one asked for; None if nobody can say."""
    extent: str | None
    """Smallest x and y, greatest x and y found; None without geometry."""
    extent_expected: str | None
    """The same as the portal reported it; None if nobody asked."""
    extent_fits: bool | None
    """Whether both agree to within a thousandth of their size; None if nobody can say."""
    edited_meanwhile: bool | None
    """Whether the source was edited between count and load; None if the portal does not say."""

    in_box: bool = False
    """Whether only the rows in a box were wanted, which nobody counted."""

    @property
    def complete(self) -> bool | None:
        """Whether exactly the counted rows arrived, each once; None if nobody counted or only a part was wanted."""
        if self.counted is None or self.in_box:
            return None
        return self.rows == self.counted and self.distinct_ids in {None, self.rows}


class Receipt:
    """Proof of what a load brought, layer by layer.

    Attributes
    ----------
    layers
        What was counted and what arrived of each layer.
    losses
        Sentences by layer name: what the format lost, and what loading restored.
    file
        Path, size and SHA-256 of the file; None where the features came without one.
    note
        Whether the document that a download saved next to the file was used; None if there is none.
    outside
        Sentences about layers that ``bbox`` misses altogether.
    """

    def __init__(
        self,
        layers: Sequence[LayerReceipt],
        losses: Mapping[str, Sequence[str]],
        file: FileFacts | None,
        note: str | None = None,
        outside: Sequence[str] = (),
    ) -> None:
        self.layers = tuple(layers)
        self.losses = dict(losses)
        self.file = file
        self.note = note
        self.outside = tuple(outside)

    @property
    def table(self) -> pd.DataFrame:
        """One row a layer, with the fields of `LayerReceipt` as columns, and ``complete``."""
        whole = ("counted", "rows", "distinct_ids", "null_geometry")
        truths = ("crs_as_asked", "extent_fits", "edited_meanwhile", "complete")
        return pd.DataFrame(self._rows).astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(truths, "boolean"))

    @property
    def _rows(self) -> list[dict[str, Any]]:
        return [asdict(layer) | {"complete": layer.complete} for layer in self.layers]

    @property
    def complete(self) -> bool:
        """Whether every layer has exactly the rows the portal counted. Layers nobody counted prove nothing."""
        return bool(self.layers) and all(layer.complete for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The receipt as plain JSON: verdict, complete, layers, losses, the file's name, size and SHA-256, and note."""
        file = None
        if self.file is not None:
            file = {"name": self.file.path.name, "size_bytes": self.file.size_bytes, "sha256": self.file.sha256}
        return {
            "verdict": self.verdict,
            "complete": self.complete,
            "layers": self._rows,
            "losses": {name: list(texts) for name, texts in self.losses.items()},
            "file": file,
            "note": self.note,
        }

    def assert_complete(self) -> None:
        """Raise unless every layer is complete.

        Raises
        ------
        IncompleteResultError
            Naming the first layer that is not, with both numbers.
        """
        for layer in self.layers:
            if layer.complete:
                continue
            received = layer.rows
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
                reason = _difference(layer)
                received = layer.rows if layer.distinct_ids is None else layer.distinct_ids
            counted = -1 if layer.in_box or layer.counted is None else layer.counted
            raise IncompleteResultError(reason, expected=counted, received=received)

    @property
    def verdict(self) -> str:
        """One sentence for people."""
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
        return say("NOT COMPLETE: the rows that arrived are not those the portal counted.")

    @property
    def differences(self) -> tuple[str, ...]:
        """What arrived in other numbers than the portal counted, a sentence for each such layer."""
        counted = (layer for layer in self.layers if layer.counted is not None and not layer.in_box)
        return tuple(_difference(layer) for layer in counted if not layer.complete)

    def __repr__(self) -> str:
        notes = [f"{name}: {text}" for name, texts in self.losses.items() for text in texts]
        lines = [self.verdict, self.table.drop(columns="in_box").to_string(index=False), *notes]
        return "\n".join([*lines, *([self.note] if self.note else []), self._origin])

    @property
    def _origin(self) -> str:
        if self.file is None:
            return say("fetched page by page, without a file")
        return say(
            "{name}, {size:,} bytes, SHA-256 {sha256}",
            name=self.file.path.name,
            size=self.file.size_bytes,
            sha256=self.file.sha256,
        )

    def _repr_html_(self) -> str:
        notes = "".join(
            f"<li>{escape(name)}: {escape(text)}</li>" for name, texts in self.losses.items() for text in texts
        )
        names = "".join(f"<th>{escape(layer.layer)}</th>" for layer in self.layers)
        facts = "".join(map(self._fact_html, _HEADINGS))
        table = f"<table><thead><tr><th></th>{names}</tr></thead><tbody>{facts}</tbody></table>"
        if notes:
            heading = escape(say("What the format did to it:"))
            notes = f"<p>{heading}</p><ul>{notes}</ul>"
        if self.note:
            notes += f"<p>{escape(self.note)}</p>"
        return (
            f"<p><strong>{escape(self.verdict)}</strong></p>{table}{notes}"
            f"<p style='overflow-wrap:anywhere'><small>{escape(self._origin)}</small></p>"
        )

    def _fact_html(self, name: str) -> str:
        """One fact of every layer as a row of a table; nothing where no layer has it."""
        values = [getattr(layer, name) for layer in self.layers]
        if all(value is None for value in values):
            return ""
        cells = "".join(f"<td>{escape(_for_people(value))}</td>" for value in values)
        return f"<tr><th>{escape(say(_HEADINGS[name]))}</th>{cells}</tr>"


def _difference(layer: LayerReceipt) -> str:
    """A sentence that says how a layer differs from the portal's count."""
    if layer.distinct_ids in {None, layer.rows}:
        text = say(
            "{layer}: the portal counted {counted:,} rows but {rows:,} arrived.",
            layer=layer.layer,
            counted=layer.counted,
            rows=layer.rows,
        )
    else:
        text = say(
            "{layer}: the portal counted {counted:,} rows but {rows:,} arrived, {different:,} of them different.",
            layer=layer.layer,
            counted=layer.counted,
            rows=layer.rows,
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

"""The receipt: what the portal counted against what arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.errors import IncompleteResultError
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.tally import Tally
from arcgis_export_widgets.request.formats import ExportFormat
from arcgis_export_widgets.request.losses import losses

Extent: TypeAlias = tuple[float, float, float, float]
_TOLERANCE = 1e-3
_HEADINGS = {
    "layer": "Layer",
    "counted": "Rows counted",
    "rows": "Rows arrived",
    "distinct_ids": "Distinct ids",
    "geometry": "Geometry",
    "null_geometry": "Without geometry",
    "crs": "Coordinate system",
    "crs_as_asked": "As asked",
    "extent": "Extent found",
    "extent_expected": "Extent by the portal",
    "extent_fits": "Extents agree",
    "edited_meanwhile": "Edited meanwhile",
    "complete": "Complete",
}


@dataclass(frozen=True)
class FileFacts:
    """The file a load came from."""

    path: Path
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> FileFacts:
        """Measure the file at `path`; of a folder, all its files in the order of their names."""
        digest = hashlib.sha256()
        size = 0
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                with file.open("rb") as opened:
                    while chunk := opened.read(1024**2):
                        digest.update(chunk)
                        size += len(chunk)
        return cls(path, size, digest.hexdigest())


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
    """Whether it is the one asked for; None if that cannot be told."""
    extent: str | None
    """Smallest x and y, greatest x and y found; None without geometry."""
    extent_expected: str | None
    """The same by the portal's word; None if nobody asked."""
    extent_fits: bool | None
    """Whether both agree to within a thousandth of their size; None if that cannot be told."""
    edited_meanwhile: bool | None
    """Whether the source was edited between count and load; None if the portal does not tell."""

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
        Sentences by layer name: what the format did not keep, and what loading gave back.
    file
        Path, size and SHA-256 of the file; None where the features came without one.
    """

    def __init__(
        self, layers: Sequence[LayerReceipt], losses: Mapping[str, Sequence[str]], file: FileFacts | None
    ) -> None:
        self.layers = tuple(layers)
        self.losses = dict(losses)
        self.file = file

    @property
    def table(self) -> pd.DataFrame:
        """One row a layer, with the fields of `LayerReceipt` as columns, and ``complete``."""
        rows = [asdict(layer) | {"complete": layer.complete} for layer in self.layers]
        whole = ("counted", "rows", "distinct_ids", "null_geometry")
        truths = ("crs_as_asked", "extent_fits", "edited_meanwhile", "complete")
        return pd.DataFrame(rows).astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(truths, "boolean"))

    @property
    def complete(self) -> bool:
        """Whether every layer has exactly the rows the portal counted. Layers nobody counted prove nothing."""
        return bool(self.layers) and all(layer.complete for layer in self.layers)

    def to_json(self) -> dict[str, Any]:
        """The receipt as plain JSON: verdict, complete, layers, losses, and the file's name, size and SHA-256."""
        file = None
        if self.file is not None:
            file = {"name": self.file.path.name, "size_bytes": self.file.size_bytes, "sha256": self.file.sha256}
        return {
            "verdict": self.verdict,
            "complete": self.complete,
            "layers": [asdict(layer) | {"complete": layer.complete} for layer in self.layers],
            "losses": {name: list(texts) for name, texts in self.losses.items()},
            "file": file,
        }

    def assert_complete(self) -> None:
        """Raise unless every layer is complete.

        Raises
        ------
        IncompleteResultError
            Naming the first layer that is not, with both numbers.
        """
        for layer in self.layers:
            if layer.in_box:
                raise IncompleteResultError(
                    f"{layer.layer}: only the rows in a box were loaded, which nobody counted. Load without bbox to "
                    "prove that all arrived.",
                    expected=-1,
                    received=layer.rows,
                )
            if layer.counted is None:
                raise IncompleteResultError(
                    f"{layer.layer}: nobody counted its rows at the portal, so completeness cannot be proved. "
                    "Load through the export's result, or pass layers=[ExpectedLayer(...)] with a count.",
                    expected=-1,
                    received=layer.rows,
                )
            if not layer.complete:
                reason = " The layer was edited meanwhile; export again." if layer.edited_meanwhile else ""
                twice = (
                    "" if layer.distinct_ids in {None, layer.rows} else f", {layer.distinct_ids:,} of them different"
                )
                raise IncompleteResultError(
                    f"{layer.layer}: the portal counted {layer.counted:,} rows but {layer.rows:,} arrived{twice}."
                    f"{reason}",
                    expected=layer.counted,
                    received=layer.rows if layer.distinct_ids is None else layer.distinct_ids,
                )

    @property
    def verdict(self) -> str:
        """One sentence for people."""
        rows = sum(layer.rows for layer in self.layers)
        if self.complete:
            return f"Complete: all {rows:,} rows the portal counted arrived."
        if any(layer.in_box for layer in self.layers):
            return f"{rows:,} rows in the box were loaded; nobody counted those at the portal."
        if all(layer.counted is None for layer in self.layers):
            return f"{rows:,} rows were loaded; nobody counted them at the portal."
        return "NOT COMPLETE: the rows that arrived are not those the portal counted."

    def __repr__(self) -> str:
        notes = [f"{name}: {text}" for name, texts in self.losses.items() for text in texts]
        lines = [self.verdict, self.table.to_string(index=False), *notes]
        return "\n".join([*lines, self._origin])

    @property
    def _origin(self) -> str:
        if self.file is None:
            return "fetched page by page, without a file"
        return f"{self.file.path.name}, {self.file.size_bytes:,} bytes, SHA-256 {self.file.sha256}"

    def _repr_html_(self) -> str:
        notes = "".join(
            f"<li>{escape(name)}: {escape(text)}</li>" for name, texts in self.losses.items() for text in texts
        )
        table = self.table.rename(columns=_HEADINGS).to_html(index=False, border=0, na_rep="")
        return (
            f"<p><strong>{escape(self.verdict)}</strong></p>{table}"
            f"{f'<p>What the format did to it:</p><ul>{notes}</ul>' if notes else ''}"
            f"<p style='overflow-wrap:anywhere'><small>{escape(self._origin)}</small></p>"
        )


def make_receipt(
    frames: Mapping[str, pd.DataFrame],
    expected: Mapping[str, ExpectedLayer],
    file: FileFacts | None,
    export_format: ExportFormat | None,
) -> Receipt:
    """Write the receipt of `frames`, and of layers that should have come but did not."""
    tallies = {name: Tally.of(frame, _id_field(expected.get(name))) for name, frame in frames.items()}
    return receipt_of(tallies, expected, file, export_format)


def receipt_of(
    tallies: Mapping[str, Tally],
    expected: Mapping[str, ExpectedLayer],
    file: FileFacts | None,
    export_format: ExportFormat | None,
    *,
    in_box: bool = False,
) -> Receipt:
    """Write the receipt of what was counted, and of layers that should have come but did not.

    Parameters
    ----------
    in_box
        Whether only the rows in a box were wanted.
    """
    rows = [_row(name, tally, expected.get(name), in_box=in_box) for name, tally in tallies.items()]
    rows += [_row(name, Tally(None), layer, in_box=in_box) for name, layer in expected.items() if name not in tallies]
    told = {
        name: [str(loss) for loss in _losses(layer, export_format)] for name, layer in expected.items() if export_format
    }
    return Receipt(rows, {name: texts for name, texts in told.items() if texts}, file)


def _id_field(expected: ExpectedLayer | None) -> str | None:
    return expected.definition.object_id_field if expected else None


def _losses(layer: ExpectedLayer, export_format: ExportFormat) -> Sequence[object]:
    return losses(export_format, layer.definition, include_geometry=layer.include_geometry, target_sr=layer.target_sr)


def _row(name: str, tally: Tally, expected: ExpectedLayer | None, *, in_box: bool) -> LayerReceipt:
    told = expected.extent if expected and not in_box else None
    return LayerReceipt(
        layer=name,
        counted=expected.count if expected else None,
        rows=tally.rows,
        distinct_ids=tally.distinct_ids,
        geometry=", ".join(sorted(tally.geometry_types)) or None,
        null_geometry=tally.null_geometry,
        crs=tally.crs,
        crs_as_asked=_crs_as_asked(tally, expected) if expected else None,
        extent=_sides(tally.extent),
        extent_expected=_sides(told),
        extent_fits=None if told is None or tally.extent is None else _about_same(tally.extent, told),
        edited_meanwhile=_edited(expected),
        in_box=in_box,
    )


def _sides(extent: Extent | None) -> str | None:
    return None if extent is None else ", ".join(f"{side:.10g}" for side in extent)


def _about_same(found: Extent, told: Extent) -> bool:
    """Servers round coordinates, and boxes of moved coordinates are not moved boxes."""
    size = max(told[2] - told[0], told[3] - told[1], abs(told[0]) * 1e-6, abs(told[1]) * 1e-6)
    return all(abs(one - other) <= size * _TOLERANCE for one, other in zip(found, told, strict=True))


def _crs_as_asked(tally: Tally, expected: ExpectedLayer) -> bool | None:
    reference = expected.target_sr or expected.definition.spatial_reference
    return None if reference is None or tally.crs is None else bool(CRS.from_user_input(tally.crs) == reference.crs)


def _edited(expected: ExpectedLayer | None) -> bool | None:
    if expected is None or expected.last_edit_before_ms is None or expected.last_edit_after_ms is None:
        return None
    return expected.last_edit_before_ms != expected.last_edit_after_ms

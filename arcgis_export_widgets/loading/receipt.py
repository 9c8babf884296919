"""The receipt: what the portal counted against what arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from pathlib import Path

import geopandas as gpd
import pandas as pd

from arcgis_export_widgets.errors import IncompleteResultError
from arcgis_export_widgets.loading.expected import ExpectedLayer
from arcgis_export_widgets.loading.restore import distinct_ids
from arcgis_export_widgets.request.formats import ExportFormat
from arcgis_export_widgets.request.losses import losses

_HEADINGS = {
    "layer": "Layer",
    "counted": "Rows counted",
    "rows": "Rows arrived",
    "distinct_ids": "Distinct ids",
    "geometry": "Geometry",
    "null_geometry": "Without geometry",
    "crs": "Coordinate system",
    "crs_as_asked": "As asked",
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
    edited_meanwhile: bool | None
    """Whether the source was edited between count and load; None if the portal does not tell."""

    @property
    def complete(self) -> bool | None:
        """Whether exactly the counted rows arrived, each once; None if nobody counted."""
        if self.counted is None:
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
        truths = ("crs_as_asked", "edited_meanwhile", "complete")
        return pd.DataFrame(rows).astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(truths, "boolean"))

    @property
    def complete(self) -> bool:
        """Whether every layer has exactly the rows the portal counted. Layers nobody counted prove nothing."""
        return bool(self.layers) and all(layer.complete for layer in self.layers)

    def assert_complete(self) -> None:
        """Raise unless every layer is complete.

        Raises
        ------
        IncompleteResultError
            Naming the first layer that is not, with both numbers.
        """
        for layer in self.layers:
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
    rows = [_row(name, frame, expected.get(name)) for name, frame in frames.items()]
    rows += [_row(name, None, layer) for name, layer in expected.items() if name not in frames]
    told = {
        name: [str(loss) for loss in _losses(layer, export_format)] for name, layer in expected.items() if export_format
    }
    return Receipt(rows, {name: texts for name, texts in told.items() if texts}, file)


def _losses(layer: ExpectedLayer, export_format: ExportFormat) -> Sequence[object]:
    return losses(export_format, layer.definition, include_geometry=layer.include_geometry, target_sr=layer.target_sr)


def _row(name: str, frame: pd.DataFrame | None, expected: ExpectedLayer | None) -> LayerReceipt:
    id_field = expected.definition.object_id_field if expected else None
    spatial = frame if isinstance(frame, gpd.GeoDataFrame) else None
    return LayerReceipt(
        layer=name,
        counted=expected.count if expected else None,
        rows=0 if frame is None else len(frame),
        distinct_ids=None if frame is None else distinct_ids(frame, id_field),
        geometry=None if spatial is None else _geometry_type(spatial),
        null_geometry=None if spatial is None else int(spatial.geometry.isna().sum()),
        crs=spatial.crs.to_string() if spatial is not None and spatial.crs else None,
        crs_as_asked=_crs_as_asked(spatial, expected) if spatial is not None and expected else None,
        edited_meanwhile=_edited(expected),
    )


def _geometry_type(frame: gpd.GeoDataFrame) -> str | None:
    kinds = sorted({str(kind) for kind in frame.geom_type.dropna().unique()})
    return ", ".join(kinds) or None


def _crs_as_asked(frame: gpd.GeoDataFrame, expected: ExpectedLayer) -> bool | None:
    reference = expected.target_sr or expected.definition.spatial_reference
    return None if reference is None or frame.crs is None else bool(frame.crs == reference.crs)


def _edited(expected: ExpectedLayer | None) -> bool | None:
    if expected is None or expected.last_edit_before_ms is None or expected.last_edit_after_ms is None:
        return None
    return expected.last_edit_before_ms != expected.last_edit_after_ms

"""Writing a receipt: what was expected held against what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import pandas as pd
from pyproj import CRS

from arcgis_export_widgets.formats.losses import losses
from arcgis_export_widgets.formats.registry import ExportFormat
from arcgis_export_widgets.loading.opening import Opened
from arcgis_export_widgets.loading.receipt.counts import Tally
from arcgis_export_widgets.loading.receipt.expected import ExpectedLayer
from arcgis_export_widgets.loading.receipt.receipt import LayerReceipt, Receipt

Extent: TypeAlias = tuple[float, float, float, float]
_TOLERANCE = 1e-3


def make_receipt(frames: Mapping[str, pd.DataFrame], expected: Mapping[str, ExpectedLayer]) -> Receipt:
    """Write the receipt of `frames` that came without a file, and of layers that should have come but did not."""
    tallies = {name: Tally.of(frame, _id_field(expected.get(name))) for name, frame in frames.items()}
    return receipt_of(tallies, expected, None)


def receipt_of(
    tallies: Mapping[str, Tally],
    expected: Mapping[str, ExpectedLayer],
    file: Opened | None,
    *,
    in_box: bool = False,
    outside: Sequence[str | None] = (),
) -> Receipt:
    """Write the receipt of what was counted, and of layers that should have come but did not.

    Parameters
    ----------
    file
        Where they came from; None for features that came without one.
    in_box
        Whether only the rows in a box were wanted.
    outside
        What is to be said of layers that the box misses.
    """
    rows = [_row(name, tally, expected.get(name), in_box=in_box) for name, tally in tallies.items()]
    rows += [_row(name, Tally(None), layer, in_box=in_box) for name, layer in expected.items() if name not in tallies]
    if file is None:
        return Receipt(rows, {}, None)
    told = {name: [str(loss) for loss in _losses(layer, file.export_format)] for name, layer in expected.items()}
    losses_told = {name: texts for name, texts in told.items() if texts}
    return Receipt(rows, losses_told, file.facts, file.note, tuple(text for text in outside if text))


def _id_field(expected: ExpectedLayer | None) -> str | None:
    return expected.definition.object_id_field if expected else None


def _losses(layer: ExpectedLayer, export_format: ExportFormat | None) -> Sequence[object]:
    if export_format is None:
        return ()
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

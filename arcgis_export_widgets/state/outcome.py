"""What a finished export came to, in words for people."""

from __future__ import annotations

from collections.abc import Sequence

from arcgis_export_widgets.language import say, say_count


def outcome(loaded: Sequence[tuple[str, int]], seconds: float) -> str:
    """What was loaded in that time, given as name and rows of each layer; only a file if there is none."""
    rows, layers = sum(count for _, count in loaded), len(loaded)
    if not loaded:
        return say("Done in {seconds:.1f} s: the file is downloaded.", seconds=seconds)
    if layers == 1:
        return say_count(
            "Done in {seconds:.1f} s: {count:,} row in 1 layer.",
            "Done in {seconds:.1f} s: {count:,} rows in 1 layer.",
            rows,
            seconds=seconds,
        )
    return say_count(
        "Done in {seconds:.1f} s: {count:,} row in {layers} layers.",
        "Done in {seconds:.1f} s: {count:,} rows in {layers} layers.",
        rows,
        seconds=seconds,
        layers=layers,
    )


def whereabouts(*, deleted: bool) -> str:
    """What became of the exported item."""
    return say("The exported item was deleted.") if deleted else say("The exported item stays in the portal.")

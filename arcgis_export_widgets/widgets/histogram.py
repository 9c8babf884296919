"""Bars that show the distribution of values, and set a condition when clicked."""

from __future__ import annotations

from datetime import datetime, timezone
from html import escape
from typing import Any

from ipywidgets import HTML, Button, ButtonStyle, HBox, VBox

from arcgis_export_widgets.language import mark, say, say_count
from arcgis_export_widgets.state.value_help import ValueHelp
from arcgis_export_widgets.widgets.closing import close, follow

_HEIGHT_PX = 44
_LEAST_PX = 2
_LEAST_THOUSANDS = 1e4
_SIZES = {1e9: mark("{number:.3g} bn"), 1e6: mark("{number:.3g} M"), 1e3: mark("{number:.3g} k")}


class HistogramView(VBox):  # type: ignore[misc]
    """Histogram of a `ValueHelp`.

    Each bar is a button as high as the picture, so that small bars can be clicked as well. The tab key skips them:
    keyboard users have the inputs below.
    """

    def __init__(self, state: ValueHelp) -> None:
        self.state = state
        self._style = ButtonStyle()
        self.bars: list[Button] = []
        self._row = HBox()
        self._row.add_class("aew-bars")
        self._axis = HTML()
        super().__init__([self._row, self._axis])
        self.add_class("aew-histogram")
        state.observe(self._show, "histogram")
        follow(self, state.condition, self._show_chosen, ["inputs", "operator"])
        self._show()

    def _show(self, _: object = None) -> None:
        found = self.state.histogram
        self.layout.display = "none" if found is None else None
        if found is None:
            return
        while len(self.bars) < len(found.counts):
            self.bars.append(self._bar(len(self.bars)))
        shown = self.bars[: len(found.counts)]
        limits = [self._label(limit) for limit in found.boundaries]
        for bar, share, count, low, high in zip(shown, found.shares, found.counts, limits, limits[1:], strict=False):
            height = max(round(share * _HEIGHT_PX), _LEAST_PX) if count else 0
            bar.layout.border_top = f"{_HEIGHT_PX - height}px solid transparent"
            bar.tooltip = say_count(
                "{low} to {high}: {count:,} row", "{low} to {high}: {count:,} rows", count, low=low, high=high
            )
        if len(self._row.children) != len(shown):
            self._row.children = shown
        marks = (limits[0], limits[len(limits) // 2], limits[-1])
        spans = "".join(f"<span>{escape(text)}</span>" for text in marks)
        self._axis.value = f'<div class="aew-axis" aria-hidden="true">{spans}</div>'
        self._show_chosen()

    def _show_chosen(self, _: object = None) -> None:
        for bar, inside in zip(self.bars, self.state.chosen, strict=False):
            (bar.remove_class if inside else bar.add_class)("aew-out")

    def _bar(self, place: int) -> Button:
        bar = Button(style=self._style, tabbable=False)
        bar.layout.height = f"{_HEIGHT_PX}px"
        bar.on_click(lambda _: self.state.choose_bin(place))
        return bar

    def _label(self, limit: float) -> str:
        return _moment(limit) if self.state.condition.about.type.is_temporal else short_number(limit)

    def close(self) -> None:
        """Close it, including bars that are not shown at the moment."""
        for bar in self.bars:
            close(bar)
        self._style.close()
        super().close()


def short_number(value: float) -> str:
    """A number in a few characters: 8.8 M for 8804190."""
    for size, text in _SIZES.items() if abs(value) >= _LEAST_THOUSANDS else ():
        if abs(value) >= size:
            return say(text, number=value / size)
    return say("{number:,.4g}", number=value) if value % 1 else say("{number:,.0f}", number=value)


def _moment(milliseconds: Any) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else f"{moment:%Y-%m-%d %H:%M}"

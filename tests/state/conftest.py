"""A form on the local portal, and a runner whose steps a test takes one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from arcgis_export_widgets import Portal
from arcgis_export_widgets.state.app import ExportForm
from arcgis_export_widgets.state.runner import SameThreadRunner

USA = "345313e619df46f387f9ededbe15ac56"
WORLD = "9d2c5f0b8e6a47c1a3f47be0c61d8e24"


class StepRunner:
    """Does nothing by itself: a test says when typing rests and when which answer comes."""

    def __init__(self) -> None:
        self.asked: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]] = []
        self.timers: list[Callable[[], None]] = []
        self.clocks: list[Callable[[], None]] = []

    def submit(self, work: Any, done: Any, failed: Any) -> None:
        self.asked.append((work, done, failed))

    def later(self, delay_s: float, call: Callable[[], None]) -> Callable[[], None]:
        assert delay_s > 0
        self.timers.append(call)
        return lambda: self.timers.remove(call) if call in self.timers else None

    def every(self, interval_s: float, call: Callable[[], None]) -> Callable[[], None]:
        assert interval_s > 0
        self.clocks.append(call)
        return lambda: self.clocks.remove(call)

    def hand_over(self, call: Callable[[], None]) -> None:
        call()

    def rest(self) -> None:
        """Let the time pass that people take to stop typing."""
        timers, self.timers = self.timers, []
        for call in timers:
            call()

    def answer(self, index: int = 0) -> None:
        """Let one answer come, the oldest unless told otherwise."""
        SameThreadRunner().submit(*self.asked.pop(index))

    def settle(self) -> None:
        """Let everything happen."""
        while self.asked or self.timers:
            self.rest()
            while self.asked:
                self.answer()


@pytest.fixture
def steps() -> StepRunner:
    return StepRunner()


@pytest.fixture
def form(portal: Portal) -> ExportForm:
    """The form with the multi-layer sample open: counties (0), cities (1), state borders (2)."""
    return ExportForm(portal, USA, runner=SameThreadRunner())


@pytest.fixture
def world(portal: Portal) -> ExportForm:
    """The form with earthquakes (0), countries (1) and a table of facts (2)."""
    return ExportForm(portal, WORLD, runner=SameThreadRunner())

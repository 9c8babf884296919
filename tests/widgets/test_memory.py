"""A form that is used for long stays as small as it was."""

from __future__ import annotations

import gc
import tracemalloc

from ipywidgets.widgets.widget import _instances

CHANGES = 20


def test_changes_of_a_filter_leave_nothing_behind(app):
    app.layer_list.layers[0].ticked.value = app.layer_list.layers[2].ticked.value = False
    where = app.layer_list.layers[1].filter.where

    def change(times):
        for number in range(times):
            where.value = f"POPULATION > {1_000_000 + number % 10} AND STATE_ABBR <> 'X{number % 7}'"
        gc.collect()

    tracemalloc.start()  # before the first, for each change replaces what the last one made
    change(CHANGES)
    before_bytes, before_widgets = tracemalloc.get_traced_memory()[0], len(_instances)
    change(CHANGES)
    grown_bytes = tracemalloc.get_traced_memory()[0] - before_bytes
    tracemalloc.stop()
    assert len(_instances) == before_widgets
    assert grown_bytes < CHANGES * 5_000, f"{grown_bytes / CHANGES:,.0f} bytes a change"

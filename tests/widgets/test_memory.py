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

    tracemalloc.start()
    change(CHANGES)  # the first, for each change replaces what the last one made
    widgets, grown_bytes = [len(_instances)], []
    for _ in range(3):
        before_bytes = tracemalloc.get_traced_memory()[0]
        change(CHANGES)
        grown_bytes.append(tracemalloc.get_traced_memory()[0] - before_bytes)
        widgets.append(len(_instances))
    tracemalloc.stop()
    assert len(set(widgets)) == 1
    # what leaks does so every time; what is kept once, such as a library's cache, does not
    assert min(grown_bytes) < CHANGES * 5_000, f"{min(grown_bytes) / CHANGES:,.0f} bytes a change"

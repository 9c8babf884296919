"""A form that is used for long stays as small as it was."""

from __future__ import annotations

import gc
import sys

from ipywidgets.widgets.widget import _instances

CHANGES = 4


def test_changes_of_a_filter_leave_nothing_behind(app):
    app.layer_list.layers[0].ticked.value = app.layer_list.layers[2].ticked.value = False
    where = app.layer_list.layers[1].filter.where

    def change(times):
        for number in range(times):
            where.value = f"POPULATION > {1_000_000 + number % 10} AND STATE_ABBR <> 'X{number % 7}'"
        gc.collect()

    change(CHANGES)  # the first, for each change replaces what the last one made
    widgets, grown = [len(_instances)], []
    for _ in range(3):
        before = sys.getallocatedblocks()
        change(CHANGES)
        grown.append(sys.getallocatedblocks() - before)
        widgets.append(len(_instances))
    assert len(set(widgets)) == 1
    # what leaks does so every time; what is kept once, such as a library's cache, does not
    assert min(grown) < CHANGES * 20, f"{min(grown) / CHANGES:,.0f} blocks of memory a change"

"""Pages of a layer so large that DuckDB works on several parts of it at once."""

import numpy as np
import pandas as pd
import pytest

from arcgis_export_widgets.localportal.layers.read_data import frame_to_layer
from arcgis_export_widgets.localportal.query.layer_query import LayerQuery, parse_where
from arcgis_export_widgets.localportal.query.selection import select_rows

ROWS = 500_000


@pytest.fixture(scope="module")
def layer():
    return frame_to_layer(pd.DataFrame({"A": np.arange(ROWS) % 1000}), 0, "Large")


@pytest.mark.parametrize(
    "where",
    ["1=1", "A >= 10", "NOT A = 5 OR A IS NULL", f"A IN ({','.join(map(str, range(0, 1000, 2)))})", "A NOT IN (1, 2)"],
)
@pytest.mark.parametrize("order_by", [(), ('"OBJECTID" ASC NULLS FIRST',)])
def test_pages_follow_each_other_in_the_order_of_object_ids(layer, where, order_by):
    query = LayerQuery(parse_where(where, layer), order_by)
    every = select_rows(layer, query)
    pages = [select_rows(layer, query, limit=2000, offset=offset) for offset in (0, 2000, 200_000)]
    assert np.all(np.diff(every) > 0)
    for page, offset in zip(pages, (0, 2000, 200_000), strict=True):
        assert page.tolist() == every[offset : offset + 2000].tolist()


def test_a_descending_order_is_kept(layer):
    query = LayerQuery("TRUE", ('"OBJECTID" DESC NULLS LAST',))
    assert select_rows(layer, query, limit=3).tolist() == [ROWS - 1, ROWS - 2, ROWS - 3]

from __future__ import annotations

import pytest

from arcgis_export_widgets.model.definition import own_colours


def drawn(symbol, kind="simple"):
    return {"drawingInfo": {"renderer": {"type": kind, "symbol": symbol}}}


def test_a_simple_symbol_gives_its_colour_and_that_of_its_outline():
    symbol = {"type": "esriSFS", "color": [122, 158, 126, 80], "outline": {"color": [84, 110, 88, 255]}}
    assert own_colours(drawn(symbol)) == ((122, 158, 126), (84, 110, 88))


def test_what_cannot_be_seen_is_no_colour():
    hollow = {"type": "esriSFS", "style": "esriSFSNull", "color": [1, 2, 3, 255], "outline": {"color": [4, 5, 6]}}
    assert own_colours(drawn(hollow)) == ((4, 5, 6),)
    assert own_colours(drawn({"type": "esriSMS", "color": [1, 2, 3, 0], "outline": None})) == ()


def test_features_that_differ_in_their_looks_have_no_one_colour():
    assert own_colours(drawn({"color": [1, 2, 3, 255]}, kind="uniqueValue")) == ()


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"drawingInfo": None},
        {"drawingInfo": {"renderer": "simple"}},
        drawn(None),
        drawn({"type": "esriPMS", "imageData": "iVBOR"}),
        drawn({"type": "CIMSymbolReference", "symbol": {}}),
        drawn({"color": "#123456"}),
        drawn({"color": [1, 2]}),
        drawn({"color": [None, 2, 3, 4]}),
    ],
)
def test_whatever_else_stands_there_is_no_colour(definition):
    assert own_colours(definition) == ()

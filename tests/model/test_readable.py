from __future__ import annotations

import pytest

from arcgis_export_widgets.model.fields import CodedValues, Field, FieldType, readable

STATUS = Field("STATUS", FieldType.STRING, domain=CodedValues("Status", {"A": "Automatic"}))
OPENED = Field("OPENED", FieldType.DATE)


@pytest.mark.parametrize(
    ("value", "field", "text"),
    [
        (None, STATUS, "no value"),
        ("A", STATUS, "Automatic"),
        ("Z", STATUS, "Z"),
        (1517363399000, OPENED, "2018-01-31 01:49:59 UTC"),
        (1517356800000, OPENED, "2018-01-31"),
        (-86400000, OPENED, "1969-12-31"),
        (253402300799000, OPENED, "9999-12-31 23:59:59 UTC"),
        (253402300800000, OPENED, "253402300800000"),
        (-(10**18), OPENED, "-1000000000000000000"),
        (float("nan"), OPENED, "nan"),
        (5.0, None, "5"),
        (0.25, None, "0.25"),
        ("<b>", None, "<b>"),
    ],
)
def test_values_are_shown_as_people_read_them(value, field, text):
    assert readable(value, field) == text

"""Values compared with fields of another type, dates that do not exist, codes outside of the domain."""

import pytest

from arcgis_export_widgets.where.checks import check_where

ERROR, WARNING = True, False


@pytest.mark.parametrize(
    ("clause", "at", "is_error", "said"),
    [
        ("POPULATION = 'abc'", 13, ERROR, "POPULATION holds numbers, but 'abc' is text"),
        ("POPULATION IN (1, 'abc')", 18, ERROR, "POPULATION holds numbers"),
        ("POPULATION = '100'", 13, WARNING, "write 100"),
        ("POPULATION > DATE '2020-01-01'", 18, ERROR, "numbers, not dates"),
        ("STATE = 5", 8, WARNING, "write '5'"),
        ("STATE BETWEEN -5 AND 'Z'", 15, WARNING, "write '-5'"),
        ("POPULATION LIKE '3%'", 0, WARNING, "LIKE compares text"),
        ("opened LIKE '2020%'", 0, WARNING, "holds dates"),
        ("STATE = NULL", 0, ERROR, "write STATE IS NULL"),
        ("STATE <> NULL", 0, ERROR, "write STATE IS NOT NULL"),
        ("opened > '2020-01-05'", 9, WARNING, "write DATE '2020-01-05'"),
        ("'2020-1-5 10:00' < opened", 0, WARNING, "write TIMESTAMP '2020-01-05 10:00'"),
        ("closes_at > '10:00'", 12, WARNING, "write TIME '10:00'"),
        ("opened > 'yesterday'", 9, ERROR, "write DATE 'yyyy-mm-dd'"),
        ("opened > 1577836800000", 9, WARNING, "not every server"),
        ("opened > 2020-01-05", 9, ERROR, "write DATE '2020-01-05'"),
        ("opened > 05/01/2020", 9, ERROR, "write DATE 'yyyy-mm-dd'"),
        ("opened > DATE '2020-02-30'", 14, ERROR, "There is no day 2020-02-30"),
        ("opened > DATE '01/02/2020'", 14, ERROR, "write DATE 'yyyy-mm-dd'"),
        ("opened > DATE '2020-1-5'", 14, WARNING, "write DATE '2020-01-05'"),
        ("opened > DATE '2020-01-05 10:00:00'", 14, WARNING, "write TIMESTAMP '2020-01-05 10:00:00'"),
        ("opened > TIMESTAMP '2020-01-05 25:00:00'", 19, ERROR, "25:00:00 is not a valid time of day"),
        ("opened > TIMESTAMP '2020-01-05 noon'", 19, ERROR, "hh:mm:ss"),
        ("closes_at > TIME '10'", 17, ERROR, "write TIME 'hh:mm:ss'"),
        ("STATUS = 'Reviewed'", 9, WARNING, "write 'R'"),
        ("STATUS <> 'X'", 10, WARNING, "the codes are 'R' (Reviewed), 'O' (Open)"),
        ("STATUS IN ('R', 'Q')", 16, WARNING, "'Q' is not a code"),
        ("KIND = 7", 7, WARNING, "1 (Road), 2 (Rail)"),
        ("KIND = 'road'", 7, ERROR, "write 1"),
    ],
)
def test_values_that_do_not_fit_are_located_and_explained(clause, at, is_error, said, cities):
    (problem,) = check_where(clause, cities)
    assert said in f"{problem.cause}; {problem.fix}"
    assert (problem.position, problem.is_error) == (at, is_error)


@pytest.mark.parametrize(
    "clause",
    [
        "STATUS = 'r'",
        "STATUS LIKE 'X%'",
        "STATUS > 'X'",
        "KIND = 1.0",
        "KIND IN (1, 2)",
        "POPULATION = AREA_KM2",
        "STATE = UPPER('ca')",
        "UPPER(STATUS) = 'X'",
        "CAST(POPULATION AS VARCHAR(9)) = 'abc'",
        "opened = TIMESTAMP '2020-02-29T10:00'",
        "opened < TIMESTAMP '2020-02-29 10:00:00.123 +05:30'",
        "opened > CURRENT_DATE - 30",
        "closes_at BETWEEN TIME '10:00' AND TIME '23:59:59.999'",
        "GlobalID = '{4E37B0B8-550A-407F-9F02-A695CD9FC4FC}'",
    ],
)
def test_values_that_fit_are_not_blamed(clause, cities):
    assert check_where(clause, cities) == ()

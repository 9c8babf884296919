"""Every operator, function, literal and interval of standardized SQL, held against the same thing said in pandas."""

import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pandas as pd
import pytest

WORDS = ["Ulm", " Ulm ", "50%", "a_b", "it's", "Åre", "東京", "", "xxUlmxx", None]
SIGHTED = pd.Timestamp("2019-12-28T22:30:15.250")


@pytest.fixture(scope="module")
def rows():
    """60 rows with negative numbers, zeros, nulls, odd texts, leap days and moments before 1970."""
    numbers = np.arange(60)
    sighted = (SIGHTED + pd.to_timedelta(numbers * 26, unit="h")).to_series(index=numbers)
    sighted[3], sighted[4], sighted[9] = pd.NaT, pd.Timestamp("1969-07-20T20:17:40"), pd.Timestamp("2020-02-29")
    return pd.DataFrame(
        {
            "N": pd.array([None if number % 13 == 10 else number - 30 for number in numbers], dtype="Int32"),
            "X": [math.nan if number % 11 == 5 else (number - 30) * 0.3 for number in numbers],
            "T": [WORDS[number % len(WORDS)] for number in numbers],
            "D": sighted,
            "DAY": sighted.dt.date.where(sighted.notna(), None),
        }
    )


@pytest.fixture(scope="module")
def url(portal, anonymous, rows):
    item_id = portal.add(rows, "Every kind of value")
    return anonymous.get(f"content/items/{item_id}").json()["url"]


def number(column, function):
    """A function of one number, null for null and where it is undefined."""

    def apply(value):
        try:
            return None if pd.isna(value) else function(float(value))
        except (ValueError, ZeroDivisionError, OverflowError):
            return None

    return pd.Series([apply(value) for value in column], dtype="float64")


def text(column, function):
    """A function of one text, null for null."""
    return pd.Series([None if value is None or pd.isna(value) else function(value) for value in column])


def rounded(value, places):
    step = Decimal(1).scaleb(-places)
    return float(Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP))


def at(stamp):
    return pd.Timestamp(stamp)


def hours(count):
    return pd.Timedelta(hours=count)


OPERATORS = {
    "N = 5": lambda f: f.N == 5,
    "N <> 5": lambda f: f.N != 5,
    "N != 5": lambda f: f.N != 5,
    "N < -10": lambda f: f.N < -10,
    "N <= -10": lambda f: f.N <= -10,
    "N > 20": lambda f: f.N > 20,
    "N >= 20": lambda f: f.N >= 20,
    "N > 0 AND X < 3": lambda f: (f.N > 0) & (f.X < 3),
    "N > 20 OR X < -8": lambda f: (f.N > 20).fillna(False) | (f.X < -8),
    "N > 20 OR N < -20 AND X > -8": lambda f: (f.N > 20) | ((f.N < -20) & (f.X > -8)),
    "(N > 20 OR N < -20) AND X > -8": lambda f: ((f.N > 20) | (f.N < -20)) & (f.X > -8),
    "NOT N > 20": lambda f: f.N <= 20,
    "NOT (N > 20 OR T = 'Ulm')": lambda f: (f.N <= 20) & (f["T"].notna() & (f["T"] != "Ulm")),
    "N IS NULL": lambda f: f.N.isna(),
    "X IS NOT NULL": lambda f: f.X.notna(),
    "N = NULL": lambda f: f.N.isna() & False,
    "N IN (1, -3, 20)": lambda f: f.N.isin([1, -3, 20]),
    "N IN (1, NULL)": lambda f: f.N.isin([1]),
    "N NOT IN (1, -3)": lambda f: f.N.notna() & ~f.N.isin([1, -3]),
    "N NOT IN (1, NULL)": lambda f: f.N.isna() & False,
    "T IN ('Ulm', 'it''s', '')": lambda f: f["T"].isin(["Ulm", "it's", ""]),
    "N BETWEEN -3 AND 4": lambda f: f.N.between(-3, 4),
    "N NOT BETWEEN -3 AND 4": lambda f: (f.N < -3) | (f.N > 4),
    "T LIKE 'U%'": lambda f: f["T"].str.startswith("U"),
    "T LIKE '%l_'": lambda f: f["T"].str.contains("l.$"),
    "T NOT LIKE '%Ulm%'": lambda f: f["T"].notna() & ~f["T"].str.contains("Ulm", na=False),
    "NOT T LIKE '%Ulm%'": lambda f: f["T"].notna() & ~f["T"].str.contains("Ulm", na=False),
    "T LIKE '%!%' ESCAPE '!'": lambda f: f["T"].str.endswith("%"),
    "T LIKE 'a$_b' ESCAPE '$'": lambda f: f["T"] == "a_b",
    "T NOT LIKE '__' AND T LIKE '__%'": lambda f: f["T"].str.len() > 2,
    "T || '!' = 'Ulm!'": lambda f: f["T"] == "Ulm",
    "'<' || T || '>' = '<>'": lambda f: f["T"] == "",
    "N + 2 = 5": lambda f: f.N == 3,
    "N - 2 * 3 = -1": lambda f: f.N == 5,
    "(N - 2) * 3 = -9": lambda f: f.N == -1,
    "N / 4 = 2.5": lambda f: f.N == 10,
    "100 / N > 30": lambda f: f.N.isin([1, 2, 3]),
    "-N = 5 AND +N = -5": lambda f: f.N == -5,
    "N - -1 = 0": lambda f: f.N == -1,
    "X * 2 = X + X AND X * N > 0": lambda f: f.X * f.N.astype("Float64") > 0,
    "CASE WHEN N < 0 THEN 'low' WHEN N > 9 THEN 'high' ELSE 'mid' END = 'mid'": lambda f: (
        ~(f.N < 0).fillna(False) & ~(f.N > 9).fillna(False)
    ),
    "CASE WHEN N < 0 THEN 1 END = 1": lambda f: f.N < 0,
    "CASE T WHEN 'Ulm' THEN 1 WHEN '' THEN 2 END IN (1, 2)": lambda f: f["T"].isin(["Ulm", ""]),
}
LITERALS = {
    "T = 'it''s'": lambda f: f["T"] == "it's",
    "T = N'東京'": lambda f: f["T"] == "東京",
    "T = n'Åre' OR T LIKE N'5%'": lambda f: f["T"].isin(["Åre", "50%"]),
    "T = ''": lambda f: f["T"] == "",
    "N = 5.0 OR N = 1E1 OR N = 1.1e+1 OR N = 200e-1": lambda f: f.N.isin([5, 10, 11, 20]),
    "X > .5 AND X < 1.": lambda f: (f.X > 0.5) & (f.X < 1),
    "TRUE": lambda f: f.N.isna() | True,
    "FALSE OR N = 1": lambda f: f.N == 1,
    "SIGN(N) = TRUE": lambda f: f.N > 0,
    "COALESCE(NULL, N) = 1": lambda f: f.N == 1,
    '"N" = 1 AND `X` < 1': lambda f: (f.N == 1) & (f.X < 1),
    "n = 1 and d > date '2020-01-01'": lambda f: (f.N == 1) & (at("2020-01-01") < f.D),
    "D >= DATE '2020-01-03' AND D < DATE '2020-01-05'": lambda f: (at("2020-01-03") <= f.D) & (at("2020-01-05") > f.D),
    "D = DATE '2020-02-29'": lambda f: at("2020-02-29") == f.D,
    "D = DATE '1969-07-20 20:17:40'": lambda f: at("1969-07-20T20:17:40") == f.D,
    "DAY = DATE '2020-02-29'": lambda f: dt.date(2020, 2, 29) == f.DAY,
    "D = TIMESTAMP '2019-12-28 22:30:15.250'": lambda f: f.D == SIGHTED,
    "D < TIMESTAMP '1970-01-01 00:00:00'": lambda f: at("1970-01-01") > f.D,
    "D = TIMESTAMP '2019-12-28 14:30:15.250 -08:00'": lambda f: f.D == SIGHTED,
    "D = TIMESTAMP '2019-12-29 04:00:15.25 +05:30'": lambda f: f.D == SIGHTED,
    "CAST(D AS TIME) = TIME '20:17:40'": lambda f: at("1969-07-20T20:17:40") == f.D,
    "CAST(D AS TIME) < TIME '06:00:00'": lambda f: f.D.dt.hour < 6,
}
FUNCTIONS = {
    "ABS(N) = 5": lambda f: f.N.abs() == 5,
    "CEILING(X) = -1": lambda f: number(f.X, math.ceil) == -1,
    "FLOOR(X) = -1": lambda f: number(f.X, math.floor) == -1,
    "LOG(N) > 3": lambda f: number(f.N, math.log) > 3,
    "LOG(N) < 0.5": lambda f: number(f.N, math.log) < 0.5,
    "LOG10(N) >= 1": lambda f: number(f.N, math.log10) >= 1,
    "SIN(N) > 0.5": lambda f: number(f.N, math.sin) > 0.5,
    "COS(N) > 0.5": lambda f: number(f.N, math.cos) > 0.5,
    "TAN(N) > 1": lambda f: number(f.N, math.tan) > 1,
    "ASIN(X) > 0.25": lambda f: number(f.X, math.asin) > 0.25,
    "ACOS(X) < 2": lambda f: number(f.X, math.acos) < 2,
    "ATAN(X) > 1": lambda f: number(f.X, math.atan) > 1,
    "SINH(X) < -10": lambda f: number(f.X, math.sinh) < -10,
    "COSH(X) > 100": lambda f: number(f.X, math.cosh) > 100,
    "TANH(X) > 0.9": lambda f: number(f.X, math.tanh) > 0.9,
    "SIGN(X) = -1": lambda f: f.X < 0,
    "POWER(N, 2) = 25": lambda f: f.N.abs() == 5,
    "POWER(N, 0.5) > 5": lambda f: f.N > 25,
    "POWER(2, N) = 0.125": lambda f: f.N == -3,
    "MOD(N, 4) = 3": lambda f: number(f.N, lambda value: math.fmod(value, 4)) == 3,
    "MOD(N, 4) = -3": lambda f: number(f.N, lambda value: math.fmod(value, 4)) == -3,
    "ROUND(X) = 2": lambda f: number(f.X, lambda value: rounded(value, 0)) == 2,
    "ROUND(X / 7, 1) = -0.4": lambda f: number(f.X, lambda value: rounded(value / 7, 1)) == -0.4,
    "TRUNCATE(X) = -2": lambda f: number(f.X, math.trunc) == -2,
    "TRUNCATE(X / 4, 1) = 0.3": lambda f: number(f.X, lambda value: math.trunc(value / 4 * 10) / 10) == 0.3,
    "1 / N > 0.3": lambda f: number(f.N, lambda value: 1 / value) > 0.3,
    "MOD(5, N) = 1": lambda f: number(f.N, lambda value: math.fmod(5, value)) == 1,
    "CHAR_LENGTH(T) = 3": lambda f: f["T"].str.len() == 3,
    "CONCAT(T, 'x') = 'Ulmx'": lambda f: f["T"] == "Ulm",
    "LOWER(T) = 'åre'": lambda f: text(f["T"], str.lower) == "åre",
    "UPPER(T) LIKE 'X%'": lambda f: text(f["T"], str.upper).str.startswith("X"),
    "SUBSTRING(T, 2) = 'lm'": lambda f: text(f["T"], lambda value: value[1:]) == "lm",
    "SUBSTRING(T, 1, 1) = 'U'": lambda f: text(f["T"], lambda value: value[:1]) == "U",
    "SUBSTRING(T FROM 3) = 'b'": lambda f: text(f["T"], lambda value: value[2:]) == "b",
    "SUBSTRING(T FROM 1 FOR 1) = '東'": lambda f: text(f["T"], lambda value: value[:1]) == "東",
    "POSITION('lm' IN T) = 3": lambda f: text(f["T"], lambda value: value.find("lm") + 1) == 3,
    "POSITION('lm' IN T) = 0": lambda f: text(f["T"], lambda value: value.find("lm") + 1) == 0,
    "POSITION('lm', T) = 2": lambda f: text(f["T"], lambda value: value.find("lm") + 1) == 2,
    "TRIM(T) = 'Ulm'": lambda f: text(f["T"], lambda value: value.strip(" ")) == "Ulm",
    "TRIM(BOTH FROM T) = 'Ulm'": lambda f: text(f["T"], lambda value: value.strip(" ")) == "Ulm",
    "TRIM(BOTH 'x' FROM T) = 'Ulm'": lambda f: text(f["T"], lambda value: value.strip("x")) == "Ulm",
    "TRIM('x' FROM T) = 'Ulm'": lambda f: text(f["T"], lambda value: value.strip("x")) == "Ulm",
    "TRIM(LEADING 'x' FROM T) = 'Ulmxx'": lambda f: text(f["T"], lambda value: value.lstrip("x")) == "Ulmxx",
    "TRIM(TRAILING FROM T) = ' Ulm'": lambda f: text(f["T"], lambda value: value.rstrip(" ")) == " Ulm",
    "COALESCE(N, X, 0) = 0": lambda f: f.N.astype("Float64").fillna(f.X.astype("Float64")).fillna(0) == 0,
    "NULLIF(N, 5) IS NULL": lambda f: f.N.isna() | (f.N == 5),
    "CAST(X AS INTEGER) = 2": lambda f: number(f.X, np.rint) == 2,
    "CAST('-3' AS INTEGER) = N": lambda f: f.N == -3,
    "CAST(N AS SMALLINT) = 3": lambda f: f.N == 3,
    "CAST(N AS FLOAT) / 4 = 0.75": lambda f: f.N == 3,
    "CAST('2.5' AS REAL) * 2 = N": lambda f: f.N == 5,
    "CAST(N AS VARCHAR(2)) = '-2'": lambda f: text(f.N, lambda value: str(value)[:2]) == "-2",
    "CAST(D AS DATE) = DATE '2019-12-30'": lambda f: f.D.dt.normalize() == at("2019-12-30"),
    "CAST(DAY AS TIMESTAMP) = TIMESTAMP '2020-02-29 00:00:00'": lambda f: dt.date(2020, 2, 29) == f.DAY,
    "CAST('1969-07-20 20:17:40' AS TIMESTAMP) = D": lambda f: at("1969-07-20T20:17:40") == f.D,
    "EXTRACT(YEAR FROM D) = 1969": lambda f: f.D.dt.year == 1969,
    "EXTRACT(MONTH FROM D) = 2": lambda f: f.D.dt.month == 2,
    "EXTRACT(DAY FROM D) = 29": lambda f: f.D.dt.day == 29,
    "EXTRACT(HOUR FROM D) = 0": lambda f: f.D.dt.hour == 0,
    "EXTRACT(MINUTE FROM D) = 30": lambda f: f.D.dt.minute == 30,
    "EXTRACT(SECOND FROM D) = 40": lambda f: f.D.dt.second == 40,
    "EXTRACT(DOW FROM D) = 0": lambda f: f.D.dt.day_of_week == 6,
    "EXTRACT(DOY FROM D) > 360": lambda f: f.D.dt.day_of_year > 360,
    "EXTRACT(WEEK FROM D) = 1": lambda f: f.D.dt.isocalendar().week == 1,
    "EXTRACT(TIMEZONE_HOUR FROM D) = 0 AND EXTRACT(TIMEZONE_MINUTE FROM D) = 0": lambda f: f.D.notna(),
    "EXTRACT(MONTH FROM CAST(DAY AS DATE)) = 7": lambda f: f.D.dt.month == 7,
    "CURRENT_USER = '' AND N = 1": lambda f: f.N == 1,
}
DATES = {
    "D < CURRENT_DATE AND CURRENT_TIMESTAMP >= CURRENT_DATE": lambda f: f.D.notna(),
    "CAST(CURRENT_TIMESTAMP AS DATE) - CURRENT_DATE = 0 AND N = 1": lambda f: f.N == 1,
    "CAST(CURRENT_TIMESTAMP AS TIME) = CURRENT_TIME AND N = 1": lambda f: f.N == 1,
    "CURRENT_DATE - 3 = CURRENT_DATE - INTERVAL '3' DAY AND N = 1": lambda f: f.N == 1,
    "CURRENT_TIMESTAMP + 1.5 = CURRENT_TIMESTAMP + INTERVAL '36' HOUR AND N = 1": lambda f: f.N == 1,
    "D - 0.5 > TIMESTAMP '2020-02-28 00:00:00'": lambda f: f.D - hours(12) > at("2020-02-28"),
    "D > CURRENT_TIMESTAMP - 100000": lambda f: f.D.notna(),
    "D - TIMESTAMP '2020-01-01 00:00:00' > INTERVAL '50' DAY": lambda f: f.D - at("2020-01-01") > hours(1200),
}
# each is a day and a half (or so) after noon of 28 December 2019
INTERVALS = {
    "INTERVAL '2' DAY": 48, "INTERVAL '36' HOUR": 36, "INTERVAL '2190' MINUTE": 36.5, "INTERVAL '129600' SECOND": 36,
    "INTERVAL '1.5' SECOND": 1.5 / 3600, "INTERVAL '1 12' DAY TO HOUR": 36, "INTERVAL '1 12:30' DAY TO MINUTE": 36.5,
    "INTERVAL '1 12:30:36' DAY TO SECOND": 36.51, "INTERVAL '36:30' HOUR TO MINUTE": 36.5,
    "INTERVAL '36:30:36' HOUR TO SECOND": 36.51, "INTERVAL '2190:36' MINUTE TO SECOND": 36.51,
    "INTERVAL '-36' HOUR": -36, "INTERVAL -'1 12' DAY TO HOUR": -36,
}  # fmt: skip
CLAUSES = OPERATORS | LITERALS | FUNCTIONS | DATES


def kept(anonymous, url, clause):
    answer = anonymous.post(f"{url}/0/query", where=clause, returnIdsOnly="true").json()
    assert "error" not in answer, answer
    return answer["objectIds"] or []


def object_ids(mask):
    return [int(position) + 1 for position in np.flatnonzero(mask.fillna(False).astype(bool).to_numpy())]


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_clause_keeps_the_rows_that_pandas_keeps(anonymous, url, rows, clause):
    assert kept(anonymous, url, clause) == object_ids(CLAUSES[clause](rows))


@pytest.mark.parametrize("interval", INTERVALS)
def test_an_interval_is_as_long_as_it_says(anonymous, url, rows, interval):
    end = at("2019-12-31T12:00:00") + hours(INTERVALS[interval])
    found = kept(anonymous, url, f"D < TIMESTAMP '2019-12-31 12:00:00' + {interval}")
    assert found == object_ids(end > rows.D)
    same = f"TIMESTAMP '{end.isoformat(sep=' ')}' - {interval} = TIMESTAMP '2019-12-31 12:00:00' AND N = 1"
    assert kept(anonymous, url, same) == object_ids(rows.N == 1)


def test_each_clause_of_the_table_matches_some_rows_but_not_all(rows):
    sizes = {clause: len(object_ids(mask(rows))) for clause, mask in CLAUSES.items()}
    assert {clause for clause, size in sizes.items() if size in {0, len(rows)}} == {
        "N = NULL", "N NOT IN (1, NULL)", "TRUE",
    }  # fmt: skip


@pytest.mark.parametrize("having", ["VAR(N) > 60", "STDDEV(N) > 17.2", "AVG(N) < 0", "SUM(N) > 10 OR MIN(N) < -28",
                                    "MAX(N) = 29", "COUNT(N) = 5", "COUNT(*) = 6 AND COUNT(X) < 6"])  # fmt: skip
def test_a_having_clause_keeps_the_groups_that_pandas_keeps(anonymous, url, rows, having):
    statistics = '[{"statisticType": "count", "onStatisticField": "OBJECTID", "outStatisticFieldName": "HOW_MANY"}]'
    answer = anonymous.post(
        f"{url}/0/query", outStatistics=statistics, groupByFieldsForStatistics="T", having=having
    ).json()
    groups = rows.groupby("T", dropna=False)
    n = groups.N
    tables = {
        "VAR(N) > 60": n.var() > 60,
        "STDDEV(N) > 17.2": n.std() > 17.2,
        "AVG(N) < 0": n.mean() < 0,
        "SUM(N) > 10 OR MIN(N) < -28": (n.sum() > 10) | (n.min() < -28),
        "MAX(N) = 29": n.max() == 29,
        "COUNT(N) = 5": n.count() == 5,
        "COUNT(*) = 6 AND COUNT(X) < 6": (groups.size() == 6) & (groups.X.count() < 6),
    }
    expected = {None if pd.isna(word) else word for word in tables[having][tables[having]].index}
    assert {feature["attributes"]["T"] for feature in answer["features"]} == expected

"""Where clauses: standardized SQL, and nothing else."""

import pandas as pd
import pytest

from arcgis_export_widgets.localportal.layers.layer import number_rows

# POPULATION is 100 times the place's number (null for every tenth), OPENED noon of 2020-01-01 plus that many days,
# SCORE the number / 8, CODE one of a, b, null, it's; 200 places, OBJECTID is the number + 1
CLAUSES = {
    "POPULATION = 100": 1,
    "POPULATION <> 100 AND POPULATION != 200": 178,
    "NOT (POPULATION < 19800)": 2,
    "POPULATION BETWEEN 100 AND 300": 3,
    "POPULATION NOT BETWEEN 100 AND 19800": 1,
    "POPULATION IN (100, 200, 0)": 2,
    "POPULATION NOT IN (100)": 179,
    "POPULATION IS NULL": 20,
    "population is not null": 180,
    "\"POPULATION\" = 100 OR `NAME` = 'Città 5'": 2,
    "POPULATION / 2 + 50 * 2 - 100 = 50": 1,
    "-POPULATION = -100": 1,
    "SCORE = 1.25e-1 OR SCORE = .25": 2,
    "CODE = 'it''s'": 50,
    "CODE = N'a'": 50,
    "CODE LIKE 'it%'": 50,
    "CODE NOT LIKE '_'": 50,
    "NAME LIKE 'Citt!à 5' ESCAPE '!'": 1,
    "NAME || CODE = 'Città 5b'": 1,
    "NAME NOT LIKE 'Citt!à 5' ESCAPE '!'": 199,
    "CONCAT(NAME, CODE) = 'Città 5b'": 1,
    "UPPER(CODE) = 'A' AND LOWER('B') = 'b'": 50,
    "CHAR_LENGTH(NAME) = 7": 10,
    "SUBSTRING(NAME, 7, 1) = '5' AND SUBSTRING(NAME FROM 7) = '5'": 1,
    "POSITION('19' IN NAME) > 0": 12,
    "TRIM(BOTH ' ' FROM ' a ') = CODE": 50,
    "TRIM(LEADING 'C' FROM NAME) = 'ittà 5'": 1,
    "MOD(OBJECTID, 50) = 0": 4,
    "ABS(-SCORE) = 0.125": 1,
    "CEILING(SCORE) = 1 AND FLOOR(SCORE) = 0": 7,
    "ROUND(SCORE) = 1 OR ROUND(SCORE, 1) = 2.1": 9,
    "TRUNCATE(SCORE) = 1 OR TRUNCATE(SCORE, 1) = 2.1": 9,
    "POWER(SCORE, 2) = 4 AND SIGN(SCORE) = 1": 1,
    "LOG10(POPULATION) = 3 OR LOG(POPULATION) < 5": 1,
    "SIN(SCORE) = 0 AND COS(SCORE) = 1 AND TAN(SCORE) = 0": 1,
    "ACOS(1) = SCORE AND ASIN(0) = SCORE AND ATAN(0) = SCORE": 1,
    "SINH(SCORE) = 0 AND COSH(SCORE) = 1 AND TANH(SCORE) = 0": 1,
    "COALESCE(POPULATION, -1) = -1": 20,
    "NULLIF(POPULATION, 100) IS NULL": 21,
    "CAST(POPULATION AS VARCHAR(2)) = '50'": 1,
    "CAST(CAST(SCORE AS INTEGER) AS FLOAT) = SCORE AND CAST('1' AS SMALLINT) = 1": 25,
    "CASE WHEN POPULATION = 100 THEN 1 WHEN POPULATION = 200 THEN 1 ELSE 0 END = 1": 2,
    "OPENED = TIMESTAMP '2020-01-03 12:00:00'": 1,
    "OPENED = TIMESTAMP '2020-01-03 04:00:00 -08:00'": 1,
    "OPENED >= DATE '2020-01-03' AND OPENED < DATE '2020-01-05'": 2,
    "CAST(OPENED AS DATE) = DATE '2020-01-03'": 1,
    "CAST(OPENED AS TIME) = TIME '12:00:00'": 200,
    "EXTRACT(MONTH FROM OPENED) = 2 AND EXTRACT(YEAR FROM OPENED) = 2020": 29,
    "OPENED < CURRENT_TIMESTAMP - INTERVAL '3 05:32:28' DAY TO SECOND": 200,
    "OPENED - INTERVAL '1' DAY = TIMESTAMP '2020-01-03 12:00:00'": 1,
    "OPENED + INTERVAL '12:30' HOUR TO MINUTE > TIMESTAMP '2020-07-19 00:00:00'": 1,
    # noon of 1 January 2020 plus 36 hours is midnight of the third; OPENED never is at midnight
    "OPENED < TIMESTAMP '2020-01-01 12:00:00' + INTERVAL '36' HOUR": 2,
    "OPENED < TIMESTAMP '2020-01-01 12:00:00' + INTERVAL '2160' MINUTE": 2,
    "OPENED < TIMESTAMP '2020-01-01 12:00:00' + INTERVAL '129600' SECOND": 2,
    "OPENED < TIMESTAMP '2020-01-01 12:00:00' + INTERVAL '1 12' DAY TO HOUR": 2,
    "OPENED < TIMESTAMP '2020-01-01 12:00:00' + INTERVAL '1 12:00' DAY TO MINUTE": 2,
    "OPENED < TIMESTAMP '2020-01-01 12:00:00' + INTERVAL '36:00:01' HOUR TO SECOND": 2,
    "OPENED < TIMESTAMP '2020-01-01 12:00:00' + INTERVAL '2160:30' MINUTE TO SECOND": 2,
    "OPENED = TIMESTAMP '2020-01-03 17:30:00 +05:30'": 1,
    "EXTRACT(DAY FROM OPENED) = 1": 7,
    "EXTRACT(HOUR FROM OPENED) = 12 AND EXTRACT(MINUTE FROM OPENED) = 0 AND EXTRACT(SECOND FROM OPENED) = 0": 200,
    "EXTRACT(DOY FROM OPENED) BETWEEN 31 AND 33": 3,
    "CAST('2020-01-03' AS DATE) = CAST(OPENED AS DATE)": 1,
    "CAST('2020-01-03 12:00:00' AS TIMESTAMP) = OPENED": 1,
    "CAST(POPULATION AS REAL) = 100.0 OR CAST('200' AS INTEGER) = POPULATION": 2,
    "CASE CODE WHEN 'a' THEN 1 WHEN 'b' THEN 2 END = 2": 50,
    "NAME LIKE '%19_'": 10,
    "TRIM(TRAILING '5' FROM NAME) = 'Città ' OR TRIM(' a ') = NAME": 2,
    "SUBSTRING(NAME, 7) = '5' AND CHAR_LENGTH(SUBSTRING(NAME FROM 1 FOR 3)) = 3": 1,
    "1E2 = POPULATION OR 2.0e+2 = POPULATION": 2,
    "OPENED < CURRENT_DATE": 200,
    "TRUE = 1 AND FALSE = 0": 200,
    "CURRENT_USER = ''": 200,
    "shape IS NOT NULL": 200,
    "1=1": 200,
    "9999=9999": 200,
}


@pytest.mark.parametrize("clause", CLAUSES)
def test_standardized_sql_keeps_what_it_says(anonymous, clause):
    assert anonymous.query(0, where=clause, returnCountOnly="true") == {"count": CLAUSES[clause]}


@pytest.mark.parametrize(
    "clause",
    [
        "1=1; DROP TABLE layer", "1=1 -- and more", "1=1 /* and more */", "OBJECTID IN (SELECT 1)", "EXISTS (SELECT 1)",
        "x.OBJECTID = 1", "read_csv('/etc/passwd') = 1", "getenv('HOME') = ''", "OBJECTID = ?", "OBJECTID = $1",
        "OBJECTID = :a", "layer.OBJECTID = 1", "rowid = 1", '"layer xmin" > 0', "version() > ''", "NAME ILIKE 'c%'",
        "NAME ~ 'C'", "NAME SIMILAR TO 'C'", "[1,2] = 1", "{'a': 1} = 1", "CAST(NAME AS BLOB) = 1", "SUM(OBJECTID) > 1",
        "OPENED > CURRENT_DATE - INTERVAL '1' YEAR", "OBJECTID = 1e", "((OBJECTID = 1)", "OBJECTID = 'x", "", "=",
        "OPENED > 1577880000000", "POPULATION > 'many'", "OBJECTID::VARCHAR = '1'", "x -> 1 = 1", "COLUMNS('N') = 'a'",
        "(" * 5000 + "1=1" + ")" * 5000, "NOT " * 5000 + "1=1", "-" * 5001 + "1 = 1", "1=1\0",
        "1" + "+1" * 20000 + " = 1", "CASE " * 3000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(anonymous, clause):
    answer = anonymous.post(f"{anonymous.service()}/0/query", where=clause or "  ( ", returnCountOnly="true").json()
    assert answer["error"]["code"] == 400


def test_a_clause_of_thousands_of_alternatives_is_answered(anonymous):
    clause = " OR ".join(f"OBJECTID BETWEEN {3 * n} AND {3 * n + 1}" for n in range(3000))
    answer = anonymous.post(f"{anonymous.service()}/0/query", where=clause, returnCountOnly="true").json()
    assert answer == {"count": 133}


def test_hidden_and_unknown_fields_are_named(anonymous):
    answer = anonymous.get(f"{anonymous.service()}/0/validateSQL", sql="NOPE = 1", sqlType="where").json()
    assert answer == {
        "isValidSQL": False, "validationErrors": [{"errorCode": 3007, "description": "Field [NOPE] not found."}],
    }  # fmt: skip
    assert anonymous.get(f"{anonymous.service()}/0/validateSQL", sql="NAME = 'a'").json() == {"isValidSQL": True}


def test_the_object_id_gets_another_name_where_the_source_has_one():
    field, frame = number_rows(pd.DataFrame({"ObjectID": [7, 8]}))
    assert (field.name, frame[field.name].tolist()) == ("OBJECTID_1", [1, 2])

"""Whatever a query says, nothing but the visible fields of the layer's table is read.

The judge is DuckDB's own parser: every statement that reaches the database is taken apart by it, and must be
one SELECT over the layer's table with functions from a list. Beside the table lie a field that is hidden,
another table and a file, each with a word that must never come out; tables, settings, databases and files must
be as they were.
"""

import json
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from arcgis_export_widgets.localportal.http.request import ArcGISError, Parameters
from arcgis_export_widgets.localportal.layers.read_data import frame_to_layer
from arcgis_export_widgets.localportal.query.layer_query import parse_query
from arcgis_export_widgets.localportal.query.response import run_query
from arcgis_export_widgets.localportal.query.selection import top_rows
from arcgis_export_widgets.localportal.query.statistics import query_bins

CANARY, HUSH = "xyzzy", "plugh"
LIMITS = {"none": 50, "standard": 50, "tile": 50}
MACHINE = (sys.prefix, str(Path(__file__).resolve().parents[3]), "Traceback", "site-packages", "duckdb.")

# what the portal writes, by the names DuckDB's parser gives it
FUNCTIONS = set(
    """
    + - * / % || ~~ !~~ like_escape not_like_escape abs acos asin atan ceil concat cos cosh floor length lower
    nullif power round sign sin sinh strpos substring tan tanh upper ltrim rtrim trim ln trunc greatest left
    to_microseconds to_years to_quarters to_months to_weeks to_days to_hours to_minutes to_seconds date_part unnest
    make_timestamp_ms random epoch_ms date_trunc count count_star sum min max avg stddev_samp var_samp quantile_cont
    quantile_disc row_number range
    """.split()  # noqa: SIM905 - a table
)
TABLES = {"layer", "steps"}  # steps: the numbers of date bins
TABLE_FUNCTIONS = {"range"}


class Guarded:
    """A layer whose every statement is kept, and what must not be read or changed."""

    def __init__(self, folder):
        self.file = folder / f"{CANARY}.csv"
        self.file.write_text(f"WORD\n{CANARY}\n")
        frame = pd.DataFrame(
            {"A": [1, 2, 3, None], "B": ["x", "y", None, "it's"], "D": pd.to_datetime(["2020-01-01"] * 3 + [None]),
             "SECRET": [HUSH] * 4}
        )  # fmt: skip
        self.layer = frame_to_layer(frame, 0, "guarded", fields={"SECRET": {"visible": False}})
        self._fetch = self.layer.fetch
        self.layer.fetch = self._keep
        self._run(f"CREATE TABLE canary AS SELECT '{CANARY}' AS WORD")
        self.columns = {"OBJECTID", "A", "B", "D", "rowid"}
        self.statements = []
        self.before = self.state()

    def _keep(self, sql, parameters, read):
        self.statements.append(sql)
        return self._fetch(sql, parameters, read)

    def _run(self, sql, parameters=()):
        return self._fetch(sql, parameters, lambda cursor: cursor)

    def state(self):
        """Everything a statement could change."""
        questions = (
            "SELECT name, value FROM duckdb_settings() ORDER BY name", "SELECT table_name, sql FROM duckdb_tables()",
            "SELECT database_name, path FROM duckdb_databases()",
            "SELECT view_name FROM duckdb_views() WHERE NOT internal",
            "SELECT name FROM duckdb_variables()", "SELECT * FROM canary", "SELECT * FROM layer",
        )  # fmt: skip
        files = [(path.name, path.stat().st_size, path.stat().st_atime_ns) for path in self.file.parent.iterdir()]
        return [self._run(question).fetchall() for question in questions], files

    def parse(self, sql):
        row = self._run("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
        return json.loads(row[0])


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    return Guarded(tmp_path_factory.mktemp("beside"))


@pytest.fixture(autouse=True)
def unchanged(guarded):
    """After every test all is as it was before the first."""
    yield
    assert guarded.state() == guarded.before


def nodes(tree):
    """Every object in DuckDB's syntax tree."""
    if isinstance(tree, dict):
        yield tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from nodes(part)


def judge(guarded, sql):
    """Fail unless `sql` is one SELECT that names nothing but the layer's own."""
    tree = guarded.parse(sql)
    assert tree["error"] is False, (sql, tree)
    assert len(tree["statements"]) == 1, sql
    found = list(nodes(tree))
    aliases = {node["alias"] for node in found if node.get("alias")}
    aliases |= {name for node in found for name in node.get("column_name_alias", [])}
    for node in found:
        kind = node.get("type")
        if kind == "BASE_TABLE":
            path = node["qualified_name"]["path"]
            assert path in [[name] for name in TABLES], sql
        if kind == "TABLE_FUNCTION":
            assert node["function"]["function_name"] in TABLE_FUNCTIONS, sql
        if "function_name" in node:
            name = (node.get("catalog", ""), node.get("schema", ""), node["function_name"])
            assert name in {("", "", one) for one in FUNCTIONS}, sql
        if kind == "COLUMN_REF":
            assert node["column_names"] in [[name] for name in guarded.columns | aliases], sql
        if node.get("class") == "SUBQUERY":  # only the list of object ids, which is a bound value
            assert node["subquery"]["node"]["from_table"]["type"] == "EMPTY", sql
        assert kind not in {"STAR", "LAMBDA", "POSITIONAL_REFERENCE"}, sql


def told_by(guarded, operation, parameters):
    """Return all that a caller would be told."""
    try:
        query = parse_query(parameters, guarded.layer, limits=LIMITS, username="o'neil")
        if operation == "bins":
            answer = query_bins(guarded.layer, query, parameters)
        elif operation == "top":
            answer = {"rows": top_rows(guarded.layer, query, parameters).tolist()}
        else:
            answer = run_query(guarded.layer, query, parameters, {})
    except ArcGISError as error:
        answer = error.to_json() if error.code == 400 else pytest.fail(str(error))
    return json.dumps(answer, default=str) if isinstance(answer, dict) else bytes(answer.body).decode("latin-1")


def check(guarded, operation, pairs):
    guarded.statements.clear()
    pairs = [(name, value.replace("{file}", str(guarded.file))) for name, value in pairs.items()]
    told = told_by(guarded, operation, Parameters(pairs, query=True))
    for sql in list(guarded.statements):
        judge(guarded, sql)
    given_text = " ".join(value for _, value in pairs)
    for word in (CANARY, HUSH, *MACHINE, tempfile.gettempdir() + "/"):
        assert word not in told or word in given_text, told


ATTACKS = (
    """
(SELECT WORD FROM canary)  (SELECT content FROM read_text('{file}'))  (FROM '{file}')  EXISTS (FROM canary)
getenv('HOME')  read_csv('{file}')  read_csv_auto('{file}')  glob('/*')  current_setting('temp_directory')
pragma_database_list()  version()  set_config('threads', '1')  getvariable('x')  query('FROM canary')
query_table('canary')  duckdb_tables()  SECRET  layer.SECRET  "SECRET"  `SECRET`  canary.WORD  main.canary.WORD
COLUMNS('SECR.*')  COLUMNS(*)  *  #4  $1  ?  :x  "layer xmin"  rowid  layer  struct_pack(a := 1)  {'a': SECRET}
[SECRET]  x -> SECRET  list_transform([1], x -> SECRET)  SECRET::VARCHAR  TRY_CAST(SECRET AS INT)
row_number() OVER ()  max(SECRET)  count(*) FILTER (SECRET = 'a')  B COLLATE NOCASE  B GLOB '*'
B SIMILAR TO '.*'  A IN (FROM canary)  A = ANY(FROM canary)  1; ATTACH '{file}'  1); COPY layer TO '{file}' --
1 UNION ALL FROM canary  1 LIMIT 1 OFFSET (SELECT 1)  1 /* */  1 -- x  '||(FROM canary)||'  $$x$$  E'\\x27'
U&'\\0027'  x'27'  '\\' OR SECRET = '  "B\\" OR "SECRET"  B" OR "SECRET"  \uff33\uff25\uff23RET  SEC\u200bRET
\u2018x\u2019
\uff07  ٣  ²  1e999  NaN  CAST(B AS canary)  CAST(B AS ENUM('a'))  CAST(B AS VARCHAR(٣))  INTERVAL '1' canary
DATE (FROM canary)  EXTRACT(SECRET FROM D)  TRIM(B FROM SECRET)  PRAGMA version  SET threads = 1  INSTALL httpfs
LOAD json  CALL pragma_version()  DESCRIBE canary  SHOW TABLES  PIVOT canary ON WORD  VACUUM  nextval('s')
""".strip()
    .replace("\n", "  ")
    .split("  ")
)
VALUES = ["A", "B", "D", "OBJECTID", "1", "0", "2.5", "'x'", "'it''s'", "N'y'", "NULL", "TRUE", "DATE '2020-01-01'",
          "TIMESTAMP '2020-01-01 00:00:00 +01:00'", "CURRENT_DATE", "CURRENT_TIMESTAMP",
          "INTERVAL '1' DAY"]  # fmt: skip
SHAPES = (
    """
({} = {})  ({} AND {})  ({} OR {})  (NOT {})  ({} + {})  ({} - {})  ({} / {})  MOD({}, {})  ({} || {})
({} LIKE {})  ({} LIKE {} ESCAPE {})  ({} IN ({}, {}))  ({} BETWEEN {} AND {})  ({} IS NULL)
CASE WHEN {} THEN {} ELSE {} END  CASE {} WHEN {} THEN {} END  COALESCE({}, {})  CAST({} AS VARCHAR(3))
CAST({} AS DATE)  CAST({} AS INTEGER)  EXTRACT(YEAR FROM {})  SUBSTRING({}, {}, {})
SUBSTRING({} FROM {} FOR {})  POSITION({} IN {})  TRIM(LEADING {} FROM {})  LOG({})  LOG10({})  POWER({}, {})
ROUND({}, {})  TRUNCATE({}, {})  UPPER({})  CONCAT({}, {})  NULLIF({}, {})  ABS({})  ACOS({})  SUM({})
COUNT({})  VAR({})  -{}  `{}`  "{}"  {} {}  {}/**/{}  {}({})  {}.{}  ({})  {}::{}  {}; {}  {} -- {}
""".strip()
    .replace("\n", "  ")
    .split("  ")
)
SAFE_SHAPES = SHAPES[: SHAPES.index("-{}")]


def filled(shape, parts):
    for part in parts:
        shape = shape.replace("{}", part.replace("{}", ""), 1)
    return shape.replace("{}", "1")


def expressions(leaves, shapes):
    return st.recursive(
        leaves,
        lambda inner: st.builds(filled, st.sampled_from(shapes), st.lists(inner, min_size=3, max_size=3)),
        max_leaves=8,
    )


HONEST = expressions(st.sampled_from(VALUES), SAFE_SHAPES)
# valid but for one part, wholly made of attacks, and noise
HOSTILE = expressions(st.sampled_from(VALUES + ATTACKS), SHAPES)
TEXT = st.one_of(HONEST, HOSTILE, st.sampled_from(ATTACKS), st.lists(st.sampled_from(VALUES + ATTACKS)).map(" ".join),
                 st.text(max_size=30))  # fmt: skip
NAMES = st.one_of(st.sampled_from(["A", "B", "D", "OBJECTID", "*", "A,B", "A DESC", "B ASC", "total", "SECRET"]), TEXT)
STATISTICS = st.fixed_dictionaries(
    {"statisticType": st.sampled_from(["sum", "count", "min", "avg", "var", "PERCENTILE_CONT",
                                       "percentile_disc", "read_csv"]),
     "onStatisticField": NAMES, "outStatisticFieldName": NAMES},
    optional={"statisticParameters": st.fixed_dictionaries({"value": st.one_of(st.floats(), TEXT), "orderBy": TEXT})},
)  # fmt: skip
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=5,
)
TOP = st.fixed_dictionaries({"groupByFields": st.one_of(NAMES, JSON), "topCount": st.one_of(st.just(1), JSON),
                             "orderByFields": st.one_of(NAMES, JSON)})  # fmt: skip
BIN = st.fixed_dictionaries(
    {"type": st.sampled_from(["autoInterval", "fixedInterval", "fixedBoundaries", "date"]), "onField": NAMES,
     "parameters": st.one_of(JSON, st.fixed_dictionaries({"interval": JSON, "numberOfBins": JSON, "boundaries": JSON}),
                             st.just({"numberOfBins": 3}), st.just({"interval": {"unit": "month", "value": 1}}))}
)  # fmt: skip
PARAMETERS = {
    "where": TEXT, "having": TEXT, "orderByFields": NAMES, "groupByFieldsForStatistics": NAMES, "outFields": NAMES,
    "outStatistics": st.lists(STATISTICS, min_size=1, max_size=2).map(json.dumps), "topFilter": TOP.map(json.dumps),
    "bin": BIN.map(json.dumps), "objectIds": st.one_of(st.sampled_from(["1,2", "9" * 30]), TEXT), "time": TEXT,
    "returnDistinctValues": st.just("true"), "returnCountOnly": st.just("true"), "returnIdsOnly": st.just("true"),
    "resultOffset": st.sampled_from(["0", "2", "-1", "9" * 30]),
    "resultRecordCount": st.sampled_from(["1", "1e9", "x"]),
    "f": st.sampled_from(["json", "pbf", "geojson"]),
}  # fmt: skip
THOROUGH = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@THOROUGH
@given(clause=TEXT)
@example(clause="1 = 1")
def test_a_where_clause_reads_nothing_else(guarded, clause):
    check(guarded, "query", {"where": clause, "outFields": "*"})


@THOROUGH
@given(clause=TEXT)
def test_a_having_clause_reads_nothing_else(guarded, clause):
    statistic = '[{"statisticType": "count", "onStatisticField": "A", "outStatisticFieldName": "total"}]'
    check(guarded, "query", {"having": clause, "outStatistics": statistic, "groupByFieldsForStatistics": "B"})


@THOROUGH
@given(pairs=st.fixed_dictionaries({}, optional=PARAMETERS), operation=st.sampled_from(["query", "top", "bins"]))
@example(operation="top", pairs={"topFilter": '{"groupByFields": [1], "topCount": 1, "orderByFields": "A"}'})
@example(operation="top", pairs={"topFilter": '{"groupByFields": "A", "topCount": Infinity, "orderByFields": "A"}'})
def test_no_parameters_together_read_anything_else(guarded, operation, pairs):
    check(guarded, operation, pairs)


@pytest.mark.parametrize(
    "name", ["where", "having", "orderByFields", "groupByFieldsForStatistics", "outFields", "objectIds"]
)
def test_no_attack_reads_anything_else_in_any_place(guarded, name):
    statistic = '[{"statisticType": "count", "onStatisticField": "A", "outStatisticFieldName": "total"}]'
    pairs = {"outStatistics": statistic} if name in {"having", "groupByFieldsForStatistics"} else {}
    for attack in ATTACKS:
        for shape in ("{}", "A = {}", "A = 1) OR ({}"):
            check(guarded, "query", {"outFields": "*", **pairs, name: shape.replace("{}", attack)})


def test_honest_clauses_do_reach_the_database(guarded):
    """The fuzzing would prove nothing if all were refused before."""
    reached = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(clause=HONEST)
    def tried(clause):
        check(guarded, "query", {"where": clause})
        reached.append(bool(guarded.statements))

    tried()
    assert np.mean(reached) > 0.5


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM canary", "SELECT A FROM layer, canary", "SELECT getenv('HOME') FROM layer",
     "SELECT SECRET FROM layer",
     "SELECT A FROM layer; SELECT 1", "SELECT (SELECT WORD FROM canary) FROM layer", "SELECT A FROM read_csv('x')",
     "SELECT A FROM layer WHERE A IN (FROM canary)", "COPY layer TO 'x'", "SELECT COLUMNS('S.*') FROM layer",
     "SELECT main.canary.WORD FROM layer", "SELECT layer FROM layer"],
)  # fmt: skip
def test_the_judge_sees_what_it_should(guarded, sql):
    with pytest.raises(AssertionError):
        judge(guarded, sql)


def test_the_database_itself_refuses_files(guarded):
    for sql in (f"SELECT * FROM '{guarded.file}'", f"COPY layer TO '{guarded.file}'", f"ATTACH '{guarded.file}' AS x",
                "SET enable_external_access = true", "SET threads = 1"):  # fmt: skip
        with pytest.raises(duckdb.Error):
            guarded.layer.run(sql)

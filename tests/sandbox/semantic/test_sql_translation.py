"""SQL of a model says the same to DuckDB after it was read and written as before, or is refused."""

from decimal import Decimal
from typing import Any

import duckdb
import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data import sql_meaning
from omnipd_sandbox.engine.data.sql_meaning import NotRead, same_meaning
from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.model.references import BadSql, SqlText
from omnipd_sandbox.engine.model.sql_dialect import read_expression, read_statement, written
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"

# One row of everything; the names of the columns are what the texts below are written over.
TABLE = """
CREATE TABLE t AS SELECT
    7 AS i, -3 AS j, 2.5::DOUBLE AS f, 12.34::DECIMAL(10, 2) AS m, 'a.b-C' AS s, 'b' AS u,
    true AS b, DATE '2013-02-03' AS d, TIMESTAMP '2013-02-03 04:05:06.789' AS ts,
    TIMESTAMPTZ '2013-02-03 04:05:06+00' AS tz, TIME '04:05:06' AS ti, INTERVAL 3 DAY AS iv,
    'ab'::BLOB AS bl, '0101'::BIT AS bi, '00000000-0000-0000-0000-000000000001'::UUID AS uu,
    [3, 1, 2] AS l, {'k': 1, 'x': 'y'} AS st, MAP {'k': 5} AS mp,
    '{"a": {"b": [1, 2]}, "a.b": 9}'::JSON AS js
"""
# What to give for a parameter of each type; other types are not tried.
OF_TYPES = {
    "VARCHAR": ["s", "u", "'%Y'", "'day'"], "BIGINT": ["i", "2"], "INTEGER": ["i", "2"],
    "HUGEINT": ["i::HUGEINT"], "UBIGINT": ["i::UBIGINT"], "SMALLINT": ["i::SMALLINT"],
    "DOUBLE": ["f", "0.5"], "FLOAT": ["f::FLOAT"], "DECIMAL": ["m"], "DATE": ["d"],
    "TIMESTAMP": ["ts"], "TIMESTAMP WITH TIME ZONE": ["tz"], "TIME": ["ti"], "INTERVAL": ["iv"],
    "BOOLEAN": ["b"], "BLOB": ["bl"], "BIT": ["bi"], "UUID": ["uu"], "JSON": ["js"],
    "ANY": ["s", "i"], "T": ["i"], "T[]": ["l"], "ANY[]": ["l"], "VARCHAR[]": ["[s, u]"],
    "BIGINT[]": ["l"], "STRUCT": ["st"], "MAP(K, V)": ["mp"], "K": ["'k'"],
}  # fmt: skip
# What sqlglot cannot read as calls; each is refused, and has other words.
NOT_READ = {"apply", "map", "nullif", "switch"}


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(TABLE)
    return connection


def outcome(database: duckdb.DuckDBPyConnection, expression: str) -> tuple[str, str] | None:
    """Give the type and the value of an expression, or None when DuckDB refuses it."""
    try:
        return database.execute(
            f"SELECT typeof(v), v::VARCHAR FROM (SELECT ({expression}) AS v FROM t)"
        ).fetchone()
    except duckdb.Error:
        return None


def calls(database: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """List calls of every function that gives the same twice, as (name, text)."""
    functions = database.execute(
        "SELECT function_name, parameter_types FROM duckdb_functions()"
        " WHERE function_type IN ('scalar', 'aggregate', 'macro')"
        " AND NOT coalesce(has_side_effects, false)"
        " AND coalesce(stability, '') NOT IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')"
        " AND regexp_full_match(function_name, '[a-z][a-z_0-9]*') ORDER BY ALL"
    ).fetchall()
    found = set()
    for name, types in functions:
        if "sleep" in name or name.startswith(
            ("write_", "error", "nextval", "currval", "current_", "pg_")
        ):
            continue
        samples = [OF_TYPES.get(each or "ANY") for each in types or []]
        if all(samples):
            for place in range(3):
                arguments = [each[(place + n) % len(each)] for n, each in enumerate(samples)]
                found.add((name, f"{name}({', '.join(arguments)})"))
    return sorted(found)


@pytest.mark.thorough
def test_every_function_of_duckdb_gives_the_same(database: duckdb.DuckDBPyConnection) -> None:
    same, changed, refused = 0, 0, set()
    for name, text in calls(database):
        try:
            again = written(read_expression(text))
        except BadSql:
            if outcome(database, text) is not None:
                refused.add(name)
            continue
        # DuckDB does not care about the case of a function's name.
        if again == f"{name.upper()}{text.removeprefix(name)}":
            same += 1
        elif (wanted := outcome(database, text)) is not None:
            assert outcome(database, again) == wanted, (text, again)
            changed += 1
    assert same > 2_000
    assert changed > 150
    assert refused <= NOT_READ


KEPT = """
a / b; a // b; a % b; a ** b; a ^ b; a << 1; a & b; a || b; a || b + c; a == b; a != b
a IS NOT NULL; a ISNULL; a IS NOT TRUE; a IS DISTINCT FROM b; NOT a IS NULL
a NOT LIKE b; a ILIKE b; a NOT ILIKE b ESCAPE '$'; a ~ b; a SIMILAR TO b; a GLOB b; a ^@ b
a -> 'x.y'; a ->> 'x' = 'y'; a[1]; a[-1]; a[1:2]; a['k']; a.b.c; {'a': 1, 'b': x}; [1, 2, x]
MAP {'a': 1}; [x + 1 for x in l if x > 1]; list_transform(l, x -> x + 1)
list_transform(l, lambda x: x + 1); a NOT BETWEEN 1 AND 2; a NOT IN (1, 2); a = ANY(l)
CASE a WHEN 1 THEN 2 ELSE 3 END; IF(a > 1, 2, 3); CAST(a AS DECIMAL); CAST(a AS VARCHAR(3))
CAST(a AS TIMESTAMP_NS); CAST(a AS INT4[]); CAST(a AS HUGEINT); a::int::text; TRY_CAST(a AS INT)
DATE '2020-01-01'; TIMESTAMPTZ '2020-01-01 00:00:00+00'; INTERVAL '1 year 2 months'
INTERVAL 1.5 DAY; INTERVAL (a) DAY; d - INTERVAL '3 months'; a AT TIME ZONE 'UTC'
EXTRACT(dow FROM d); EXTRACT(year FROM d); EXTRACT(epoch FROM d); POSITION('a' IN b)
SUBSTRING(a FROM 2 FOR 3); TRIM(BOTH 'x' FROM a); .5; 1_000; 1e3; 'it''s'; E'a\\nb'; 'a\\b'
COUNT(*); COUNT(DISTINCT a); SUM(a) FILTER (WHERE b); string_agg(DISTINCT a, ',' ORDER BY a)
percentile_cont(0.5) WITHIN GROUP (ORDER BY a DESC); max(a, 2); list(a ORDER BY b)
1.0 * SUM(a) / NULLIF(COUNT(*), 0); a OR b AND NOT c; (a, b) = (1, 2); a /* said */ + b
COALESCE(a, b); datediff('day', a, b); date_sub('day', a, b); regexp_replace(a, 'x', 'y', 'g')
"""


@pytest.mark.parametrize(
    "text", [each.strip() for each in KEPT.replace("\n", ";").split(";") if each.strip()]
)
def test_what_is_read_is_written_with_the_same_meaning(text: str) -> None:
    assert same_meaning(f"SELECT {text}", f"SELECT {written(read_expression(text))}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a IN [1, 2]", "cannot write down as it stands"),
        ("@a", "cannot write down as it stands"),
        ("INTERVAL a DAY", "cannot be read: syntax error"),
        ("a; SELECT 2", "cannot"),
        ("a FROM b", "cannot"),
        ("a AS b", "without a name"),
        ("a b", "without a name"),
        ("*", "one value is needed"),
        ("", "cannot be read"),
        ("{{ omni_attributes.region }} = a", "template"),
        ("'{{x}}'", "template"),
        ("a -- {{#x}}", "template"),
        ("{% if x %} a {% endif %}", "template"),
    ],
)
def test_what_would_change_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadSql, match=words):
        read_expression(text)


def test_a_template_inside_a_reference_is_refused_as_one() -> None:
    with pytest.raises(BadSql, match="template"):
        SqlText.parse("${users.{{field}}} = 1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a NOT LIKE b", "NOT a LIKE b"),
        ("a IS NOT NULL", "NOT a IS NULL"),
        ("CAST(a AS INT4)", "CAST(a AS INTEGER)"),
        ("INTERVAL '1 day'", "INTERVAL 1 DAY"),
        ("mean(a)", "avg(a)"),
        ("POSITION('a' IN b)", "strpos(b, 'a')"),
    ],
)
def test_two_ways_to_write_one_thing_mean_the_same(one: str, other: str) -> None:
    assert same_meaning(f"SELECT {one}", f"SELECT {other}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a LIKE b", "a ILIKE b"),
        ("INTERVAL '1 day'", "INTERVAL 2 DAY"),
        ("sum(a)", "sum(DISTINCT a)"),
        ("sum(a) FILTER (WHERE b)", "sum(a)"),
        ("list(a ORDER BY b)", "list(a ORDER BY b DESC)"),
        ("CAST(a AS TIMESTAMP_NS)", "CAST(a AS TIMESTAMP)"),
        ("CAST(a AS DECIMAL(10, 2))", "CAST(a AS DECIMAL)"),
        ("f(a, b)", "f(a)"),
        ("a -> 'x.y'", "a -> '$.x.y'"),
        ("1.0", "1.00001"),
        ("'a'", "'A'"),
        ("a", "this is no SQL"),
    ],
)
def test_what_means_something_else_is_told(one: str, other: str) -> None:
    assert not same_meaning(f"SELECT {one}", f"SELECT {other}")


def test_what_duckdb_cannot_read_is_said_so() -> None:
    with pytest.raises(NotRead):
        same_meaning("SELECT a b c", "SELECT 1")


def test_a_whole_statement_is_kept() -> None:
    text = (
        "WITH x AS (SELECT i, count(*) FILTER (WHERE b) AS n FROM t GROUP BY ALL)"
        " SELECT * EXCLUDE (i) FROM x LEFT JOIN t USING (i) QUALIFY row_number() OVER (ORDER BY n) = 1"
    )
    assert same_meaning(text, written(read_statement(text)))


ROWS = """
INSERT INTO shops VALUES (1, 'North', 1.50, '2024-01-31', '{"a.b": 1, "a": {"b": 2}}'),
                         (2, 'South', 2.50, '2024-12-01', NULL);
INSERT INTO sales VALUES (1, 1, 10), (2, 1, 20), (3, 2, 40);
"""
TABLES = """
CREATE TABLE shops (id INTEGER, name VARCHAR, rent DECIMAL(10, 2), opened DATE, facts JSON);
CREATE TABLE sales (id INTEGER, shop_id INTEGER, price INTEGER);
"""


@pytest.fixture(scope="module")
def shops() -> Warehouse:
    return Warehouse(Dataset(TABLES, lambda connection: connection.execute(ROWS) and None))


def read(shops: Warehouse, **files: str) -> Model:
    named = {".".join(name.rsplit("_", 1)): text for name, text in files.items()}
    base = {"shops.view": "", "shops.topic": "base_view: shops"}
    return read_checked_model(
        base | named, shops, model_id=MODEL_ID, name="S", connection_id=MODEL_ID
    )


def answer(shops: Warehouse, model: Model, *fields: str) -> list[tuple[Any, ...]]:
    engine = Engine([(model, shops)])
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "shops", "fields": list(fields)}
    table = engine.execute(engine.plan(query, now=NOW))
    return [tuple(row.values()) for row in table.to_pylist()]


def test_a_function_that_duckdb_does_not_have_is_an_issue_and_refused(shops: Warehouse) -> None:
    model = read(shops, shops_view="dimensions: {year: {sql: \"TO_CHAR(${opened}, 'YYYY')\"}}")
    assert [(each.field, "to_char" in each.message.lower()) for each in model.issues] == [
        ("year", True)
    ]
    with pytest.raises(Refused, match="cannot be computed: Catalog Error"):
        answer(shops, model, "shops.year")


def test_a_key_of_json_with_a_dot_is_one_key(shops: Warehouse) -> None:
    model = read(shops, shops_view="dimensions: {fact: {sql: \"${facts} ->> 'a.b'\"}}")
    assert answer(shops, model, "shops.fact") == [(None,), ("1",)] or answer(
        shops, model, "shops.fact"
    ) == [("1",), (None,)]


def test_aggregates_keep_all_their_arguments(shops: Warehouse) -> None:
    measures = {
        "names": "string_agg(${name}, '/' ORDER BY ${name} DESC)",
        "kinds": "string_agg(DISTINCT ${name}, '+')",
        "middle": "percentile_cont(0.5) WITHIN GROUP (ORDER BY ${rent})",
        "two": "max(${rent}, 2)::VARCHAR",
        "mean": "mean(${rent})",
    }
    text = "".join(f'  {name}: {{sql: "{sql}"}}\n' for name, sql in measures.items())
    model = read(shops, shops_view=f"measures:\n{text}")
    [(names, kinds, middle, two, mean)] = answer(shops, model, *(f"shops.{n}" for n in measures))
    assert names == "South/North"
    assert sorted(kinds.split("+")) == ["North", "South"]
    assert Decimal(str(middle)) == 2
    assert two == "[2.50, 1.50]"
    assert mean == 2.0


JOINED = {
    "sales_view": "dimensions: {id: {primary_key: true}}",
    "relationships_yaml": "- {join_from_view: shops, join_to_view: sales,"
    " relationship_type: one_to_many, on_sql: '${shops.id} = ${sales.shop_id}'}",
    "shops_topic": "base_view: shops\njoins: {sales: {}}",
}


def test_the_two_greatest_are_not_repeated_by_a_join(shops: Warehouse) -> None:
    # North has two sales, so that its rent stands twice in the join.
    view = (
        "dimensions: {id: {primary_key: true}}\n"
        "measures: {two: {sql: 'min(${rent}, 2)::VARCHAR'}, all: {sql: 'count()'}}"
    )
    model = read(shops, shops_view=view, **JOINED)
    at_once = answer(shops, model, "sales.shop_id", "shops.two", "shops.all")
    assert at_once == [(1, "[1.50]", 1), (2, "[2.50]", 1)]


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ({"shops_view": "dimensions: {x: {sql: \"'{{y}}'\"}}"}, ["shops.x"]),
        ({"shops_view": "measures: {x: {aggregate_type: sum, sql: '{{y}}'}}"}, ["shops.x"]),
        ({"shops_view": "measures: {x: {sql: 'sum(${rent}) * {{y}}'}}"}, ["shops.x"]),
        ({"shops_view": "sql: 'SELECT * FROM shops WHERE name = {{y}}'"}, ["shops.name"]),
        (
            {"shops_view": "dimensions: {x: {duration: {sql_start: '{{y}}', sql_end: opened}}}"},
            ["shops.x[days]"],
        ),
        (
            {"shops_topic": "base_view: shops\nalways_where_sql: '${shops.name} = {{y}}'"},
            ["shops.name"],
        ),
        (
            {"shops_topic": "base_view: shops\nalways_having_sql: 'count(*) > {{y}}'"},
            ["shops.name"],
        ),
        (
            {
                "shops_view": "dimensions: {x: {groups: [{filter: {is: '{{y}}'}, name: a}], sql: name}}"
            },
            ["shops.x"],
        ),
    ],
)
def test_a_template_is_an_issue_and_refused(
    shops: Warehouse, files: dict[str, str], fields: list[str]
) -> None:
    model = read(shops, **files)
    assert any("template" in each.message for each in model.issues)
    with pytest.raises(Refused):
        answer(shops, model, *fields)


def test_a_join_with_a_template_is_left_out_with_an_issue(shops: Warehouse) -> None:
    files = JOINED | {
        "relationships_yaml": "- {join_from_view: shops, join_to_view: sales,"
        " on_sql: '${shops.id} = ${sales.shop_id} AND {{y}}'}"
    }
    model = read(shops, **files)
    assert any("template" in each.message for each in model.issues)
    with pytest.raises(Refused):
        Engine([(model, shops)]).plan(
            {
                "modelId": MODEL_ID,
                "join_paths_from_topic_name": "shops",
                "fields": ["shops.name"],
                "filters": {"sales.id": {"type": "number", "kind": "EQUALS", "values": [1]}},
            },
            now=NOW,
        )


@pytest.mark.parametrize("key", ["custom_compound_primary_key_sql: ['${id}', '{{y}}']"])
def test_a_key_that_cannot_be_read_is_no_shorter_key(shops: Warehouse, key: str) -> None:
    files = JOINED | {
        "shops_view": f"{key}\nmeasures: {{rents: {{aggregate_type: sum, sql: '${{rent}}'}}}}"
    }
    model = read(shops, **files)
    with pytest.raises(Refused) as refused:
        answer(shops, model, "sales.shop_id", "shops.rents")
    assert refused.value.error_type == "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT"


@pytest.mark.parametrize(
    "sql", ["SELECT * FROM t TABLESAMPLE 10%", "SELECT i FROM t USING SAMPLE 3 ROWS"]
)
def test_samples_are_compared(sql: str) -> None:
    assert same_meaning(sql, sql.lower())
    assert not same_meaning(sql, sql.replace("10%", "20%").replace("3 ROWS", "4 ROWS"))


@pytest.mark.parametrize(
    ("sql", "again"),
    [
        ("SELECT * FROM t TABLESAMPLE 10%", "SELECT * FROM t TABLESAMPLE SYSTEM (10 PERCENT)"),
        ("SELECT i FROM t USING SAMPLE 3 ROWS", "SELECT i FROM t USING SAMPLE RESERVOIR (3 ROWS)"),
    ],
)
def test_a_sample_stays_what_it_is(sql: str, again: str) -> None:
    assert written(read_statement(sql)) == again


def test_a_form_that_is_not_known_is_not_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (AttributeError, IndexError, KeyError, TypeError):

        def fail(_: object, kind: type[Exception] = kind) -> None:
            raise kind

        monkeypatch.setattr("omnipd_sandbox.engine.data.sql_meaning._plain", fail)
        assert not same_meaning(f"SELECT 1 AS {kind.__name__}", f"SELECT  1 AS {kind.__name__}")


def test_a_text_is_read_once_and_compared_in_one_question(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    rows = sql_meaning._rows
    monkeypatch.setattr(
        "omnipd_sandbox.engine.data.sql_meaning._rows",
        lambda sql, *parameters: asked.append(sql) or rows(sql, *parameters),
    )
    first = SqlText.parse("upper( never_seen_before ) || 'a'")
    assert len([sql for sql in asked if "json_serialize_sql" in sql]) == 1
    assert SqlText.parse("upper( never_seen_before ) || 'a'") is first
    reasons = set()
    for _ in range(2):
        with pytest.raises(BadSql) as refused:
            SqlText.parse("upper( never_seen_before_ ) ||| 'a'")
        reasons.add(str(refused.value))
        asked_once = len(asked)
    assert len(reasons) == 1
    assert len(asked) == asked_once

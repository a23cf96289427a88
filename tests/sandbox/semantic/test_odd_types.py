"""Columns of every type: aggregated, grouped by, filtered, cut; as SQL by hand has it, or refused.

Row 3 is null throughout. Rows 1 and 3 stand twice in a join with `many`, row 2 once.
"""

from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.arrow_types import with_wire_types
from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.filters import kind_of
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Kind:
    """A column: its type, two values, whether its values come, and what cannot be aggregated."""

    type: str
    first: str
    second: str
    comes: bool = True
    refused: frozenset[str] = frozenset()


SUMS = frozenset({"sum", "sum_distinct_on"})
MEANS = SUMS | {"average", "average_distinct_on", "percentile", "percentile_distinct_on"}
MEDIANS = frozenset({"min", "max", "median", "median_distinct_on"})
ALL = MEANS | MEDIANS

KINDS = {
    "ts": Kind("TIMESTAMP", "'2024-01-01 00:00:01.5'", "'2024-02-01'", refused=SUMS),
    "ts_s": Kind("TIMESTAMP_S", "'2024-01-01 00:00:01'", "'2024-02-01'", refused=SUMS),
    "ts_ms": Kind("TIMESTAMP_MS", "'2024-01-01 00:00:01.5'", "'2024-02-01'", refused=SUMS),
    "ts_ns": Kind("TIMESTAMP_NS", "'2024-01-01 00:00:01.5'", "'2024-02-01'", refused=SUMS),
    # What has parts of a microsecond; a percentile is DuckDB's own, which it rounds.
    "fine": Kind(
        "TIMESTAMP_NS", "'2024-01-01 00:00:00.000000789'", "'2024-01-01 00:00:00.000000791'",
        comes=False, refused=ALL - {"percentile", "percentile_distinct_on"},
    ),
    "tz": Kind(
        "TIMESTAMP WITH TIME ZONE", "'2024-01-01 01:00:01.5+01'", "'2024-02-01 00:00:00+00'", refused=SUMS
    ),
    "ti": Kind("TIME", "'10:00:01.5'", "'11:00:00'", refused=SUMS),
    "ti_tz": Kind("TIME WITH TIME ZONE", "'10:00:01+01'", "'11:00:00+00'", comes=False, refused=ALL),
    "da": Kind("DATE", "'2024-01-01'", "'2024-02-02'", refused=SUMS),
    "li": Kind("INTEGER[]", "[1, 2]", "[3]", comes=False, refused=ALL),
    "li_de": Kind("DECIMAL(10,2)[]", "[1, 2]", "[3]", comes=False, refused=ALL),
    "li_ts": Kind("TIMESTAMP[]", "['2024-01-01']", "[]", comes=False, refused=ALL),
    "ar": Kind("INTEGER[2]", "[1, 2]", "[3, 4]", comes=False, refused=ALL),
    "st": Kind("STRUCT(a INTEGER)", "{'a': 1}", "{'a': 2}", comes=False, refused=ALL),
    "ma": Kind("MAP(VARCHAR, INTEGER)", "MAP {'a': 1}", "MAP {'b': 2}", comes=False, refused=ALL),
    "un": Kind("UNION(n INTEGER, s VARCHAR)", "1", "'x'", comes=False, refused=ALL),
    "iv": Kind("INTERVAL", "INTERVAL 1 DAY", "INTERVAL 2 MONTH", comes=False, refused=ALL),
    "bl": Kind("BLOB", "'ab'::BLOB", "'cd'::BLOB", comes=False, refused=ALL),
    "bi": Kind("BIT", "'01'::BIT", "'11'::BIT", comes=False, refused=ALL),
    "ti_int": Kind("TINYINT", "100", "100"),
    "ub": Kind("UBIGINT", "18446744073709551615", "1"),
    "hu": Kind("HUGEINT", "-3", "99999999999999999999999999999999999999"),
    "uh": Kind("UHUGEINT", "3", "99999999999999999999999999999999999998"),
    "de": Kind("DECIMAL(10,2)", "1.25", "3.50"),
    "small": Kind("DECIMAL(38,38)", "'0.12345678901234567890123456789012345678'", "0"),
    "wide": Kind("DECIMAL(38,10)", "1.25", "3.50"),
    "fl": Kind("FLOAT", "1.5", "0.1"),
    "dou": Kind("DOUBLE", "1.5", "0.1"),
    "uu": Kind(
        "UUID", "'00000000-0000-0000-0000-00000000000a'", "'00000000-0000-0000-0000-00000000000b'",
        refused=MEANS,
    ),
    "en": Kind("ENUM('lo', 'hi')", "'hi'", "'lo'", refused=MEANS),
    "js": Kind("JSON", """'{"a":1}'""", "'2'", refused=MEANS),
    "vc": Kind("VARCHAR", "'x'", "'y'", refused=MEANS),
    "bo": Kind("BOOLEAN", "true", "false", refused=MEANS - SUMS),
}  # fmt: skip
AGGREGATES = {
    "count": "count({0})", "count_distinct": "count(DISTINCT {0})", "sum": "coalesce(sum({0}), 0)",
    "average": "avg({0})", "min": "min({0})", "max": "max({0})", "median": "median({0})",
    "percentile": "quantile_cont({0}, 0.25)", "sum_distinct_on": "coalesce(sum({0}), 0)",
    "average_distinct_on": "avg({0})", "median_distinct_on": "median({0})",
    "percentile_distinct_on": "quantile_cont({0}, 0.25)",
}  # fmt: skip
TABLES = (
    f"CREATE TABLE o (id INTEGER, {', '.join(f'{n} {k.type}' for n, k in KINDS.items())});"
    "CREATE TABLE many (o_id INTEGER, n INTEGER);"
)
ROWS = (
    f"INSERT INTO o VALUES (1, {', '.join(each.first for each in KINDS.values())}),"
    f" (2, {', '.join(each.second for each in KINDS.values())}),"
    f" (3, {', '.join('NULL' for _ in KINDS)});"
    "INSERT INTO many VALUES (1, 1), (1, 2), (2, 3), (3, 4), (3, 5);"
)
MEASURES = "".join(
    f"  {name}_{kind}: {{aggregate_type: {kind}, sql: '${{{name}}}', percentile: 25,"
    " custom_primary_key_sql: '${id}'}\n"
    for name in KINDS
    for kind in AGGREGATES
)
TIMEFRAMES = (
    "raw, year, quarter, month, week, date, hour, minute, second, millisecond, hour_of_day,"
    " day_of_year, day_of_quarter, month_name, epoch"
)
FILES = {
    "model": f"default_timeframes: [{TIMEFRAMES}]",
    "o.view": "dimensions:\n  id: {primary_key: true}\n"
    "  since: {duration: {sql_start: fine, sql_end: ts}}\n"
    "  until: {duration: {sql_start: '${ts}', sql_end: '${fine}'}}\n"
    f"measures:\n{MEASURES}",
    "many.view": "",
    "relationships": "- {join_from_view: o, join_to_view: many,"
    " relationship_type: one_to_many, on_sql: '${o.id} = ${many.o_id}'}",
    "o.topic": "base_view: o\njoins: {many: {}}",
}
FANNED_OUT = {"many.n": {"type": "number", "kind": "GREATER_THAN", "values": ["0"]}}


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return Warehouse(Dataset(TABLES, lambda connection: connection.execute(ROWS) and None))


@pytest.fixture(scope="module")
def model(warehouse: Warehouse) -> Model:
    return read_checked_model(FILES, warehouse, model_id=MODEL_ID, name="O", connection_id=MODEL_ID)


@pytest.fixture(scope="module")
def engine(model: Model, warehouse: Warehouse) -> Engine:
    return Engine([(model, warehouse)])


@pytest.fixture(scope="module")
def by_hand() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(TABLES)
    connection.execute(ROWS)
    return connection


def run(engine: Engine, *fields: str, **rest: Any) -> pa.Table:
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "o", "fields": [*fields], **rest}
    return engine.execute(engine.plan(query, now=NOW))


def texts(by_hand: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, list[str | None]]:
    """Give the type of a column, and its values as DuckDB writes them."""
    rows = by_hand.execute(f"SELECT typeof(v), CAST(v AS VARCHAR) FROM ({sql}) x(v)").fetchall()
    return rows[0][0], [value for _, value in rows]


def as_written(by_hand: duckdb.DuckDBPyConnection, column: pa.ChunkedArray, kind: str) -> list[Any]:
    """Give what came over the wire as DuckDB writes it, read as a type."""
    came = pa.table({"v": column})
    by_hand.register("came", came)
    return by_hand.execute(f"SELECT CAST(CAST(v AS {kind}) AS VARCHAR) FROM came").fetchall()


@pytest.mark.parametrize("filters", [{}, FANNED_OUT], ids=["plain", "fanned out"])
@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_an_aggregate_is_that_of_sql(
    engine: Engine, by_hand: duckdb.DuckDBPyConnection, aggregate: str, filters: dict[str, Any]
) -> None:
    # Of all types in one query: they are written alike, and each has a column of its own.
    names = [name for name, kind in KINDS.items() if aggregate not in kind.refused]
    came = run(engine, *(f"o.{name}_{aggregate}" for name in names), filters=filters)
    for name in names:
        kind, wanted = texts(by_hand, f"SELECT {AGGREGATES[aggregate].format(name)} FROM o")
        shown = as_written(by_hand, came[f"o.{name}_{aggregate}"], kind)
        assert (name, shown) == (name, [(each,) for each in wanted])


@pytest.mark.parametrize("filters", [{}, FANNED_OUT], ids=["plain", "fanned out"])
@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name].refused])
def test_an_aggregate_that_a_type_has_not_is_refused_with_column_and_type(
    engine: Engine, name: str, filters: dict[str, Any]
) -> None:
    for aggregate in sorted(KINDS[name].refused):
        field = f"o.{name}_{aggregate}"
        with pytest.raises(Refused) as refused:
            run(engine, field, filters=filters)
        assert field in refused.value.message
        assert KINDS[name].type in refused.value.message


@pytest.mark.parametrize("name", KINDS)
def test_a_column_comes_as_it_is_or_is_refused_with_its_type(
    engine: Engine, by_hand: duckdb.DuckDBPyConnection, name: str
) -> None:
    kind = KINDS[name]
    if not kind.comes:
        with pytest.raises(Refused) as refused:
            run(engine, f"o.{name}")
        assert f'Column "o.{name}"' in refused.value.message
        assert kind.type in refused.value.message
        return
    came = run(engine, f"o.{name}").column(0)
    wanted = texts(by_hand, f"SELECT DISTINCT {name} FROM o ORDER BY 1 NULLS LAST")[1]
    assert as_written(by_hand, came, kind.type) == [(each,) for each in wanted]


@pytest.mark.parametrize("name", KINDS)
def test_any_column_can_be_tested_for_null(engine: Engine, name: str) -> None:
    for negative, ids in ((False, [3]), (True, [1, 2])):
        null = {f"o.{name}": {"type": "null", "is_negative": negative}}
        assert run(engine, "o.id", filters=null).column(0).to_pylist() == ids


@pytest.mark.parametrize("name", [each for each in KINDS if each.startswith(("li", "ar"))])
def test_a_list_is_not_taken_for_what_it_is_a_list_of(engine: Engine, name: str) -> None:
    assert kind_of(KINDS[name].type) == "other"
    fields = engine.models[MODEL_ID].views["o"].dimensions
    plan = engine.plan(
        {"modelId": MODEL_ID, "table": "o", "fields": [f"o.{name}[month]", "o.id"]}, now=NOW
    )
    assert plan.missing_fields == [f"o.{name}[month]"]
    assert fields[name].sql_type == KINDS[name].type


TEXT_FILTERS = [
    ("uu", "EQUALS", ["00000000-0000-0000-0000-00000000000A"], [1]),
    ("uu", "EQUALS", ["no identifier"], []),
    ("uu", "CONTAINS", ["00b"], [2]),
    ("uu", "ENDS_WITH", ["0A", "0B"], [1, 2]),
    ("uu", "SQL_LIKE", ["%a"], [1]),
    ("uu", "IS_EMPTY", [], []),
    ("en", "EQUALS", ["hi"], [1]),
    ("en", "EQUALS", ["none such"], []),
    ("en", "STARTS_WITH", ["l"], [2]),
    ("en", "IS_EMPTY", [], []),
]


@pytest.mark.parametrize(("name", "kind", "values", "ids"), TEXT_FILTERS)
def test_identifiers_and_enumerations_are_filtered_as_texts(
    engine: Engine, name: str, kind: str, values: list[str], ids: list[int]
) -> None:
    filters = {f"o.{name}": {"type": "string", "kind": kind, "values": values}}
    assert run(engine, "o.id", filters=filters).column(0).to_pylist() == ids


NUMBER_FILTERS = [
    ("hu", "EQUALS", "99999999999999999999999999999999999999", [2]),
    ("hu", "LESS_THAN", "99999999999999999999999999999999999999", [1]),
    ("uh", "GREATER_THAN", "3", [2]),
    ("ub", "EQUALS", "18446744073709551615", [1]),
    ("ub", "GREATER_THAN", "-1", [1, 2]),
    ("small", "EQUALS", "0.12345678901234567890123456789012345678", [1]),
    ("small", "GREATER_THAN", "0.12345678901234567890123456789012345678", []),
    ("hu", "GREATER_THAN", "-3", [2]),
    ("de", "EQUALS", "1.25", [1]),
    ("de", "EQUALS", "1.2501", []),
    ("wide", "GREATER_THAN", "1.2499999999", [1, 2]),
    ("dou", "EQUALS", "0.1", [2]),
]


@pytest.mark.parametrize(("name", "kind", "value", "ids"), NUMBER_FILTERS)
def test_wide_numbers_are_filtered_exactly(
    engine: Engine, name: str, kind: str, value: str, ids: list[int]
) -> None:
    filters = {f"o.{name}": {"type": "number", "kind": kind, "values": [value]}}
    assert run(engine, "o.id", filters=filters).column(0).to_pylist() == ids


@pytest.mark.parametrize("name", ["ts", "ts_s", "ts_ms", "ts_ns", "tz"])
def test_times_of_every_precision_are_filtered_and_cut_alike(engine: Engine, name: str) -> None:
    before = {"type": "date", "kind": "BEFORE", "right_side": "2024-01-01 00:00:02"}
    january = {"type": "date", "kind": "IS_IN_MONTH_OF_YEAR", "left_side": "January"}
    for each in (before, january):
        assert run(engine, "o.id", filters={f"o.{name}": each}).column(0).to_pylist() == [1]
    cut = run(engine, f"o.{name}[second]").column(0).cast(pa.timestamp("us")).to_pylist()
    assert [str(each) for each in cut] == ["2024-01-01 00:00:01", "2024-02-01 00:00:00", "None"]
    parts = run(engine, f"o.{name}[month_name]").column(0).to_pylist()
    assert parts == ["January", "February", None]


@pytest.fixture(scope="module")
def last_moments() -> Engine:
    """Hold the last tenth of a microsecond of 2023, and of 1969."""
    tables = "CREATE TABLE x (id INTEGER, at_last TIMESTAMP_NS);"
    rows = "INSERT INTO x VALUES (1, '2023-12-31 23:59:59.9999999'), (2, '1969-12-31 23:59:59.9999999')"
    warehouse = Warehouse(Dataset(tables, lambda connection: connection.execute(rows) and None))
    files = {"model": FILES["model"], "x.view": "", "x.topic": "base_view: x"}
    model = read_checked_model(
        files, warehouse, model_id=MODEL_ID, name="X", connection_id=MODEL_ID
    )
    return Engine([(model, warehouse)])


@pytest.mark.parametrize(
    ("timeframe", "wanted"),
    [
        ("year", ["1969-01-01 00:00:00", "2023-01-01 00:00:00"]),
        ("date", ["1969-12-31 00:00:00", "2023-12-31 00:00:00"]),
        ("second", ["1969-12-31 23:59:59", "2023-12-31 23:59:59"]),
        ("millisecond", ["1969-12-31 23:59:59.999000", "2023-12-31 23:59:59.999000"]),
        ("hour_of_day", ["23"]),
        ("day_of_year", ["365"]),
        ("day_of_quarter", ["92"]),
        ("month_name", ["December"]),
        ("epoch", ["-1", "1704067199"]),
    ],
)
def test_nanoseconds_are_not_rounded_into_the_next_year(
    last_moments: Engine, timeframe: str, wanted: list[str]
) -> None:
    query = {"modelId": MODEL_ID, "table": "x", "fields": [f"x.at_last[{timeframe}]"]}
    plan = last_moments.plan(query, now=NOW)
    came = last_moments.execute(plan).column(0).to_pylist()
    assert [str(each) for each in came] == wanted


def test_nanoseconds_are_not_rounded_by_a_filter(last_moments: Engine) -> None:
    for kind, side, ids in (("BEFORE", "right_side", [1, 2]), ("ON_OR_AFTER", "left_side", [])):
        at = {"x.at_last": {"type": "date", "kind": kind, side: "2024"}}
        query = {"modelId": MODEL_ID, "table": "x", "fields": ["x.id"], "filters": at}
        plan = last_moments.plan(query, now=NOW)
        assert last_moments.execute(plan).column(0).to_pylist() == ids


@pytest.mark.parametrize("field", ["o.since[seconds]", "o.until[years]"])
def test_a_duration_of_nanoseconds_is_refused_and_an_issue(
    engine: Engine, model: Model, field: str
) -> None:
    with pytest.raises(Refused, match=r'"o\.fine", of type TIMESTAMP_NS'):
        run(engine, field)
    assert any('"o.fine", of type TIMESTAMP_NS' in each.message for each in model.issues)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("'infinity'::TIMESTAMP", "TIMESTAMP, has a time outside the years 1 to 9999"),
        ("'-infinity'::TIMESTAMPTZ", "has a time outside the years 1 to 9999"),
        ("'infinity'::DATE", "DATE, has a time outside the years 1 to 9999"),
        ("'10000-01-01'::DATE", "has a time outside the years 1 to 9999"),
        ("'0001-01-01 (BC)'::TIMESTAMP", "has a time outside the years 1 to 9999"),
        ("'24:00:00'::TIME", "TIME, has the time 24:00"),
        ("'2024-01-01 00:00:00.000000001'::TIMESTAMP_NS", "has parts of a microsecond"),
        ("340282366920938463463374607431768211455::UHUGEINT", "UHUGEINT, has more than 38 digits"),
        ("170141183460469231731687303715884105727::HUGEINT", "HUGEINT, has more than 38 digits"),
        ("-100000000000000000000000000000000000000::HUGEINT", "has more than 38 digits"),
        ("'10:00:00+01'::TIMETZ", "TIME WITH TIME ZONE, which has no wire type"),
    ],
)
def test_a_value_that_the_wire_cannot_carry_is_refused(
    warehouse: Warehouse, value: str, words: str
) -> None:
    with pytest.raises(Refused) as refused:
        warehouse.run(f"SELECT {value} AS odd")
    assert 'Column "odd"' in refused.value.message
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("'0001-01-01'::TIMESTAMP", "0001-01-01 00:00:00"),
        ("'9999-12-31 23:59:59.999999'::TIMESTAMP", "9999-12-31 23:59:59.999999"),
        ("'9999-12-31'::DATE", "9999-12-31"),
        ("'23:59:59.999999'::TIME", "23:59:59.999999"),
        ("99999999999999999999999999999999999999::UHUGEINT", "9" * 38),
        ("NULL::HUGEINT", "None"),
        ("NULL::TIME", "None"),
        ("NULL::DATE", "None"),
    ],
)
def test_the_last_value_that_the_wire_carries_comes(
    warehouse: Warehouse, value: str, shown: str
) -> None:
    assert str(warehouse.run(f"SELECT {value} AS odd").column(0)[0].as_py()) == shown


def test_an_empty_column_has_nothing_to_refuse() -> None:
    empty = pa.table({"a": pa.array([], pa.timestamp("ns")), "b": pa.array([], pa.time64("us"))})
    assert with_wire_types(empty, ["TIMESTAMP_NS", "TIME"]).num_rows == 0

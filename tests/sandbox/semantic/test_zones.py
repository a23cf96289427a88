"""Times of every type in the zone of a query, as SQL by hand counts them out."""

from typing import Any

import duckdb
import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"
KINDS = {
    "plain": "TIMESTAMP",
    "seconds": "TIMESTAMP_S",
    "millis": "TIMESTAMP_MS",
    "nanos": "TIMESTAMP_NS",
    "instant": "TIMESTAMP WITH TIME ZONE",
}
TABLES = (
    "CREATE TABLE t (id INTEGER, day DATE,"
    f" {', '.join(f'{name} {kind}' for name, kind in KINDS.items())});"
)
# In New York it is 31 December, 1 January and 3 July there; the third is in summer.
MOMENTS = ("2024-01-01 04:59:59", "2024-01-01 05:00:00", "2024-07-04 03:30:00")
ROWS = "".join(
    f"INSERT INTO t VALUES ({n}, DATE '{moment[:10]}', {', '.join(['TIMESTAMP ' + repr(moment)] * 5)});"
    for n, moment in enumerate(MOMENTS, 1)
)
FILES = {
    "model": "default_timeframes: [raw, date, hour, hour_of_day, epoch]",
    "t.view": "dimensions:\n  id: {primary_key: true}\n"
    "  kept: {sql: '${plain}', convert_tz: false}\n"
    "  cut: {sql: '${plain[date]}'}\n  cut_again: {sql: '${cut}'}\n"
    "measures:\n"
    "  since: {aggregate_type: count, filters: {plain: {on_or_after: '2024-01-01T06:00:00+01:00'}}}\n"
    "  year: {aggregate_type: count, filters: {plain: {on_or_after: '2024-01-01 00:00:00'}}}\n"
    "  kept_year: {aggregate_type: count, filters: {kept: {on_or_after: '2024-01-01 00:00:00'}}}\n"
    "  last: {aggregate_type: max, sql: '${plain}'}\n"
    "  first: {aggregate_type: count, filters: {'plain[date]': {is: '2024-01-01'}}}\n"
    "  last_cut: {aggregate_type: max, sql: '${cut}'}\n",
    "asked.query.view": "query: {base_view: t, fields: {t.id: id, 't.plain[date]': plain,"
    " 't.instant[date]': instant, 't.day[date]': day, t.cut: cut, t.last_cut: last,"
    " t.nanos: nanos}}\n"
    "dimensions: {id: {}, plain: {}, instant: {}, day: {}, cut: {}, last: {}, nanos: {}}\n",
}
HERE = "America/New_York"


@pytest.fixture(scope="module")
def engine() -> Engine:
    def fill(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(ROWS)

    warehouse = Warehouse(Dataset(TABLES, fill))
    model = read_checked_model(
        FILES, warehouse, model_id=MODEL_ID, name="T", connection_id=MODEL_ID
    )
    return Engine([(model, warehouse)])


def rows(engine: Engine, *fields: str, zone: str | None = HERE, **rest: Any) -> list[list[Any]]:
    query = {"modelId": MODEL_ID, "table": "t", "fields": [*fields], **rest}
    table = engine.execute(engine.plan(query, now=NOW, zone=zone))
    return [
        [
            str(value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value)
            for value in row.values()
        ]
        for row in table.to_pylist()
    ]


def in_order() -> dict[str, Any]:
    return {"sorts": [{"column_name": "t.id"}]}


@pytest.mark.parametrize("name", KINDS)
def test_a_time_of_any_type_is_cut_by_the_clocks_there(engine: Engine, name: str) -> None:
    fields = ("t.id", f"t.{name}[date]", f"t.{name}[hour]", f"t.{name}[hour_of_day]")
    assert rows(engine, *fields, **in_order()) == [
        ["1", "2023-12-31 00:00:00", "2023-12-31 23:00:00", "23"],
        ["2", "2024-01-01 00:00:00", "2024-01-01 00:00:00", "0"],
        ["3", "2024-07-03 00:00:00", "2024-07-03 23:00:00", "23"],
    ]
    # Its type is as without a zone.
    query = {"modelId": MODEL_ID, "table": "t", "fields": [*fields]}
    kinds = [
        engine.execute(engine.plan(query, now=NOW, zone=zone)).schema.types for zone in (HERE, None)
    ]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("name", KINDS)
def test_a_day_of_a_filter_begins_there(engine: Engine, name: str) -> None:
    on_the_day = {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "2024-01-01"}
    filters = {f"t.{name}": on_the_day}
    assert rows(engine, "t.id", filters=filters) == [["2"]]
    assert rows(engine, "t.id", filters=filters, zone=None, **in_order()) == [["1"], ["2"]]


def test_what_no_clock_changes_stays(engine: Engine) -> None:
    for fields in (
        ("t.id", "t.day[date]", "t.plain[epoch]", "t.plain[raw]", "t.plain", "t.kept[hour]"),
        ("t.last",),
    ):
        order = in_order() if "t.id" in fields else {}
        assert rows(engine, *fields, **order) == rows(engine, *fields, zone=None, **order)


def test_a_filter_of_the_model_is_by_the_clocks_there_too(engine: Engine) -> None:
    # What says its own offset is that instant: 05:00 in UTC, midnight in New York.
    assert rows(engine, "t.since", "t.year", "t.kept_year") == [["2", "2", "3"]]
    assert rows(engine, "t.since", "t.year", "t.kept_year", zone=None) == [["2", "3", "3"]]


@pytest.mark.parametrize("name", ["plain", "instant", "cut", "last"])
def test_what_the_query_of_a_view_cut_is_on_the_clocks_there_already(
    engine: Engine, name: str
) -> None:
    query = {"table": "asked", "sorts": [{"column_name": "asked.id"}]}
    cut = rows(engine, "asked.id", f"asked.{name}[date]", f"asked.{name}[hour_of_day]", **query)
    assert cut == [
        ["1", "2023-12-31 00:00:00", "0"],
        ["2", "2024-01-01 00:00:00", "0"],
        ["3", "2024-07-03 00:00:00", "0"],
    ]
    new_year = {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "2024-01-01"}
    assert rows(engine, "asked.id", table="asked", filters={f"asked.{name}": new_year}) == [["2"]]


def test_dates_and_what_was_not_cut_pass_through_the_query_of_a_view(engine: Engine) -> None:
    fields = ("asked.id", "asked.day[date]", "asked.nanos[hour]")
    query = {"table": "asked", "sorts": [{"column_name": "asked.id"}]}
    assert rows(engine, *fields, **query) == rows(
        engine, "t.id", "t.day[date]", "t.nanos[hour]", **in_order()
    )


def test_a_cut_time_of_a_model_is_cut_again_by_the_same_clocks(engine: Engine) -> None:
    fields = ("t.id", "t.cut[date]", "t.cut_again[hour]")
    assert rows(engine, *fields, **in_order())[0] == ["1", *["2023-12-31 00:00:00"] * 2]
    assert rows(engine, "t.first") == [["1"]]

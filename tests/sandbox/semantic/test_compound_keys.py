"""A primary key of several parts: a row is absent where all of them are null, not where one is.

Shops are told by country and number; the shop without a country is one, that without a number too.
"""

from typing import Any

import duckdb
import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine
from omnipd_sandbox.engine.read_model import read_checked_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"
TABLES = """
CREATE TABLE sales (id INTEGER, place VARCHAR);
CREATE TABLE shops (country VARCHAR, number INTEGER, place VARCHAR, rent INTEGER);
CREATE TABLE visits (place VARCHAR, visitors INTEGER);
"""
ROWS = """
INSERT INTO sales VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'nowhere');
INSERT INTO shops VALUES ('de', 1, 'a', 10), (NULL, 2, 'b', 20), ('fr', NULL, 'c', 40);
INSERT INTO visits VALUES ('a', 1), ('a', 2), ('b', 3), ('c', 4), ('c', 5);
"""
FILES = {
    "sales.view": "dimensions: {id: {primary_key: true}}\nmeasures: {count: {aggregate_type: count}}",
    "shops.view": "custom_compound_primary_key_sql: ['${country}', '${number}']\n"
    "measures:\n  count: {aggregate_type: count}\n  stars: {sql: 'count(*)'}\n"
    "  cheap: {aggregate_type: count, filters: {rent: {less_than: 30}}}\n"
    "  rents: {aggregate_type: sum, sql: '${rent}'}\n"
    "  mean: {aggregate_type: average, sql: '${rent}'}\n",
    "visits.view": "dimensions: {visitors: {primary_key: true}}\n",
    "relationships": """
- {join_from_view: sales, join_to_view: shops, relationship_type: many_to_one,
   on_sql: '${sales.place} = ${shops.place}'}
- {join_from_view: shops, join_to_view: visits, relationship_type: one_to_many,
   on_sql: '${shops.place} = ${visits.place}'}
""",
    "sales.topic": "base_view: sales\njoins: {shops: {visits: {}}}",
    "shops.topic": "base_view: shops\njoins: {visits: {}}",
}
MEASURES = ["shops.count", "shops.stars", "shops.cheap", "shops.rents", "shops.mean"]
# Each shop once, with the sales and visits that it is joined to.
BY_HAND = """
SELECT count(*), count(*), count(*) FILTER (WHERE rent < 30), coalesce(sum(rent), 0), avg(rent)
FROM (SELECT DISTINCT shops.* FROM sales JOIN shops USING (place) {visits}) WHERE {where}
"""
VISITED = {"visits.visitors": {"type": "number", "kind": "GREATER_THAN", "values": ["0"]}}


@pytest.fixture(scope="module")
def engine() -> Engine:
    warehouse = Warehouse(Dataset(TABLES, lambda connection: connection.execute(ROWS) and None))
    model = read_checked_model(
        FILES, warehouse, model_id=MODEL_ID, name="S", connection_id=MODEL_ID
    )
    assert model.issues == ()
    return Engine([(model, warehouse)])


@pytest.fixture(scope="module")
def by_hand() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(TABLES)
    connection.execute(ROWS)
    return connection


def rows(engine: Engine, topic: str, fields: list[str], **rest: Any) -> list[tuple[Any, ...]]:
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": topic, "fields": fields, **rest}
    table = engine.execute(engine.plan(query, now=NOW))
    return [tuple(row.values()) for row in table.to_pylist()]


@pytest.mark.parametrize("topic", ["sales", "shops"])
@pytest.mark.parametrize("filters", [{}, VISITED], ids=["plain", "fanned out"])
def test_a_row_with_half_a_key_counts(
    engine: Engine, by_hand: duckdb.DuckDBPyConnection, topic: str, filters: dict[str, Any]
) -> None:
    visits = "JOIN visits USING (place)" if filters else ""
    wanted = by_hand.execute(BY_HAND.format(visits=visits, where="true")).fetchall()
    assert wanted == [(3, 3, 2, 70, 70 / 3)]
    assert rows(engine, topic, MEASURES, filters=filters) == wanted


@pytest.mark.parametrize("fields", [["sales.id"], ["sales.id", "visits.visitors"]])
def test_a_sale_without_a_shop_counts_none(
    engine: Engine, by_hand: duckdb.DuckDBPyConnection, fields: list[str]
) -> None:
    joined = "LEFT JOIN visits ON shops.place = visits.place" if len(fields) > 1 else ""
    names = ", ".join(fields)
    wanted = by_hand.execute(
        f"SELECT {names}, count(DISTINCT shops.place), coalesce(any_value(rent), 0) FROM sales"
        f" LEFT JOIN shops ON sales.place = shops.place {joined} GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    assert wanted[-1][-2:] == (0, 0)
    assert rows(engine, "sales", [*fields, "shops.count", "shops.rents"]) == wanted


def test_totals_over_halves_of_keys_are_whole(engine: Engine) -> None:
    totals = {"::total::": {"type": "aggregation"}}
    found = rows(engine, "sales", ["visits.visitors", "shops.count"], column_totals=totals)
    # Each of five visits has its shop; the sale without one has none; there are three shops.
    assert sorted(each[1] for each in found[:-1]) == [0, 1, 1, 1, 1, 1]
    assert found[-1][1] == 3


def test_the_base_view_needs_no_key_to_have_a_row() -> None:
    # The last row has no key at all; without a join that repeats it, it counts as well.
    tables = "CREATE TABLE a (k INTEGER, x INTEGER); CREATE TABLE b (x INTEGER);"
    data = "INSERT INTO a VALUES (1, 1), (NULL, 2); INSERT INTO b VALUES (1), (1), (2), (2);"
    warehouse = Warehouse(Dataset(tables, lambda connection: connection.execute(data) and None))
    files = {
        "a.view": "dimensions: {k: {primary_key: true}}\nmeasures: {count: {aggregate_type: count}}",
        "b.view": "",
        "relationships": "- {join_from_view: a, join_to_view: b,"
        " relationship_type: one_to_many, on_sql: '${a.x} = ${b.x}'}",
        "a.topic": "base_view: a\njoins: {b: {}}",
    }
    model = read_checked_model(
        files, warehouse, model_id=MODEL_ID, name="A", connection_id=MODEL_ID
    )
    engine = Engine([(model, warehouse)])
    assert rows(engine, "a", ["a.count"]) == [(2,)]
    assert rows(engine, "a", ["b.x", "a.count"]) == [(1, 1), (2, 1)]

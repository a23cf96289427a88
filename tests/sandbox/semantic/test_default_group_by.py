"""Whether rows of a query without measures become groups, as the model says."""

from collections import Counter
from typing import Any

import pytest
from queries.query_cases import TOTAL, number
from sandbox.semantic.small_database import SmallDatabase

TABLES = """
CREATE TABLE shops (id INTEGER, town VARCHAR, opened DATE);
CREATE TABLE sales (id INTEGER, line INTEGER, shop INTEGER, price INTEGER);
"""
# Two shops of one town, and a line of a sale that is there twice, against its key.
ROWS = """
INSERT INTO shops VALUES (1, 'Ulm', '2024-01-31'), (2, 'Ulm', '2024-02-01'), (3, 'Rome', NULL);
INSERT INTO sales VALUES (1, 1, 1, 5), (1, 2, 1, 5), (2, 1, 2, 7), (2, 1, 2, 7);
"""
FILES = {
    "shops.view": "dimensions: {id: {primary_key: true}}",
    "sales.view": "custom_compound_primary_key_sql: ['${id}', '${line}']\n"
    "dimensions: {key: {sql: '${id}'}}",
    "relationships": "[{join_from_view: sales, join_to_view: shops, relationship_type: many_to_one,"
    " on_sql: '${sales.shop} = ${shops.id}', reversible: true}]",
    "kept.topic": "{base_view: shops, joins: {sales: {}}, always_having_filters:"
    " {shops.count: {greater_than: 1}}}",
}
KEY = "SELECT id, line FROM sales"


def sales(*fields: str, **rest: Any) -> dict[str, Any]:
    return {"table": "sales", "fields": [f"sales.{each}" for each in fields], **rest}


def shops(*fields: str, **rest: Any) -> dict[str, Any]:
    return {"table": "shops", "fields": list(fields), **rest}


@pytest.fixture(scope="module")
def small() -> SmallDatabase:
    return SmallDatabase(TABLES, ROWS)


@pytest.mark.parametrize(
    ("rule", "query", "sql"),
    [
        ("always", shops("shops.town"), "SELECT DISTINCT town FROM shops"),
        ("never", shops("shops.town"), "SELECT town FROM shops"),
        ("NEVER", shops("shops.town", limit=2, sorts=[{"column_name": "shops.town"}]),
         "SELECT town FROM shops ORDER BY town LIMIT 2"),
        ("never", shops("shops.opened[month]"),
         "SELECT date_trunc('month', opened)::TIMESTAMP FROM shops"),
        # A measure makes groups, and so do totals, a filter on a measure, and what a topic keeps.
        ("never", shops("shops.town", "shops.count"), "SELECT town, count(*) FROM shops GROUP BY town"),
        ("never", shops("shops.town", column_totals={"::total::": TOTAL}),
         "SELECT * FROM (VALUES ('Rome', NULL), ('Ulm', NULL), (NULL, 'column_total')) AS rows(t, m)"),
        ("never", shops("shops.town", filters={"shops.count": number("GREATER_THAN", "1")}),
         "SELECT 'Ulm'"),
        ("never", shops("shops.town", join_paths_from_topic_name="kept"), "SELECT 'Ulm'"),
        # The query itself is heard first.
        ("never", shops("shops.town", default_group_by=True), "SELECT DISTINCT town FROM shops"),
        ("always", shops("shops.town", default_group_by=False), "SELECT town FROM shops"),
        ("never", shops("shops.town", "sales.price"),
         "SELECT town, price FROM shops LEFT JOIN sales ON shop = shops.id"),
        # The whole key of the base view, as it is, and no join that repeats its rows.
        ("primary_key", sales("id", "line"), KEY),
        ("primary_key", sales("id"), "SELECT DISTINCT id FROM sales"),
        ("primary_key", sales("key", "line"), KEY),
        ("primary_key", sales("price"), "SELECT DISTINCT price FROM sales"),
        ("primary_key", {"table": "sales", "fields": ["sales.id", "sales.line", "shops.town"]},
         "SELECT sales.id, line, town FROM sales JOIN shops ON shop = shops.id"),
        ("primary_key", shops("shops.id", "sales.price"),
         "SELECT DISTINCT shops.id, price FROM shops LEFT JOIN sales ON shop = shops.id"),
        ("always", sales("id", "line"), "SELECT DISTINCT id, line FROM sales"),
    ],
)  # fmt: skip
def test_a_model_says_whether_alike_rows_are_one(
    small: SmallDatabase, rule: str, query: dict[str, Any], sql: str
) -> None:
    model = small.read({"model": f"default_group_by: {rule}", **FILES})
    assert model.issues == ()
    assert Counter(small.rows(model, query)) == Counter(small.by_hand(sql))

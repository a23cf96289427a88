"""Dimensions that keep the values that come first by a measure, and one name for the rest."""

from typing import Any

import pytest
from queries.query_cases import NOW, TOTAL, number, text
from sandbox.semantic.small_database import SmallDatabase

from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model

TABLES = """
CREATE TABLE shops (id INTEGER, town VARCHAR);
CREATE TABLE sales (id INTEGER, shop INTEGER, state VARCHAR, kind VARCHAR, price INTEGER);
"""
# Twelve states A to L and none, whose sums rise by the letter; C and D sell the same.
ROWS = """
INSERT INTO shops VALUES (1, 'Ulm'), (2, 'Rome'), (3, 'Ulm');
INSERT INTO sales
SELECT n, n % 4, CASE WHEN n % 13 = 12 THEN NULL ELSE chr((65 + n % 13)::INTEGER) END,
       ['new', 'used'][n % 2 + 1], CASE WHEN n % 13 = 2 THEN 4 ELSE n % 13 + 1 END
FROM range(260) AS numbers(n);
"""
FILES = {
    "shops.view": "dimensions: {id: {primary_key: true}}\n"
    "measures: {count: {aggregate_type: count}}",
    "sales.view": """
dimensions:
  id: {primary_key: true}
  best: {sql: '${state}', dynamic_top_n: {n: 10, by: sales.total, desc: true, else: Other}}
  worst: {sql: '${state}', dynamic_top_n: {n: 3, by: total, desc: false, else: The rest}}
  lower: {sql: 'lower(${state})', dynamic_top_n: {n: 3, by: '${total}', desc: true, else: other}}
  shopping: {sql: '${state}', dynamic_top_n: {n: 4, by: shops.count, desc: true, else: Other}}
  dear: {sql: '${price}', dynamic_top_n: {n: 2, by: total, desc: true, else: Other}}
  referring: {sql: "${best} || '!'"}
  by_dimension: {sql: '${state}', dynamic_top_n: {n: 2, by: price, desc: true, else: Other}}
measures:
  count: {aggregate_type: count}
  total: {aggregate_type: sum, sql: '${price}'}
  new: {aggregate_type: sum, sql: '${price}',
        filters: {kind: {is: new, cancel_query_filter: true}}}
""",
    "relationships": "[{join_from_view: sales, join_to_view: shops, relationship_type: many_to_one,"
    " on_sql: '${sales.shop} = ${shops.id}', reversible: true}, {join_from_view: shops, join_to_view: sales, join_to_view_as: sold,"
    " relationship_type: one_to_many, on_sql: '${shops.id} = ${sold.shop}'}]",
    "shops.topic": "{base_view: shops, joins: {sales: {}}}",
}


def by_rank(
    count: int, order: str, otherwise: str, rows: str = "sales", name: str = "state"
) -> str:
    """States by name among the first ones, all others together."""
    return (
        f"WITH rows AS (SELECT * FROM {rows}), first AS (SELECT state FROM rows"
        f" WHERE state IS NOT NULL GROUP BY state ORDER BY sum(price) {order}, state LIMIT {count})"
        f" SELECT CASE WHEN state IN (FROM first) THEN {name} ELSE '{otherwise}' END AS s,"
    )


def sales(*fields: str, **rest: Any) -> dict[str, Any]:
    named = [each if "." in each else f"sales.{each}" for each in fields]
    return {"table": "sales", "fields": named, "sorts": [{"column_name": named[0]}], **rest}


GROUPED = " FROM rows GROUP BY s ORDER BY s"
CASES = [
    ("ten and the others are eleven rows", sales("best[10]", "total"),
     by_rank(10, "DESC", "Other") + " sum(price)" + GROUPED),
    ("from the other end, one of two that tie", sales("worst[3]", "count"),
     by_rank(3, "ASC", "The rest") + " count(*)" + GROUPED),
    ("an expression", sales("lower[3]", "count", "total"),
     by_rank(3, "DESC", "other", name="lower(state)") + " count(*), sum(price)" + GROUPED),
    ("within the rows that the query asks for",
     sales("worst[3]", "count", filters={"sales.price": number("GREATER_THAN", "6")}),
     by_rank(3, "ASC", "The rest", "sales WHERE price > 6") + " count(*)" + GROUPED),
    ("fewer values than are kept: no others",
     sales("best[10]", "total", filters={"sales.state": text("EQUALS", "A", "B")}),
     "SELECT state, sum(price) FROM sales WHERE state IN ('A', 'B') GROUP BY state ORDER BY state"),
    ("beside another dimension", sales("best[10]", "kind", "count"),
     by_rank(10, "DESC", "Other") + " kind, count(*) FROM rows GROUP BY s, kind ORDER BY s, kind"),
    ("two of them", sales("worst[3]", "lower[3]", "count"),
     "WITH least AS (SELECT state FROM sales WHERE state IS NOT NULL GROUP BY state"
     " ORDER BY sum(price), state LIMIT 3), most AS (SELECT state FROM sales"
     " WHERE state IS NOT NULL GROUP BY state ORDER BY sum(price) DESC, state LIMIT 3)"
     " SELECT CASE WHEN state IN (FROM least) THEN state ELSE 'The rest' END AS s,"
     " CASE WHEN state IN (FROM most) THEN lower(state) ELSE 'other' END AS l, count(*)"
     " FROM sales GROUP BY s, l ORDER BY s, l"),
    ("a filter on a measure does not change who is first",
     sales("worst[3]", "count", filters={"sales.count": number("GREATER_THAN", "50")}),
     "SELECT 'The rest', 200::BIGINT"),
    ("the limit cuts rows, not values", sales("best[10]", "total", limit=2, offset=9),
     by_rank(10, "DESC", "Other") + " sum(price) FROM rows GROUP BY s ORDER BY s LIMIT 2 OFFSET 9"),
    ("sorted by a measure", {**sales("worst[3]", "total"),
                             "sorts": [{"column_name": "sales.total", "sort_descending": True}]},
     by_rank(3, "ASC", "The rest") + " sum(price) AS t FROM rows GROUP BY s ORDER BY t DESC, s"),
    ("with totals", sales("worst[3]", "count", column_totals={"::total::": TOTAL}),
     "SELECT * FROM (VALUES ('A', 20, NULL), ('B', 20, NULL), ('C', 20, NULL), ('The rest', 200, NULL),"
     " (NULL, 260, 'column_total')) AS rows(s, c, m)"),
    ("without measures", sales("worst[3]"),
     "SELECT unnest(['A', 'B', 'C', 'The rest'])"),
    # Each state is sold in one shop of Ulm more or less often; shops count once.
    ("by a measure whose rows a join repeats", sales("shopping[4]", "count"),
     "WITH first AS (SELECT state FROM sales JOIN shops ON shop = shops.id WHERE state IS NOT NULL"
     " GROUP BY state ORDER BY count(DISTINCT shop) DESC, state LIMIT 4)"
     " SELECT CASE WHEN state IN (FROM first) THEN state ELSE 'Other' END AS s, count(*)"
     " FROM sales GROUP BY s ORDER BY s"),
    ("of a view under another name", {
        "table": "shops", "fields": ["sold.worst[3]", "sold.count"],
        "sorts": [{"column_name": "sold.worst[3]"}], "filters": {"sold.id": {
            "type": "null", "is_negative": True}}},
     "WITH rows AS (SELECT sales.* FROM shops JOIN sales ON shop = shops.id), first AS"
     " (SELECT state FROM rows WHERE state IS NOT NULL GROUP BY state ORDER BY sum(price), state LIMIT 3)"
     " SELECT CASE WHEN state IN (FROM first) THEN state ELSE 'The rest' END AS s, count(*)"
     " FROM rows GROUP BY s ORDER BY s"),
    ("beside a measure whose rows a join repeats",
     {**sales("worst[3]", "shops.count"), "join_paths_from_topic_name": "shops", "table": "shops"},
     "WITH rows AS (SELECT * FROM shops JOIN sales ON shop = shops.id), first AS"
     " (SELECT state FROM rows WHERE state IS NOT NULL GROUP BY state ORDER BY sum(price), state LIMIT 3)"
     " SELECT CASE WHEN state IN (FROM first) THEN state ELSE 'The rest' END AS s,"
     " count(DISTINCT shop) FROM rows GROUP BY s ORDER BY s"),
    ("with subtotals of what stands behind the first values, of which a ranking has none",
     sales("worst[3]", "kind", "total", column_totals={"sales.kind": TOTAL}),
     f"WITH rows AS ({by_rank(3, 'ASC', 'The rest')} kind, sum(price) AS total FROM rows"
     " GROUP BY s, kind), totals AS (FROM (SELECT *, NULL::VARCHAR AS mark FROM rows UNION ALL"
     " SELECT *, 'column_subtotal::sales.kind' FROM rows)) FROM totals ORDER BY s, kind, mark"
     " NULLS FIRST"),
    ("where a measure cancels the query's filter",
     sales("worst[3]", "new", "count", filters={"sales.kind": text("EQUALS", "used")}),
     "WITH first AS (SELECT state FROM sales WHERE kind = 'used' AND state IS NOT NULL"
     " GROUP BY state ORDER BY sum(price), state LIMIT 3)"
     " SELECT CASE WHEN state IN (FROM first) THEN state ELSE 'The rest' END AS s,"
     " sum(price) FILTER (kind = 'new'), count(*) FILTER (kind = 'used')"
     " FROM sales GROUP BY s ORDER BY s"),
]  # fmt: skip


@pytest.fixture(scope="module")
def small() -> SmallDatabase:
    return SmallDatabase(TABLES, ROWS)


@pytest.fixture(scope="module")
def model(small: SmallDatabase) -> Model:
    return small.read(FILES)


@pytest.mark.parametrize(
    ("query", "sql"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_the_first_values_are_kept_and_the_rest_has_one_name(
    small: SmallDatabase, model: Model, query: dict[str, Any], sql: str
) -> None:
    assert small.rows(model, query) == small.by_hand(sql)


def test_ten_values_and_the_others_are_eleven_rows(small: SmallDatabase, model: Model) -> None:
    rows = small.rows(model, sales("best[10]"))
    # The sums of C and D are alike; A and B are the least, and null is no value.
    assert [state for (state,) in rows] == [*"CDEFGHIJKL", "Other"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        (sales("best[5]"), r"models \[10\] alone"),
        (sales("best"), r"models \[10\] alone"),
        (sales("dear[2]"), "no text"),
        (sales("referring"), "refers to"),
        (sales("by_dimension[2]"), "no measure"),
        (sales("count", filters={"sales.best[10]": text("EQUALS", "A")}), "A filter on"),
        ({"userEditedSQL": "SELECT ${sales.best[10]} FROM ${sales}", "fields": []}, "in SQL over"),
    ],
)
def test_what_is_not_described_is_refused_by_name(
    small: SmallDatabase, model: Model, query: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        small.rows(model, query)


@pytest.mark.parametrize(
    "said",
    [
        "{n: 10, by: total, desc: true}",
        "{n: 10, by: total, desc: true, else: null}",
        "{n: 10, by: total, else: Other}",
        "{n: 0, by: total, desc: true, else: Other}",
        "{n: 1.5, by: total, desc: true, else: Other}",
        "{by: total, desc: true, else: Other}",
        "{n: 10, by: total, desc: true, else: Other, ties: true}",
    ],
)
def test_what_a_file_leaves_open_is_an_issue_and_refused(small: SmallDatabase, said: str) -> None:
    view = f"dimensions: {{best: {{sql: '${{state}}', dynamic_top_n: {said}}}}}"
    model = small.read({"sales.view": view})
    assert [(each.field, each.is_error) for each in model.issues] == [("best", False)]
    with pytest.raises(Refused, match="dynamic_top_n without a readable n, by, desc and else"):
        small.rows(model, sales("best[10]"))


def test_the_summary_calls_it_a_text_by_its_name_and_number(
    small: SmallDatabase, model: Model
) -> None:
    engine = Engine([(model, small.warehouse)])
    query = {"modelId": model.id, "table": "sales", "fields": ["sales.best[10]"]}
    described = engine.plan(query, now=NOW).fields["sales.best[10]"]
    assert (described["field_name"], described["label"]) == ("best[10]", "Best 10")
    assert described["data_type"] == "STRING"

"""Measures that cancel the query's filter on a field, and measures of other dates than the query's."""

from typing import Any

import pytest
from queries.query_cases import TOTAL, date, number, text
from sandbox.semantic.small_database import SmallDatabase

from omnipd_sandbox.engine.engine import Refused
from omnipd_sandbox.engine.model.model import Model

TABLES = """
CREATE TABLE users (id INTEGER, state VARCHAR, credit INTEGER);
CREATE TABLE items (id INTEGER, user_id INTEGER, status VARCHAR, price INTEGER, cost INTEGER,
                    sold TIMESTAMP, shipped DATE);
"""
# Users 1 to 8 in three states, user 8 in none and without items; four years of items, five a month.
ROWS = """
INSERT INTO users SELECT n, ['New York', 'California', 'Texas'][n % 3 + 1], n * 10
FROM range(1, 8) AS numbers(n);
INSERT INTO users VALUES (8, NULL, 80);
INSERT INTO items
SELECT n, CASE WHEN n % 11 = 0 THEN NULL ELSE n % 7 + 1 END, ['new', 'done', NULL][n % 3 + 1], n,
       CASE WHEN n % 4 = 0 THEN NULL ELSE n % 9 END,
       TIMESTAMP '2021-01-01 10:00' + INTERVAL 6 DAY * n, DATE '2021-01-03' + 6 * n::INTEGER
FROM range(240) AS numbers(n);
"""
USERS_VIEW = """
dimensions: {id: {primary_key: true}, state: {aliases: [home]}}
measures:
  count: {aggregate_type: count}
  credits: {aggregate_type: sum, sql: '${credit}'}
  in_texas: {aggregate_type: count, filters: {state: {is: Texas, cancel_query_filter: true}}}
"""
ITEMS_VIEW = """
dimensions: {id: {primary_key: true}, sold: {timeframes: [raw, date, month, year]}}
measures:
  count: {aggregate_type: count}
  total: {aggregate_type: sum, sql: '${price}'}
  median: {aggregate_type: median, sql: '${price}'}
  buyers: {aggregate_type: count_distinct, sql: '${user_id}'}
  unpaid: {sql: 'count(CASE WHEN ${cost} IS NULL THEN 1 END)'}
  every: {sql: 'count(*) FILTER (WHERE ${price} > 5)'}
  average: {sql: '${total} / ${count}'}
  new: {aggregate_type: count, filters: {status: {is: new, cancel_query_filter: true}}}
  of_new: {sql: '${count} * 1000 + ${new}'}
  new_in_texas:
    aggregate_type: count
    filters: {status: {is: new, cancel_query_filter: true}, users.state: {is: Texas}}
  cheap: {aggregate_type: sum, sql: '${price}',
          filters: {price: {less_than: 100, cancel_query_filter: true}}}
  not_canceled: {aggregate_type: count, filters: {status: {is: new, cancel_query_filter: false}}}
  before: {aggregate_type: sum, sql: '${price}',
           filters: {sold: {date_offset_from_query: 2 years, cancel_query_filter: true}}}
  month_before: {aggregate_type: count,
                 filters: {items.sold: {date_offset_from_query: 1 month, cancel_query_filter: true}}}
  new_before: {aggregate_type: count,
               filters: {sold: {date_offset_from_query: 30 days, cancel_query_filter: true},
                         status: {is: new, cancel_query_filter: true}}}
"""
FILES = {
    "users.view": USERS_VIEW,
    "items.view": ITEMS_VIEW,
    "relationships": "[{join_from_view: items, join_to_view: users, relationship_type: many_to_one,"
    " on_sql: '${items.user_id} = ${users.id}'}, {join_from_view: users, join_to_view: items,"
    " relationship_type: one_to_many, on_sql: '${items.user_id} = ${users.id}'}]",
    "items.topic": "{base_view: items, joins: {users: {}}}",
    "users.topic": "{base_view: users, joins: {items: {}}}",
    "done.topic": "{base_view: items, joins: {users: {}}, always_where_filters: {status: {is: done}}}",
}
DONE, TEXAS, YORK = (text("EQUALS", each) for each in ("done", "Texas", "New York"))
LAST_MONTH = date("TIME_FOR_UNIT_DURATION", "last month")
JOINED = "items i LEFT JOIN users u ON u.id = i.user_id"


def items(*fields: str, topic: str = "items", **filters: Any) -> dict[str, Any]:
    """Ask the topic of items, sorted by the first field; filters are called after their fields."""
    return {
        "join_paths_from_topic_name": topic,
        "fields": list(fields),
        "filters": {name.replace("__", "."): each for name, each in filters.items()},
        "sorts": [{"column_name": fields[0], "null_sort": "FIRST"}],
    }


CASES = [
    ("the filter of one measure, not of the others",
     items("items.count", "items.new", "items.total", items__status=DONE),
     "SELECT count(*) FILTER (status = 'done'), count(*) FILTER (status = 'new'),"
     " sum(price) FILTER (status = 'done') FROM items"),
    ("without a filter to cancel", items("items.count", "items.new"),
     "SELECT count(*), count(*) FILTER (status = 'new') FROM items"),
    ("the filter of another field holds for all",
     items("items.count", "items.new", items__status=DONE, items__price=number("LESS_THAN", "50")),
     "SELECT count(*) FILTER (status = 'done'), count(*) FILTER (status = 'new')"
     " FROM items WHERE price < 50"),
    ("a group that only the measure sees",
     items("items.status", "items.count", "items.new", items__status=DONE),
     "SELECT * FROM (VALUES ('done', 80, 0), ('new', 0, 80)) AS rows(s, c, n)"),
    ("a group that only the query sees",
     items("items.status", "items.new", items__status=DONE),
     "SELECT * FROM (VALUES ('done', 0), ('new', 80)) AS rows(s, n)"),
    ("a filter that keeps nulls", items("items.count", "items.new",
                                        items__status={**DONE, "is_negative": True}),
     "SELECT count(*) FILTER (status IS DISTINCT FROM 'done'), count(*) FILTER (status = 'new')"
     " FROM items"),
    ("aggregates of every kind obey",
     items("items.median", "items.buyers", "items.unpaid", "items.every", "items.average",
           "items.new", items__status=DONE),
     "SELECT median(price), count(DISTINCT user_id), count(*) FILTER (cost IS NULL),"
     " count(*) FILTER (price > 5), sum(price) / count(*),"
     " (SELECT count(*) FROM items WHERE status = 'new') FROM items WHERE status = 'done'"),
    ("in a measure of measures", items("items.of_new", items__status=DONE),
     "SELECT count(*) FILTER (status = 'done') * 1000 + count(*) FILTER (status = 'new') FROM items"),
    ("a number", items("items.count", "items.cheap", items__price=number("GREATER_THAN", "200")),
     "SELECT count(*) FILTER (price > 200), sum(price) FILTER (price < 100) FROM items"),
    ("cancel that is off", items("items.not_canceled", items__status=DONE), "SELECT 0"),
    ("the field of another view",
     items("users.in_texas", "users.count", "items.count", users__state=YORK),
     f"SELECT count(DISTINCT u.id) FILTER (u.state = 'Texas'),"
     f" count(DISTINCT u.id) FILTER (u.state = 'New York'),"
     f" count(*) FILTER (u.state = 'New York') FROM {JOINED}"),
    ("by a former name of the field", items("users.in_texas", "users.count", users__home=YORK),
     "SELECT (SELECT count(*) FROM users WHERE state = 'Texas'),"
     " (SELECT count(*) FROM users WHERE state = 'New York')"),
    ("rows that a join repeats",
     items("users.count", "users.credits", "items.new", topic="users", items__status=DONE),
     "SELECT (SELECT count(*) FROM users WHERE id IN (SELECT user_id FROM items WHERE status = 'done')),"
     " (SELECT sum(credit)::HUGEINT FROM users"
     "  WHERE id IN (SELECT user_id FROM items WHERE status = 'done')),"
     " (SELECT count(*) FROM items WHERE status = 'new' AND user_id IS NOT NULL)"),
    ("rows that a join repeats, in groups",
     items("users.state", "users.credits", "items.new", topic="users", items__status=DONE),
     "SELECT state, (SELECT coalesce(sum(credit), 0)::HUGEINT FROM users v WHERE v.state = u.state AND"
     "  id IN (SELECT user_id FROM items WHERE status = 'done')),"
     " (SELECT count(*) FROM items i JOIN users v ON v.id = i.user_id"
     "  WHERE v.state = u.state AND status = 'new')"
     " FROM (SELECT DISTINCT state FROM users WHERE state IS NOT NULL) u ORDER BY state"),
    ("a measure with a filter beside", items("items.new_in_texas", "items.count", items__status=DONE),
     f"SELECT count(*) FILTER (status = 'new' AND state = 'Texas'), count(*) FILTER (status = 'done')"
     f" FROM {JOINED}"),
    ("that filter and the query's hold together",
     items("items.new_in_texas", "items.count", items__status=DONE, users__state=YORK),
     f"SELECT 0, count(*) FILTER (status = 'done' AND state = 'New York') FROM {JOINED}"),
    ("two measures, two fields",
     items("items.new", "users.in_texas", "items.count", items__status=DONE, users__state=YORK),
     f"SELECT count(*) FILTER (status = 'new' AND state = 'New York'),"
     f" count(DISTINCT u.id) FILTER (status = 'done' AND state = 'Texas'),"
     f" count(*) FILTER (status = 'done' AND state = 'New York') FROM {JOINED}"),
    ("a filter on the measure that cancels",
     {**items("users.state", "items.count", items__status=DONE),
      "filters": {"items.status": DONE, "items.new": number("GREATER_THAN", "25")}},
     f"SELECT state, count(*) FILTER (status = 'done') FROM {JOINED}"
     " GROUP BY state HAVING count(*) FILTER (status = 'new') > 25 ORDER BY state NULLS FIRST"),
    ("what a topic always filters by is not canceled",
     items("items.new", "items.count", topic="done", items__price=number("LESS_THAN", "9")),
     "SELECT 0, count(*) FROM items WHERE status = 'done' AND price < 9"),
    ("totals", {**items("items.status", "items.count", "items.new", items__status=DONE),
                "column_totals": {"::total::": TOTAL}},
     "SELECT * FROM (VALUES ('done', 80, 0, NULL), ('new', 0, 80, NULL),"
     " (NULL, 80, 80, 'column_total')) AS rows(s, c, n, mark)"),
    # Omni's page: in November 2024, last month and 2 years is October 2022.
    ("last month, two years before", items("items.total", "items.before", items__sold=LAST_MONTH),
     "SELECT sum(price) FILTER (date_trunc('month', sold) = '2024-10-01'),"
     " sum(price) FILTER (date_trunc('month', sold) = '2022-10-01') FROM items"),
    ("months of different lengths",
     items("items.month_before", items__sold=date("TIME_FOR_UNIT_DURATION", "2023-03")),
     "SELECT count(*) FROM items WHERE date_trunc('month', sold) = '2023-02-01'"),
    ("an open range", items("items.month_before", items__sold=date("ON_OR_AFTER", "2023-03-31")),
     "SELECT count(*) FROM items WHERE sold >= '2023-02-28'"),
    ("until an instant", items("items.count", "items.month_before",
                               items__sold=date("BEFORE", None, "2022-01-07 10:00:00")),
     "SELECT count(*) FILTER (sold < '2022-01-07 10:00:00'),"
     " count(*) FILTER (sold < '2021-12-07 10:00:00') FROM items"),
    ("two bounds", items("items.month_before", items__sold={
        "type": "composite", "conjunction": "AND", "filters": [
            date("ON_OR_AFTER", "2022-05-01"), date("BEFORE", None, "2022-07-01")]}),
     "SELECT count(*) FROM items WHERE sold >= '2022-04-01' AND sold < '2022-06-01'"),
    ("moved back and canceled", items(
        "items.new_before", "items.count", items__status=DONE,
        items__sold=date("BETWEEN", "2022-03-02", "2022-05-01")),
     "SELECT count(*) FILTER (status = 'new' AND sold >= '2022-01-31' AND sold < '2022-04-01'),"
     " count(*) FILTER (status = 'done' AND sold >= '2022-03-02' AND sold < '2022-05-01')"
     " FROM items"),
    ("by month, both years have their groups",
     items("items.sold[month]", "items.count", "items.before",
           items__sold=date("TIME_FOR_UNIT_DURATION", "2024 Q1")),
     "SELECT date_trunc('month', sold) AS m, count(*) FILTER (year(sold) = 2024),"
     " coalesce(sum(price) FILTER (year(sold) = 2022), 0)"
     " FROM items WHERE year(sold) IN (2022, 2024) AND quarter(sold) = 1 GROUP BY m ORDER BY m"),
]  # fmt: skip


@pytest.fixture(scope="module")
def small() -> SmallDatabase:
    return SmallDatabase(TABLES, ROWS)


@pytest.fixture(scope="module")
def model(small: SmallDatabase) -> Model:
    found = small.read(FILES)
    assert found.issues == ()
    return found


@pytest.mark.parametrize(
    ("query", "sql"), [each[1:] for each in CASES], ids=[each[0] for each in CASES]
)
def test_a_measure_cancels_the_filter_of_its_query(
    small: SmallDatabase, model: Model, query: dict[str, Any], sql: str
) -> None:
    assert small.rows(model, query) == small.by_hand(sql)


PART = date("IS_IN_MONTH_OF_YEAR", "March")
REFUSED = [
    ("nothing to move back", items("items.before"), "the query has none"),
    ("a part of a date", items("items.before", items__sold=PART), "IS_IN_MONTH_OF_YEAR"),
    ("no date at all", items("items.before", items__sold={"type": "null"}), 'type "null"'),
    ("in a control", {**items("items.new", "items.count"), "controls": [{
        "type": "MULTI_FIELD_FILTER", "conjunction": "OR", "filters": [
            {"fieldName": "items.status", "filter": DONE},
            {"fieldName": "users.state", "filter": TEXAS}]}]}, "stands in a control"),
    ("in the query itself", items("items.count", items__status={
        **DONE, "cancel_query_filter": True}), "cancel_query_filter is not modeled"),
    ("in a query of the wire's kind", items("items.count", items__sold=date(
        "QUERY_OFFSET", offset_interval_string="2 years", cancel_query_filter=True)),
     "cancel_query_filter is not modeled"),
    ("in SQL", {"userEditedSQL": "SELECT ${items.new} FROM ${items} WHERE ${items.status} = 'done'",
                "fields": []}, "beside WHERE, or HAVING"),
    ("by what SQL groups by", {"userEditedSQL": "SELECT ${items.status}, ${items.new} FROM ${items}"
     " GROUP BY 1 HAVING ${items.status} = 'done'", "fields": []}, "beside WHERE, or HAVING"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "words"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_what_is_not_described_is_refused_by_name(
    small: SmallDatabase, model: Model, query: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        small.rows(model, query)


@pytest.mark.parametrize(
    ("said", "issue"),
    [
        ("{date_offset_from_query: 2 years}", "date_offset_from_query without cancel_query_filter"),
        (
            "{date_offset_from_query: soon, cancel_query_filter: true}",
            "date_offset_from_query 'soon'",
        ),
        ("{date_offset_from_query: 2, cancel_query_filter: true}", "date_offset_from_query 2"),
        ("{is: 2024, cancel_query_filter: 'yes'}", "that is neither true nor false"),
        ("{or: [{is: 2024, cancel_query_filter: true}]}", 'the filter "cancel_query_filter"'),
    ],
)
def test_what_cannot_be_read_is_an_issue_and_refused(
    small: SmallDatabase, said: str, issue: str
) -> None:
    view = f"measures: {{m: {{aggregate_type: count, filters: {{sold: {said}}}}}}}"
    model = small.read({"items.view": view})
    assert [issue in each.message for each in model.issues] == [True], model.issues
    with pytest.raises(Refused, match=issue):
        small.rows(model, {"table": "items", "fields": ["items.m"]})


def test_a_filter_that_only_cancels_needs_an_operator(
    small: SmallDatabase,
) -> None:
    view = "measures: {m: {aggregate_type: count, filters: {status: {cancel_query_filter: true}}}}"
    model = small.read({"items.view": view})
    with pytest.raises(Refused, match="must name an operator"):
        small.rows(model, {"table": "items", "fields": ["items.m"]})

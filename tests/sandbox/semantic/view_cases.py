"""Views of queries, and views of one topic: models, queries on them, and SQL written by hand.

Each model is the bundled orders with some files put in place of its own, or beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files as files_of
from typing import Any

from queries.query_cases import ORDERS, TOTAL, date, number, text

_OWN = files_of("omnipd_sandbox.engine") / "models" / "orders"
RELATIONSHIPS = (_OWN / "relationships.yaml").read_text(encoding="utf-8")


@dataclass(frozen=True)
class ViewCase:
    """Hold the files of a model, a query on it, and SQL that gives its answer."""

    name: str
    files: dict[str, str]
    query: dict[str, Any]
    sql: str
    attributes: dict[str, Any] = field(default_factory=dict)


def on_view(table: str, fields: list[str], **rest: Any) -> dict[str, Any]:
    """Query a view without a topic."""
    return {"modelId": ORDERS, "table": table, "fields": fields, **rest}


def on_topic(topic: str, fields: list[str], **rest: Any) -> dict[str, Any]:
    """Query a topic."""
    return {
        "modelId": ORDERS,
        "table": "",
        "join_paths_from_topic_name": topic,
        "fields": fields,
        **rest,
    }


def related(text: str) -> str:
    """Give the file of relationships with more of them."""
    return f"{RELATIONSHIPS}\n{text}"


# One row for each user of the orders topic, and one for the items without a user.
SPENDERS = """
query:
  topic: orders
  base_view: order_items
  fields:
    users.id: user_id
    users.state: state
    order_items.count: items
    order_items.total_sale_price: spent
dimensions:
  user_id: {primary_key: true}
  state: {}
  items: {}
  spent: {}
measures:
  count: {aggregate_type: count}
  average_spent: {aggregate_type: average, sql: "${spent}"}
  all_spent: {aggregate_type: sum, sql: "${spent}"}
"""
SPENDERS_SQL = """(SELECT u.id AS user_id, u.state, count(*) AS items,
                          coalesce(sum(i.sale_price), 0) AS spent
                   FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY u.id, u.state)"""
VIEW = {"spenders.query.view.yaml": SPENDERS}
TO_SPENDERS = """
- join_from_view: users
  join_to_view: spenders
  relationship_type: one_to_one
  on_sql: ${users.id} = ${spenders.user_id}
"""
JOINED = {**VIEW, "relationships.yaml": related(TO_SPENDERS)}
ACCESS = """
base_view: order_items
joins: {users: {}, products: {}}
access_filters: [{field: users.state, user_attribute: region, values_for_unfiltered: [all]}]
"""


def asked(query: str, dimensions: str, rest: str = "") -> dict[str, str]:
    """Give a model with one query view."""
    text = f"query: {{{query}}}\ndimensions: {{{dimensions}}}\n{rest}"
    return {"asked.query.view.yaml": text}


QUERY_VIEWS = [
    ViewCase(
        "the measures of a query are dimensions of its view",
        VIEW,
        on_view("spenders", ["spenders.items", "spenders.count"]),
        f"""SELECT items AS "spenders.items", count(*) AS "spenders.count"
            FROM {SPENDERS_SQL} GROUP BY 1""",
    ),
    ViewCase(
        "measures over what was aggregated",
        VIEW,
        on_view("spenders", ["spenders.state", "spenders.average_spent", "spenders.all_spent"]),
        f"""SELECT state AS "spenders.state", avg(spent) AS "spenders.average_spent",
                   coalesce(sum(spent), 0) AS "spenders.all_spent"
            FROM {SPENDERS_SQL} GROUP BY 1""",
    ),
    ViewCase(
        "filters on what was a measure, and on a measure over it",
        VIEW,
        on_view(
            "spenders",
            ["spenders.state", "spenders.count"],
            filters={
                "spenders.items": number("GREATER_THAN", "5"),
                "spenders.count": number("GREATER_THAN", "1"),
            },
        ),
        f"""SELECT state AS "spenders.state", count(*) AS "spenders.count"
            FROM {SPENDERS_SQL} WHERE items > 5 GROUP BY 1 HAVING count(*) > 1""",
    ),
    ViewCase(
        "a query view joined to a table",
        JOINED,
        on_view("users", ["users.id", "users.age", "spenders.items", "spenders.spent"]),
        f"""SELECT u.id::BIGINT AS "users.id", u.age::BIGINT AS "users.age",
                   s.items AS "spenders.items", s.spent AS "spenders.spent"
            FROM users u LEFT JOIN {SPENDERS_SQL} s ON s.user_id = u.id""",
    ),
    ViewCase(
        "a query view that a join repeats counts once by its key",
        JOINED,
        on_topic("orders", ["order_items.status", "spenders.all_spent"])
        | {"join_paths_from_topic_name": None, "table": "order_items"},
        f"""SELECT status AS "order_items.status", coalesce(sum(spent), 0) AS "spenders.all_spent"
            FROM (SELECT DISTINCT i.status, s.user_id, s.spent FROM order_items i
                  LEFT JOIN users u ON u.id = i.user_id
                  LEFT JOIN {SPENDERS_SQL} s ON s.user_id = u.id) GROUP BY 1""",
    ),
    ViewCase(
        "a query view joined in a topic, which it is a query on itself",
        {
            **JOINED,
            "orders.topic.yaml": "base_view: order_items\n"
            "joins: {users: {spenders: {}}, products: {}}\n",
        },
        on_topic(
            "orders",
            ["spenders.items", "order_items.count"],
            filters={"order_items.status": text("EQUALS", "returned")},
        ),
        f"""SELECT s.items AS "spenders.items", count(*) AS "order_items.count"
            FROM order_items i LEFT JOIN users u ON u.id = i.user_id
            LEFT JOIN {SPENDERS_SQL} s ON s.user_id = u.id WHERE i.status = 'returned' GROUP BY 1""",
    ),
    ViewCase(
        "a query view is the base of a topic",
        {
            **VIEW,
            "big.topic.yaml": "base_view: spenders\n"
            "always_where_filters: {spenders.items: {greater_than: 6}}\n",
        },
        on_topic("big", ["spenders.count", "spenders.all_spent"]),
        f"""SELECT count(*) AS "spenders.count", coalesce(sum(spent), 0) AS "spenders.all_spent"
            FROM {SPENDERS_SQL} WHERE items > 6""",
    ),
    ViewCase(
        "fields without names of their own are called after view and field",
        {
            "listed.query.view": "query:\n  base_view: users\n"
            "  fields: [users.state, users.count]\n"
            "dimensions:\n  state: {sql: users__state}\n  users__count: {}\n",
        },
        on_view("listed", ["listed.state", "listed.users__count"]),
        """SELECT state AS "listed.state", count(*) AS "listed.users__count"
           FROM users GROUP BY 1""",
    ),
    ViewCase(
        "a timeframe of the query, cut again outside",
        asked(
            "base_view: order_items, fields: {'order_items.created_at[month]': month,"
            " order_items.count: items}",
            "month: {}, items: {}",
            "measures: {most: {aggregate_type: max, sql: '${items}'}}\n",
        ),
        on_view("asked", ["asked.month[year]", "asked.most"]),
        """SELECT date_trunc('year', month) AS "asked.month[year]", max(items) AS "asked.most"
           FROM (SELECT date_trunc('month', created_at) AS month, count(*) AS items
                 FROM order_items GROUP BY 1) GROUP BY 1""",
    ),
    ViewCase(
        "a time that is also written out stays a time",
        asked(
            "base_view: users, fields: {'users.cohort[month]': cohort, users.count: people}",
            "cohort: {timeframes: [month]}, people: {}",
        ),
        on_view("asked", ["asked.cohort[month]", "asked.people"]),
        """SELECT date_trunc('month', signed_up_on)::TIMESTAMP AS "asked.cohort[month]",
                  count(*) AS "asked.people" FROM users GROUP BY 1""",
    ),
    ViewCase(
        "filters of the query on rows and on groups, in the model's words",
        asked(
            "topic: orders, fields: {users.state: state, order_items.count: items},"
            " filters: {order_items.status: {is: [complete, null]},"
            " order_items.count: {greater_than: 8}, order_items.created_at: {before: 2024-07-01}}",
            "state: {}, items: {}",
        ),
        on_view("asked", ["asked.state", "asked.items"]),
        """SELECT u.state AS "asked.state", count(*) AS "asked.items"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id
           WHERE (i.status = 'complete' OR i.status IS NULL)
             AND epoch_us(i.created_at) < 1719792000000000
           GROUP BY 1 HAVING count(*) > 8""",
    ),
    ViewCase(
        "the first few by a sort",
        asked(
            "topic: orders, fields: {users.id: user_id, order_items.total_amount: amount},"
            " filters: {users.id: {not: null}},"
            " sorts: [{field: order_items.total_amount, desc: true}, {field: users.id}], limit: 5",
            "user_id: {}, amount: {}",
            "measures: {amounts: {aggregate_type: sum, sql: '${amount}'}}\n",
        ),
        on_view("asked", ["asked.amounts"]),
        """SELECT sum(amount) AS "asked.amounts" FROM
             (SELECT sum(quantity * sale_price) AS amount FROM order_items i
              JOIN users u ON u.id = i.user_id GROUP BY u.id ORDER BY amount DESC, u.id LIMIT 5)""",
    ),
    ViewCase(
        "without a measure, rows stay as they are",
        asked(
            "base_view: users, fields: {users.state: state, users.is_vip: vip}",
            "state: {}, vip: {}",
            "measures: {count: {aggregate_type: count}}\n",
        ),
        on_view("asked", ["asked.state", "asked.count"]),
        """SELECT state AS "asked.state", count(*) AS "asked.count" FROM users GROUP BY 1""",
    ),
    ViewCase(
        "without a measure, and grouped because it says so",
        asked(
            "base_view: users, fields: {users.state: state, users.is_vip: vip},"
            " default_group_by: true",
            "state: {}, vip: {}",
            "measures: {count: {aggregate_type: count}}\n",
        ),
        on_view("asked", ["asked.state", "asked.count"]),
        """SELECT state AS "asked.state", count(*) AS "asked.count"
           FROM (SELECT DISTINCT state, is_vip FROM users) GROUP BY 1""",
    ),
    ViewCase(
        "what the inner topic always filters by",
        asked(
            "topic: completed_orders, fields: {users.state: state, order_items.count: items}",
            "state: {}, items: {}",
        ),
        on_view("asked", ["asked.state", "asked.items"]),
        """SELECT u.state AS "asked.state", count(*) AS "asked.items"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id
           WHERE i.status = 'complete' GROUP BY 1""",
    ),
    ViewCase(
        "access filters of the inner topic hold for who asks",
        {**VIEW, "orders.topic.yaml": ACCESS},
        on_view("spenders", ["spenders.state", "spenders.count"]),
        """SELECT 'Texas' AS "spenders.state", count(DISTINCT u.id) AS "spenders.count"
           FROM order_items i JOIN users u ON u.id = i.user_id WHERE u.state = 'Texas'""",
        attributes={"region": "Texas"},
    ),
    ViewCase(
        "access filters of the inner topic leave alone who may see all",
        {**VIEW, "orders.topic.yaml": ACCESS},
        on_view("spenders", ["spenders.count"]),
        f'SELECT count(*) AS "spenders.count" FROM {SPENDERS_SQL}',
        attributes={"region": "all"},
    ),
    ViewCase(
        "a query view over a query view",
        {
            **VIEW,
            "states.query.view": "query: {base_view: spenders, fields: {spenders.state: state,"
            " spenders.count: people, spenders.average_spent: average}}\n"
            "dimensions: {state: {}, people: {}, average: {}}\n"
            "measures: {most: {aggregate_type: max, sql: '${people}'}}\n",
        },
        on_view("states", ["states.people", "states.most"]),
        f"""SELECT people AS "states.people", max(people) AS "states.most"
            FROM (SELECT state, count(*) AS people FROM {SPENDERS_SQL} GROUP BY 1) GROUP BY 1""",
    ),
    ViewCase(
        "a query view whose rows a join would repeat inside",
        asked(
            "topic: users, fields: {products.category: category, users.total_credit: credit}",
            "category: {}, credit: {}",
        ),
        on_view("asked", ["asked.category", "asked.credit"]),
        """SELECT category AS "asked.category", sum(credit) AS "asked.credit" FROM
             (SELECT DISTINCT p.category, u.id, u.credit FROM users u
              LEFT JOIN order_items i ON i.user_id = u.id LEFT JOIN products p ON p.sku = i.sku)
           GROUP BY 1""",
    ),
    ViewCase(
        "a view that extends a query view",
        {
            **VIEW,
            "rich.view": "extends: [spenders]\nmeasures: {least: {aggregate_type: min,"
            " sql: '${spent}'}}\n",
        },
        on_view("rich", ["rich.state", "rich.least", "rich.count"]),
        f"""SELECT state AS "rich.state", min(spent) AS "rich.least", count(*) AS "rich.count"
            FROM {SPENDERS_SQL} GROUP BY 1""",
    ),
    ViewCase(
        "a query of its own takes the place of the one that is extended",
        {
            **VIEW,
            "rich.view": "extends: [spenders]\nquery: {base_view: users, fields: {users.id: user_id,"
            " users.state: state, users.age: items, users.credit: spent}}\n",
        },
        on_view("rich", ["rich.state", "rich.all_spent"]),
        """SELECT state AS "rich.state", coalesce(sum(credit), 0) AS "rich.all_spent"
           FROM users GROUP BY 1""",
    ),
    ViewCase(
        "one query view in two roles",
        {
            **VIEW,
            "relationships.yaml": related(
                """
- join_from_view: users
  join_to_view: spenders
  join_to_view_as: own
  on_sql: ${users.id} = ${own.user_id}
  relationship_type: one_to_one
- join_from_view: users
  join_to_view: spenders
  join_to_view_as: next
  on_sql: ${users.id} + 1 = ${next.user_id}
  relationship_type: one_to_one
"""
            ),
        },
        on_view("users", ["users.id", "own.items", "next.items"]),
        f"""WITH s AS {SPENDERS_SQL}
            SELECT u.id::BIGINT AS "users.id", a.items AS "own.items", b.items AS "next.items"
            FROM users u LEFT JOIN s a ON a.user_id = u.id LEFT JOIN s b ON b.user_id = u.id + 1""",
    ),
    ViewCase(
        "a field of a table that reads a query view",
        {
            **JOINED,
            "big.topic": "base_view: users\njoins: {spenders: {}}\n"
            "views: {users: {dimensions: {is_big: {sql: '${spenders.items} > 6'}}}}\n",
        },
        on_topic("big", ["users.is_big", "users.count"]),
        f"""SELECT s.items > 6 AS "users.is_big", count(*) AS "users.count"
            FROM users u LEFT JOIN {SPENDERS_SQL} s ON s.user_id = u.id GROUP BY 1""",
    ),
    ViewCase(
        "SQL that names fields",
        {
            "spent.query.view": """
sql: |
  SELECT ${order_items.user_id}, sum(${order_items.amount}) AS amount,
         ${order_items.gifts} AS gifts, date_trunc('year', max(${order_items.created_at})) AS last
  FROM ${order_items} AS order_items
  WHERE ${order_items.created_at[year]} = TIMESTAMPTZ '2024-01-01 00:00:00+00'
  GROUP BY 1
dimensions: {user_id: {primary_key: true}, amount: {}, gifts: {}, last: {timeframes: [year]}}
measures: {amounts: {aggregate_type: sum, sql: "${amount}"}}
"""
        },
        on_view("spent", ["spent.gifts", "spent.last[year]", "spent.amounts"]),
        """SELECT gifts AS "spent.gifts", last AS "spent.last[year]", sum(amount) AS "spent.amounts"
           FROM (SELECT user_id, sum(quantity * sale_price) AS amount,
                        count(*) FILTER (WHERE is_gift) AS gifts,
                        date_trunc('year', max(created_at)) AS last
                 FROM order_items WHERE year(created_at) = 2024 GROUP BY 1) GROUP BY 1, 2""",
    ),
    ViewCase(
        "values of a time that have no rows are filled in the query",
        asked(
            "base_view: order_items, fields: {'order_items.created_at[date]': day,"
            " order_items.count: items}, fill_fields: ['order_items.created_at[date]'],"
            " filters: {order_items.created_at: {between_dates: [2024-01-01, 2024-01-31]}}",
            "day: {}, items: {}",
            "measures: {days: {aggregate_type: count}, empty: {aggregate_type: count,"
            " filters: {items: {is: null}}}}\n",
        ),
        on_view("asked", ["asked.days", "asked.empty"]),
        """SELECT 31::BIGINT AS "asked.days", 31 - count(DISTINCT date_trunc('day', created_at))
                  AS "asked.empty" FROM order_items
           WHERE epoch_us(created_at) >= 1704067200000000
             AND epoch_us(created_at) < 1706745600000000""",
    ),
    ViewCase(
        "a measure that cancels the filter of its query",
        {
            "order_items.view.yaml": "dimensions: {id: {primary_key: true}}\nmeasures:\n"
            "  all_items: {aggregate_type: count, filters: {quantity:"
            " {greater_than: 0, cancel_query_filter: true}}}\n  count: {aggregate_type: count}\n",
            **asked(
                "base_view: order_items, fields: {order_items.status: status,"
                " order_items.all_items: whole, order_items.count: part},"
                " filters: {order_items.quantity: {greater_than: 2}}",
                "status: {}, whole: {}, part: {}",
            ),
            "orders.topic.yaml": "base_view: order_items\n",
            "users.topic.yaml": "base_view: users\n",
            "completed_orders.topic.yaml": "base_view: order_items\n",
        },
        on_view("asked", ["asked.status", "asked.whole", "asked.part"]),
        """SELECT status AS "asked.status", count(*) FILTER (WHERE quantity > 0) AS "asked.whole",
                  count(*) FILTER (WHERE quantity > 2) AS "asked.part"
           FROM order_items GROUP BY 1""",
    ),
    ViewCase(
        "totals over a query view",
        VIEW,
        on_view(
            "spenders",
            ["spenders.state", "spenders.count"],
            filters={"spenders.items": number("LESS_THAN", "6")},
            sorts=[{"column_name": "spenders.state"}],
            column_totals={"::total::": TOTAL},
        ),
        f"""WITH few AS (SELECT * FROM {SPENDERS_SQL} WHERE items < 6)
            SELECT state AS "spenders.state", n AS "spenders.count",
                   mark AS "$omni_column_total_indicator" FROM (
              SELECT state, count(*) AS n, NULL AS mark, 0 AS part FROM few GROUP BY 1
              UNION ALL SELECT NULL, count(*), 'column_total', 1 FROM few)
            ORDER BY part, state NULLS FIRST""",
    ),
    ViewCase(
        "a filter that asks a query view",
        VIEW,
        on_view(
            "users",
            ["users.id"],
            filters={
                "users.id": {"type": "query", "query_id": "big", "field_name": "spenders.user_id"}
            },
            staticQueryReferences={
                "big": {
                    "model_id": ORDERS,
                    "table": "spenders",
                    "fields": ["spenders.user_id"],
                    "filters": {"spenders.items": number("GREATER_THAN", "6")},
                }
            },
        ),
        f"""SELECT id::BIGINT AS "users.id" FROM users
            WHERE id IN (SELECT user_id FROM {SPENDERS_SQL} WHERE items > 6)""",
    ),
    ViewCase(
        "SQL over a model reads a query view",
        VIEW,
        {
            "modelId": ORDERS,
            "userEditedSQL": "SELECT ${spenders.state}, ${spenders.count} FROM ${spenders}"
            " WHERE ${spenders.items} > 5 GROUP BY 1",
        },
        f"""SELECT state AS "spenders.state", count(*) AS "spenders.count"
            FROM {SPENDERS_SQL} WHERE items > 5 GROUP BY 1""",
    ),
    ViewCase(
        "a field that its user may not ask for, in a query of the model",
        {
            "model.yaml": "access_grants: {hr: {user_attribute: team, allowed_values: [hr]}}\n",
            "users.view.yaml": "dimensions: {id: {primary_key: true},"
            " age: {required_access_grants: [hr]}}\nmeasures: {count: {aggregate_type: count}}\n",
            **asked("base_view: users, fields: {users.age: age, users.count: n}", "age: {}, n: {}"),
        },
        on_view("asked", ["asked.age", "asked.n"], limit=500),
        'SELECT age::BIGINT AS "asked.age", count(*) AS "asked.n" FROM users GROUP BY 1',
        attributes={"team": "sales"},
    ),
    ViewCase(
        "the query of a view in a folder of a schema, and its dimensions as a list",
        {
            "main/deep/asked.query.view": "query: {base_view: users, fields: {users.state: state}}\n"
            "dimensions: [{name: state}]\nmeasures: [{name: n, aggregate_type: count}]\n",
        },
        on_view("asked", ["asked.state", "asked.n"]),
        'SELECT state AS "asked.state", count(*) AS "asked.n" FROM users GROUP BY 1',
    ),
]

_PUSHED = """
query:
  topic: orders
  fields: {users.id: user_id, order_items.count: items, order_items.total_sale_price: spent}
  REST
dimensions: {user_id: {primary_key: true}, items: {}, spent: {}}
measures: {all_items: {aggregate_type: sum, sql: "${items}"}}
"""


def pushed(rest: str) -> dict[str, str]:
    """Give a model whose view of spenders binds filters."""
    return {**JOINED, "spenders.query.view.yaml": _PUSHED.replace("REST", rest)}


_RETURNED = {"order_items.status": text("EQUALS", "returned")}
_PAIRS = ["users.id", "spenders.items", "order_items.count"]
_PAIRS_SQL = """SELECT u.id::BIGINT AS "users.id", s.items AS "spenders.items",
                       count(i.id) AS "order_items.count"
                FROM order_items i LEFT JOIN users u ON u.id = i.user_id
                LEFT JOIN (SELECT user_id, count(*) AS items FROM order_items
                           WHERE {inner} GROUP BY 1) s ON s.user_id = u.id
                WHERE {outer} GROUP BY ALL"""


def on_items(fields: list[str], **rest: Any) -> dict[str, Any]:
    """Query from the items, without a topic."""
    return on_view("order_items", fields, **rest)


BINDS = [
    ViewCase(
        "without binding, the query around filters its own rows",
        pushed(""),
        on_items(_PAIRS, filters=_RETURNED),
        _PAIRS_SQL.format(inner="true", outer="i.status = 'returned'"),
    ),
    ViewCase(
        "a filter bound to a field of the same name",
        pushed("filters: {order_items.status: {bind: order_items.status}}"),
        on_items(_PAIRS, filters=_RETURNED),
        _PAIRS_SQL.format(inner="status = 'returned'", outer="i.status = 'returned'"),
    ),
    ViewCase(
        "a filter bound to another field",
        pushed("filters: {order_items.created_at: {bind: users.signed_up_on}}"),
        on_items(_PAIRS, filters={"users.signed_up_on": date("ON_OR_AFTER", "2024-01-01")}),
        _PAIRS_SQL.format(
            inner="epoch_us(created_at) >= 1704067200000000", outer="u.signed_up_on >= '2024-01-01'"
        ),
    ),
    ViewCase(
        "what is bound to a field that nobody filters filters nothing",
        pushed("filters: {order_items.status: {bind: order_items.status}}"),
        on_items(
            _PAIRS, filters={"order_items.is_gift": {"type": "boolean", "is_negative": False}}
        ),
        _PAIRS_SQL.format(inner="true", outer="i.is_gift"),
    ),
    ViewCase(
        "a bound filter beside one of the query's own",
        pushed(
            "filters: {order_items.status: {bind: order_items.status},"
            " order_items.quantity: {greater_than: 2}}"
        ),
        on_items(_PAIRS, filters=_RETURNED),
        _PAIRS_SQL.format(
            inner="status = 'returned' AND quantity > 2", outer="i.status = 'returned'"
        ),
    ),
    ViewCase(
        "a filter bound to a measure of the query",
        pushed("filters: {order_items.count: {bind: order_items.quantity}}"),
        on_items(_PAIRS, filters={"order_items.quantity": number("GREATER_THAN", "3")}),
        """SELECT u.id::BIGINT AS "users.id", s.items AS "spenders.items",
                  count(i.id) AS "order_items.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id
           LEFT JOIN (SELECT user_id, count(*) AS items FROM order_items
                      GROUP BY 1 HAVING count(*) > 3) s ON s.user_id = u.id
           WHERE i.quantity > 3 GROUP BY ALL""",
    ),
    ViewCase(
        "a filter of the view alone, which its query binds",
        {
            **VIEW,
            "spenders.query.view.yaml": _PUSHED.replace(
                "REST", "filters: {order_items.created_at: {bind: spenders.since}}"
            )
            + "filters: {since: {type: timestamp, label: Since}}\n",
        },
        on_view(
            "spenders",
            ["spenders.items", "spenders.all_items"],
            filters={"spenders.since": date("ON_OR_AFTER", "2024-07-01")},
        ),
        """SELECT items AS "spenders.items", sum(items) AS "spenders.all_items" FROM
             (SELECT u.id, count(*) AS items FROM order_items i LEFT JOIN users u ON u.id = i.user_id
              WHERE epoch_us(i.created_at) >= 1719792000000000 GROUP BY 1) GROUP BY 1""",
    ),
    ViewCase(
        "all filters that can be joined",
        pushed("bind_all_filters: true"),
        on_items(
            _PAIRS,
            filters={**_RETURNED, "order_items.quantity": number("GREATER_THAN", "2")},
        ),
        _PAIRS_SQL.format(
            inner="status = 'returned' AND quantity > 2",
            outer="i.status = 'returned' AND i.quantity > 2",
        ),
    ),
    ViewCase(
        "a filter on the view itself stays outside",
        pushed("bind_all_filters: true"),
        on_items(_PAIRS, filters={**_RETURNED, "spenders.items": number("GREATER_THAN", "1")}),
        _PAIRS_SQL.format(
            inner="status = 'returned'", outer="i.status = 'returned' AND s.items > 1"
        ),
    ),
    ViewCase(
        "a filter that no query around narrows",
        pushed(
            "bind_all_filters: true\n"
            "  filters: {order_items.status: {is: complete, exclude_from_bind_all: true}}"
        ),
        on_items(
            _PAIRS,
            filters={**_RETURNED, "order_items.quantity": number("GREATER_THAN", "2")},
        ),
        _PAIRS_SQL.format(
            inner="status = 'complete' AND quantity > 2",
            outer="i.status = 'returned' AND i.quantity > 2",
        ),
    ),
    ViewCase(
        "the filters of a query view are bound into the one below",
        {
            **pushed("bind_all_filters: true"),
            **asked(
                "base_view: users, fields: {users.state: state, spenders.all_items: items},"
                " filters: {users.is_vip: {is: true}, users.age:"
                " {greater_than: 40, exclude_from_bind_all: true}}",
                "state: {}, items: {}",
            ),
        },
        on_view("asked", ["asked.state", "asked.items"]),
        """SELECT u.state AS "asked.state", coalesce(sum(s.items), 0) AS "asked.items"
           FROM users u LEFT JOIN (SELECT u.id AS user_id, count(*) AS items
                                   FROM order_items i LEFT JOIN users u ON u.id = i.user_id
                                   WHERE u.is_vip GROUP BY 1) s ON s.user_id = u.id
           WHERE u.is_vip AND u.age > 40 GROUP BY 1""",
    ),
]

_ROLES = """
base_view: order_items
joins: {users: {}, products: {}, buyers: {}, givers: {}}
relationships:
  - join_from_view: order_items
    join_to_view: buyers
    relationship_type: many_to_one
    on_sql: ${order_items.user_id} = ${buyers.id}
  - join_from_view: order_items
    join_to_view: users
    join_to_view_as: givers
    relationship_type: many_to_one
    on_sql: ${order_items.quantity} = ${givers.id}
views:
  users:
    label: People
    display_order: 1
    dimensions:
      initial: {sql: "upper(left(${name}, 1)) || ${state}"}
      email: {sql: 'length("email")', label: Length of the address}
    measures:
      count: {label: How many}
      oldest: {aggregate_type: max, sql: "${age}"}
  buyers:
    extends: [users]
    dimensions:
      decade: {sql: "(${age} // 10) * 10 + ${email}"}
  givers:
    label: Givers
    dimensions:
      number: {sql: "${users.id} * 100"}
  order_items:
    dimensions:
      wide: {sql: "${users.initial} || '!'"}
    measures:
      total_sale_price: {filters: {status: {is: returned}}}
  spenders:
    query:
      base_view: order_items
      fields: {order_items.user_id: user_id, order_items.total_sale_price: spent}
    dimensions: {user_id: {primary_key: true}, spent: {}}
    measures: {all_spent: {aggregate_type: sum, sql: "${spent}"}}
"""
ROLES = {"roles.topic.yaml": _ROLES}
_WITH_SPENDERS = {
    "roles.topic.yaml": _ROLES.replace(
        "users: {}, products", "users: {spenders: {}}, products"
    ).replace(
        "relationships:\n",
        "relationships:\n  - join_from_view: users\n    join_to_view: spenders\n"
        "    relationship_type: one_to_one\n    on_sql: ${users.id} = ${spenders.user_id}\n",
        1,
    )
}

TOPIC_VIEWS = [
    ViewCase(
        "a new dimension",
        ROLES,
        on_topic("roles", ["users.initial", "order_items.count"]),
        """SELECT upper(left(u.name, 1)) || u.state AS "users.initial",
                  count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1""",
    ),
    ViewCase(
        "a dimension of another type",
        ROLES,
        on_topic(
            "roles",
            ["users.email", "order_items.count"],
            filters={"users.email": number("EQUALS", "17")},
        ),
        """SELECT length(u.email)::BIGINT AS "users.email", count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id
           WHERE length(u.email) = 17 GROUP BY 1""",
    ),
    ViewCase(
        "a new measure over it",
        ROLES,
        on_topic("roles", ["users.oldest"]),
        """SELECT max(u.age)::BIGINT AS "users.oldest"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id""",
    ),
    ViewCase(
        "a measure with a filter more",
        ROLES,
        on_topic("roles", ["products.sku", "order_items.total_sale_price"])
        | {"fields": ["order_items.sku", "order_items.total_sale_price"]},
        """SELECT sku AS "order_items.sku", coalesce(sum(sale_price)
                  FILTER (WHERE status = 'returned'), 0) AS "order_items.total_sale_price"
           FROM order_items GROUP BY 1""",
    ),
    ViewCase(
        "measures that are not changed stay as they are",
        ROLES,
        on_topic("roles", ["order_items.max_sale_price", "order_items.returned_sale_price"]),
        """SELECT max(sale_price) AS "order_items.max_sale_price",
                  sum(sale_price) FILTER (WHERE status = 'returned')
                      AS "order_items.returned_sale_price" FROM order_items""",
    ),
    ViewCase(
        "a new dimension that reads another view's new one",
        ROLES,
        on_topic("roles", ["order_items.wide", "order_items.count"]),
        """SELECT upper(left(u.name, 1)) || u.state || '!' AS "order_items.wide",
                  count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1""",
    ),
    ViewCase(
        "a new view that extends another one, as the topic has that",
        ROLES,
        on_topic("roles", ["buyers.decade", "buyers.count"]),
        """SELECT ((u.age // 10) * 10 + length(u.email))::BIGINT AS "buyers.decade",
                  count(DISTINCT u.id) AS "buyers.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1""",
    ),
    ViewCase(
        "one view joined three ways",
        ROLES,
        on_topic("roles", ["users.state", "buyers.is_vip", "givers.name", "order_items.count"]),
        """SELECT u.state AS "users.state", u.is_vip AS "buyers.is_vip", g.name AS "givers.name",
                  count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id
           LEFT JOIN users g ON g.id = i.quantity GROUP BY ALL""",
    ),
    ViewCase(
        "a role that names its view means itself",
        ROLES,
        on_topic("roles", ["givers.number", "users.id", "order_items.count"]),
        """SELECT g.id * 100::BIGINT AS "givers.number", u.id::BIGINT AS "users.id",
                  count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id
           LEFT JOIN users g ON g.id = i.quantity GROUP BY ALL""",
    ),
    ViewCase(
        "a query of the topic's own, over the view as the topic has it",
        _WITH_SPENDERS,
        on_topic("roles", ["users.state", "spenders.all_spent"]),
        """SELECT state AS "users.state", coalesce(sum(spent), 0) AS "spenders.all_spent"
           FROM (SELECT DISTINCT u.state, s.user_id, s.spent FROM order_items i
                 LEFT JOIN users u ON u.id = i.user_id
                 LEFT JOIN (SELECT user_id, coalesce(sum(sale_price)
                                FILTER (WHERE status = 'returned'), 0) AS spent
                            FROM order_items GROUP BY 1) s ON s.user_id = u.id) GROUP BY 1""",
    ),
    ViewCase(
        "a base view of the topic's own",
        {
            "own.topic": "base_view: seniors\nviews:\n  seniors:\n    sql: SELECT * FROM ${users}"
            " WHERE age > 60\n    measures: {n: {aggregate_type: count}}\n",
        },
        on_topic("own", ["seniors.state", "seniors.n"]),
        """SELECT state AS "seniors.state", count(*) AS "seniors.n" FROM users
           WHERE age > 60 GROUP BY 1""",
    ),
    ViewCase(
        "what the topic always filters by, and offers, is its own field",
        {
            "roles.topic": f"{_ROLES}fields: [users.initial, order_items.count]\n"
            "always_where_filters: {users.initial: {ends_with: Texas}}\n"
        },
        on_topic("roles", ["users.initial", "order_items.count"]),
        """SELECT 'UTexas' AS "users.initial", count(*) AS "order_items.count"
           FROM order_items i JOIN users u ON u.id = i.user_id WHERE u.state = 'Texas'""",
    ),
    ViewCase(
        "a topic that extends has the views, with its own on top",
        {
            **ROLES,
            "more.topic": "extends: [roles]\nviews: {users: {dimensions:"
            " {initial: {sql: 'lower(${name})'}, twice: {sql: '${id} * 2'}}}}\n",
        },
        on_topic("more", ["users.initial", "users.twice", "users.email", "order_items.count"]),
        """SELECT lower(u.name) AS "users.initial", u.id * 2::BIGINT AS "users.twice",
                  length(u.email)::BIGINT AS "users.email", count(*) AS "order_items.count"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY ALL""",
    ),
    ViewCase(
        "a field that the topic does not name, over one that it changes",
        {
            "roles.topic": "base_view: users\nviews: {users: {dimensions:"
            " {signed_up_on: {sql: \"'n'\"}}}}\n",
            "users.view.yaml": "dimensions: {id: {primary_key: true}, since: {sql:"
            " '${signed_up_on}'}}\nmeasures: {count: {aggregate_type: count}}\n",
        },
        on_topic(
            "roles", ["users.since", "users.count"], filters={"users.since": text("EQUALS", "n")}
        ),
        """SELECT 'n' AS "users.since", count(*) AS "users.count" FROM users""",
    ),
    ViewCase(
        "a field of another view, over one that the topic changes",
        {
            "roles.topic": "base_view: order_items\njoins: {users: {}, products: {}}\n"
            "views: {products: {dimensions: {discontinued_on: {sql: '\"discontinued_on\"::VARCHAR'}}}}\n",
            "order_items.view.yaml": "dimensions: {id: {primary_key: true},"
            " gone: {sql: '${products.discontinued_on}'}}\n"
            "measures: {count: {aggregate_type: count}}\n",
        },
        on_topic(
            "roles",
            ["order_items.gone", "order_items.count"],
            filters={"order_items.gone": text("STARTS_WITH", "2024")},
        ),
        """SELECT p.discontinued_on::VARCHAR AS "order_items.gone", count(*) AS "order_items.count"
           FROM order_items i JOIN products p ON p.sku = i.sku
           WHERE year(p.discontinued_on) = 2024 GROUP BY 1""",
    ),
    ViewCase(
        "another topic, and no topic, see the view as its file has it",
        ROLES,
        on_topic("orders", ["users.email", "order_items.total_sale_price"]),
        """SELECT u.email AS "users.email",
                  coalesce(sum(i.sale_price), 0) AS "order_items.total_sale_price"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1""",
    ),
    ViewCase(
        "SQL over a model in the topic",
        ROLES,
        {
            "modelId": ORDERS,
            "join_paths_from_topic_name": "roles",
            "userEditedSQL": "SELECT ${users.initial}, ${order_items.total_sale_price}"
            " FROM ${order_items} GROUP BY 1",
        },
        """SELECT upper(left(u.name, 1)) || u.state AS "users.initial",
                  coalesce(sum(i.sale_price) FILTER (WHERE i.status = 'returned'), 0)
                      AS "order_items.total_sale_price"
           FROM order_items i LEFT JOIN users u ON u.id = i.user_id GROUP BY 1""",
    ),
]

VIEW_CASES = [*QUERY_VIEWS, *BINDS, *TOPIC_VIEWS]

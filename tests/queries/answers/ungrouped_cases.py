"""Rows as they are, not one for each group: queries, how they are written, and SQL by hand."""

from queries.answers.built import Built
from queries.query_cases import TOTAL, Case, date, flights, number, orders, sort, text, users

from omnipd import field

_JOINED = "FROM order_items i LEFT JOIN users u ON i.user_id = u.id"


def _rows(name, query, sql, write=lambda query: query):
    return Built(
        Case(name, {**query, "default_group_by": False}, sql),
        lambda query: write(query.ungrouped()),
    )


CASES = [
    _rows(
        "every row of one dimension, nulls too",
        orders(["order_items.status"]),
        """SELECT status AS "order_items.status" FROM order_items""",
    ),
    _rows(
        "in an order, to the last tie",
        orders(
            ["users.state", "order_items.quantity"],
            sorts=[sort("users.state"), sort("order_items.quantity", descending=True)],
        ),
        f"""SELECT u.state AS "users.state", i.quantity AS "order_items.quantity" {_JOINED}
            ORDER BY u.state ASC NULLS FIRST, i.quantity DESC NULLS LAST""",
    ),
    _rows(
        "a page of them",
        orders(
            ["order_items.quantity", "order_items.status"],
            sorts=[sort("order_items.quantity", descending=True)],
            limit=20,
            offset=7,
        ),
        """SELECT quantity AS "order_items.quantity", status AS "order_items.status"
           FROM order_items ORDER BY quantity DESC NULLS LAST, status ASC NULLS LAST
           LIMIT 20 OFFSET 7""",
        lambda query: query.limit(20).offset(7),
    ),
    _rows(
        "a time that is cut",
        orders(["order_items.created_at[year]", "order_items.created_at[month_num]"]),
        """SELECT date_trunc('year', created_at) AS "order_items.created_at[year]",
                  month(created_at) AS "order_items.created_at[month_num]" FROM order_items""",
    ),
    _rows(
        "those that a filter keeps",
        orders(
            ["users.state"],
            filters={"order_items.created_at": date("TIME_FOR_UNIT_DURATION", "2024-02")},
        ),
        f"""SELECT u.state AS "users.state" {_JOINED}
            WHERE i.created_at >= TIMESTAMPTZ '2024-02-01 00:00+00'
              AND i.created_at < TIMESTAMPTZ '2024-03-01 00:00+00'""",
        lambda query: query.where(field("order_items.created_at").in_the("2024-02")),
    ),
    _rows(
        "those that any of two filters keeps",
        orders(
            ["order_items.sku"],
            controls=[
                {
                    "id": "c",
                    "type": "MULTI_FIELD_FILTER",
                    "conjunction": "OR",
                    "filters": [
                        {"id": "f", "fieldName": name, "filter": filter_}
                        for name, filter_ in (
                            ("order_items.quantity", number("GREATER_THAN", "4")),
                            ("order_items.status", text("EQUALS", "pending")),
                        )
                    ],
                }
            ],
        ),
        """SELECT sku AS "order_items.sku" FROM order_items
           WHERE quantity > 4 OR status = 'pending'""",
        lambda query: query.where(
            (field("order_items.quantity") > 4) | (field("order_items.status") == "pending")
        ),
    ),
    _rows(
        "those that a topic always keeps",
        orders(["order_items.status"], join_paths_from_topic_name="completed_orders"),
        """SELECT status AS "order_items.status" FROM order_items WHERE status = 'complete'""",
    ),
    _rows(
        "of a view that no join is needed for",
        users(["users.name", "users.state"]),
        """SELECT name AS "users.name", state AS "users.state" FROM users""",
    ),
    _rows(
        "as often as there are joined rows, and once without any",
        users(["users.id", "order_items.status"]),
        """SELECT u.id AS "users.id", i.status AS "order_items.status"
           FROM users u LEFT JOIN order_items i ON i.user_id = u.id""",
    ),
    _rows(
        "a computed dimension",
        flights(
            ["flights.route", "flights.carrier"],
            filters={"flights.distance": number("LESS_THAN", "100")},
            limit=None,
        ),
        """SELECT origin || '-' || dest AS "flights.route", carrier AS "flights.carrier"
           FROM flights WHERE distance < 100""",
        lambda query: query.where(field("flights.distance") < 100).limit("all"),
    ),
    _rows(
        "a condition on a measure makes groups all the same",
        orders(
            ["order_items.status"],
            filters={"order_items.count": number("GREATER_THAN", "45")},
        ),
        """SELECT status AS "order_items.status" FROM order_items
           GROUP BY status HAVING count(*) > 45""",
        lambda query: query.where(field("order_items.count") > 45),
    ),
]
TOTALLED = _rows(
    "totals make groups all the same",
    orders(["order_items.status"], column_totals={"::total::": TOTAL}),
    """SELECT DISTINCT status AS "order_items.status",
              NULL::VARCHAR AS "$omni_column_total_indicator" FROM order_items
       UNION ALL SELECT NULL, 'column_total'""",
    lambda query: query.totals(),
)

"""An *or* across fields: controls, what they are built from, and SQL by hand."""

from queries.answers.built import Built
from queries.query_cases import Case, date, number, orders, text, users

from omnipd import field

STATUS, STATE = field("order_items.status"), field("users.state")
QUANTITY, GIFT = field("order_items.quantity"), field("order_items.is_gift")
ORDERED, SHIPPED = field("order_items.created_at"), field("order_items.shipped_on")
ITEMS, SOLD = field("order_items.count"), field("order_items.total_quantity")
PRICE = field("order_items.average_sale_price")

NOT = {"is_negative": True}
COMPLETE, TEXAS = text("EQUALS", "complete"), text("EQUALS", "Texas")
NOT_COMPLETE, NOT_TEXAS = text("EQUALS", "complete", **NOT), text("EQUALS", "Texas", **NOT)
MANY, TWO = number("GREATER_THAN", "3"), number("EQUALS", "2")
NULL, THERE = {"type": "null", "is_negative": False}, {"type": "null", "is_negative": True}
TRUE, FALSE = (
    {"type": "boolean", "is_negative": False},
    {"type": "boolean", "is_negative": True},
)


def any_of(**filters):
    """A control, its fields written with two underscores for the dot."""
    return {
        "id": "c",
        "type": "MULTI_FIELD_FILTER",
        "conjunction": "OR",
        "filters": [
            {"id": "f", "fieldName": name.replace("__", ".", 1), "filter": filter_}
            for name, filter_ in filters.items()
        ],
    }


def composite(conjunction, *filters):
    return {"type": "composite", "conjunction": conjunction, "filters": list(filters)}


def _items(name, condition, controls, where, filters=None):
    """Count the items of each state for which something holds."""
    query = orders(["users.state", "order_items.count"], controls=controls, filters=filters or {})
    sql = f"""SELECT u.state AS "users.state", count(*) AS "order_items.count"
              FROM order_items i LEFT JOIN users u ON i.user_id = u.id
              WHERE {where} GROUP BY u.state"""
    conditions = condition if isinstance(condition, tuple) else (condition,)
    return Built(Case(name, query, sql), lambda query: query.where(*conditions))


def _groups(name, conditions, rest, having, where="true"):
    """Give the figures of each status for which something holds."""
    query = orders(["order_items.status", "order_items.count"], **rest)
    sql = f"""SELECT i.status AS "order_items.status", count(*) AS "order_items.count"
              FROM order_items i LEFT JOIN users u ON i.user_id = u.id
              WHERE {where} GROUP BY i.status HAVING {having}"""
    return Built(Case(name, query, sql), lambda query: query.where(*conditions))


CASES = [
    _items(
        "either of two fields",
        (STATUS == "complete") | (STATE == "Texas"),
        [any_of(order_items__status=COMPLETE, users__state=TEXAS)],
        "i.status = 'complete' OR u.state = 'Texas'",
    ),
    _items(
        "not both, and null stays",
        ~((STATUS == "complete") & (STATE == "Texas")),
        [any_of(order_items__status=NOT_COMPLETE, users__state=NOT_TEXAS)],
        "i.status IS DISTINCT FROM 'complete' OR u.state IS DISTINCT FROM 'Texas'",
    ),
    _items(
        "neither is two filters",
        ~((STATUS == "complete") | (STATE == "Texas")),
        [],
        "i.status IS DISTINCT FROM 'complete' AND u.state IS DISTINCT FROM 'Texas'",
        {"order_items.status": NOT_COMPLETE, "users.state": NOT_TEXAS},
    ),
    _items(
        "one of them negated, and null stays",
        (STATUS != "complete") | (STATE == "Texas"),
        [any_of(order_items__status=NOT_COMPLETE, users__state=TEXAS)],
        "i.status IS NULL OR i.status <> 'complete' OR u.state = 'Texas'",
    ),
    _items(
        "null or something else",
        STATUS.isna() | (QUANTITY > 3),
        [any_of(order_items__status=NULL, order_items__quantity=MANY)],
        "i.status IS NULL OR i.quantity > 3",
    ),
    _items(
        "three fields, one of them a time",
        (STATUS == "complete") | GIFT.is_true() | ORDERED.in_the("2024-02"),
        [
            any_of(
                order_items__status=COMPLETE,
                order_items__is_gift=TRUE,
                order_items__created_at=date("TIME_FOR_UNIT_DURATION", "2024-02"),
            )
        ],
        """i.status = 'complete' OR i.is_gift
           OR (i.created_at >= TIMESTAMPTZ '2024-02-01 00:00+00'
               AND i.created_at < TIMESTAMPTZ '2024-03-01 00:00+00')""",
    ),
    _items(
        "not true is false or null, beside another field",
        ~GIFT.is_true() | (QUANTITY > 3),
        [
            any_of(
                order_items__is_gift=composite("OR", FALSE, NULL),
                order_items__quantity=MANY,
            )
        ],
        "i.is_gift IS NOT TRUE OR i.quantity > 3",
    ),
    _items(
        "several values of one field are one filter",
        (STATUS == "complete") | (STATE == "Texas") | (STATUS == "pending"),
        [
            any_of(
                order_items__status=composite("OR", COMPLETE, text("EQUALS", "pending")),
                users__state=TEXAS,
            )
        ],
        "i.status IN ('complete', 'pending') OR u.state = 'Texas'",
    ),
    _items(
        "and on one field within or",
        ((QUANTITY > 1) & (QUANTITY < 4)) | (STATE == "Texas"),
        [
            any_of(
                order_items__quantity=composite(
                    "AND", number("GREATER_THAN", "1"), number("LESS_THAN", "4")
                ),
                users__state=TEXAS,
            )
        ],
        "i.quantity IN (2, 3) OR u.state = 'Texas'",
    ),
    _items(
        "several of them must all hold",
        (
            (STATUS == "complete") | (STATE == "Texas"),
            (QUANTITY > 3) | GIFT.is_true(),
        ),
        [
            any_of(order_items__status=COMPLETE, users__state=TEXAS),
            any_of(order_items__quantity=MANY, order_items__is_gift=TRUE),
        ],
        "(i.status = 'complete' OR u.state = 'Texas') AND (i.quantity > 3 OR i.is_gift)",
    ),
    _items(
        "a filter must hold beside it",
        ((STATUS == "complete") | (STATE == "Texas")) & (QUANTITY == 2),
        [any_of(order_items__status=COMPLETE, users__state=TEXAS)],
        "(i.status = 'complete' OR u.state = 'Texas') AND i.quantity = 2",
        {"order_items.quantity": TWO},
    ),
    _items(
        "a filter on one of its fields must hold beside it",
        ((STATUS == "complete") | (STATE == "Texas")) & STATUS.notna(),
        [any_of(order_items__status=COMPLETE, users__state=TEXAS)],
        "(i.status = 'complete' OR u.state = 'Texas') AND i.status IS NOT NULL",
        {"order_items.status": THERE},
    ),
    _items(
        "and across fields within or",
        ((STATUS == "complete") & (QUANTITY > 3)) | (STATE == "Texas"),
        [
            any_of(order_items__status=COMPLETE, users__state=TEXAS),
            any_of(order_items__quantity=MANY, users__state=TEXAS),
        ],
        "(i.status = 'complete' AND i.quantity > 3) OR u.state = 'Texas'",
    ),
    _items(
        "two times and across fields",
        ((STATUS == "complete") & (QUANTITY > 3)) | (GIFT.is_true() & (STATE == "Texas")),
        [
            any_of(order_items__status=COMPLETE, order_items__is_gift=TRUE),
            any_of(order_items__status=COMPLETE, users__state=TEXAS),
            any_of(order_items__quantity=MANY, order_items__is_gift=TRUE),
            any_of(order_items__quantity=MANY, users__state=TEXAS),
        ],
        "(i.status = 'complete' AND i.quantity > 3) OR (i.is_gift AND u.state = 'Texas')",
    ),
    _items(
        "what is common to both sides is a filter",
        ((STATUS == "complete") & (QUANTITY > 3)) | ((STATUS == "complete") & (STATE == "Texas")),
        [any_of(order_items__quantity=MANY, users__state=TEXAS)],
        "i.status = 'complete' AND (i.quantity > 3 OR u.state = 'Texas')",
        {"order_items.status": COMPLETE},
    ),
    _items(
        "one or the other, and not both",
        ((STATUS == "complete") & ~(STATE == "Texas"))
        | (~(STATUS == "complete") & (STATE == "Texas")),
        [
            any_of(order_items__status=COMPLETE, users__state=TEXAS),
            any_of(users__state=NOT_TEXAS, order_items__status=NOT_COMPLETE),
        ],
        """coalesce(i.status = 'complete', false) <> coalesce(u.state = 'Texas', false)""",
        {
            "order_items.status": composite("OR", COMPLETE, NOT_COMPLETE),
            "users.state": composite("OR", NOT_TEXAS, TEXAS),
        },
    ),
    _items(
        "a part of a time or a date",
        (field("order_items.created_at[hour_of_day]") < 6) | SHIPPED.before("2024-02-01"),
        [
            {
                **any_of(),
                "filters": [
                    {
                        "id": "f",
                        "fieldName": "order_items.created_at[hour_of_day]",
                        "filter": number("LESS_THAN", "6"),
                    },
                    {
                        "id": "f",
                        "fieldName": "order_items.shipped_on",
                        "filter": date("BEFORE", right="2024-02-01"),
                    },
                ],
            }
        ],
        "hour(i.created_at) < 6 OR i.shipped_on < DATE '2024-02-01'",
    ),
    _groups(
        "either of two measures",
        [(ITEMS > 50) | (SOLD < 100)],
        {
            "controls": [
                any_of(
                    order_items__count=number("GREATER_THAN", "50"),
                    order_items__total_quantity=number("LESS_THAN", "100"),
                )
            ]
        },
        "count(*) > 50 OR sum(i.quantity) < 100",
    ),
    _groups(
        "not both measures, and null stays",
        [~((ITEMS > 50) & (PRICE > 10))],
        {
            "controls": [
                any_of(
                    order_items__count=number("GREATER_THAN", "50", **NOT),
                    order_items__average_sale_price=number("GREATER_THAN", "10", **NOT),
                )
            ]
        },
        "(count(*) > 50) IS NOT TRUE OR (avg(i.sale_price) > 10) IS NOT TRUE",
    ),
    _groups(
        "rows by dimensions and groups by measures",
        [(STATE == "Texas") | (QUANTITY > 3), (ITEMS > 10) | (SOLD > 60)],
        {
            "controls": [
                any_of(users__state=TEXAS, order_items__quantity=MANY),
                any_of(
                    order_items__count=number("GREATER_THAN", "10"),
                    order_items__total_quantity=number("GREATER_THAN", "60"),
                ),
            ]
        },
        "count(*) > 10 OR sum(i.quantity) > 60",
        "u.state = 'Texas' OR i.quantity > 3",
    ),
    Built(
        Case(
            "across views that a join repeats",
            users(
                ["users.count", "order_items.count"],
                controls=[
                    any_of(
                        users__age=number("GREATER_THAN", "40"),
                        products__category=text("EQUALS", "Socks"),
                    )
                ],
            ),
            """SELECT count(DISTINCT u.id) AS "users.count", count(i.id) AS "order_items.count"
               FROM users u LEFT JOIN order_items i ON i.user_id = u.id
               LEFT JOIN products p ON i.sku = p.sku
               WHERE u.age > 40 OR p.category = 'Socks'""",
        ),
        lambda query: query.where(
            (field("users.age") > 40) | (field("products.category") == "Socks")
        ),
    ),
]

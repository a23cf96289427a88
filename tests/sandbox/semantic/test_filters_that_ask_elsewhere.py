"""Filters whose values stand in another query, or with the acting user."""

from typing import Any

import pytest
from queries.query_answers import by_hand
from queries.query_cases import (
    FLIGHTS,
    NOW,
    ORDERS,
    Case,
    flights,
    number,
    orders,
    sort,
    text,
    users,
)

from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.engine.engine import Engine, Refused


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def other(field_name: str, key: str = "q", **rest: Any) -> dict[str, Any]:
    return {"type": "query", "field_name": field_name, "query_id": key, **rest}


def referred(query: dict[str, Any], key: str = "q") -> dict[str, Any]:
    return {key: {**query, "model_id": query["modelId"]}}


BEST = orders(
    ["products.category", "order_items.total_sale_price"],
    sorts=[sort("order_items.total_sale_price", descending=True)],
    limit=2,
)
_BEST = """SELECT p.category FROM order_items i LEFT JOIN products p ON p.sku = i.sku
    GROUP BY 1 ORDER BY sum(i.sale_price) DESC"""
_COUNT = """SELECT count(*) AS "order_items.count" FROM order_items i
    LEFT JOIN products p ON p.sku = i.sku LEFT JOIN users u ON u.id = i.user_id"""

CASES = [
    Case(
        "within the first rows of another query",
        orders(
            ["order_items.count"],
            filters={"products.category": other("products.category")},
            staticQueryReferences=referred(BEST),
        ),
        f"{_COUNT} WHERE p.category IN ({_BEST} LIMIT 2)",
    ),
    Case(
        "without the other query's limit",
        orders(
            ["order_items.count"],
            filters={"products.category": other("products.category", disregard_limit=True)},
            staticQueryReferences=referred({**BEST, "limit": 1}),
        ),
        f"{_COUNT} WHERE p.category IN ({_BEST})",
    ),
    Case(
        "outside of another query, nulls included",
        orders(
            ["order_items.count"],
            filters={"products.category": other("products.category", is_negative=True)},
            staticQueryReferences=referred(BEST),
        ),
        f"{_COUNT} WHERE (p.category IN ({_BEST} LIMIT 2)) IS NOT TRUE",
    ),
    Case(
        "two queries, one of them twice, under totals and a repeated join",
        users(
            ["users.state", "users.count", "order_items.count"],
            filters={
                "users.state": {
                    "type": "composite",
                    "conjunction": "AND",
                    "filters": [other("users.state", "many"), other("users.state", "old")],
                },
                "users.id": other("users.id", "buyers"),
            },
            staticQueryReferences={
                **referred(
                    users(
                        ["users.state", "users.count"],
                        filters={"users.count": number("GREATER_THAN", "4")},
                    ),
                    "many",
                ),
                **referred(
                    users(["users.state"], filters={"users.age": number("GREATER_THAN", "50")}),
                    "old",
                ),
                **referred(orders(["users.id"]), "buyers"),
            },
            sorts=[sort("users.state")],
        ),
        """SELECT u.state AS "users.state", count(DISTINCT u.id) AS "users.count",
            count(i.id) AS "order_items.count"
            FROM users u LEFT JOIN order_items i ON i.user_id = u.id
            WHERE u.state IN (SELECT state FROM users GROUP BY 1 HAVING count(*) > 4)
            AND u.state IN (SELECT state FROM users WHERE age > 50)
            AND u.id IN (SELECT user_id FROM order_items WHERE user_id IN (SELECT id FROM users))
            GROUP BY 1 ORDER BY 1 NULLS FIRST""",
    ),
    Case(
        "a measure among another query's values",
        flights(
            ["flights.origin", "flights.destinations"],
            filters={"flights.destinations": other("flights.destinations")},
            staticQueryReferences=referred(
                flights(
                    ["flights.origin", "flights.destinations"],
                    filters={"flights.origin": text("EQUALS", "JFK")},
                )
            ),
        ),
        """SELECT origin AS "flights.origin", count(DISTINCT dest) AS "flights.destinations"
            FROM flights WHERE origin = 'JFK' GROUP BY 1""",
    ),
    Case(
        "a query within a query",
        users(
            ["users.count"],
            filters={"users.id": other("users.id")},
            staticQueryReferences=referred(
                orders(
                    ["users.id"],
                    filters={"products.category": other("products.category")},
                    staticQueryReferences=referred(BEST),
                )
            ),
        ),
        f"""SELECT count(*) AS "users.count" FROM users WHERE id IN (
            SELECT i.user_id FROM order_items i LEFT JOIN products p ON p.sku = i.sku
            WHERE p.category IN ({_BEST} LIMIT 2))""",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_filter_on_another_query_has_the_answer_of_sql_by_hand(
    case: Case, engine: Engine
) -> None:
    plan = engine.plan(case.query, now=NOW)
    assert plan.missing_fields == []
    expected = by_hand(case)
    answer = engine.execute(plan)
    assert answer.column_names == expected.column_names
    assert answer.to_pylist() == expected.to_pylist()
    assert answer.num_rows > 0


def refusal(engine: Engine, kept: dict[str, Any], reference: dict[str, Any] | None) -> str:
    query = orders(["order_items.count"], filters={"products.category": kept})
    if reference is not None:
        query["staticQueryReferences"] = {"q": reference}
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW)
    return refused.value.message


@pytest.mark.parametrize(
    ("field_name", "reference", "named"),
    [
        ("products.category", None, 'no query "q"'),
        ("products.category", BEST, "model_id"),
        ("products.name", {**BEST, "model_id": ORDERS}, 'no field "products.name"'),
        ("products.category", {**BEST, "model_id": FLIGHTS}, "another model"),
        ("x", {"userEditedSQL": "SELECT 1 AS x", "model_id": ORDERS}, "is SQL"),
        ("products.category", {**BEST, "model_id": ORDERS, "table": "", "fields": []}, "no fields"),
        (
            "products.category",
            {**BEST, "model_id": ORDERS, "fields": ["products.category", "a.b"], "sorts": []},
            "misses fields",
        ),
    ],
)
def test_a_query_that_cannot_be_referred_to_is_refused(
    engine: Engine, field_name: str, reference: dict[str, Any] | None, named: str
) -> None:
    assert named in refusal(engine, other(field_name), reference)


def test_a_reference_that_no_filter_uses_is_not_looked_at(engine: Engine) -> None:
    query = orders(["order_items.count"], staticQueryReferences={"q": {"nonsense": True}})
    assert engine.execute(engine.plan(query, now=NOW)).to_pylist() == [{"order_items.count": 240}]


def own(name: str, **rest: Any) -> dict[str, Any]:
    return {"type": "user_attribute", "user_attribute_name": name, **rest}


ATTRIBUTES = {
    "home": "Texas",
    "many": ["Texas", "Ohio", None],
    "nothing": None,
    "age": "35",
    "ages": [35, 36],
}


@pytest.mark.parametrize(
    ("field", "kept", "where"),
    [
        ("users.state", own("home"), "state = 'Texas'"),
        ("users.state", own("home", is_negative=True), "state IS DISTINCT FROM 'Texas'"),
        ("users.state", own("many"), "state IN ('Texas', 'Ohio')"),
        ("users.age", own("age"), "age = 35"),
        ("users.age", own("ages"), "age IN (35, 36)"),
        ("users.state", own("nothing"), "false"),
        ("users.state", own("nothing", is_negative=True), "true"),
    ],
)
def test_a_filter_on_an_attribute_compares_with_the_acting_user(
    engine: Engine, field: str, kept: dict[str, Any], where: str
) -> None:
    plan = engine.plan(
        users(["users.count"], filters={field: kept}), now=NOW, user_attributes=ATTRIBUTES
    )
    expected = warehouse("orders").run(f'SELECT count(*) AS "users.count" FROM users WHERE {where}')
    assert engine.execute(plan).equals(expected)


@pytest.mark.parametrize(
    ("field", "name", "named"),
    [
        ("users.state", "missing", 'No such user attribute "missing"'),
        ("users.age", "home", "Invalid literal value 'Texas'"),
        ("users.is_vip", "home", "Only texts and numbers"),
    ],
)
def test_an_attribute_that_does_not_compare_is_refused(
    engine: Engine, field: str, name: str, named: str
) -> None:
    query = users(["users.count"], filters={field: own(name)})
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW, user_attributes=ATTRIBUTES)
    assert named in refused.value.message

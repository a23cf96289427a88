"""Grants put together by ``|`` and ``&``, on topics, views and fields."""

from typing import Any

import pytest
from queries.query_cases import NOW, ORDERS
from sandbox.semantic.view_cases import on_topic, on_view

from omnipd_sandbox.engine.engine import Engine, Refused

MODEL = """
included_views: [users]
access_grants:
  sales: {user_attribute: team, allowed_values: [sales, both]}
  product: {user_attribute: team, allowed_values: [product, both]}
  north: {user_attribute: region, allowed_values: [north]}
"""
SALES, PRODUCT, BOTH = ({"team": team} for team in ("sales", "product", "both"))
NORTH = {"region": "north"}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def has_topic(engine: Engine, needed: str, attributes: dict[str, Any]) -> bool:
    files = {
        "model.yaml": MODEL,
        "people.topic": f"base_view: users\nrequired_access_grants: {needed}\n",
    }
    query = on_topic("people", ["users.count"])
    model = engine.model_with(ORDERS, files)
    try:
        plan = engine.plan(query, now=NOW, user_attributes=attributes, model=model)
    except Refused:
        return False
    return engine.execute(plan).to_pylist() == [{"users.count": 40}]


@pytest.mark.parametrize(
    ("needed", "attributes", "has"),
    [
        ("[sales|product]", SALES, True),
        ("[sales|product]", PRODUCT, True),
        ("[sales|product]", NORTH, False),
        ("[sales&product]", SALES, False),
        ("[sales&product]", BOTH, True),
        # An "&" binds closer: north, or both of the others.
        ("[north|sales&product]", NORTH, True),
        ("[north|sales&product]", SALES, False),
        ("[north|sales&product]", BOTH, True),
        ("[sales&product|north]", PRODUCT, False),
        ("[sales&product|north]", PRODUCT | NORTH, True),
        # Of several in a list, all.
        ("[sales|product, north]", SALES, False),
        ("[sales|product, north]", SALES | NORTH, True),
        ("sales | product", PRODUCT, True),
    ],
)
def test_who_has_a_topic(
    engine: Engine, needed: str, attributes: dict[str, Any], has: bool
) -> None:
    assert has_topic(engine, needed, attributes) is has


@pytest.mark.parametrize(
    ("needed", "issue"),
    [
        ("[nobody|sales&nobody]", 'The model has no grant "nobody"'),
        ("['sales|']", 'The grants "sales|" cannot be read'),
        ("['sales&&product']", 'The grants "sales&&product" cannot be read'),
        ("['(sales|product)']", 'The model has no grant "(sales"'),
    ],
)
def test_what_cannot_be_read_opens_nothing(engine: Engine, needed: str, issue: str) -> None:
    assert not has_topic(engine, needed, BOTH)
    files = {
        "model.yaml": MODEL,
        "people.topic": f"base_view: users\nrequired_access_grants: {needed}\n",
    }
    assert issue in [each.message for each in engine.model_with(ORDERS, files).issues]


def test_fields_and_views_need_them_too(engine: Engine) -> None:
    files = {
        "model.yaml": MODEL,
        "users.view.yaml": "required_access_grants: [sales|north]\ndimensions: {id: {primary_key:"
        " true}, age: {required_access_grants: [sales&product]}}\n",
    }
    model = engine.model_with(ORDERS, files)
    query = on_view("users", ["users.state", "users.age"])

    def missing(attributes: dict[str, Any]) -> list[str]:
        plan = engine.plan(query, now=NOW, user_attributes=attributes, model=model)
        return plan.missing_fields

    assert missing(BOTH) == []
    assert missing(SALES) == ["users.age"]
    assert missing(NORTH) == ["users.age"]
    assert missing(PRODUCT) == ["users.state", "users.age"]


def test_the_default_of_the_model_may_be_put_together(engine: Engine) -> None:
    files = {
        "model.yaml": f"{MODEL}default_topic_required_access_grants: [north|sales&product]\n",
        "people.topic": "base_view: users\n",
    }
    model = engine.model_with(ORDERS, files)
    query = on_topic("people", ["users.count"])
    engine.plan(query, now=NOW, user_attributes=NORTH, model=model)
    with pytest.raises(Refused, match="Topic people not found"):
        engine.plan(query, now=NOW, user_attributes=SALES, model=model)

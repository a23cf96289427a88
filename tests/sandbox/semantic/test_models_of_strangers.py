"""Models that nobody would write, and somebody will bring: none hangs, crashes, opens or misleads."""

from decimal import Decimal
from typing import Any

import pytest
from queries.query_cases import NOW
from sandbox.semantic import every_form

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model

TO_SHOPS = (
    "- {join_from_view: sales, join_to_view: shops, on_sql: '${sales.shop_id} = ${shops.id}',"
    " relationship_type: many_to_one, reversible: true}\n"
)
GRANTS = "access_grants: {staff: {user_attribute: team, allowed_values: [staff]}}\n"


@pytest.fixture(scope="module")
def shops() -> Warehouse:
    return every_form.shops()


def messages(model: Model) -> list[str]:
    return [each.message for each in model.issues]


def answer(shops: Warehouse, model: Model, **query: Any) -> list[tuple[Any, ...]]:
    engine = Engine([(model, shops)])
    plan = engine.plan(
        {"modelId": every_form.MODEL_ID, **query}, now=NOW, user_attributes={"town": "Rome"}
    )
    assert plan.missing_fields == []
    return [tuple(row.values()) for row in engine.execute(plan).to_pylist()]


def refusal(shops: Warehouse, model: Model, **query: Any) -> str:
    with pytest.raises(Refused) as refused:
        answer(shops, model, **query)
    return refused.value.message


# Rings, and what goes on without end.


@pytest.mark.parametrize(
    "joins",
    ["{sales: {shops: {}}}", "{shops: {}}", "{sales: {}, raw__orders: {sales: {}}}"],
)
def test_a_view_is_joined_once(shops: Warehouse, joins: str) -> None:
    relationships = (
        TO_SHOPS
        + "- {join_from_view: shops, join_to_view: shops, on_sql: 'true'}\n"
        + "- {join_from_view: shops, join_to_view: raw__orders, on_sql: 'true'}\n"
        + "- {join_from_view: raw__orders, join_to_view: sales, on_sql: 'true'}\n"
    )
    model = every_form.read(
        shops, {"t.topic": f"base_view: shops\njoins: {joins}", "relationships": relationships}
    )
    assert any("twice" in each for each in messages(model))
    query = {"join_paths_from_topic_name": "t", "fields": ["shops.id"]}
    assert "twice" in refusal(shops, model, **query)


def test_joins_that_are_inherited_are_not_joined_twice(shops: Warehouse) -> None:
    relationships = (
        TO_SHOPS
        + "- {join_from_view: sales, join_to_view: raw__orders, on_sql: 'true'}\n"
        + "- {join_from_view: shops, join_to_view: raw__orders, on_sql: 'true'}\n"
    )
    model = every_form.read(
        shops,
        {
            "a.topic": "base_view: sales\njoins: {shops: {}, raw__orders: {}}",
            "t.topic": "extends: [a]\njoins: {shops: {raw__orders: {}}}",
            "relationships": relationships,
        },
    )
    query = {"join_paths_from_topic_name": "t", "fields": ["sales.id"]}
    assert 'joins "raw__orders" twice' in refusal(shops, model, **query)


@pytest.mark.parametrize(
    "views", [{"v": "v"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "b"}]
)
def test_views_that_extend_each_other_in_a_ring(shops: Warehouse, views: dict[str, str]) -> None:
    files = {f"{name}.view": f"extends: [{base}]" for name, base in views.items()}
    model = every_form.read(shops, files)
    assert any("extends itself" in each for each in messages(model))
    for name in views:
        assert "extends" in refusal(shops, model, table=name, fields=[f"{name}.count"])


@pytest.mark.thorough
def test_long_lines_and_diamonds_of_extends(shops: Warehouse) -> None:
    line = {f"v{n}.view": f"extends: [v{n + 1}]" for n in range(1500)}
    model = every_form.read(shops, {**line, "v1500.view": "table_name: shops"})
    assert messages(model) == []
    assert answer(shops, model, table="v0", fields=["v0.count"]) == [(3,)]
    diamond = {
        f"{side}{n}.view": f"extends: [a{n + 1}, b{n + 1}]" for n in range(30) for side in "ab"
    }
    model = every_form.read(shops, {**diamond, "a30.view": "", "b30.view": "table_name: shops"})
    assert answer(shops, model, table="a0", fields=["a0.count"]) == [(3,)]


@pytest.mark.parametrize(
    "text",
    [
        "hidden: !!bool {a: b}",
        "hidden: !!int [1]",
        "hidden: !!float [1]",
        "label: !!str [a]",
        "ignored: !!bool yes",
        "!!null\nlabel: x",
    ],
)
def test_tags_of_yaml_are_not_taken(shops: Warehouse, text: str) -> None:
    model = every_form.read(shops, {"shops.view": text})
    assert any("no tags" in each for each in messages(model))
    assert "cannot be read" in refusal(shops, model, table="shops", fields=["shops.name"])


# What would be another answer.


def test_a_primary_key_does_not_lose_a_part(shops: Warehouse) -> None:
    view = (
        "dimensions: {id: {primary_key: true, ignored: true}, town: {primary_key: true}}\n"
        "measures: {r: {aggregate_type: sum, sql: '${rent}'}}"
    )
    joined = (
        "- {join_from_view: shops, join_to_view: sales, on_sql: 'true',"
        " relationship_type: one_to_many}\n"
    )
    model = every_form.read(
        shops,
        {
            "shops.view": view,
            "t.topic": "base_view: shops\njoins: {sales: {}}",
            "relationships": joined,
        },
    )
    assert "A part of the primary key is ignored: the view has none" in messages(model)
    query = {"join_paths_from_topic_name": "t", "fields": ["sales.status", "shops.r"]}
    assert "needs a primary key" in refusal(shops, model, **query)
    query["fields"] = ["shops.r"]
    assert answer(shops, model, **query) == [(Decimal("600.60"),)]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("on_sql: '{{ x }}', join_to_view: shops", "an on_sql that cannot be read"),
        ("join_to_view: [shops], on_sql: 'true'", "relationships that cannot be read"),
    ],
)
def test_a_join_of_a_topic_that_cannot_be_read_is_not_replaced(
    shops: Warehouse, own: str, said: str
) -> None:
    topic = f"base_view: sales\njoins: {{shops: {{}}}}\nrelationships: [{{join_from_view: sales, {own}}}]"
    model = every_form.read(shops, {"t.topic": topic, "relationships": TO_SHOPS})
    query = {"join_paths_from_topic_name": "t", "fields": ["shops.name"]}
    assert said in refusal(shops, model, **query)


def test_of_two_relationships_none_is_taken(shops: Warehouse) -> None:
    other = TO_SHOPS.replace("sales.shop_id", "sales.id")
    model = every_form.read(
        shops,
        {"t.topic": "base_view: sales\njoins: {shops: {}}", "relationships": TO_SHOPS + other},
    )
    query = {"join_paths_from_topic_name": "t", "fields": ["sales.count", "shops.name"]}
    assert "one of 2 relationships" in refusal(shops, model, **query)
    query["fields"] = ["sales.count"]
    assert answer(shops, model, **query) == [(4,)]


def test_a_views_own_table_takes_the_place_of_sql_that_it_extends(shops: Warehouse) -> None:
    base = "sql: SELECT 1 AS id, 'x' AS name"
    model = every_form.read(
        shops,
        {"a.view": base, "b.view": "extends: [a]\ntable_name: shops", "c.view": "extends: [a]"},
    )
    names = [("North",), ("South",), ("West",)]
    assert answer(shops, model, table="b", fields=["b.name"]) == names
    assert answer(shops, model, table="c", fields=["c.name"]) == [("x",)]


def test_a_view_of_a_schema_reads_no_table_of_another(shops: Warehouse) -> None:
    model = every_form.read(shops, {"raw/x.view": "table_name: shops"})
    assert messages(model) == ['The database has no table "shops"']
    assert "missing table" in refusal(shops, model, table="raw__x", fields=["raw__x.count"])


@pytest.mark.parametrize(
    ("view", "issue"),
    [
        ("sql: SELECT 1 AS id\ntable_name: shops", "table_name has no place"),
        (
            "dimensions: {name: {groups: [{name: a, filter: {is: b}}], bin_boundaries: [1]}}",
            "bin_boundaries has no place",
        ),
        ("dimensions: {name: {else: x}}", "else has no place"),
        (
            "dimensions: {name: {sql: name, duration: {sql_start: opened, sql_end: opened}}}",
            "sql has no place",
        ),
        ("dimensions: {name: {duration: }}", "duration must be a mapping, not nothing"),
        ("sql: SELECT nmae AS name FROM shops", "nmae"),
        ("sql: SELECT '${shops}' AS name", "inside quotes"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(
    shops: Warehouse, view: str, issue: str
) -> None:
    model = every_form.read(shops, {"v.view": f"{view}\nextends: [shops]", "shops.view": ""})
    assert any(issue in each for each in messages(model)), messages(model)
    refusal(shops, model, table="v", fields=["v.name"])


# What would be open.


@pytest.mark.parametrize(
    ("files", "query"),
    [
        (
            {
                "model": "default_topic_access_filters: [{field: shops.town, user_attribute: town}]",
                "t.topic": "base_view: shops\naccess_filters:\n",
            },
            {"join_paths_from_topic_name": "t", "fields": ["shops.name"]},
        ),
        (
            {
                "shops.view": "dimensions: {secret: {tags: [pii, null]}}",
                "t.topic": "base_view: shops\nfields: [all_views.*, '-tag:pii']",
            },
            {"join_paths_from_topic_name": "t", "fields": ["shops.secret"]},
        ),
        (
            {
                "model": GRANTS,
                "shops.view": "dimensions: [{Name: secret, required_access_grants: [staff]}]",
            },
            {"table": "shops", "fields": ["shops.secret"]},
        ),
        (
            {
                "model": GRANTS,
                "base.view": "ignored: true\ndimensions: {SECRET: {required_access_grants: [staff]}}",
                "shops.view": "extends: [base]\ndimensions: {secret: {label: x}}",
            },
            {"table": "shops", "fields": ["shops.secret"]},
        ),
        (
            {
                "model": GRANTS.replace("[staff]", "[1.50]"),
                "t.topic": "base_view: shops\nrequired_access_grants: [staff]",
            },
            {"join_paths_from_topic_name": "t", "fields": ["shops.secret"]},
        ),
    ],
)
def test_what_cannot_be_read_opens_nothing(
    shops: Warehouse, files: dict[str, str], query: dict[str, Any]
) -> None:
    model = every_form.read(shops, files)
    assert messages(model)
    refusal(shops, model, **query)


def test_a_field_is_taken_away_by_the_name_it_once_had(shops: Warehouse) -> None:
    model = every_form.read(
        shops,
        {
            "shops.view": "dimensions: {secret: {aliases: [email]}}",
            "t.topic": "base_view: shops\nfields: [all_views.*, -shops.email]",
        },
    )
    assert messages(model) == []
    assert not model.topics["t"].offers("shops.secret")

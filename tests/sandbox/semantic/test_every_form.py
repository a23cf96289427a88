"""The model of every form starts; each construct is answered, or an issue with its place."""

from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from queries.query_cases import NOW, date
from sandbox.semantic import every_form
from sandbox.semantic.mutations import FILES, JUNK, mutations, what_is_wrong

from omnipd_sandbox.engine.data.warehouse import Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model

pytestmark = pytest.mark.thorough

D = Decimal
STAFF = {"team": ["staff"], "region": "south", "shop": ["all"]}
NORTHERN = STAFF | {"region": "north"}


@pytest.fixture(scope="module")
def shops() -> Warehouse:
    return every_form.shops()


@pytest.fixture(scope="module")
def model(shops: Warehouse) -> Model:
    return every_form.read(shops, every_form.FILES)


def answer(
    shops: Warehouse,
    model: Model,
    fields: list[str],
    attributes: dict[str, Any] | None = None,
    **query: Any,
) -> list[tuple[Any, ...]]:
    engine = Engine([(model, shops)])
    plan = engine.plan(
        {"modelId": every_form.MODEL_ID, "fields": fields, **query},
        now=NOW,
        user_attributes=STAFF if attributes is None else attributes,
    )
    assert plan.missing_fields == []
    return [tuple(row.values()) for row in engine.execute(plan).to_pylist()]


def on_shops(fields: list[str]) -> dict[str, Any]:
    return {"join_paths_from_topic_name": "shops", "fields": fields}


def test_views_are_the_tables_and_what_the_files_add(model: Model) -> None:
    assert list(model.views) == [
        "archive__orders", "asked", "big_sales", "listed", "northern_shops", "notes",
        "order__items", "raw__orders", "sales", "shops", "spelled", "unmodeled", "unplanned",
    ]  # fmt: skip
    assert {name: view.path for name, view in model.views.items()} == {
        "archive__orders": "archive/orders.view",
        "asked": "views/asked.query.view",
        "big_sales": "views/big_sales.view",
        "listed": "views/listed.view",
        "northern_shops": "views/northern_shops.view",
        "notes": "notes.view",
        "order__items": "views/order__items.view",
        "raw__orders": "RAW/orders.view",
        "sales": "views/sales.view",
        "shops": "views/shops.view",
        "spelled": "views/spelled.view",
        "unmodeled": "views/unmodeled.view",
        "unplanned": "views/unplanned.query.view",
    }
    # Those of one topic are nowhere else.
    assert list(model.topics["northern"].views) == ["northern_shops", "takings", "twins"]
    # A template is extended, and no topic itself.
    assert list(model.topics) == ["both", "northern", "sales", "shops"]


def test_what_is_not_modeled_is_an_issue_with_its_place(model: Model) -> None:
    unmodeled = "views/unmodeled.view"
    assert {(each.yaml_path, each.view, each.field, each.message) for each in model.issues} == {
        ("topics/both.composite_topic", None, None, "Not modeled: composite topics"),
        ("views/unplanned.query.view", "unplanned", None, "Not modeled: join_via_map"),
        (unmodeled, "unmodeled", None, "Not modeled: aliases"),
        (unmodeled, "unmodeled", None, "Not modeled: filters"),
        (unmodeled, "unmodeled", "masked", "Not modeled: mask_unless_access_grants"),
        (unmodeled, "unmodeled", "fixed", "Not modeled: level_of_detail"),
        (unmodeled, "unmodeled", "ordered", "Not modeled: order_by_field"),
        (
            unmodeled,
            "unmodeled",
            "top",
            "Not modeled: dynamic_top_n without a readable n, by, desc and else",
        ),
        (unmodeled, "unmodeled", "all", "Not modeled: aggregate_type list"),
    }


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"join_paths_from_topic_name": "both", "fields": ["shops.name"]}, "topics made of topics"),
        ({"table": "unplanned", "fields": ["unplanned.name"]}, "join_via_map"),
        ({"table": "unmodeled", "fields": ["unmodeled.masked"]}, "mask_unless_access_grants"),
        ({"table": "unmodeled", "fields": ["unmodeled.fixed"]}, "level_of_detail"),
        ({"table": "unmodeled", "fields": ["unmodeled.ordered"]}, "order_by_field"),
        ({"table": "unmodeled", "fields": ["unmodeled.top"]}, "dynamic_top_n"),
        ({"table": "unmodeled", "fields": ["unmodeled.all"]}, "aggregate_type list"),
    ],
)
def test_what_is_not_modeled_is_refused_by_name(
    shops: Warehouse, model: Model, query: dict[str, Any], named: str
) -> None:
    with pytest.raises(Refused, match=named):
        answer(shops, model, **query)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        # Dimensions: groups, bins, a duration, another column, a timeframe; North is new in 2024.
        (
            on_shops(["shops.name", "shops.side", "shops.size", "shops.city", "shops.is_new"]),
            [
                ("North", "Long", "< 150", "Ulm", False),
                ("South", "Long", ">= 150 and < 250.5", "Ulm", None),
                ("West", "Short", "250.5 and above", "Rome", True),
            ],
        ),
        # From 31 January 2024 to 31 January 2025, and from 31 December 2024.
        (
            on_shops(["shops.title", "shops.age[days]", "shops.age[months]"]),
            [("North", 366, 12), ("South", None, None), ("West", 31, 1)],
        ),
        (
            on_shops(["shops.opened[year]", "shops.count"]),
            [(datetime.fromisoformat("2024-01-01"), 2), (None, 1)],
        ),
        # Measures of every type.
        (
            on_shops(
                [
                    *("shops.count", "shops.rents", "shops.middle_rent", "shops.high_rent"),
                    *("shops.cities", "shops.new_rents", "shops.average_rent", "shops.spread"),
                ]
            ),
            # The 90th percentile lies 0.8 of the way from 200.20 to 300.30.
            [
                (
                    *(3, D("600.60"), D("200.20"), D("280.28")),
                    *(2, D("300.30"), pytest.approx(200.2), D("200.20")),
                )
            ],
        ),
        # What opened a year before 2025: North and West.
        (
            on_shops(["shops.rents", "shops.rents_before"])
            | {"filters": {"shops.opened": date("TIME_FOR_UNIT_DURATION", "2025")}},
            [(D(0), D("400.40"))],
        ),
        (
            on_shops(["shops.dearest[1]", "shops.count"]),
            [("Other", 2), ("West", 1)],
        ),
        # Two measures side by side that a join would repeat.
        (
            on_shops(["shops.name", "shops.rents", "sales.revenue", "sales.count"]),
            [
                ("North", D("100.10"), D("4.00"), 2),
                ("South", D("200.20"), D("4.00"), 2),
                ("West", D("300.30"), D(0), 0),
            ],
        ),
        # An inner join into a schema: South has no orders there.
        (
            on_shops(["shops.name", "raw__orders.amount_sum"]),
            [("North", D("30.00")), ("West", D("40.00"))],
        ),
        # A cross join.
        (on_shops(["notes.note", "shops.count"]), [("first", 3), ("second", 3)]),
        # What is always so on this topic: nothing void; West has no sales.
        (
            {"join_paths_from_topic_name": "sales", "fields": ["shops.name", "sales.count"]},
            [("North", 2), ("South", 1)],
        ),
        (
            {
                "join_paths_from_topic_name": "sales",
                "fields": ["shops.name", "order__items.count", "sales.revenue"],
            },
            [("North", 2, D("4.00")), ("South", 1, D("4.00"))],
        ),
        # A name that YAML 1.1 takes for false.
        (
            {"table": "sales", "fields": ["sales.No", "sales.count"]},
            [("sold", 2), ("void", 1), (None, 1)],
        ),
        # SQL in place of a table; a table without a file; two schemas with one name of a table.
        # Queries in place of a table, and SQL that names fields: nothing void, without West.
        (
            {"table": "asked", "fields": ["asked.shop", "asked.revenues"]},
            [("North", D("4.00")), ("South", D("4.00"))],
        ),
        (
            {"table": "asked", "fields": ["asked.month[month]", "asked.revenue"]},
            [
                (datetime.fromisoformat("2024-01-01"), D("1.50")),
                (datetime.fromisoformat("2024-02-01"), D("2.50")),
                (datetime.fromisoformat("2024-02-01"), D("4.00")),
            ],
        ),
        ({"table": "listed", "fields": ["listed.shops__town", "listed.rows"]}, [("Ulm", 2)]),
        ({"table": "listed", "fields": ["listed.who"]}, [("North",), ("South",)]),
        (
            {"table": "spelled", "fields": ["spelled.city", "spelled.rent", "spelled.cities"]},
            [("Rome", D("300.30"), 1), ("Ulm", D("300.30"), 1)],
        ),
        ({"table": "big_sales", "fields": ["big_sales.sold_in_all"]}, [(3,)]),
        ({"table": "notes", "fields": ["notes.note"]}, [("first",), ("second",)]),
        ({"table": "archive__orders", "fields": ["archive__orders.closed"]}, [(True,)]),
        ({"table": "raw__orders", "fields": ["raw__orders.amount_sum"]}, [(D("70.00"),)]),
        ({"table": "order__items", "fields": ["order__items.count"]}, [(3,)]),
    ],
)
def test_each_construct_is_answered(
    shops: Warehouse, model: Model, query: dict[str, Any], rows: list[tuple[Any, ...]]
) -> None:
    assert answer(shops, model, **query) == rows


def test_a_topic_without_grants_of_its_own_needs_those_of_the_model(
    shops: Warehouse, model: Model
) -> None:
    query = {"join_paths_from_topic_name": "sales", "fields": ["sales.count"]}
    assert answer(shops, model, **query) == [(3,)]
    with pytest.raises(Refused, match="Topic sales not found"):
        answer(shops, model, attributes={"team": ["guests"], "shop": ["all"]}, **query)
    # This one says that it needs none.
    assert answer(shops, model, attributes={}, **on_shops(["shops.count"])) == [(3,)]


def test_who_may_see_what_is_inherited(shops: Warehouse, model: Model) -> None:
    query = {"join_paths_from_topic_name": "northern", "fields": ["northern_shops.name"]}
    assert answer(shops, model, attributes=NORTHERN, **query) == [("North",), ("South",), ("West",)]
    with pytest.raises(Refused, match="Topic northern not found"):
        answer(shops, model, **query)


@pytest.mark.parametrize(
    ("fields", "rows"),
    [
        # The rents of the topic are those of Ulm alone.
        (
            ["northern_shops.short", "northern_shops.rents"],
            [("N", D("100.10")), ("S", D("200.20")), ("W", D(0))],
        ),
        (
            ["northern_shops.name", "takings.all_taken"],
            [("North", D("4.00")), ("South", D("4.00")), ("West", D(0))],
        ),
        (
            ["northern_shops.name", "twins.name"],
            [("North", "South"), ("South", "North"), ("West", None)],
        ),
    ],
)
def test_the_views_of_a_topic(
    shops: Warehouse, model: Model, fields: list[str], rows: list[tuple[Any, ...]]
) -> None:
    query = {"join_paths_from_topic_name": "northern", "fields": fields}
    assert answer(shops, model, attributes=NORTHERN, **query) == rows


def test_an_access_filter_with_wildcards(shops: Warehouse, model: Model) -> None:
    query = {"join_paths_from_topic_name": "sales", "fields": ["shops.name", "sales.count"]}
    assert answer(shops, model, attributes=STAFF | {"shop": "N%"}, **query) == [("North", 2)]


def test_the_fields_of_a_topic_are_worked_through_in_omnis_order(model: Model) -> None:
    topic = model.topics["shops"]
    # A tag takes money away, and the single field comes back, though it is the last of the list.
    assert [topic.offers(f"shops.{each}") for each in ("rent", "rents", "name")] == [
        False,
        True,
        True,
    ]
    assert not topic.offers("sales.price")
    assert topic.offers("raw__orders.amount_sum")


def sample() -> list[Any]:
    """Give few of all mutations, each the first of its file or of its junk; a model is read for each.

    All of them are read by tests/mutated_models.py.
    """
    found: list[Any] = []
    seen: set[str] = set()
    for each in islice(mutations(), 0, None, 271):
        shown = {each.path, repr(each.junk)}
        if not shown <= seen:
            found.append(each)
        seen |= shown
    return found


SAMPLE = sample()


def test_each_file_and_each_piece_of_junk_comes_up() -> None:
    assert {each.path for each in SAMPLE} == FILES.keys()
    assert {repr(each.junk) for each in SAMPLE} == {repr(each) for each in JUNK}


@pytest.mark.parametrize("mutation", SAMPLE, ids=str)
def test_a_model_that_is_wrong_in_one_place(shops: Warehouse, model: Model, mutation: Any) -> None:
    assert what_is_wrong(mutation, shops, model) is None

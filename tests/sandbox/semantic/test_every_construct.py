"""Every construct of Omni's model files: what it answers here, or how it is refused by name.

The shops: North (1, rent 100.10, opened 31 January 2024), South (2, 200.20, no date), West (3,
300.30, 31 December 2024). Sales 1 and 2 are North's (1.50, 2.50), sale 3 South's (4.00), sale 4
(5.00) is of a shop that is not there.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from queries.query_cases import NOW

from omnipd_sandbox.engine.data.warehouse import Dataset, Warehouse
from omnipd_sandbox.engine.engine import Engine, Refused
from omnipd_sandbox.engine.model.model import Model
from omnipd_sandbox.engine.model.read_yaml import read_model

MODEL_ID = "00000000-0000-4000-8000-000000000001"
TABLES = """
CREATE TABLE shops (id INTEGER, name VARCHAR, rent DECIMAL(10, 2), opened DATE);
CREATE TABLE sales (id INTEGER, shop_id INTEGER, price DECIMAL(10, 2), sold TIMESTAMP);
CREATE SCHEMA old; CREATE TABLE old.shops (id INTEGER, closed BOOLEAN);
"""
ROWS = """
INSERT INTO shops VALUES (1, 'North', 100.10, '2024-01-31'), (2, 'South', 200.20, NULL),
                         (3, 'West', 300.30, '2024-12-31');
INSERT INTO sales VALUES (1, 1, 1.50, '2024-01-31 10:00'), (2, 1, 2.50, '2024-02-01 09:00'),
                         (3, 2, 4.00, '2024-02-29 23:59'), (4, 9, 5.00, NULL);
INSERT INTO old.shops VALUES (7, true);
"""
FILES = {
    "shops.view": "dimensions: {id: {primary_key: true}}\n"
    "measures: {count: {aggregate_type: count}, rents: {aggregate_type: sum, sql: '${rent}'}}\n",
    "sales.view": "dimensions: {id: {primary_key: true}}\n"
    "measures: {count: {aggregate_type: count}, revenue: {aggregate_type: sum, sql: '${price}'}}\n",
    "relationships": "- {join_from_view: sales, join_to_view: shops,"
    " on_sql: '${sales.shop_id} = ${shops.id}', relationship_type: many_to_one}\n",
    "sales.topic": "base_view: sales\njoins: {shops: {}}\n",
    "shops.topic": "base_view: shops\n",
}


@dataclass(frozen=True)
class Works:
    """A construct that is modeled: its files, a query, and the rows worked out by hand."""

    name: str
    files: dict[str, str]
    fields: list[str]
    rows: list[tuple[Any, ...]]
    topic: str | None = "shops"
    table: str = "shops"
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refuses:
    """A construct that is not: the issue it becomes, and what a query that needs it is told."""

    name: str
    files: dict[str, str]
    issue: str
    fields: list[str]
    refusal: str
    topic: str | None = "shops"
    table: str = "shops"
    attributes: dict[str, Any] = field(default_factory=dict)


def of_shops(**parts: str) -> dict[str, str]:
    """Add dimensions, measures or anything else to the view of shops."""
    base = {
        "dimensions": "id: {primary_key: true}",
        "measures": "count: {aggregate_type: count}, rents: {aggregate_type: sum, sql: '${rent}'}",
    }
    written = {
        key: f"{{{base.get(key, '')}{', ' if key in base else ''}{parts[key]}}}"
        if key in base and key in parts
        else parts.get(key) or f"{{{base[key]}}}"
        for key in {**base, **parts}
    }
    return {"shops.view": "".join(f"{key}: {text}\n" for key, text in written.items())}


def of_sales(measures: str) -> dict[str, str]:
    return {
        "sales.view": "dimensions: {id: {primary_key: true}}\nmeasures:\n"
        f"  count: {{aggregate_type: count}}\n  {measures}\n"
    }


def topic(text: str) -> dict[str, str]:
    return {"shops.topic": f"base_view: shops\n{text}\n"}


def joined(join_type: str) -> dict[str, str]:
    return {
        "relationships": "- {join_from_view: sales, join_to_view: shops,"
        " on_sql: '${sales.shop_id} = ${shops.id}', relationship_type: many_to_one,"
        f" join_type: {join_type}}}\n"
    }


D = Decimal
NAMES = ["North", "South", "West"]
REGION = "access_grants: {north_only: {user_attribute: region, allowed_values: [north]}}\n"

WORKS = [
    # Files.
    Works(
        "a file in a folder, with .yaml",
        {"a/b/extra.view.yaml": "table_name: shops\n"},
        ["extra.name"],
        [(each,) for each in NAMES],
        topic=None,
        table="extra",
    ),
    Works(
        "a view named after schema and table",
        {"old__shops.view": "{}"},
        ["old__shops.id", "old__shops.closed"],
        [(7, True)],
        topic=None,
        table="old__shops",
    ),
    # Views.
    Works(
        "schema and table_name",
        {"gone.view": "schema: old\ntable_name: shops\n"},
        ["gone.closed"],
        [(True,)],
        topic=None,
        table="gone",
    ),
    Works(
        "sql, with another view's table",
        {"dear.view": "sql: 'SELECT name, rent * 2 AS twice FROM ${shops} WHERE rent > 200'\n"},
        ["dear.name", "dear.twice"],
        [("South", D("400.40")), ("West", D("600.60"))],
        topic=None,
        table="dear",
    ),
    Works(
        "extends: fields, keys and the table",
        {
            "more.view": "extends: [shops]\nmeasures: {most: {aggregate_type: max, sql: '${rent}'}}\n"
        },
        ["more.count", "more.most"],
        [(3, D("300.30"))],
        topic=None,
        table="more",
    ),
    Works(
        "extends: a template that is ignored",
        {
            "template.view": "ignored: true\ntable_name: shops\ndimensions: {upper: {sql: 'upper(name)'}}\n",
            "made.view": "extends: [template]\n",
        },
        ["made.upper"],
        [("NORTH",), ("SOUTH",), ("WEST",)],
        topic=None,
        table="made",
    ),
    Works(
        "hidden: not shown, and still to be asked for",
        of_shops(hidden="true"),
        ["shops.count"],
        [(3,)],
    ),
    Works(
        "custom_compound_primary_key_sql",
        {
            "shops.view": "custom_compound_primary_key_sql: ['${id}', '${name}']\n"
            "measures: {rents: {aggregate_type: sum, sql: '${rent}'}}\n"
        },
        ["shops.rents", "sales.count"],
        # A sum over shops that each sale repeats: North and South once.
        [(D("300.30"), 4)],
        topic="sales",
        table="sales",
    ),
    Works(
        "required_access_grants of a view",
        {"model": REGION, **of_shops(required_access_grants="[north_only]")},
        ["shops.count"],
        [(3,)],
        attributes={"region": ["south", "north"]},
    ),
    # Dimensions.
    Works("a dimension without sql is its column", {}, ["shops.name"], [(each,) for each in NAMES]),
    Works(
        "sql over other fields",
        of_shops(dimensions="double: {sql: '${rent} * 2'}, deep: {sql: '${shops.double} + 1'}"),
        ["shops.deep"],
        [(D("201.20"),), (D("401.40"),), (D("601.60"),)],
    ),
    Works(
        "groups and else",
        of_shops(
            dimensions="side: {sql: '${name}', groups: [{filter: {is: [North, South]}, name: Axis},"
            " {filter: {starts_with: W}, name: Left}], else: Other}"
        ),
        ["shops.side", "shops.count"],
        [("Axis", 2), ("Left", 1)],
    ),
    Works(
        "groups without else",
        of_shops(dimensions="side: {sql: '${name}', groups: [{filter: {is: North}, name: Up}]}"),
        ["shops.side", "shops.count"],
        [(None, 2), ("Up", 1)],
    ),
    Works(
        "bin_boundaries",
        of_shops(dimensions="tier: {sql: '${rent}', bin_boundaries: [200, 300]}"),
        ["shops.tier", "shops.rents"],
        [
            ("300 and above", D("300.30")),
            ("< 200", D("100.10")),
            (">= 200 and < 300", D("200.20")),
        ],
    ),
    Works(
        "duration, in boundaries of its unit",
        of_shops(
            dimensions="open_for: {duration: {intervals: [days, months, years],"
            " sql_start: '${opened}', sql_end: \"DATE '2025-01-01'\"}}"
        ),
        ["shops.name", "shops.open_for[days]", "shops.open_for[months]", "shops.open_for[years]"],
        [("North", 336, 12, 1), ("South", None, None, None), ("West", 1, 1, 1)],
    ),
    Works(
        "duration in no unit is null",
        of_shops(
            dimensions="open_for: {duration: {intervals: [days], sql_start: opened, sql_end: opened}}"
        ),
        ["shops.open_for"],
        [(None,)],
    ),
    Works(
        "timeframes",
        of_shops(dimensions="opened: {timeframes: [month_name, day_of_month, quarter_of_year]}"),
        ["shops.opened[month_name]", "shops.opened[day_of_month]", "shops.opened[quarter_of_year]"],
        # Names of months sort as the calendar does.
        [(None, None, None), ("January", 31, 1), ("December", 31, 4)],
    ),
    Works(
        "aliases of a field",
        of_shops(dimensions="name: {aliases: [title]}"),
        ["shops.title"],
        [(each,) for each in NAMES],
    ),
    Works(
        "required_access_grants of a field",
        {"model": REGION, **of_shops(dimensions="rent: {required_access_grants: [north_only]}")},
        ["shops.rent"],
        [(D("100.10"),), (D("200.20"),), (D("300.30"),)],
        attributes={"region": "north"},
    ),
    Works(
        "required_access_grants do not reach what refers to the field",
        {"model": REGION, **of_shops(dimensions="rent: {required_access_grants: [north_only]}")},
        ["shops.rents"],
        [(D("600.60"),)],
        attributes={"region": "south"},
    ),
    # Measures.
    Works("count", {}, ["shops.count"], [(3,)]),
    Works(
        "count_distinct",
        of_sales("shops: {aggregate_type: count_distinct, sql: '${shop_id}'}"),
        ["sales.shops"],
        [(3,)],
        topic="sales",
        table="sales",
    ),
    Works("sum", {}, ["shops.rents"], [(D("600.60"),)]),
    Works(
        "average",
        of_shops(measures="mean: {aggregate_type: average, sql: '${rent}'}"),
        ["shops.mean"],
        [(pytest.approx(200.2),)],
    ),
    Works(
        "min and max",
        of_shops(
            measures="first: {aggregate_type: min, sql: '${name}'},"
            " last: {aggregate_type: max, sql: '${name}'}"
        ),
        ["shops.first", "shops.last"],
        [("North", "West")],
    ),
    Works(
        "median",
        of_sales("middle: {aggregate_type: median, sql: '${price}'}"),
        ["sales.middle"],
        # Half way between 2.50 and 4.00.
        [(pytest.approx(3.25),)],
        topic="sales",
        table="sales",
    ),
    Works(
        "percentile",
        of_sales("high: {aggregate_type: percentile, percentile: 75, sql: 'price::DOUBLE'}"),
        ["sales.high"],
        # A quarter of the way from 4.00 to 5.00.
        [(pytest.approx(4.25),)],
        topic="sales",
        table="sales",
    ),
    Works(
        "sum_distinct_on with custom_primary_key_sql",
        of_sales(
            "rents: {aggregate_type: sum_distinct_on, sql: '${shops.rent}',"
            " custom_primary_key_sql: '${shop_id}'}"
        ),
        ["sales.rents"],
        [(D("300.30"),)],
        topic="sales",
        table="sales",
    ),
    Works(
        "sql over other measures",
        of_shops(measures="each: {sql: '${rents} / ${count}'}"),
        ["shops.each"],
        [(pytest.approx(200.2),)],
    ),
    Works(
        "sql that aggregates by itself",
        of_shops(measures="span: {sql: 'MAX(${rent}) - MIN(${rent})'}"),
        ["shops.span"],
        [(D("200.20"),)],
    ),
    Works(
        "filters of a measure",
        of_shops(
            measures="dear: {aggregate_type: count, filters: {rent: {greater_than: 150},"
            " name: {not: West}}}"
        ),
        ["shops.dear"],
        [(1,)],
    ),
    # Relationships.
    Works(
        "join_from_view_as, and a view joined twice",
        {
            "relationships": "- {join_from_view: sales, join_to_view: shops, join_to_view_as: here,"
            " on_sql: '${sales.shop_id} = ${here.id}'}\n"
            "- {join_from_view: sales, join_to_view: shops, join_to_view_as: next,"
            " on_sql: '${sales.shop_id} + 1 = ${next.id}'}\n",
            "sales.topic": "base_view: sales\njoins: {here: {}, next: {}}\n",
        },
        ["here.name", "next.name", "sales.count"],
        [(None, None, 1), ("North", "South", 2), ("South", "West", 1)],
        topic="sales",
        table="sales",
    ),
    Works(
        "always_left",
        joined("always_left"),
        ["shops.name", "sales.revenue"],
        [(None, D("5.00")), ("North", D("4.00")), ("South", D("4.00"))],
        topic="sales",
        table="sales",
    ),
    Works(
        "inner",
        joined("inner"),
        ["shops.name", "sales.revenue"],
        [("North", D("4.00")), ("South", D("4.00"))],
        topic="sales",
        table="sales",
    ),
    Works(
        "full_outer",
        joined("full_outer"),
        ["shops.name", "sales.count", "shops.count"],
        # West has no sales, and one sale has no shop.
        [(None, 1, 0), ("North", 2, 1), ("South", 1, 1), ("West", 0, 1)],
        topic="sales",
        table="sales",
    ),
    Works(
        "cross",
        {
            "relationships": "- {join_from_view: sales, join_to_view: shops, join_type: cross}\n",
        },
        ["shops.name", "sales.count", "shops.rents"],
        [("North", 4, D("100.10")), ("South", 4, D("200.20")), ("West", 4, D("300.30"))],
        topic="sales",
        table="sales",
    ),
    Works(
        "reversible",
        {
            "relationships": "- {join_from_view: sales, join_to_view: shops, reversible: true,"
            " on_sql: '${sales.shop_id} = ${shops.id}', relationship_type: many_to_one}\n",
            **topic("joins: {sales: {}}"),
        },
        ["shops.rents", "sales.revenue"],
        # Each shop's rent once, however many sales it has.
        [(D("600.60"), D("8.00"))],
    ),
    # Topics.
    Works(
        "relationships of a topic win",
        {
            "sales.topic": "base_view: sales\njoins: {shops: {}}\nrelationships:\n"
            "- {join_from_view: sales, join_to_view: shops, on_sql: '${sales.id} = ${shops.id}'}\n"
        },
        ["shops.name", "sales.revenue"],
        [
            (None, D("5.00")),
            ("North", D("1.50")),
            ("South", D("2.50")),
            ("West", D("4.00")),
        ],
        topic="sales",
        table="sales",
    ),
    Works(
        "always_where_sql",
        topic("always_where_sql: ${shops.rent} > 150"),
        ["shops.count"],
        [(2,)],
    ),
    Works(
        "always_where_filters",
        topic("always_where_filters: {shops.name: {is: [North, West]}}"),
        ["shops.name"],
        [("North",), ("West",)],
    ),
    Works(
        "always_having_sql",
        topic("always_having_sql: ${shops.rents} > 150 AND count(*) = 1"),
        ["shops.name"],
        [("South",), ("West",)],
    ),
    Works(
        "always_having_filters",
        topic("always_having_filters: {shops.rents: {less_than: 250}}"),
        ["shops.name"],
        [("North",), ("South",)],
    ),
    Works(
        "default_filters are the reader's",
        topic("default_filters: {shops.name: {is: North}}"),
        ["shops.count"],
        [(3,)],
    ),
    Works(
        "access_filters",
        topic("access_filters: [{field: shops.name, user_attribute: shop}]"),
        ["shops.name"],
        [("North",), ("West",)],
        attributes={"shop": ["North", "West"]},
    ),
    Works(
        "access_filters on a number",
        topic("access_filters: [{field: shops.id, user_attribute: shop}]"),
        ["shops.name"],
        [("South",)],
        attributes={"shop": 2},
    ),
    Works(
        "access_filters: values_for_unfiltered",
        topic(
            "access_filters: [{field: shops.name, user_attribute: shop,"
            " values_for_unfiltered: [all]}]"
        ),
        ["shops.count"],
        [(3,)],
        attributes={"shop": "all"},
    ),
    Works(
        "access_filters: enable_sql_like_wildcards",
        topic(
            "access_filters: [{field: shops.name, user_attribute: shop,"
            " enable_sql_like_wildcards: true}]"
        ),
        ["shops.name"],
        [("North",), ("South",)],
        attributes={"shop": "%th"},
    ),
    Works(
        "default_topic_access_filters of the model",
        {"model": "default_topic_access_filters: [{field: shops.name, user_attribute: shop}]\n"},
        ["shops.count"],
        [(1,)],
        attributes={"shop": "North"},
    ),
    Works(
        "required_access_grants of a topic",
        {"model": REGION, **topic("required_access_grants: [north_only]")},
        ["shops.count"],
        [(3,)],
        attributes={"region": "north"},
    ),
    Works(
        "extends of a topic",
        {"part.topic": "extends: [sales]\nalways_where_filters: {shops.name: {is: North}}\n"},
        ["sales.revenue"],
        [(D("4.00"),)],
        topic="part",
        table="sales",
    ),
]

REFUSES = [
    Refuses(
        "${TABLE}",
        of_shops(dimensions="odd: {sql: '${TABLE}.rent'}"),
        "${TABLE} does not exist in Omni",
        ["shops.odd"],
        '"shops.odd" uses SQL that cannot be read',
    ),
    Refuses(
        "two catalogs",
        {**of_shops(catalog="other"), "visits.view": "catalog: another\n"},
        "Not modeled: more than one catalog",
        ["shops.count"],
        "catalog",
    ),
    Refuses(
        "a query view",
        {"asked.view": "query: {fields: [shops.name]}\n"},
        "Not modeled: query",
        ["asked.name"],
        "query",
        topic=None,
        table="asked",
    ),
    Refuses(
        "extends of what is not there",
        {"more.view": "extends: [nobody]\ntable_name: shops\n"},
        '"more" extends "nobody", which is not there',
        ["more.name"],
        "extends",
        topic=None,
        table="more",
    ),
    Refuses(
        "level_of_detail",
        of_shops(dimensions="odd: {sql: '${rent}', level_of_detail: {fixed: [name]}}"),
        "Not modeled: level_of_detail",
        ["shops.odd"],
        "level_of_detail",
    ),
    Refuses(
        "order_by_field",
        of_shops(dimensions="name: {order_by_field: rent}"),
        "Not modeled: order_by_field",
        ["shops.name"],
        "order_by_field",
    ),
    Refuses(
        "bins that do not ascend",
        of_shops(dimensions="odd: {sql: '${rent}', bin_boundaries: [2, 1]}"),
        "bin_boundaries cannot be read",
        ["shops.odd"],
        "bin_boundaries",
    ),
    Refuses(
        "groups without names",
        of_shops(dimensions="odd: {sql: '${name}', groups: [{filter: {is: North}}]}"),
        "groups cannot be read",
        ["shops.odd"],
        "groups",
    ),
    Refuses(
        "a duration in an unknown unit",
        of_shops(
            dimensions="odd: {duration: {intervals: [eons], sql_start: opened, sql_end: opened}}"
        ),
        "duration cannot be read",
        ["shops.odd"],
        "duration",
    ),
    Refuses(
        "list",
        of_shops(measures="names: {aggregate_type: list, sql: '${name}'}"),
        "Not modeled: aggregate_type list",
        ["shops.names"],
        "aggregate_type list",
    ),
    Refuses(
        "the filter field_name_in_query",
        of_shops(
            measures="odd: {aggregate_type: count, filters: {opened: {field_name_in_query: x}}}"
        ),
        'Not modeled: the filter "field_name_in_query"',
        ["shops.odd"],
        "field_name_in_query",
    ),
    Refuses(
        "a join of no known type",
        joined("sideways"),
        "Not modeled: join_type sideways",
        ["shops.name"],
        "join_type sideways",
        topic="sales",
        table="sales",
    ),
    Refuses(
        "views of a topic",
        topic("views: {shops: {label: Other}}"),
        "Not modeled: views",
        ["shops.count"],
        'The topic "shops" uses views',
    ),
    Refuses(
        "week_start_day of no day",
        {"model": "week_start_day: Someday\n"},
        "Not modeled: week_start_day",
        ["shops.opened[week]"],
        "week_start_day",
    ),
    Refuses(
        "fiscal_month_offset of more than a year",
        {"model": "fiscal_month_offset: 13\n"},
        "Not modeled: fiscal_month_offset",
        ["shops.count"],
        "fiscal_month_offset",
    ),
    Refuses(
        "a grant that is put together of others",
        {"model": REGION, **topic("required_access_grants: ['north_only|other']")},
        'Not modeled: the grant "north_only|other"',
        ["shops.count"],
        "Topic shops not found",
        attributes={"region": "north"},
    ),
    Refuses(
        "a grant that the model does not have",
        topic("required_access_grants: [nobody]"),
        'The model has no grant "nobody"',
        ["shops.count"],
        "Topic shops not found",
    ),
    Refuses(
        "access_filters that cannot be read",
        topic("access_filters: [{field: shops.name}]"),
        "An access filter needs field and user_attribute",
        ["shops.count"],
        "access_filters",
    ),
]


@pytest.fixture(scope="module")
def shops() -> Warehouse:
    return Warehouse(Dataset(TABLES, lambda connection: connection.execute(ROWS) and None))


def read(shops: Warehouse, files: dict[str, str]) -> Model:
    return read_model(FILES | files, shops, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID)


def rows(shops: Warehouse, model: Model, case: Works | Refuses) -> list[tuple[Any, ...]]:
    engine = Engine([(model, shops)])
    query = {
        "modelId": MODEL_ID,
        "join_paths_from_topic_name": case.topic,
        "table": case.table,
        "fields": case.fields,
        "sorts": [{"column_name": case.fields[0], "sort_descending": False}],
    }
    plan = engine.plan(query, now=NOW, user_attributes=case.attributes)
    assert plan.missing_fields == []
    return [tuple(row.values()) for row in engine.execute(plan).to_pylist()]


@pytest.mark.parametrize("case", WORKS, ids=lambda case: case.name)
def test_what_is_modeled_answers_as_worked_out_by_hand(shops: Warehouse, case: Works) -> None:
    model = read(shops, case.files)
    assert model.issues == ()
    assert rows(shops, model, case) == case.rows


@pytest.mark.parametrize("case", REFUSES, ids=lambda case: case.name)
def test_what_is_not_is_an_issue_and_refused_by_name(shops: Warehouse, case: Refuses) -> None:
    model = read(shops, case.files)
    assert any(each.message.startswith(case.issue) for each in model.issues), model.issues
    with pytest.raises(Refused) as refused:
        rows(shops, model, case)
    assert case.refusal in refused.value.message


def test_what_is_missed_only_when_asked_for_spoils_nothing(shops: Warehouse) -> None:
    model = read(shops, of_shops(filters="{wanted: {type: string}}", aliases="[stores]"))
    assert sorted(each.message for each in model.issues) == [
        "Not modeled: aliases",
        "Not modeled: filters",
    ]
    engine = Engine([(model, shops)])
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "shops", "table": "shops"}
    assert engine.plan({**query, "fields": ["shops.count"]}, now=NOW).missing_fields == []
    missed = engine.plan({**query, "fields": ["shops.count", "stores.count"]}, now=NOW)
    assert missed.missing_fields == ["stores.count"]
    with pytest.raises(Refused, match=r'No such field "shops\.wanted"'):
        engine.plan(
            {
                **query,
                "fields": ["shops.count"],
                "filters": {"shops.wanted": {"type": "string", "kind": "EQUALS", "values": ["x"]}},
            },
            now=NOW,
        )


def test_without_the_grant_a_field_is_missing_and_a_topic_is_not_there(shops: Warehouse) -> None:
    files = {"model": REGION, **of_shops(dimensions="rent: {required_access_grants: [north_only]}")}
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "shops", "fields": ["shops.rent"]}
    engine = Engine([(read(shops, files), shops)])
    for attributes in ({}, {"region": None}, {"region": "south"}):
        plan = engine.plan(query, now=NOW, user_attributes=attributes)
        assert plan.missing_fields == ["shops.rent"]
    files = {"model": REGION, **topic("required_access_grants: [north_only]")}
    engine = Engine([(read(shops, files), shops)])
    with pytest.raises(Refused, match="Topic shops not found"):
        engine.plan(query, now=NOW, user_attributes={"region": "south"})


@pytest.mark.parametrize("value", [None, []])
def test_without_the_attribute_a_filtered_topic_fails(shops: Warehouse, value: object) -> None:
    files = topic("access_filters: [{field: shops.name, user_attribute: shop}]")
    engine = Engine([(read(shops, files), shops)])
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "shops", "fields": ["shops.count"]}
    with pytest.raises(Refused, match='needs the user attribute "shop"') as refused:
        engine.plan(query, now=NOW, user_attributes={"shop": value})
    assert refused.value.error_type == "PLAN"

from datetime import datetime
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
CREATE TABLE sales (id INTEGER, shop_id INTEGER, price DECIMAL(10, 2), "Odd Name" INTEGER);
CREATE TABLE visits (shop_id INTEGER, visitors INTEGER);
"""
ROWS = """
INSERT INTO shops VALUES (1, 'North', 100.10, '2024-01-31'), (2, 'South', 200.20, NULL),
                         (3, 'West', 300.30, '2024-12-31');
INSERT INTO sales VALUES (1, 1, 1.50, 7), (2, 1, 2.50, 8), (3, 2, 4.00, 9);
INSERT INTO visits VALUES (1, 10), (1, 10), (2, 5);
"""
FILES = {
    "model": "",
    "shops.view": "dimensions: {id: {primary_key: true}}\n"
    "measures:\n"
    "  count: {aggregate_type: count}\n"
    "  total_rent: {aggregate_type: sum, sql: '${rent}'}\n",
    "sales.view": "dimensions: {id: {primary_key: true}}\n"
    "measures: {revenue: {aggregate_type: sum, sql: '${price}'}}\n",
    "visits.view": "measures:\n"
    "  total: {aggregate_type: sum, sql: '${visitors}'}\n"
    "  most: {aggregate_type: max, sql: '${visitors}'}\n"
    "  count: {aggregate_type: count}\n",
    "relationships": """
- {join_from_view: shops, join_to_view: sales, relationship_type: one_to_many,
   on_sql: '${shops.id} = ${sales.shop_id}'}
- {join_from_view: shops, join_to_view: visits, relationship_type: one_to_many,
   on_sql: '${shops.id} = ${visits.shop_id}'}
""",
    "shops.topic": "base_view: shops\njoins: {sales: {}, visits: {}}\n",
}


@pytest.fixture(scope="module")
def shops() -> Warehouse:
    return Warehouse(Dataset(TABLES, lambda connection: connection.execute(ROWS) and None))


def read(shops: Warehouse, **changed: str) -> Model:
    """Read the model with some files replaced; a name's last underscore is its dot."""
    files = FILES | {".".join(name.rsplit("_", 1)): text for name, text in changed.items()}
    return read_model(files, shops, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID)


def answer(shops: Warehouse, model: Model, fields: list[str], **rest: Any) -> list[dict[str, Any]]:
    engine = Engine([(model, shops)])
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "shops", "fields": fields, **rest}
    rows: list[dict[str, Any]] = engine.execute(engine.plan(query, now=NOW)).to_pylist()
    return rows


def messages(model: Model) -> list[tuple[str | None, str | None, str]]:
    return [(issue.view, issue.field, issue.message) for issue in model.issues]


def test_every_column_is_a_dimension_of_the_type_in_the_database(shops: Warehouse) -> None:
    model = read(shops)
    assert messages(model) == []
    assert {name: each.sql_type for name, each in model.views["shops"].dimensions.items()} == {
        "id": "INTEGER",
        "name": "VARCHAR",
        "rent": "DECIMAL(10,2)",
        "opened": "DATE",
    }
    assert model.views["sales"].measures["revenue"].sql_type == "DECIMAL(38,2)"


def test_a_git_export_and_folders_are_read_alike(shops: Warehouse) -> None:
    exported = {f"some/where/{name}.yaml": text for name, text in FILES.items()}
    model = read_model(exported, shops, model_id=MODEL_ID, name="Shops", connection_id=MODEL_ID)
    assert list(model.views) == ["sales", "shops", "visits"]
    assert answer(shops, model, ["shops.count"]) == [{"shops.count": 3}]
    assert model.files == exported


def test_a_view_may_name_another_table_and_columns_in_quotes(shops: Warehouse) -> None:
    view = (
        "table_name: sales\ndimensions:\n  odd: {sql: '\"Odd Name\"'}\n  twice: {sql: '${odd} * 2'}"
    )
    model = read(shops, extra_view=view)
    query = {"modelId": MODEL_ID, "table": "extra", "fields": ["extra.odd", "extra.twice"]}
    engine = Engine([(model, shops)])
    rows = engine.execute(engine.plan(query, now=NOW)).to_pylist()
    assert rows[0] == {"extra.odd": 7, "extra.twice": 14}


def test_measures_of_three_views_do_not_multiply_each_other(shops: Warehouse) -> None:
    keyed = FILES["visits.view"] + "custom_compound_primary_key_sql: ['${shop_id}', 'rowid']\n"
    model = read(shops, visits_view=keyed)
    fields = ["shops.name", "shops.total_rent", "sales.revenue", "visits.total"]
    assert answer(shops, model, fields) == [
        {
            "shops.name": "North",
            "shops.total_rent": Decimal("100.10"),
            "sales.revenue": Decimal("4.00"),
            "visits.total": 20,
        },
        {
            "shops.name": "South",
            "shops.total_rent": Decimal("200.20"),
            "sales.revenue": Decimal("4.00"),
            "visits.total": 5,
        },
        {
            "shops.name": "West",
            "shops.total_rent": Decimal("300.30"),
            "sales.revenue": Decimal(0),
            "visits.total": 0,
        },
    ]


@pytest.mark.parametrize(
    "margin",
    [
        "{sql: 'SUM(COALESCE(${sales.price}, 0) - ${rent})'}",
        "{aggregate_type: sum, sql: 'COALESCE(${sales.price}, 0) - ${rent}'}",
    ],
)
def test_a_row_read_from_two_views_is_told_apart_by_both(shops: Warehouse, margin: str) -> None:
    view = f"{FILES['shops.view']}  margin: {margin}\n"
    keyed = FILES["visits.view"] + "custom_compound_primary_key_sql: ['${shop_id}', 'rowid']\n"
    model = read(shops, shops_view=view, visits_view=keyed)
    assert messages(model) == []
    # North has two sales and two visits, South one of each, West none.
    assert answer(shops, model, ["shops.name", "shops.margin", "visits.total"]) == [
        {"shops.name": "North", "shops.margin": Decimal("-196.20"), "visits.total": 20},
        {"shops.name": "South", "shops.margin": Decimal("-196.20"), "visits.total": 5},
        {"shops.name": "West", "shops.margin": Decimal("-300.30"), "visits.total": 0},
    ]


def test_repeated_rows_without_a_primary_key_are_refused(shops: Warehouse) -> None:
    model = read(shops)
    for measure in ("visits.total", "visits.count"):
        with pytest.raises(Refused, match='"visits"') as refused:
            answer(shops, model, ["sales.id", measure])
        assert refused.value.error_type == "PLAN_PK_REQUIRED_DUE_TO_JOIN_FANOUT"
    assert answer(shops, model, ["visits.most", "shops.count"]) == [
        {"visits.most": 10, "shops.count": 3}
    ]
    in_sql = FILES["visits.view"] + "  peak: {sql: 'MAX(${visitors}) - MIN(${visitors})'}\n"
    assert answer(shops, read(shops, visits_view=in_sql), ["sales.id", "visits.peak"], limit=1) == [
        {"sales.id": 1, "visits.peak": 0}
    ]
    # Visits alone are not repeated.
    assert answer(shops, model, ["visits.total"]) == [{"visits.total": 25}]


def test_rows_of_a_joined_view_without_a_key_cannot_be_counted(shops: Warehouse) -> None:
    with pytest.raises(Refused, match="needs its primary key"):
        answer(shops, read(shops), ["shops.name", "visits.count"])


def test_table_does_not_exist_in_omni(shops: Warehouse) -> None:
    model = read(shops, sales_view="dimensions: {net: {sql: '${TABLE}.price'}}")
    ((view, field, message),) = messages(model)
    assert (view, field) == ("sales", "net")
    assert "${TABLE} does not exist in Omni" in message
    with pytest.raises(Refused, match=r'"sales\.net" uses SQL that cannot be read'):
        answer(shops, model, ["sales.net"])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("{sql: price, bin_boundaries: [2, 1]}", "bin_boundaries"),
        ("{sql: price, level_of_detail: {}}", "level_of_detail"),
        ("{sql: price, order_by_field: id}", "order_by_field"),
        ("{duration: {intervals: [days]}}", "duration"),
        ("{sql: '(SELECT 1)'}", "SQL that cannot be read"),
        ("{sql: 'row_number() OVER ()'}", "SQL that cannot be read"),
        ("{sql: 'price +'}", "SQL that cannot be read"),
        ("{sql: '${nothing}'}", 'cannot be computed: No such field "sales.nothing"'),
        (
            "{sql: 'no_such_column'}",
            'cannot be computed: Binder Error: Table "sales" does not have a column named "no_such_column"',
        ),
        (
            "{sql: '${price} || no_such_function(1)'}",
            "cannot be computed: Catalog Error: Scalar Function with name no_such_function does not exist",
        ),
        ("{sql: '${odd}'}", 'cannot be computed: "sales.odd" refers to itself'),
        ("{label: Nowhere}", "missing column"),
        ("{sql: \"'${price}'\"}", "SQL that cannot be read"),
    ],
)
def test_a_construct_that_is_not_modeled_spoils_only_its_field(
    shops: Warehouse, body: str, named: str
) -> None:
    measures = "measures: {revenue: {aggregate_type: sum, sql: '${price}'}}"
    model = read(shops, sales_view=f"dimensions: {{odd: {body}}}\n{measures}")
    assert {(issue.view, issue.field) for issue in model.issues} == {("sales", "odd")}
    with pytest.raises(Refused, match="odd") as refused:
        answer(shops, model, ["sales.odd"])
    assert named in refused.value.message
    assert answer(shops, model, ["sales.revenue"]) == [{"sales.revenue": Decimal("8.00")}]


@pytest.mark.parametrize(
    "body",
    [
        "{aggregate_type: list, sql: '${price}'}",
        "{aggregate_type: sum}",
        "{aggregate_type: percentile, sql: '${price}'}",
        "{aggregate_type: sum_distinct_on, sql: '${price}'}",
        "{sql: '${price}'}",
        "{sql: 'SUM(${revenue})'}",
        "{sql: 'SUM(${price}) OVER ()'}",
        "{sql: '${revenue} / 2', filters: {id: {is: 1}}}",
        "{aggregate_type: sum, sql: '${price}', filters: {id: 1}}",
        "{aggregate_type: sum, sql: '${price}', filters: {id: {resembles: 1}}}",
        "{aggregate_type: sum, sql: '${price}', filters: {nothing: {is: 1}}}",
        "{aggregate_type: sum, sql: '${price}', filters: {id: {contains: x}}}",
    ],
)
def test_a_measure_that_is_not_modeled_is_refused_by_name(shops: Warehouse, body: str) -> None:
    view = f"measures:\n  revenue: {{aggregate_type: sum, sql: '${{price}}'}}\n  odd: {body}\n"
    model = read(shops, sales_view=view)
    assert {(issue.view, issue.field) for issue in model.issues} == {("sales", "odd")}
    with pytest.raises(Refused, match=r'"sales\.odd"'):
        answer(shops, model, ["sales.odd"])


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ("{name: {is: North}}", 1),
        ("{name: {is: [North, West]}}", 2),
        ("{name: {not: North}}", 2),
        ("{name: {not_contains: th}}", 1),
        ("{name: {starts_with: N, ends_with: h}}", 1),
        ("{name: {or: [{is: West}, {starts_with: S}]}}", 2),
        ("{rent: {greater_than: 100.1}}", 2),
        ("{rent: {greater_than_or_equal_to: 100.1, less_than: 300}}", 2),
        ("{rent: {not_less_than_or_equal_to: 200.2}}", 1),
        ("{opened: {is: null}}", 1),
        ("{opened: {not: null}}", 2),
        ("{opened: {is: 2024-01-31}}", 1),
        ("{opened: {before: 2024-12-31}}", 1),
        ("{opened: {on_or_after: 2024-01-31}}", 2),
        # The end belongs to it here, unlike on the wire.
        ("{opened: {between_dates: [2024-01-01, 2024-12-31]}}", 2),
        ("{opened: {time_for_duration: [2024-01-31, 1 month]}}", 1),
        ("{opened: {day_of_week: Tuesday}}", 1),
        ("{opened: {day_of_week: 2}}", 1),
        ("{opened: {day_of_month: 31}}", 2),
        ("{opened: {day_of_quarter: 31}}", 1),
        ("{opened: {day_of_year: 31}}", 1),
        ("{opened: {month_of_year: January}}", 1),
        ("{opened: {not_quarter_of_year: 1}}", 2),
        ("{id: {is: [1, null]}}", 1),
    ],
)
def test_filters_in_the_notation_of_the_model(shops: Warehouse, filters: str, count: int) -> None:
    view = f"measures: {{some: {{aggregate_type: count, filters: {filters}}}}}"
    model = read(shops, shops_view=view)
    assert messages(model) == []
    assert answer(shops, model, ["shops.some"]) == [{"shops.some": count}]


@pytest.mark.parametrize(
    ("topic", "named"),
    [
        ("access_filters: [{field: shops.name, attribute: shop}]", "access_filters"),
        ("extends: [other]", "extends"),
        ("always_having_sql: '${TABLE}.id > 1'", "always_having_sql"),
        ("always_where_sql: '${TABLE}.id'", "always_where_sql"),
    ],
)
def test_a_topic_that_restricts_in_ways_not_modeled_is_refused_whole(
    shops: Warehouse, topic: str, named: str
) -> None:
    model = read(shops, shops_topic=f"base_view: shops\n{topic}\n")
    assert model.issues
    with pytest.raises(Refused, match=named):
        answer(shops, model, ["shops.count"])


def test_what_a_topic_always_filters_by_in_sql(shops: Warehouse) -> None:
    topic = "base_view: shops\njoins: {sales: {}}\nalways_where_sql: ${sales.price} > 2\n"
    model = read(shops, shops_topic=topic)
    assert answer(shops, model, ["shops.count"]) == [{"shops.count": 2}]


def test_default_filters_of_a_topic_are_left_to_the_reader(shops: Warehouse) -> None:
    model = read(shops, shops_topic="base_view: shops\ndefault_filters: {shops.name: {is: North}}")
    assert answer(shops, model, ["shops.count"]) == [{"shops.count": 3}]


def test_a_join_of_another_type_is_refused_only_where_it_is_needed(shops: Warehouse) -> None:
    joined = FILES["relationships"].replace(
        "join_to_view: sales,", "join_to_view: sales, join_type: outer,"
    )
    model = read(shops, relationships=joined)
    assert answer(shops, model, ["shops.count"]) == [{"shops.count": 3}]
    with pytest.raises(Refused, match="join_type outer"):
        answer(shops, model, ["shops.count", "sales.revenue"])


def test_a_join_is_walked_backwards_only_when_it_is_reversible(shops: Warehouse) -> None:
    topic = "base_view: sales\njoins: {shops: {}}"
    fields = ["shops.name", "sales.revenue"]
    query = {"modelId": MODEL_ID, "join_paths_from_topic_name": "sales", "fields": fields}
    forwards = Engine([(read(shops, sales_topic=topic), shops)])
    assert forwards.plan(query, now=NOW).missing_fields == ["shops.name"]
    both_ways = FILES["relationships"].replace("one_to_many,", "one_to_many, reversible: true,")
    engine = Engine([(read(shops, sales_topic=topic, relationships=both_ways), shops)])
    assert engine.execute(engine.plan(query, now=NOW)).to_pylist() == [
        {"shops.name": "North", "sales.revenue": Decimal("4.00")},
        {"shops.name": "South", "sales.revenue": Decimal("4.00")},
    ]


def test_a_timeframe_that_the_dimension_does_not_offer_is_missing(shops: Warehouse) -> None:
    model = read(shops, shops_view="dimensions: {opened: {timeframes: [month, QUARTER]}}")
    query = {
        "modelId": MODEL_ID,
        "table": "shops",
        "fields": ["shops.opened[month]", "shops.opened[quarter]", "shops.opened[year]"],
    }
    assert Engine([(model, shops)]).plan(query, now=NOW).missing_fields == ["shops.opened[year]"]


def test_without_a_word_on_timeframes_there_are_the_six_of_omni(shops: Warehouse) -> None:
    opened = read(shops).views["shops"].dimensions["opened"]
    assert opened.timeframes == ("raw", "date", "week", "month", "quarter", "year")


def test_a_field_that_counts_days_of_other_weeks_is_an_issue(shops: Warehouse) -> None:
    view = (
        "dimensions: {id: {primary_key: true}, w: {sql: '${opened[week]}'},\n"
        "             n: {sql: '${opened[day_of_week_num]}'}}\n"
    )
    model = read(shops, model="week_start_day: Sunday", shops_view=view)
    # 31 January and 31 December 2024 are a Wednesday and a Tuesday.
    rows = answer(shops, model, ["shops.w"], sorts=[{"column_name": "shops.w"}])
    assert [row["shops.w"] for row in rows] == [None, datetime(2024, 1, 28), datetime(2024, 12, 29)]  # noqa: DTZ001
    ((view_name, field, message),) = messages(model)
    assert (view_name, field) == ("shops", "n")
    assert "week_start_day" in message
    with pytest.raises(Refused, match="week_start_day"):
        answer(shops, model, ["shops.n"])


def test_files_that_cannot_be_read_are_issues_and_not_exceptions(shops: Warehouse) -> None:
    model = read(
        shops,
        broken_view="dimensions: [unclosed",
        list_view="- a\n- b\n",
        ghost_view="table_name: no_such_table",
        readme="words",
        odd_topic="joins: {}",
    )
    found = {issue.yaml_path for issue in model.issues}
    assert {"broken.view", "list.view", "ghost.view", "readme", "odd.topic"} <= found
    assert answer(shops, model, ["shops.count"]) == [{"shops.count": 3}]


def test_a_measure_named_like_a_column_is_an_issue_and_the_column_stays(shops: Warehouse) -> None:
    view = "measures: {price: {aggregate_type: sum, sql: '${price}'}}"
    model = read(shops, sales_view=view)
    ((view_name, field, message),) = messages(model)
    assert (view_name, field) == ("sales", "price")
    assert "the measure is left out" in message
    rows = answer(shops, model, ["sales.price"], sorts=[{"column_name": "sales.price"}], limit=2)
    assert rows == [{"sales.price": None}, {"sales.price": Decimal("1.50")}]


def test_an_ignored_view_is_left_out(shops: Warehouse) -> None:
    assert "visits" not in read(shops, visits_view="ignored: true").views

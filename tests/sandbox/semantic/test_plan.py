from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pytest
from queries.query_cases import FLIGHTS, NOW, ORDERS, flights, orders, text, users
from queries.query_cases import date as date_filter

from omnipd_sandbox.engine.engine import Engine


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def test_unknown_fields_and_unfit_timeframes_are_missing_and_no_error(engine: Engine) -> None:
    unfit = [
        "flights.nothing",
        "planets.name",
        "flights.origin[month]",
        "flights.time_hour[fortnight]",
        "flights.date[hour]",
        "flights.count[month]",
        "flights.time_hour[fiscal_year]",
        "profit",
    ]
    plan = engine.plan(flights(["flights.origin", *unfit, "flights.count"]), now=NOW)
    assert plan.missing_fields == unfit
    assert list(plan.fields) == ["flights.origin", "flights.count"]
    assert engine.execute(plan).column_names == ["flights.origin", "flights.count"]


def test_a_query_whose_every_field_is_missing_has_no_columns(engine: Engine) -> None:
    plan = engine.plan(flights(["flights.nothing"]), now=NOW)
    assert (plan.missing_fields, plan.fields) == (["flights.nothing"], {})
    assert engine.execute(plan).num_columns == 0


def test_a_date_filter_under_a_timeframe_makes_the_field_missing(engine: Engine) -> None:
    kept = date_filter("TIME_FOR_UNIT_DURATION", "2013")
    for name in ("flights.time_hour[month]", "flights.time_hour[hour_of_day]"):
        plan = engine.plan(flights(["flights.count"], filters={name: kept}), now=NOW)
        assert plan.missing_fields == [name]


def test_a_sort_by_a_missing_field_is_left_out(engine: Engine) -> None:
    query = flights(["flights.count", "flights.x"], sorts=[{"column_name": "flights.x"}])
    assert engine.plan(query, now=NOW).missing_fields == ["flights.x"]


def test_a_field_named_twice_comes_once(engine: Engine) -> None:
    plan = engine.plan(flights(["flights.origin", "flights.origin"]), now=NOW)
    assert engine.execute(plan).column_names == ["flights.origin"]


def test_two_spellings_of_a_timeframe_are_two_columns(engine: Engine) -> None:
    names = ["flights.date[month]", "flights.date[MONTH]"]
    query = flights([*names, "flights.count"], sorts=[{"column_name": names[1]}])
    answer = engine.execute(engine.plan(query, now=NOW))
    assert answer.column_names == [*names, "flights.count"]
    assert answer[names[0]].to_pylist() == [at(f"2013-{month:02}-01") for month in range(1, 13)]
    assert answer[names[1]].to_pylist() == answer[names[0]].to_pylist()


def test_the_echoed_query_has_defaults_and_no_unknown_keys(engine: Engine) -> None:
    plan = engine.plan(flights(["flights.count"], resultType="csv", manualSort=True), now=NOW)
    assert plan.query["modelId"] == FLIGHTS
    assert plan.query["limit"] == plan.limit == 1000
    assert plan.query["offset"] == 0
    assert plan.query["sorts"] == []
    assert plan.query["filters"] == {}
    assert "resultType" not in plan.query
    assert "manualSort" not in plan.query


def test_a_limit_beyond_fifty_thousand_is_applied_and_echoed_as_none(engine: Engine) -> None:
    plan = engine.plan(flights(["flights.id"], limit=50_001), now=NOW)
    assert (plan.limit, plan.query["limit"]) == (50_001, None)
    assert engine.execute(plan).num_rows == 50_001


def test_no_limit_is_every_row(engine: Engine) -> None:
    plan = engine.plan(flights(["flights.id"], limit=None), now=NOW)
    assert plan.limit is None
    assert engine.execute(plan).num_rows == 336_776


def test_planning_does_not_change_the_query(engine: Engine) -> None:
    query = orders(
        ["order_items.id"],
        filters={"order_items.status": text("EQUALS", "complete")},
        sorts=[{"column_name": "order_items.id"}],
    )
    before = repr(query)
    engine.plan(query, now=NOW)
    assert repr(query) == before


def test_relative_dates_count_from_the_moment_given_in_any_zone(engine: Engine) -> None:
    kept = {"order_items.created_at": date_filter("TIME_FOR_UNIT_DURATION", "today")}
    query = orders(["order_items.id"], filters=kept)
    # 20:00 on 2 November in New York is already 3 November in UTC.
    evening = datetime(2024, 11, 2, 20, tzinfo=timezone(timedelta(hours=-4)))
    from_zone = engine.plan(query, now=evening)
    assert from_zone.sql == engine.plan(query, now=datetime(2024, 11, 3, tzinfo=UTC)).sql
    assert "2024-11-03 00:00:00+00" in from_zone.sql


def test_results_have_the_arrow_types_of_the_wire(engine: Engine) -> None:
    query = orders(
        [
            "order_items.id",
            "order_items.status",
            "order_items.is_gift",
            "order_items.sale_price",
            "order_items.created_at",
            "order_items.created_at[month]",
            "order_items.created_at[month_num]",
            "order_items.created_at[month_name]",
            "order_items.shipped_on",
            "order_items.shipped_on[month]",
            "order_items.count",
            "order_items.total_quantity",
            "order_items.total_sale_price",
            "order_items.average_sale_price",
            "order_items.first_ordered_at",
        ]
    )
    instant = pa.timestamp("us", tz="UTC")
    assert engine.execute(engine.plan(query, now=NOW)).schema.types == [
        pa.int64(),
        pa.string(),
        pa.bool_(),
        pa.decimal128(12, 2),
        instant,
        instant,
        pa.int64(),
        pa.string(),
        pa.date32(),
        pa.timestamp("us"),
        pa.int64(),
        pa.int64(),
        pa.decimal128(38, 2),
        pa.float64(),
        instant,
    ]


def test_no_rows_have_the_same_types_as_rows(engine: Engine) -> None:
    fields = ["order_items.is_gift", "order_items.total_quantity", "order_items.total_sale_price"]
    some = engine.execute(engine.plan(orders(fields), now=NOW))
    nobody = {"order_items.status": text("EQUALS", "nothing")}
    none = engine.execute(engine.plan(orders(fields, filters=nobody), now=NOW))
    assert none.num_rows == 0
    assert none.schema == some.schema


def test_totals_carry_a_mark_that_data_rows_lack(engine: Engine) -> None:
    totals = {"::total::": {"type": "aggregation"}}
    query = orders(["order_items.is_gift", "order_items.count"], column_totals=totals)
    plan = engine.plan(query, now=NOW)
    answer = engine.execute(plan)
    mark = answer["$omni_column_total_indicator"]
    assert mark.type == pa.string()
    assert mark.to_pylist() == [None, None, None, "column_total"]
    assert answer["order_items.is_gift"].to_pylist() == [False, True, None, None]
    assert list(plan.fields) == ["order_items.is_gift", "order_items.count"]


def test_the_summary_describes_a_dimension(engine: Engine) -> None:
    plan = engine.plan(flights(["flights.distance"]), now=NOW)
    assert plan.fields["flights.distance"] == {
        "field_name": "distance",
        "fully_qualified_name": "flights.distance",
        "view_name": "flights",
        "data_type": "NUMBER",
        "is_dimension": True,
        "is_calc": False,
        "label": "Distance",
        "description": "Miles.",
        "format": "NUMBER_0",
        "filter_only_field": False,
        "hidden": False,
    }


def test_the_summary_describes_a_measure(engine: Engine) -> None:
    plan = engine.plan(flights(["flights.average_dep_delay"]), now=NOW)
    assert plan.fields["flights.average_dep_delay"] == {
        "field_name": "average_dep_delay",
        "fully_qualified_name": "flights.average_dep_delay",
        "view_name": "flights",
        "data_type": "NUMBER",
        "is_dimension": False,
        "is_calc": False,
        "label": "Average Departure Delay",
        "format": "NUMBER_1",
        "aggregate_type": "AVERAGE",
        "filter_only_field": False,
        "hidden": False,
        "sql": "${dep_delay}",
    }


@pytest.mark.parametrize(
    ("name", "label", "data_type", "date_type"),
    [
        ("flights.time_hour", "Time Hour", "TIMESTAMP", "TIMESTAMP"),
        ("flights.time_hour[month]", "Time Hour Month", "TIMESTAMP", "TIMESTAMP"),
        ("flights.time_hour[MONTH]", "Time Hour Month", "TIMESTAMP", "TIMESTAMP"),
        ("flights.time_hour[day_of_week_num]", "Time Hour Day Of Week Num", "NUMBER", None),
        ("flights.time_hour[month_name]", "Time Hour Month Name", "STRING", None),
        ("flights.date", "Date", "TIMESTAMP", "DATE"),
        ("flights.date[week]", "Date Week", "TIMESTAMP", "TIMESTAMP"),
        ("flights.is_cancelled", "Is Cancelled", "BOOLEAN", None),
        ("dest_airport.name", "Airport", "STRING", None),
    ],
)
def test_the_summary_names_types_and_timeframes(
    engine: Engine, name: str, label: str, data_type: str, date_type: str | None
) -> None:
    described = engine.plan(flights([name]), now=NOW).fields[name]
    assert described["label"] == label
    assert described["data_type"] == data_type
    assert described.get("date_type") == date_type
    assert described["fully_qualified_name"] == name
    assert described["view_name"] == name.partition(".")[0]


def test_a_formatted_timeframe_keeps_its_name_in_the_summary(engine: Engine) -> None:
    plan = engine.plan(users(["users.cohort[year]", "users.count"]), now=NOW)
    assert list(plan.fields) == ["users.cohort[year]", "users.count"]
    answer = engine.execute(plan)
    assert answer.column_names == ["users.cohort[year]__raw", "users.count", "users.cohort[year]"]
    assert answer["users.cohort[year]"].to_pylist()[0] == "2023-01"
    bare = engine.execute(engine.plan(users(["users.cohort"], limit=1), now=NOW))
    assert bare.to_pylist() == [{"users.cohort": date(2023, 2, 1)}]


def test_only_the_views_that_are_read_are_joined(engine: Engine) -> None:
    assert "JOIN" not in engine.plan(flights(["flights.count"]), now=NOW).sql
    sql = engine.plan(flights(["airlines.name"]), now=NOW).sql
    assert sql.count("JOIN") == 1


def test_the_flights_are_those_of_the_source(engine: Engine) -> None:
    by_origin = engine.execute(engine.plan(flights(["flights.origin", "flights.count"]), now=NOW))
    assert by_origin.to_pylist() == [
        {"flights.origin": "EWR", "flights.count": 120_835},
        {"flights.origin": "JFK", "flights.count": 111_279},
        {"flights.origin": "LGA", "flights.count": 104_662},
    ]
    by_month = flights(["flights.date[month]", "flights.count"], limit=2)
    assert engine.execute(engine.plan(by_month, now=NOW)).to_pylist() == [
        {"flights.date[month]": at("2013-01-01"), "flights.count": 27_004},
        {"flights.date[month]": at("2013-02-01"), "flights.count": 24_951},
    ]


def test_the_bundled_models_are_read_without_an_issue(engine: Engine) -> None:
    assert {model.name: model.issues for model in engine.models.values()} == {
        "flights": (),
        "orders": (),
    }
    assert set(engine.models) == {FLIGHTS, ORDERS}


def test_every_bundled_field_answers(engine: Engine) -> None:
    for model in engine.models.values():
        for view in model.views.values():
            for found in [*view.dimensions, *view.measures]:
                name = f"{view.name}.{found}"
                query = {"modelId": model.id, "table": view.name, "fields": [name], "limit": 1}
                plan = engine.plan(query, now=NOW)
                assert engine.execute(plan).num_rows == 1, name
                assert plan.fields[name]["data_type"] != "UNKNOWN", name

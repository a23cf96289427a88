from typing import Any

import pytest
from queries.query_cases import FLIGHTS, NOW, ORDERS, date, flights, number, orders, text, users

from omnipd_sandbox.engine.engine import BadFilter, Engine, Refused


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def refusal(engine: Engine, query: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW)
    return refused.value


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fill_fields", ["flights.date"]),
        ("row_totals", {"::total::": {"type": "aggregation"}}),
        ("custom_summary_types", {"flights.count": "sum"}),
        ("join_via_map", {"planes": ["flights"]}),
        ("controls", [{"type": "FIELD_SELECTION"}]),
        ("period_over_period_computations", [{"periods_ago": 1, "time_unit_name": "MONTH"}]),
        ("Limit", 3),
        ("quickFilters", {"a": 1}),
    ],
)
def test_what_is_not_modeled_is_refused_by_name(engine: Engine, key: str, value: object) -> None:
    refused = refusal(engine, flights(["flights.count"], **{key: value}))
    assert refused.error_type == "PLAN"
    assert f'"{key}"' in refused.message


FAILING = {
    "a kind of text that Omni has not": (
        "flights.origin",
        {"type": "string", "kind": "IS_NULL", "values": ["a"]},
        "No enum constant StringFilterKind.IS_NULL",
    ),
    "a kind of number that Omni has not": (
        "flights.distance",
        {"type": "number", "kind": "NEAR", "values": ["1"]},
        "No enum constant NumberFilterKind.NEAR",
    ),
    "a kind of date that Omni has not": (
        "flights.time_hour",
        {"type": "date", "kind": "AFTER", "left_side": "2013"},
        "No enum constant DateFilterKind.AFTER",
    ),
    "values that are null": (
        "flights.origin",
        {"type": "string", "kind": "EQUALS", "values": None},
        "IllegalJsonParameter",
    ),
    "now": (
        "flights.time_hour",
        {"type": "date", "kind": "BEFORE", "right_side": "now"},
        "Invalid literal value 'now'",
    ),
}


@pytest.mark.parametrize(("name", "kept", "words"), FAILING.values(), ids=FAILING)
def test_a_filter_that_omni_fails_on_is_refused(
    engine: Engine, name: str, kept: dict[str, Any], words: str
) -> None:
    refused = refusal(engine, flights(["flights.count"], filters={name: kept}))
    assert words in refused.message


@pytest.mark.parametrize(
    ("field", "filter_", "key"),
    [
        ("dest", {"type": "string", "kind": "IS_EMPTY"}, "values"),
        ("dest", {"type": "string", "kind": "EQUALS", "values": "JFK"}, "values"),
        ("dest", {"type": "string", "kind": "EQUALS", "values": ["x", None]}, "values"),
        ("distance", {"type": "number", "kind": "EQUALS", "values": None}, "values"),
        ("distance", {"type": "number", "kind": "EQUALS", "values": [True]}, "values"),
        ("distance", {"type": "number", "kind": "LESS_THAN", "values": ["1", "2"]}, "values"),
        ("date", {"type": "date", "kind": "BEFORE", "left_side": "2013"}, "right_side"),
        ("date", {"type": "date", "kind": "ON_OR_AFTER"}, "left_side"),
        ("date", {"type": "date", "kind": "IS_ON_DAY_OF_WEEK", "left_side": 0}, "left_side"),
        ("dest", {"type": "composite", "filters": []}, "conjunction"),
        ("dest", {"type": "composite", "conjunction": "OR"}, "filters"),
        ("dest", {"type": "user_attribute"}, "user_attribute_name"),
        ("dest", {"type": "query", "field_name": "flights.dest"}, "query_id"),
        ("dest", {"type": "query", "query_id": "q"}, "field_name"),
    ],
)
def test_a_filter_that_fits_its_field_and_cannot_be_read_fails(
    engine: Engine, field: str, filter_: dict[str, Any], key: str
) -> None:
    query = flights(["flights.count"], filters={f"flights.{field}": filter_})
    assert f"IllegalJsonParameter: {key} must be" in refusal(engine, query).message


def test_a_shift_by_nothing_is_no_shift(engine: Engine) -> None:
    plain = date("TIME_FOR_UNIT_DURATION", "2013-03")
    first, second = (
        engine.plan(flights(["flights.count"], filters={"flights.date": one}), now=NOW).sql
        for one in (plain, plain | {"offset_interval_string": "0 days"})
    )
    assert first == second


def test_a_filter_of_another_type_than_its_field_is_ignored_whatever_its_kind(
    engine: Engine,
) -> None:
    kept = {"type": "string", "kind": "IS_NULL", "values": None}
    query = flights(["flights.count"], filters={"flights.distance": kept})
    assert engine.execute(engine.plan(query, now=NOW))["flights.count"].to_pylist() == [336_776]


ORIGIN = {"fieldName": "flights.origin", "filter": text("EQUALS", "JFK")}
COUNT = {"fieldName": "flights.count", "filter": number("GREATER_THAN", "5")}


@pytest.mark.parametrize(
    ("control", "named"),
    [
        ("MULTI_FIELD_FILTER", "not modeled"),
        ({"conjunction": "AND", "filters": [ORIGIN]}, 'the conjunction "OR"'),
        ({"filters": [ORIGIN]}, 'the conjunction "OR"'),
        ({"conjunction": "OR", "filters": {}}, '"filters" is not readable'),
        ({"conjunction": "OR", "filters": [{"fieldName": 5}]}, "is not readable"),
        ({"conjunction": "OR", "filters": [ORIGIN, COUNT]}, "not modeled"),
        (
            {"conjunction": "OR", "filters": [{**ORIGIN, "fieldName": "flights.no_such"}]},
            'No such field "flights.no_such"',
        ),
    ],
)
def test_a_filter_on_several_fields_that_cannot_be_read_is_refused(
    engine: Engine, control: Any, named: str
) -> None:
    if isinstance(control, dict):
        control = {"type": "MULTI_FIELD_FILTER", **control}
    assert named in refusal(engine, flights(["flights.count"], controls=[control])).message


def test_a_bare_value_in_a_filter_on_several_fields_is_a_bad_filter(engine: Engine) -> None:
    control = {
        "type": "MULTI_FIELD_FILTER",
        "conjunction": "OR",
        "filters": [{"fieldName": "flights.origin", "filter": "JFK"}],
    }
    with pytest.raises(BadFilter):
        engine.plan(flights(["flights.count"], controls=[control]), now=NOW)


def test_an_empty_value_of_what_is_not_modeled_is_fine(engine: Engine) -> None:
    query = flights(["flights.count"], pivots=[], calculations=[], row_totals={}, userEditedSQL="")
    assert engine.plan(query, now=NOW).missing_fields == []


def test_a_query_without_grouping_is_refused(engine: Engine) -> None:
    query = flights(["flights.count"], default_group_by=False)
    assert "default_group_by" in refusal(engine, query).message


@pytest.mark.parametrize(
    ("kept", "named"),
    [
        (date("QUERY_OFFSET", offset_interval_string="1 month"), "QUERY_OFFSET"),
        (date("BEFORE", None, "2013", offset_interval_string="2 years"), "offset_interval_string"),
        (date("TIME_FOR_UNIT_DURATION", "12 months"), "Invalid literal value '12 months'"),
        ({**date("BEFORE", None, "2013"), "cancel_query_filter": True}, "cancel_query_filter"),
    ],
)
def test_date_filters_beyond_the_sandbox_are_refused(
    engine: Engine, kept: dict[str, Any], named: str
) -> None:
    query = flights(["flights.count"], filters={"flights.time_hour": kept})
    assert named in refusal(engine, query).message


@pytest.mark.parametrize("literal", ["abc", "nan", "inf", "null", "1e999999", "1; DROP TABLE x"])
def test_a_number_that_is_none_is_refused(engine: Engine, literal: str) -> None:
    query = flights(["flights.count"], filters={"flights.distance": number("EQUALS", literal)})
    assert refusal(engine, query).message == f"Invalid literal value '{literal}' in filter"


@pytest.mark.parametrize(
    "bare", ["EWR", 5, 1.5, True, None, ["EWR"]], ids=lambda bare: type(bare).__name__
)
def test_a_bare_value_is_no_filter(engine: Engine, bare: object) -> None:
    query = flights(["flights.count"], filters={"flights.origin": bare})
    with pytest.raises(BadFilter, match=r"^Unable to parse data stream$"):
        engine.plan(query, now=NOW)


def test_a_bare_value_within_a_composite_is_no_filter(engine: Engine) -> None:
    kept = {"type": "composite", "conjunction": "OR", "filters": [text("EQUALS", "EWR"), "JFK"]}
    with pytest.raises(BadFilter):
        engine.plan(flights(["flights.count"], filters={"flights.origin": kept}), now=NOW)


def test_a_bare_value_is_told_before_anything_else(engine: Engine) -> None:
    query = flights(["flights.count"], filters={"nowhere.x": "EWR"}, pivots=["flights.origin"])
    with pytest.raises(BadFilter):
        engine.plan(query, now=NOW)


def test_a_filter_on_an_unknown_field_is_an_error(engine: Engine) -> None:
    for name in ("flights.nothing", "planets.name", "flights.origin[month]", "count"):
        query = flights(["flights.count"], filters={name: text("EQUALS", "x")})
        refused = refusal(engine, query)
        assert (refused.error_type, refused.message) == ("PLAN", f'No such field "{name}"')


def test_an_unknown_model_is_a_key_error(engine: Engine) -> None:
    with pytest.raises(KeyError):
        engine.plan({**flights(["flights.count"]), "modelId": "nothing"}, now=NOW)


def test_an_unknown_topic_and_an_unknown_view_are_refused(engine: Engine) -> None:
    topic = {**flights(["flights.count"]), "join_paths_from_topic_name": "fights"}
    assert refusal(engine, topic).message == "Topic fights not found"
    view = {"modelId": FLIGHTS, "table": "fights", "fields": ["fights.count"]}
    assert refusal(engine, view).message == 'No such view "fights"'
    neither = {"modelId": FLIGHTS, "fields": ["flights.count"]}
    assert "neither a topic nor a table" in refusal(engine, neither).message


def test_a_sort_by_what_is_not_selected_is_refused(engine: Engine) -> None:
    query = flights(["flights.count"], sorts=[{"column_name": "flights.origin"}])
    assert '"flights.origin"' in refusal(engine, query).message


def test_totals_of_what_is_not_selected_are_refused(engine: Engine) -> None:
    totals = {"flights.origin": {"type": "aggregation"}}
    query = flights(["flights.dest", "flights.count"], column_totals=totals)
    assert '"flights.origin"' in refusal(engine, query).message


@pytest.mark.parametrize(
    "rest",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": 1.5},
        {"limit": True},
        {"offset": -1},
        {"fields": []},
        {"sorts": ["flights.count"]},
        {"sorts": [{"column_name": "flights.count", "null_sort": "MIDDLE"}]},
        {"column_totals": {"::total::": {"type": "sum"}}},
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused(engine: Engine, rest: dict[str, Any]) -> None:
    assert refusal(engine, {**flights(["flights.count"]), **rest}).error_type == "PLAN"


def nested(depth: int) -> dict[str, Any]:
    kept: dict[str, Any] = text("EQUALS", "EWR")
    for _ in range(depth):
        kept = {"type": "composite", "conjunction": "AND", "is_negative": True, "filters": [kept]}
    return flights(["flights.count"], filters={"flights.origin": kept})


def test_filters_may_be_nested_deeply(engine: Engine) -> None:
    # Negated an even number of times.
    answer = engine.execute(engine.plan(nested(50), now=NOW))
    assert answer.to_pylist() == [{"flights.count": 120_835}]


def test_a_filter_nested_beyond_reason_is_refused_and_does_not_crash(engine: Engine) -> None:
    for depth in (900, 5000):
        assert "nested too deeply" in refusal(engine, nested(depth)).message


def test_a_query_that_fails_in_the_database_is_a_query_error(engine: Engine) -> None:
    # The text is no number in any row, and DuckDB says so only when it runs.
    plan = engine.plan(users(["users.count"]), now=NOW)
    broken = type(plan)(
        sql="SELECT CAST(name AS INTEGER) AS x FROM users",
        fields={},
        missing_fields=[],
        limit=None,
        query=plan.query,
        shared_model_id=ORDERS,
    )
    with pytest.raises(Refused) as refused:
        engine.execute(broken)
    assert refused.value.error_type == "QUERY"
    assert "Conversion Error" in refused.value.message


def test_a_topic_does_not_offer_what_its_fields_leave_out(engine: Engine) -> None:
    query = orders(["order_items.count", "users.email", "users.state"])
    plan = engine.plan({**query, "join_paths_from_topic_name": "completed_orders"}, now=NOW)
    assert plan.missing_fields == ["users.email"]
    assert list(plan.fields) == ["order_items.count", "users.state"]

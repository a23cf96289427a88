"""What is true or false on the wire: the text "false" is neither."""

from collections.abc import Mapping
from typing import Any

import pytest
from queries.query_cases import NOW, flights, number, orders, text

from omnipd_sandbox.engine.engine import Engine, Refused

BAD = ["false", "true", 0, 1, [], {}, "no"]


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def refusal(engine: Engine, query: dict[str, Any], **around: Any) -> str:
    with pytest.raises(Refused) as refused:
        engine.plan(query, now=NOW, **around)
    return refused.value.message


FLAGS: list[tuple[str, Mapping[str, Any], str]] = [
    ("order_items.status", text("EQUALS", "complete"), "is_negative"),
    ("order_items.status", text("CONTAINS", "c"), "case_insensitive"),
    ("order_items.status", text("IS_EMPTY"), "is_negative"),
    ("order_items.sale_price", number("GREATER_THAN", "5"), "is_inclusive"),
    ("order_items.sale_price", number("BETWEEN", "5", "6"), "is_negative"),
    ("order_items.is_gift", {"type": "boolean"}, "is_negative"),
    ("order_items.is_gift", {"type": "boolean", "is_negative": True}, "treat_nulls_as_false"),
    ("order_items.status", {"type": "null"}, "is_negative"),
    ("order_items.status", {"type": "null"}, "cancel_query_filter"),
    (
        "order_items.status",
        {"type": "composite", "conjunction": "OR", "filters": [text("EQUALS", "x")]},
        "is_negative",
    ),
    ("users.state", {"type": "user_attribute", "user_attribute_name": "home"}, "is_negative"),
]


@pytest.mark.parametrize("value", BAD, ids=repr)
@pytest.mark.parametrize(("field", "filter_", "key"), FLAGS)
def test_a_flag_of_a_filter_is_true_or_false(
    engine: Engine, field: str, filter_: Mapping[str, Any], key: str, value: object
) -> None:
    query = orders(["order_items.count"], filters={field: {**filter_, key: value}})
    said = refusal(engine, query, user_attributes={"home": "Texas"})
    assert said == f"IllegalJsonParameter: {key} must be true or false"


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_whether_a_limit_counts_is_true_or_false(engine: Engine, value: object) -> None:
    other = {"type": "query", "query_id": "q", "field_name": "users.id", "disregard_limit": value}
    query = orders(["order_items.count"], filters={"users.id": other})
    assert "disregard_limit must be true or false" in refusal(engine, query)


@pytest.mark.parametrize("value", ["false", 1], ids=repr)
def test_whether_a_field_may_be_missing_is_true_or_false(engine: Engine, value: object) -> None:
    filter_ = {**text("EQUALS", "x"), "ignore_if_unjoinable": value}
    query = orders(["order_items.count"], filters={"nowhere.x": filter_})
    assert "ignore_if_unjoinable must be true or false" in refusal(engine, query)


@pytest.mark.parametrize("value", ["false", 1], ids=repr)
def test_the_direction_of_a_sort_is_true_or_false(engine: Engine, value: object) -> None:
    sorts = [{"column_name": "flights.count", "sort_descending": value}]
    query = flights(["flights.count"], sorts=sorts)
    assert refusal(engine, query) == f"Invalid sort_descending {value!r}"


@pytest.mark.parametrize("value", ["false", 0, 1], ids=repr)
def test_whether_rows_are_grouped_is_true_or_false(engine: Engine, value: object) -> None:
    query = flights(["flights.count"], default_group_by=value)
    assert "default_group_by" in refusal(engine, query)


@pytest.mark.parametrize(
    ("filter_", "words"),
    [
        ({"type": "text", "kind": "EQUALS", "values": ["x"]}, 'type "text"'),
        ({}, 'type "None"'),
        ({"type": ["string"]}, "type"),
        ({"type": "string", "kind": ["EQUALS"], "values": ["x"]}, "No enum constant"),
        ({"type": "string", "kind": {}, "values": ["x"]}, "No enum constant"),
        ({"type": "composite", "conjunction": ["OR"], "filters": []}, "conjunction must be"),
    ],
)
def test_a_filter_of_no_known_type_or_kind_is_refused(
    engine: Engine, filter_: dict[str, Any], words: str
) -> None:
    query = flights(["flights.count"], filters={"flights.origin": filter_})
    assert words in refusal(engine, query)


@pytest.mark.parametrize("value", [5, True, {}], ids=repr)
def test_a_shift_is_a_text(engine: Engine, value: object) -> None:
    filter_ = {
        "type": "date", "kind": "BEFORE", "right_side": "2013", "offset_interval_string": value,
    }  # fmt: skip
    query = flights(["flights.count"], filters={"flights.date": filter_})
    assert "offset_interval_string must be a text" in refusal(engine, query)


@pytest.mark.parametrize("value", [True, {"a": 1}, ["x", False]], ids=repr)
def test_an_attribute_that_is_no_text_is_compared_with_nothing(
    engine: Engine, value: object
) -> None:
    filter_ = {"type": "user_attribute", "user_attribute_name": "home"}
    query = orders(["order_items.count"], filters={"users.state": filter_})
    said = refusal(engine, query, user_attributes={"home": value})
    assert '"home" is neither a text nor a number' in said

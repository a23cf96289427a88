"""A filter that Omni would not read as it is meant never gives unfiltered numbers in silence."""

import datetime as dt
import enum
import json
import warnings
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from faults.given import QUERY, client_of, whole_answer
from queries.query_cases import CASES, FLIGHTS, date, flights, number, text
from scripted_server import answer

import omnipd
from omnipd.queries.language import filters
from omnipd.queries.language.request import build_request


def refused(condition, message):
    with pytest.raises(omnipd.ArgumentError, match=message) as caught:
        filters.check({"flights.origin": condition})
    assert "flights.origin" in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("2013-03-01", '"type": "date"'),
        ("JFK", '"type": "string"'),
        (7, '"values": \\["7"\\]'),
        (True, '"is_negative": false'),
        (None, '"type": "null"'),
        (["JFK"], "filter objects only"),
        ({"kind": "EQUALS", "values": ["JFK"]}, "has no type"),
        ({"type": "strng", "kind": "EQUALS", "values": ["JFK"]}, "Did you mean 'string'"),
        ({"type": "string", "kind": "equals", "values": ["JFK"]}, "Did you mean 'EQUALS'"),
        ({"type": "string", "kind": "STARTSWITH", "values": ["J"]}, "Did you mean 'STARTS_WITH'"),
        ({"type": "string", "values": ["JFK"]}, "has no kind"),
        ({"type": "string", "kind": "EQUALS", "value": ["JFK"]}, "Did you mean 'values'"),
        ({"type": "string", "kind": "EQUALS", "values": "JFK"}, "no list of values"),
        ({"type": "number", "kind": "GREATER", "values": ["1"]}, "Did you mean 'GREATER_THAN'"),
        ({"type": "number", "kind": "EQUALS", "values": ["1"], "isNegative": True}, "is_negative"),
        (
            {"type": "date", "kind": "BETWEEN", "values": ["2013", "2014"]},
            "left_side and right_side",
        ),
        ({"type": "date", "kind": "BETWEEN", "leftSide": "2013"}, "Did you mean 'left_side'"),
        ({"type": "string", "kind": "EQUALS"}, "no list of values"),
        ({"type": "string", "kind": "IS_EMPTY", "values": ["x"]}, "IS_EMPTY with values"),
        ({"type": "number", "kind": "BETWEEN", "values": ["1"]}, "1 values, not two"),
        ({"type": "date", "kind": "BETWEEN", "left_side": "2013-03"}, "no right_side"),
        ({"type": "date", "kind": "BEFORE", "left_side": "2013-03"}, "no right_side"),
        ({"type": "boolean", "kind": "EQUALS", "values": ["true"]}, "boolean filter with kind"),
        ({"type": "composite", "filters": []}, "without a conjunction"),
        ({"type": "composite", "conjunction": "OR"}, "no list of filters"),
        ({"type": "composite", "conjunction": "OR", "filters": ["JFK"]}, "filter objects only"),
        (
            {
                "type": "composite",
                "conjunction": "OR",
                "filters": [{"type": "string", "kind": "EQUAL", "values": []}],
            },
            "Did you mean 'EQUALS'",
        ),
        ({"type": ["date"], "kind": "BEFORE", "right_side": "2013"}, "the type"),
        ({"type": "string", "kind": "EQUALS", "values": [94107]}, '"94107"'),
        ({"type": "string", "kind": "EQUALS", "values": ["TX", None]}, "Null has a filter"),
        ({"type": "number", "kind": "EQUALS", "values": [None]}, "not a number"),
        ({"type": "number", "kind": "EQUALS", "values": ["many"]}, "not a number"),
        ({"type": "number", "kind": "EQUALS", "values": ["nan"]}, "not a number"),
        ({"type": "number", "kind": "EQUALS", "values": [True]}, "not a number"),
        ({"type": "number", "kind": "GREATER_THAN", "values": ["60", "70"]}, "2 values, not one"),
        ({"type": "date", "kind": "BEFORE", "right_side": 2013}, '"right_side": "2013"'),
        ({"type": "boolean", "is_negative": "false"}, "not true or false"),
        (
            {"type": "string", "kind": "EQUALS", "values": ["TX"], "is_negative": "false"},
            "not true or false",
        ),
        (
            {"type": "string", "kind": "EQUALS", "values": ["TX"], "case_insensitive": 1},
            "not true or false",
        ),
        (
            {"type": "string", "kind": "IS_NULL", "values": []},
            '"type": "null", "is_negative": false',
        ),
        ({"type": "date", "kind": "IS_NOT_NULL"}, '"type": "null", "is_negative": true'),
        (
            {"type": "date", "kind": "IS_ON_DAY_OF_WEEK", "left_side": "7"},
            "It takes Sunday, Monday",
        ),
        ({"type": "date", "kind": "IS_ON_DAY_OF_WEEK", "left_side": "Mon"}, "mean 'Monday'"),
        (
            {"type": "date", "kind": "IS_IN_MONTH_OF_YEAR", "left_side": "Febuary"},
            "mean 'February'",
        ),
        ({"type": "date", "kind": "IS_IN_MONTH_OF_YEAR", "left_side": "0"}, "It takes January"),
        ({"type": "query", "field_name": "a.b"}, "no query_id"),
        ({"type": "user_attribute"}, "no user_attribute_name"),
    ],
)
def test_a_near_miss_is_refused_with_the_way_out(condition, message):
    refused(condition, message)


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "date", "kind": "ON", "left_side": "2013"},
        {"type": "place", "kind": "WITHIN", "values": []},
    ],
)
def test_a_word_that_may_be_newer_than_omnipd_is_sent_with_a_warning(condition):
    with pytest.warns(omnipd.OmniWarning, match="does not know"):
        filters.check({"a.b": condition})


NOT_WITHOUT_A_WORD = {
    "a boolean with a kind is not a filter",
    "text equals nothing in particular",
    "neither true nor false is asked",
}


def test_filters_as_omni_takes_them_pass_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for case in CASES:
            if case.name not in NOT_WITHOUT_A_WORD:
                filters.check(case.query.get("filters", {}))
        filters.check(
            {"a.b": {"type": "string", "kind": "EQUALS", "values": ["x"], "appliedLabels": {}}}
        )
        filters.check({"a.b": {"type": "query", "field_name": "c.d", "query_id": "q"}})
        filters.check({"a.b": {"type": "user_attribute", "user_attribute_name": "region"}})


@pytest.mark.parametrize(
    ("fields", "name", "condition"),
    [
        (
            ["flights.date", "flights.count"],
            "flights.date",
            {"type": "string", "kind": "EQUALS", "values": ["2013-03-01"]},
        ),
        (
            ["flights.date[month]", "flights.count"],
            "flights.date",
            {"type": "string", "kind": "EQUALS", "values": ["2013-03"]},
        ),
        (
            ["flights.is_late", "flights.count"],
            "flights.is_late",
            {"type": "string", "kind": "EQUALS", "values": ["true"]},
        ),
        (
            ["flights.origin", "flights.count"],
            "flights.count",
            {"type": "string", "kind": "EQUALS", "values": ["1"]},
        ),
    ],
)
def test_a_filter_of_another_type_than_its_field_is_an_error(omni, fields, name, condition):
    with pytest.raises(omnipd.OmniError) as caught:
        omnipd.run_query(flights(fields, filters={name: condition}))
    assert name in str(caught.value)


def test_what_is_ignored_is_told_by_types():
    text = {"type": "string", "kind": "EQUALS", "values": ["x"]}
    both = {"type": "composite", "conjunction": "OR", "filters": [text, {"type": "null"}]}
    number = {"type": "number", "kind": "EQUALS", "values": ["1"]}
    types = {
        "v.s": "STRING",
        "v.n": "NUMBER",
        "v.t[month]": "TIMESTAMP",
        "v.t[hour_of_day]": "NUMBER",
        "v.j": "JSON",
    }
    assert filters.ignored({"v.s": text, "v.n": number, "v.other": text, "v.j": text}, types) == []
    assert filters.ignored({"v.s": number, "v.n": both, "v.t": text}, types) == [
        "v.s",
        "v.n",
        "v.t",
    ]
    assert filters.ignored({"v.t": {"type": "date"}, "v.t[hour_of_day]": number}, types) == []
    assert filters.ignored({"v.s": {"type": "null"}, "v.n": {"type": "null"}}, types) == []


def test_dates_and_numbers_of_python_are_sent_in_omnis_spelling(omni, server):
    query = flights(
        ["flights.count"],
        filters={
            "flights.date": {
                "type": "date",
                "kind": "BETWEEN",
                "left_side": dt.date(2013, 1, 1),
                "right_side": dt.date(2013, 2, 1),
            },
            "flights.distance": {
                "type": "number",
                "kind": "EQUALS",
                "is_negative": True,
                "values": (np.int64(1), Decimal("0.50")),
            },
        },
        limit=np.int64(10),
    )
    assert omnipd.run_query(query)["flights.count"].tolist() == [27_004]
    sent = json.loads(json.dumps(build_request(query).body))["query"]
    assert sent["filters"]["flights.date"]["right_side"] == "2013-02-01"
    assert sent["filters"]["flights.distance"]["values"] == [1, "0.50"]
    noon = dt.datetime(2013, 1, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    since = date("ON_OR_AFTER", noon)
    sent = build_request(flights(["a.b"], offset=0, controls=[control(since)])).body["query"]
    assert sent["controls"][0]["filters"][0]["filter"]["left_side"] == "2013-01-01 10:00:00"
    with pytest.raises(omnipd.ArgumentError, match="which JSON cannot"):
        build_request(flights(["a.b"], controls=[object()]))


def control(filter_, **more):
    """Return a control that keeps the rows that fulfil a filter."""
    of_field = {"id": "f", "fieldName": "flights.origin", "filter": filter_}
    made = {"id": "c", "type": "MULTI_FIELD_FILTER", "conjunction": "OR", "filters": [of_field]}
    return made | more


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({}, "controls must be a list of objects"),
        (["c"], "controls must be a list of objects"),
        ([control(text("EQUALS", "EWR"), type="TOP_N")], "Control 1 is of the type 'TOP_N'"),
        ([control(text("EQUALS", "EWR"), conjunction="AND")], "Omni knows OR only"),
        ([control(text("EQUALS", "EWR"), filters=None)], "has no list of filters"),
        ([control(text("EQUALS", "EWR"), filters=[{"filter": {}}])], "without a fieldName"),
        ([control(text("EQUAL", "EWR"))], "on 'flights.origin' in control 1 has the kind 'EQUAL'"),
        ([control(None)], "Omni takes filter objects only"),
    ],
)
def test_a_control_that_omni_would_misread_is_refused(controls, words):
    with pytest.raises(omnipd.ArgumentError, match=words):
        build_request(flights(["flights.origin"], controls=controls))


def test_a_filter_of_a_control_that_does_not_fit_its_field_is_refused(omni):
    wrong = flights(["flights.origin"], controls=[control(number("EQUALS", "3"))])
    with pytest.raises(omnipd.ArgumentError, match=r"flights\.origin is STRING, and its filter"):
        omnipd.run_query(wrong, check=True)
    with pytest.raises(omnipd.QueryError, match="Omni did not apply it") as caught:
        omnipd.run_query(wrong, check=False)
    assert caught.value.error_type == "FILTER_IGNORED"
    unknown = control(text("EQUALS", "EWR"))
    unknown["filters"][0]["fieldName"] = "flights.no_such"
    with pytest.raises(omnipd.ArgumentError, match=r"no_such"):
        omnipd.run_query(flights(["flights.origin"], controls=[unknown]), check=True)


@pytest.mark.parametrize(
    "condition",
    [
        {"type": "string", "kind": "EQUALS", "values": []},
        {"type": "number", "kind": "GREATER_THAN", "values": []},
        {"type": "boolean"},
        {"type": "composite", "conjunction": "AND", "filters": []},
    ],
)
def test_a_filter_that_filters_nothing_is_warned_of(condition):
    with pytest.warns(omnipd.OmniWarning, match="all rows come"):
        filters.check({"a.b": condition})


def moved(value):
    """What is sent for one side of a date filter."""
    given = {"a.t": {"type": "date", "kind": "BEFORE", "right_side": value}}
    built = build_request({"modelId": FLIGHTS, "fields": ["a.n"], "filters": given})
    return built.body["query"]["filters"]["a.t"]["right_side"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.datetime64("2013-03-01", "ns"), "2013-03-01 00:00:00"),
        (np.datetime64("2013-03-01", "D"), "2013-03-01"),
        (pd.Timestamp("2013-03-01 05:00", tz="America/New_York"), "2013-03-01 10:00:00"),
        (pa.scalar(dt.date(2013, 3, 1)), "2013-03-01"),
        (dt.date(800, 1, 1), "0800-01-01"),
        (dt.datetime(800, 1, 1, 7), "0800-01-01 07:00:00"),  # noqa: DTZ001
    ],
)
def test_a_moment_of_any_library_is_sent_as_omnis_text(value, text):
    assert moved(value) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (dt.datetime(2013, 1, 1, 23, 59, 59, 999_999), "fractions of a second"),  # noqa: DTZ001
        (pd.Timestamp(2013, 1, 1, nanosecond=7), "fractions of a second"),
        (pd.NaT, "not a date"),
        (np.datetime64("NaT", "ns"), "not a date"),
        (np.timedelta64(7, "ns"), "which JSON cannot"),
        (dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=2))), "not a time in UTC"),
    ],
)
def test_a_moment_that_omni_cannot_say_is_refused(value, words):
    with pytest.raises(omnipd.ArgumentError, match=words):
        moved(value)


class Direction(str, enum.Enum):  # noqa: UP042 - as people write them
    DOWN = "users.count"


class Ten(enum.IntEnum):
    TEN = 10


def test_a_member_of_an_enumeration_is_its_value():
    built = build_request({"modelId": FLIGHTS, "fields": [Direction.DOWN], "limit": Ten.TEN})
    assert (built.fields, built.limit) == (("users.count",), 10)


def test_a_date_is_a_time_by_another_word():
    kept = {"a.d": {"type": "date", "kind": "BEFORE", "right_side": "2025"}}
    assert filters.ignored(kept, {"a.d": "DATE"}) == []
    assert filters.ignored({"a.d": {"type": "string"}}, {"a.d": "DATE"}) == ["a.d"]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ({"filters": []}, "filters must be an object"),
        ({"filters": ()}, "filters must be an object"),
        ({"sorts": {"column_name": "a.b"}}, "sorts must be a list of objects"),
        ({"sorts": ["-a.b"]}, "sorts must be a list of objects"),
        ({"sorts": [{"column_name": "a.b", "descending": True}]}, "mean 'sort_descending'"),
        ({"sorts": [{"column_name": "a.b", "desc": True}]}, "mean 'sort_descending'"),
        ({"sorts": [{"column_name": "a.b", "direction": "desc"}]}, "mean 'sort_descending'"),
        ({"sorts": [{"column_name": "a.b", "order": "DESC"}]}, "mean 'sort_descending'"),
        ({"sorts": [{"column_name": "a.b", "isAscending": False}]}, "mean 'sort_descending'"),
        ({"filters": {"a.b": {"type": "date", "kind": "IS_ON_DAY_OF_WEEK"}}}, "has no left_side"),
        (
            {"filters": {"a.b": {"type": "number", "kind": "EQUALS", "values": ["1_0"]}}},
            "not a number",
        ),
        (
            {"filters": {"a.b": {"type": "number", "kind": "EQUALS", "values": ["٣"]}}},
            "not a number",
        ),
        ({"sorts": [{"columnName": "a.b"}]}, "mean 'column_name'"),
        ({"sorts": [{"sort_descending": True}]}, "has no column_name"),
        ({"sorts": [{"column_name": "a.b", "sort_descending": "desc"}]}, "not true or false"),
        ({"column_totals": ["::total::"]}, "column_totals must be an object"),
        ({"row_totals": {"::total::": True}}, "row_totals must be an object"),
        ({"pivots": "a.b"}, "pivots must be a list of names"),
        ({"transposed_measures": True}, "transposed_measures must be a list of names"),
        ({"sorts": [{"column_name": "a.c"}]}, "sorted by a.c, which it does not select"),
        ({"fields": ["a.b[date]"], "sorts": [{"column_name": "A.b"}]}, r"mean a\.b\[date\]"),
        ({"calculations": ["a + b"]}, "calculations must be a list"),
    ],
)
def test_a_part_of_another_shape_is_refused_before_it_is_sent(scripted, part, words):
    query = {"modelId": FLIGHTS, "fields": ["a.b"], **part}
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.run_query(query, client=client)
    assert scripted.requests == []


@pytest.mark.parametrize("key", ["userId", "branchId", "timezone", "environmentConnectionId"])
@pytest.mark.parametrize("value", ["", " ", 5])
def test_an_empty_id_beside_the_query_is_not_taken_for_none(scripted, key, value):
    """It would run with all rights of the key instead of those of the person."""
    client = omnipd.connect(
        scripted.url, "key", user_id="p-1", cache=False, requests_per_minute=None
    )
    query = {"query": {"modelId": FLIGHTS, "fields": ["a.b"]}, key: value}
    with pytest.raises(omnipd.ArgumentError, match=f"{key}="):
        omnipd.run_query(query, client=client)
    assert scripted.requests == []


def test_an_empty_query_is_refused(omni):
    with pytest.raises(omnipd.ArgumentError, match="empty"):
        omnipd.run_query(" \n")


def test_a_label_that_nothing_has_is_told(omni):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert len(omnipd.read_content(labels=["finanace"])) == 0
    assert "Did you mean 'finance'" in str(told[-1].message)


def test_what_is_no_client_no_frame_and_no_list_is_refused_by_name(omni):
    with pytest.raises(omnipd.ArgumentError, match="not a Client"):
        omnipd.read_content(client="x")
    with pytest.raises(omnipd.ArgumentError, match="DataFrame"):
        omnipd.explode_labels([1])
    with pytest.raises(omnipd.ArgumentError, match="labels=5"):
        omnipd.read_content(labels=5)


def test_a_port_that_cannot_be_had_is_a_settings_error(server):
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(omnipd.SettingsError, match="Port 0 takes a free one"):
        omnipd.sandbox(port=port)
    with pytest.raises(omnipd.ArgumentError, match="port must be a whole number from 0 to 65,535"):
        omnipd.sandbox(port=99_999)


BUYERS = {
    "model_id": flights([])["modelId"],
    "join_paths_from_topic_name": "flights",
    "fields": ["flights.origin"],
    "filters": {"flights.origin": {"type": "string", "kind": "EQUALS", "values": ["JFK"]}},
    "limit": None,
}


def asking_elsewhere(inner, **more):
    there = {"type": "query", "field_name": "flights.origin", "query_id": "q", **more}
    return flights(
        ["flights.count"],
        filters={"flights.origin": there},
        staticQueryReferences={"q": inner},
    )


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        (BUYERS | {"filter": {}}, "'filter', which Omni would silently drop"),
        (BUYERS | {"branchId": "b"}, "branchId does not belong inside"),
        (BUYERS | {"filters": {"flights.origin": "JFK"}}, "takes filter objects only"),
        (BUYERS | {"filters": []}, "filters must be an object"),
        (BUYERS | {"sorts": {"column_name": "flights.origin"}}, "sorts must be a list"),
        (BUYERS | {"fields": []}, "asks for no fields"),
        (BUYERS | {"limit": 0}, "limit=0"),
        (BUYERS | {"model_id": None}, "has no model_id"),
        ({"modelId": FLIGHTS, "fields": ["flights.origin"]}, "has no model_id"),
        ({}, "has no model_id"),
        ("flights.origin", "must be a query"),
        (
            BUYERS | {"staticQueryReferences": {"r": BUYERS | {"field": ["x"]}}},
            "'r': The query has 'field'",
        ),
    ],
)
def test_a_query_within_a_query_is_checked_as_that_is(scripted, inner, words):
    client = omnipd.connect(scripted.url, "key", cache=False, requests_per_minute=None)
    with pytest.raises(omnipd.ArgumentError, match=f"In staticQueryReferences, 'q': .*{words}"):
        omnipd.run_query(asking_elsewhere(inner), client=client)
    assert scripted.requests == []


def test_a_query_within_a_query_that_names_no_limit_is_told(omni):
    bare = {key: value for key, value in BUYERS.items() if key != "limit"}
    with pytest.warns(omnipd.OmniWarning, match="'q' of staticQueryReferences names no limit"):
        cut = omnipd.run_query(asking_elsewhere(bare))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = omnipd.run_query(asking_elsewhere(BUYERS))
        without = omnipd.run_query(asking_elsewhere(bare, disregard_limit=True))
    for df in (cut, whole, without):
        assert df["flights.count"].tolist() == [111_279]  # of JFK


def test_references_that_are_no_object_are_refused():
    with pytest.raises(omnipd.ArgumentError, match="must be an object: key"):
        build_request(flights(["flights.count"], staticQueryReferences=[BUYERS]))


def test_a_number_that_json_cannot_write_is_refused():
    values = {"type": "number", "kind": "EQUALS", "values": [10**5000]}
    with pytest.raises(omnipd.ArgumentError, match="more digits than any database"):
        build_request(flights(["flights.count"], filters={"flights.id": values}))


def test_a_key_that_omni_calls_otherwise_is_told(omni):
    query = {"modelId": FLIGHTS, "topic": "flights", "fields": ["flights.count"]}
    with pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.run_query(query)
    assert caught.value.hint == "Did you mean 'join_paths_from_topic_name'?"


@pytest.mark.parametrize("side", ["left_side", "right_side"])
def test_now_is_refused_before_anything_is_sent(scripted, side):
    sides = {"left_side": "2025-01-01", "right_side": "2025-02-01"} | {side: "now"}
    query = QUERY | {"filters": {"users.at": {"type": "date", "kind": "BETWEEN", **sides}}}
    with (
        client_of(scripted) as client,
        pytest.raises(omnipd.ArgumentError, match=f"{side}: 'now'"),
    ):
        omnipd.run_query(query, client=client)
    assert scripted.requests == []


def test_a_kind_that_is_nearly_one_is_refused_and_another_is_told_of(scripted):
    near = {"users.state": {"type": "string", "kind": "START_WITH", "values": ["a"]}}
    far = {"users.state": {"type": "string", "kind": "SOUNDS_LIKE", "values": ["a"]}}
    with client_of(scripted) as client:
        with pytest.raises(omnipd.ArgumentError, match="which Omni refuses"):
            omnipd.run_query(QUERY | {"filters": near}, client=client)
        scripted.script(answer(whole_answer()))
        with pytest.warns(omnipd.OmniWarning, match="Omni refuses what it does not know"):
            omnipd.run_query(QUERY | {"filters": far}, client=client)

"""A query put together in Python sends what a person would have written, and never changes."""

import copy
import datetime as dt
import inspect
import json
import pickle
import typing
import warnings
from collections import Counter

import numpy as np
import pytest
from queries.builder_cases import BUILT, CONDITIONS, NOT_SAID, OTHER_WORDS, QUERIES, plain
from queries.query_answers import assert_answers
from queries.query_cases import CASES, FLIGHTS, NOW, ORDERS, TIMEFRAMES, flights

import omnipd
from omnipd import Query, field
from omnipd.errors import ArgumentError
from omnipd.queries.job.options import QueryKeywords
from omnipd.queries.language.request import build_request
from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.server import Server


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    with (
        Server(documents=0, now=lambda: NOW) as server,
        omnipd.connect(
            server.url,
            server.api_key,
            requests_per_minute=None,
            cache_dir=tmp_path_factory.mktemp("disk"),
        ) as client,
    ):
        yield client
        assert server.failures == []


def test_every_case_is_built_or_named_with_its_reason():
    names = {case.name for case in CASES}
    assert {*CONDITIONS, *QUERIES, *NOT_SAID, *OTHER_WORDS} <= names
    assert len(BUILT) == len(CASES) - len(NOT_SAID)
    # What is built from its fields alone has no more than those.
    for case, query in BUILT:
        if case.name not in CONDITIONS and case.name not in QUERIES:
            assert query.to_dict() == build_request(case.query).body["query"], case.name


@pytest.mark.parametrize(("case", "query"), BUILT, ids=[case.name for case, _ in BUILT])
def test_what_is_built_is_what_was_written_by_hand(case, query):
    by_hand, built = (
        json.dumps(one, sort_keys=True).replace('"is_negative": false, ', "")
        for one in (build_request(case.query).body["query"], query.to_dict())
    )
    same = built == by_hand
    assert same == (case.name not in OTHER_WORDS)


#: Where the words are those written by hand, so is the answer, which test_run_query.py holds to SQL.
ANSWERED = [
    pytest.param(
        *one, marks=[pytest.mark.thorough] * (one[0].name not in OTHER_WORDS), id=one[0].name
    )
    for one in BUILT
]


@pytest.mark.parametrize(("case", "query"), ANSWERED)
def test_what_is_built_answers_as_sql_written_by_hand(dated, case, query):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The result has exactly", omnipd.OmniWarning)
        totals = bool(case.query.get("column_totals"))
        table = omnipd.run_query_arrow(query, totals=totals, client=dated)
    assert_answers(table, case)


#: Cases that list the keys of the rows they keep, by a single condition.
KEYED = {"order_items.id": "order_items", "users.id": "users"}
LISTS = [case for case in CASES if case.name in CONDITIONS and case.query["fields"][0] in KEYED]


@pytest.mark.parametrize("case", LISTS, ids=lambda case: case.name)
def test_a_negation_keeps_exactly_the_other_rows(dated, case):
    [name], [key] = case.query["filters"], case.query["fields"]
    if name == "order_items.average_sale_price":
        return  # a measure keeps groups
    condition = CONDITIONS[case.name](field(name))
    query = plain(case).where(~condition).limit(None)
    kept = omnipd.run_query_arrow(query, client=dated).column(key).to_pylist()
    orders = warehouse("orders")
    known = orders.run(case.sql).column(key).to_pylist()
    everything = orders.run(f"SELECT id FROM {KEYED[key]}").column("id").to_pylist()
    assert Counter(kept) == Counter(everything) - Counter(known)
    assert len(known) + len(kept) == len(everything)


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_a_condition_at_a_timeframe_keeps_the_rows_of_that_value(dated, timeframe):
    """Of a few rows, the value at the timeframe; it keeps all rows with the same value."""
    sql = TIMEFRAMES[timeframe].format("created_at")
    orders = warehouse("orders")
    at = field(f"order_items.created_at[{timeframe}]")
    for value in (
        orders.run(
            f"SELECT DISTINCT {sql} AS value FROM order_items "
            "WHERE date_trunc('second', created_at) = created_at ORDER BY value DESC LIMIT 3"
        )
        .column("value")
        .to_pylist()
    ):
        query = Query(ORDERS, "orders").select("order_items.id").where(at == value)
        kept = omnipd.run_query_arrow(query, client=dated).column(0).to_pylist()
        literal = f"'{value}'" if not isinstance(value, int) else value
        wanted = orders.run(f"SELECT id FROM order_items WHERE {sql} = {literal}")
        assert Counter(kept) == Counter(wanted.column("id").to_pylist())
        assert kept


@pytest.mark.filterwarnings("ignore:.*so that Omni filters nothing:omnipd.OmniWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_query_object_goes_there_and_back(case):
    if case.name == "a boolean with a kind is not a filter":
        return
    query = Query.from_dict(case.query)
    again = Query.from_dict(query.to_dict())
    assert again == query
    assert hash(again) == hash(query)
    assert query.to_dict() == build_request(case.query).body["query"]
    assert pickle.loads(pickle.dumps(query)) == copy.deepcopy(query) == query


def test_what_the_inspector_shows_is_taken_whole():
    shown = flights(
        ["flights.origin", "calc_1"],
        calculations=[{"calc_name": "calc_1", "sql_expression": {"type": "field"}}],
        controls=[{"id": "c", "type": "MULTI_FIELD_FILTER", "conjunction": "OR", "filters": []}],
        pivots=["flights.origin"],
        column_limit=7,
        limit=5,
        version=8,
    )
    del shown["modelId"]
    query = Query.from_dict(json.dumps({"query": shown}), model=FLIGHTS)
    assert query.model == FLIGHTS
    assert query.topic == "flights"
    assert query.to_dict() == build_request(shown, model=FLIGHTS).body["query"]
    with pytest.raises(omnipd.ArgumentError, match="no modelId"):
        Query.from_dict(shown)
    with pytest.raises(omnipd.ArgumentError, match="'cache', which is not a part"):
        Query.from_dict({"query": {**shown, "modelId": FLIGHTS}, "cache": "Standard"})


def test_every_default_is_written():
    query = Query(FLIGHTS, "t").select("a.b")
    assert query.to_dict() == {
        "modelId": FLIGHTS,
        "join_paths_from_topic_name": "t",
        "table": "",
        "fields": ["a.b"],
        "filters": {},
        "sorts": [],
        "pivots": [],
        "fill_fields": [],
        "calculations": [],
        "column_totals": {},
        "row_totals": {},
        "userEditedSQL": "",
        "version": 9,
        "limit": 1000,
    }
    assert build_request(query).body["query"] == query.to_dict()


def test_every_method_writes_its_keys():
    query = (
        Query(FLIGHTS, view="v")
        .select("v.a", field("v.b"))
        .pivot("v.c", column_limit=9)
        .fill("v.t[month]")
        .totals("v.a", rows=True)
        .sort("-v.a", field("v.b"), nulls="last")
        .limit(7)
        .offset(3)
    )
    assert query.topic is None
    sent = query.to_dict()
    assert sent["table"] == "v"
    assert "join_paths_from_topic_name" not in sent
    assert sent["fields"] == ["v.a", "v.b", "v.c", "v.t[month]"]
    assert (sent["pivots"], sent["column_limit"]) == (["v.c"], 9)
    assert sent["fill_fields"] == ["v.t[month]"]
    total = {"type": "aggregation"}
    assert sent["column_totals"] == {"v.a": total, "::total::": total}
    assert sent["row_totals"] == {"::total::": total}
    assert sent["sorts"] == [
        {"column_name": "v.a", "sort_descending": True, "null_sort": "LAST"},
        {"column_name": "v.b", "sort_descending": False, "null_sort": "LAST"},
    ]
    assert (sent["limit"], sent["offset"]) == (7, 3)
    assert Query(FLIGHTS, "t").totals("a.b", grand=False).select("a.b").to_dict()[
        "column_totals"
    ] == {"a.b": total}


def test_comparisons_of_periods_and_transposed_measures():
    query = (
        Query(FLIGHTS, "t")
        .select("v.a", "v.n")
        .where(field("v.t").in_the("2024-03"))
        .compare("v.t", 1, "month")
        .compare(field("v.t"), 2, "year")
        .compare("v.t")
        .compare("v.t", 1, "month")
        .transpose("v.n", "v.m")
    )
    sent = query.to_dict()
    assert sent["fields"] == ["v.a", "v.n", "omni_period_pivot", "v.m"]
    assert sent["pivots"] == ["omni_period_pivot"]
    assert sent["transposed_measures"] == ["v.n", "v.m"]
    of = {"date_filter_field_name": "v.t"}
    assert sent["period_over_period_computations"] == [
        {**of, "periods_ago": None, "time_unit_name": None},
        {**of, "periods_ago": 1, "time_unit_name": "MONTH"},
        {**of, "periods_ago": 2, "time_unit_name": "YEAR"},
        {
            **of,
            "periods_ago": 1,
            "time_unit_name": None,
            "is_dynamic_previous_period": True,
        },
    ]
    assert Query.from_dict(sent) == query
    assert repr(query).splitlines()[5:] == [
        "  pivot      omni_period_pivot",
        "  compare    v.t: 1 month ago",
        "             v.t: 2 years ago",
        "             v.t: the period before",
        "  transpose  v.n, v.m",
        "  limit      1,000, Omni's default",
    ]
    assert "v.t: 1 month ago<br>v.t: 2 years ago" in query._repr_html_()


COMPARED = {
    "modelId": FLIGHTS,
    "fields": ["v.n", "omni_period_pivot"],
    "pivots": ["omni_period_pivot"],
    "filters": {"V.T": {"type": "date", "kind": "TIME_FOR_UNIT_DURATION", "left_side": "2024-03"}},
    "period_over_period_computations": [
        {"date_filter_field_name": "v.t", "periods_ago": None, "time_unit_name": None},
        {"date_filter_field_name": "v.t", "periods_ago": 1, "time_unit_name": "MONTH"},
    ],
}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"filters": {}}, "compares periods of v.t, and no date filter"),
        ({"filters": {"v.t": {"type": "null", "is_negative": True}}}, "no date filter"),
        ({"filters": {"v.u": COMPARED["filters"]["V.T"]}}, "no date filter"),
        (
            {
                "filters": {"v.t": COMPARED["filters"]["V.T"]},
                "period_over_period_computations": [{"date_filter_field_name": "t"}],
            },
            "Did you mean v.t",
        ),
        (
            {"period_over_period_computations": [{"date_filter_field_name": "x"}]},
            "with its view, such as",
        ),
        ({"fields": ["v.n"]}, "omni_period_pivot is not among its fields"),
        ({"pivots": []}, "omni_period_pivot is not among its pivots"),
        ({"period_over_period_computations": {"v.t": 1}}, "must be a list of objects"),
        ({"period_over_period_computations": [{"periods_ago": 1}]}, "no date_filter_field_name"),
        (
            {
                "period_over_period_computations": [
                    {"date_filter_field_name": "v.t", "period_ago": 1}
                ]
            },
            "'periods_ago'",
        ),
        ({"column_limit": 0}, "column_limit=0"),
        ({"column_limit": "many"}, "column_limit='many'"),
    ],
)
def test_periods_of_a_query_object_are_checked(changes, message):
    assert build_request(COMPARED).body["query"].items() >= COMPARED.items()
    with pytest.raises(ArgumentError, match=message):
        build_request(COMPARED | changes)


def test_what_a_query_object_ignores_is_not_missed():
    """Entries that are switched off, and keys that documents have beside them."""
    off = [{**one, "is_ignored": True} for one in COMPARED["period_over_period_computations"]]
    build_request(COMPARED | {"period_over_period_computations": off, "filters": {}})
    more = [{**one, "time_unit": None} for one in COMPARED["period_over_period_computations"]]
    build_request(COMPARED | {"period_over_period_computations": more})


def test_a_query_never_changes():
    start = Query(FLIGHTS, "t").select("a.b")
    before = start.to_dict()
    for changed in (
        start.select("a.c"),
        start.where(field("a.b") == 1),
        start.sort("a.b"),
        start.limit(5),
        start.offset(5),
        start.pivot("a.b"),
        start.fill("a.b"),
        start.totals(),
        start.compare("a.t", 1, "month"),
        start.transpose("a.b"),
    ):
        assert changed != start
        assert start.to_dict() == before
    start.to_dict()["fields"].append("x.y")
    assert start.to_dict() == before
    with pytest.raises(AttributeError, match="never changes"):
        start.model = "n"


def test_queries_are_equal_when_they_send_the_same():
    one = Query(FLIGHTS, "t").select("a.b", "a.c")
    assert one == Query(FLIGHTS, "t").select("a.b").select(field("a.c"), "a.b")
    assert one == one.limit(1000) == one.offset(0) == one.where() == one.sort()
    assert one != Query(FLIGHTS, "t").select("a.c", "a.b")
    assert one.limit(np.int64(5)).offset(np.int64(2)) == one.limit(5).offset(2)
    assert one != "Query"
    big, small = field("a.n") > 1, field("a.n") < 9
    assert one.where(big, small) == one.where(big & small) == one.where(big).where(small)
    assert one.where(big, big) == one.where(big)
    assert one.where(field("a.n") == 1) != one.where(field("a.n") == True)  # noqa: E712
    assert len({one, one.limit(1000), one.limit(5)}) == 2
    either = one.where((field("a.n") == 1) | field("a.n").isna())
    assert either.where(big).to_dict()["filters"]["a.n"] == {
        "type": "composite",
        "conjunction": "AND",
        "filters": [
            either.to_dict()["filters"]["a.n"],
            {"type": "number", "kind": "GREATER_THAN", "values": ["1"]},
        ],
    }


def test_where_with_text_or_a_dict_shows_the_condition_to_write():
    for given, hint in {
        "users.state = 'Texas'": "Write omnipd.field('users.state') == 'Texas'.",
        "users.age >= 18 and x": "Write omnipd.field('users.age') >= 18.",
        "users.age <> -2.5": "Write omnipd.field('users.age') != -2.5.",
        "users.state": "Write omnipd.field('users.state') == ….",
        "Texas": "Write, for example, omnipd.field('users.state') == 'Texas'.",
    }.items():
        with pytest.raises(ArgumentError) as caught:
            Query(FLIGHTS, "t").where(given)
        assert caught.value.hint == hint
    for given, hint in (
        ({"users.state": "Texas"}, "Write omnipd.field('users.state') == 'Texas'."),
        (
            {"a.b": [1, 2], "a.c": None, "a.d": {"type": "null"}, "a.e": 1},
            "Write omnipd.field('a.b').isin([1, 2]), omnipd.field('a.c').isna(), "
            "omnipd.field('a.d') == …, ….",
        ),
        ({}, "Write, for example, omnipd.field('users.state') == 'Texas'."),
    ):
        with pytest.raises(ArgumentError) as caught:
            Query(FLIGHTS, "t").where(given)
        assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Query(FLIGHTS), "needs a topic"),
        (lambda: Query("", "t"), "not a model"),
        (lambda: Query(FLIGHTS, 5), "not a topic"),
        (lambda: Query(FLIGHTS, "t").select(["a.b"]), "an argument of its own"),
        (lambda: Query(FLIGHTS, "t").select(""), "not a field name"),
        (lambda: Query(FLIGHTS, "t").where("a.b = 1"), "not a condition"),
        (lambda: Query(FLIGHTS, "t").where(field("a.b")), "is_true"),
        (lambda: Query(FLIGHTS, "t").sort("a.b", nulls="firs"), "Did you mean 'first'"),
        (lambda: Query(FLIGHTS, "t").limit(0), "1 or more"),
        (lambda: Query(FLIGHTS, "t").limit(True), "1 or more"),
        (lambda: Query(FLIGHTS, "t").offset(-1), "0 or more"),
        (lambda: Query(FLIGHTS, "t").pivot("a.b", column_limit=0), "1 or more"),
        (lambda: Query(FLIGHTS, "t").compare("a.t", 1, "months"), "Did you mean 'month'"),
        (lambda: Query(FLIGHTS, "t").compare("a.t", 1, "MONTH"), "Did you mean 'month'"),
        (lambda: Query(FLIGHTS, "t").compare("a.t", 1, "fortnight"), "day, week, month, quarter"),
        (lambda: Query(FLIGHTS, "t").compare("a.t", 0, "day"), "1 or more"),
        (lambda: Query(FLIGHTS, "t").compare("a.t", 2), "periods=2 needs a unit"),
        (lambda: Query(FLIGHTS, "t").compare("a.t[month]", 1, "day"), "Compare those of a.t,"),
        (
            lambda: Query(FLIGHTS, "t").compare("a.t").compare("a.u"),
            "already compares periods of a.t",
        ),
        (lambda: Query(FLIGHTS, "t").compare("a.t").to_dict(), "no date filter on it"),
        (lambda: Query(FLIGHTS, "t").to_dict(), "asks for no fields"),
        (lambda: Query(FLIGHTS, "t").pivot("a.b").limit(None).to_dict(), "numeric limit"),
        (
            lambda: Query.from_dict({"modelId": FLIGHTS, "fields": ["a.b"], "filter": {}}),
            "'filters'",
        ),
    ],
)
def test_what_is_no_query_is_refused(make, message):
    with pytest.raises(omnipd.ArgumentError, match=message):
        make()


def test_run_takes_what_run_query_takes(dated):
    query = Query(FLIGHTS, "flights").select("flights.origin", "flights.count").totals()
    df = query.run(totals=True, names="label", limit=50, client=dated)
    assert df.columns.tolist() == ["Origin", "Flights", "omni_total"]
    assert df["Flights"].tolist()[-1] == 336_776
    named = set(inspect.signature(omnipd.run_query).parameters)
    assert named == {"query", "client", *typing.get_type_hints(QueryKeywords)}


def test_dates_of_pandas_are_sent_in_omnis_spelling():
    import pandas as pd

    query = (
        Query(FLIGHTS, "t").select("a.b").where(field("a.t") >= pd.Timestamp("2025-03-01 12:00"))
    )
    assert query.to_dict()["filters"]["a.t"]["left_side"] == "2025-03-01 12:00:00"
    given = Query.from_dict(
        {
            "modelId": FLIGHTS,
            "fields": ["a.b"],
            "filters": {
                "a.t": {"type": "date", "kind": "BEFORE", "right_side": dt.date(2025, 3, 1)}
            },
        }
    )
    assert given == Query.from_dict(given.to_dict())

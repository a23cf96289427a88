"""Queries that are nested without reason, or hold themselves: refused by name before anything is sent."""

import copy
import json
import pickle

import pytest

import omnipd
from omnipd import Query, field
from omnipd.errors import ArgumentError

MODEL = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"
LEAF = {"type": "string", "kind": "EQUALS", "values": ["a"]}


def composite(levels, leaf=LEAF):
    for _ in range(levels):
        leaf = {"type": "composite", "conjunction": "AND", "filters": [leaf]}
    return leaf


def in_lists(levels):
    value = "x"
    for _ in range(levels):
        value = [value]
    return value


def in_objects(levels):
    value = "x"
    for _ in range(levels):
        value = {"a": value}
    return value


def within_itself():
    held = {"type": "composite", "conjunction": "AND", "filters": []}
    # Twice, so that each level has twice as many as the one before.
    held["filters"] += [held, held]
    return held


def list_of_itself():
    held = []
    held.append(held)
    return held


FILTERS = {
    "300 deep": composite(300),
    "100,000 deep": composite(100_000),
    "within itself": within_itself(),
}
VALUES = {
    "lists": in_lists(900),
    "objects": in_objects(900),
    "100,000 lists": in_lists(100_000),
    "a list of itself": list_of_itself(),
}


def query(**rest):
    return {"modelId": MODEL, "fields": ["a.b"], **rest}


@pytest.mark.parametrize("filter_", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize(
    ("key", "put"),
    [
        ("filters", lambda one: query(filters={"a.b": one})),
        (
            "controls",
            lambda one: query(
                controls=[
                    {
                        "type": "MULTI_FIELD_FILTER",
                        "conjunction": "OR",
                        "filters": [{"fieldName": "a.b", "filter": one}],
                    }
                ]
            ),
        ),
        (
            "staticQueryReferences",
            lambda one: query(
                staticQueryReferences={
                    "q": {"model_id": MODEL, "fields": ["a.b"], "filters": {"a.b": one}}
                }
            ),
        ),
    ],
)
@pytest.mark.parametrize(
    "send",
    [
        Query.from_dict,
        omnipd.run_query,
        omnipd.explain,
        lambda given: omnipd.run_queries([given]),
    ],
    ids=["from_dict", "run_query", "explain", "run_queries"],
)
def test_a_filter_without_end_is_refused_by_name(scripted, monkeypatch, filter_, key, put, send):
    with (
        omnipd.connect(scripted.url, "k" * 40, allow_http=True),
        pytest.raises(ArgumentError, match=f"{key} of the query is nested too deeply"),
    ):
        send(put(filter_))
    assert scripted.requests == []


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
@pytest.mark.parametrize(
    "key",
    [
        *("fields", "sorts", "limit", "table", "calculations", "column_totals", "modelId"),
        *("join_via_map", "staticQueryReferences", "somethingNewer"),
    ],
)
def test_any_value_without_end_is_refused_by_name(key, value):
    with pytest.raises(ArgumentError, match=f"{key} of the query is nested too deeply"):
        Query.from_dict(query(**{key: value}))


def doubled(levels, inside):
    for _ in range(levels):
        inside = [inside, inside]
    return inside


@pytest.mark.parametrize("key", ["fields", "calculations", "somethingNewer"])
def test_what_holds_the_same_again_and_again_is_refused_before_it_is_written(key):
    # 280 objects, and more values than anybody could write.
    with pytest.raises(ArgumentError, match=f"{key} of the query is too large: .* 1,000,000 "):
        Query.from_dict(query(**{key: doubled(280, ["a"])}))


@pytest.mark.thorough
def test_a_long_list_of_values_is_not_too_large():
    values = [str(number) for number in range(200_000)]
    held = query(newer={"values": values}, newest=doubled(10, ["a"]))
    assert Query.from_dict(held).to_dict()["newer"] == {"values": values}


def test_json_text_without_end_is_refused():
    text = json.dumps(query()).replace('["a.b"]', "[" * 100_000 + "]" * 100_000)
    with pytest.raises(ArgumentError, match=r"The query is nested too deeply\."):
        Query.from_dict(text)


@pytest.mark.parametrize(
    "held",
    [
        query(filters={"a.b": composite(140)}),
        query(newer=in_lists(299)),
        query(newer=in_objects(299)),
    ],
    ids=["filters", "lists", "objects"],
)
def test_what_may_be_sent_can_be_printed_compared_copied_and_kept(held):
    one, other = Query.from_dict(held), Query.from_dict(held)
    assert one == other
    assert hash(one) == hash(other)
    assert repr(one) == repr(other)
    assert copy.copy(one) == copy.deepcopy(one) == one
    assert pickle.loads(pickle.dumps(one)) == one
    assert Query.from_dict(one.to_dict()) == one


def condition(levels):
    one = field("a.n") == 0
    for number in range(levels):
        one = (one | (field("a.n") == number)) & (field("a.n") > -number)
    return one


@pytest.mark.parametrize("levels", [80, 120, 160, 200])
def test_conditions_that_could_not_be_sent_are_refused_where_they_are_given(levels):
    with pytest.raises(ArgumentError, match="The conditions are nested too deeply"):
        Query(MODEL, "t").select("a.n").where(condition(levels))


def test_conditions_within_bounds_can_be_sent():
    built = Query(MODEL, "t").select("a.n").where(condition(60))
    assert Query.from_dict(built.to_dict()) == built


def test_conditions_without_end_can_be_printed():
    assert repr(condition(3000)).startswith("(")


DEEP = in_lists(100_000)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Query(DEEP, "t"),
        lambda: Query(MODEL, DEEP),
        lambda: Query(MODEL, "t").select(DEEP),
        lambda: Query(MODEL, "t").where(DEEP),
        lambda: Query(MODEL, "t").sort(DEEP),
        lambda: Query(MODEL, "t").limit(DEEP),
        lambda: Query(MODEL, "t").offset(DEEP),
        lambda: Query(MODEL, "t").pivot(DEEP),
        lambda: field(DEEP),
        lambda: field("a.b") == DEEP,
        lambda: field("a.b") > DEEP,
        lambda: field("a.b").isin(DEEP),
        lambda: field("a.b").between(DEEP, 1),
        lambda: field("a.b").contains(DEEP),
        lambda: field("a.b").in_the(DEEP),
        lambda: field("a.b").in_the("2025", DEEP),
        lambda: field("a.b").on_or_after(DEEP),
        lambda: field("a.b").before(DEEP),
        lambda: omnipd.run_query(query(), limit=DEEP),
        lambda: omnipd.run_query(query(), cache=DEEP),
        lambda: omnipd.run_query(query(), names=DEEP),
        lambda: omnipd.run_query(query(), ttl=DEEP),
        lambda: omnipd.run_query(query(), timeout=DEEP),
        lambda: omnipd.run_query(query(), user_id=DEEP),
        lambda: omnipd.ask("How many?", model=DEEP),
        lambda: omnipd.run_document("d", filters=DEEP),
        lambda: omnipd.read_documents(limit=DEEP),
        lambda: omnipd.read_documents(labels=DEEP),
        lambda: omnipd.read_documents(folder_id=DEEP),
        lambda: omnipd.read_records("/api/v1/documents", params={"a": DEEP}),
        lambda: omnipd.read_records("/api/v1/documents", columns=DEEP),
    ],
)
def test_an_argument_without_end_is_refused_in_words(scripted, call):
    with (
        omnipd.connect(scripted.url, "k" * 40, allow_http=True),
        pytest.raises(ArgumentError),
    ):
        call()
    assert scripted.requests == []


def test_a_tile_is_named_by_text(omni):
    with pytest.raises(ArgumentError, match="is not the name of a tile"):
        omnipd.run_document_query("w9kwzitc27", ["Customers by state"], client=omni)

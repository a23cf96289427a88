"""Tiles, filters and controls from the published state of documents, one call for both."""

import json

import pytest
from faults.given import client_of
from readers.reader_checks import (
    Case,
    check_any_part_of_a_record,
    check_every_key_has_a_column,
    check_the_types_stay,
    plain,
)
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

STATE = "/api/v2/documents/"
QUERY = {
    "modelId": "m1",
    "table": "orders",
    "join_paths_from_topic_name": "orders_topic",
    "fields": ["orders.status", "orders.count"],
    "limit": 50,
    "userEditedSQL": "SELECT 1",
}
QUERY_ROW = {
    "model_id": "m1",
    "table": "orders",
    "topic": "orders_topic",
    "fields": "orders.status,orders.count",
    "limit": 50,
    "user_edited_sql": "SELECT 1",
    "query": json.dumps(QUERY, separators=(",", ":")),
}
TILE = {"name": "By status", "query": QUERY, "visConfig": {"type": "bar"}}
TILE_ROW = {
    "name": "By status",
    **QUERY_ROW,
    "presentation": '{"visConfig":{"type":"bar"}}',
    "workbook_model_id": "w1",
    "draft_of": "d0",
}


def state(tiles, **more):
    return {
        "identifier": "d1",
        "workbookModelId": "w1",
        "draftOf": "d0",
        "queryPresentations": tiles,
        "settings": {"facetFilters": True},
        **more,
    }


def tiles_of(*records):
    # The record of a case is a tile; what is new about one stands in it.
    return state({"data": {f"t{n}": one for n, one in enumerate(records)}, "order": ["t0"]})


CASE = Case(
    "read_document_tiles",
    full=TILE,
    rows=[
        {"document_identifier": "d1", "query_identifier_map_key": "t0", "position": 1, **TILE_ROW}
    ],
    least={"name": "By status"},
    body=tiles_of,
    parents=("d1",),
)


def test_a_tile_with_everything_in_it(scripted):
    check_every_key_has_a_column(CASE, scripted)
    check_the_types_stay(CASE, scripted)
    check_any_part_of_a_record(CASE, scripted)


def read(scripted, body, reader=omnipd.read_document_tiles, status=200, **more):
    scripted.script(answer(body, status))
    with client_of(scripted, cache=False):
        return reader("d1", **more)


@pytest.mark.parametrize(
    ("slice_", "keys", "positions"),
    [
        ({"data": {"b": TILE, "a": TILE}, "order": ["a", "b"]}, ["b", "a"], [2, 1]),
        ({"data": {"b": TILE, "a": TILE}}, ["b", "a"], [None, None]),
        ({"data": {"b": TILE, "a": TILE}, "order": ["b"]}, ["b", "a"], [1, 2]),
        ({"b": TILE, "a": TILE}, ["b", "a"], [None, None]),
        ([{"id": "b", **TILE}, {"key": "a", **TILE}], ["b", "a"], [None, None]),
        ({"data": [{"id": "b", **TILE}], "order": ["b"]}, ["b"], [1]),
        ({"data": {}, "order": []}, [], []),
        (None, [], []),
    ],
)
def test_the_slice_may_have_several_forms(scripted, slice_, keys, positions):
    df = read(scripted, state(slice_))
    assert df["query_identifier_map_key"].tolist() == keys
    assert [row["position"] for row in plain(df)] == positions
    assert set(df["name"]) <= {"By status"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"identifier": "d1"}, "no tiles of a document"),
        (state("nonsense"), "neither an object nor a list"),
        (state({"data": {"a": "text"}}), "A tile of a document is not an object"),
        ([], "not an object"),
    ],
)
def test_what_is_no_state_is_an_error(scripted, body, words):
    with pytest.raises(omnipd.ResponseError, match=words):
        read(scripted, body)


def test_two_tiles_of_one_key_are_an_error(scripted):
    with pytest.raises(omnipd.IncompleteReadError, match="came twice"):
        read(scripted, state([{"id": "a", **TILE}, {"id": "a", **TILE}]) | {"x": 1})


@pytest.mark.parametrize(
    "reader", [omnipd.read_document_tiles, omnipd.read_document_controls], ids=["tiles", "controls"]
)
def test_a_422_says_of_what_there_is_no_state(scripted, reader):
    refused = {"detail": "Document uses the classic layout", "status": 422}
    with pytest.raises(omnipd.BadRequestError) as error:
        read(scripted, refused, reader, status=422)
    assert error.value.status == 422
    assert "Documents of the classic layout, apps and documents without a dashboard" in (
        error.value.hint
    )
    assert "omnipd.read_document_queries()" in error.value.hint


def test_controls_are_those_of_the_older_call_in_the_newer_form(scripted):
    config = {"label": "State", "fieldName": "users.state", "type": "string", "kind": "EQUALS"}
    body = state(
        {},
        controls={
            "data": {
                "f": {"config": config, "map": {"1": False}},
                "c": {"config": {"type": "FIELD_SELECTION", "label": "By"}},
            },
            "order": ["c", "f"],
        },
    )
    df = read(scripted, body, omnipd.read_document_controls)
    rows = df[["item", "item_id", "position", "label", "view", "field", "kind"]]
    assert plain(rows) == [
        {
            "item": "filter", "item_id": "f", "position": 2, "label": "State", "view": "users",
            "field": "state", "kind": "EQUALS",
        },
        {
            "item": "control", "item_id": "c", "position": 1, "label": "By", "view": None,
            "field": None, "kind": "FIELD_SELECTION",
        },
    ]  # fmt: skip
    assert json.loads(df["config"][0])["map"] == {"1": False}


@pytest.fixture(scope="module")
def client(server):
    with omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client:
        yield client


@pytest.fixture(scope="module")
def documents(client):
    return omnipd.read_documents(limit=30, client=client)


def test_both_are_read_from_the_same_answers(server, client, documents):
    before = len(server.requests)
    tiles = omnipd.read_document_tiles(documents, client=client)
    asked = [one.path for one in server.requests[before:]]
    assert sorted(asked) == sorted(STATE + one for one in documents["document_identifier"])
    controls = omnipd.read_document_controls(documents, client=client)
    with_board = documents.loc[documents["has_dashboard"], "document_identifier"]
    # What was refused is asked again; whatever came is in the cache.
    again = {one.path for one in server.requests[before + len(asked) :]}
    assert again == {STATE + one for one in set(documents["document_identifier"]) - {*with_board}}
    # One of the dashboards has no tiles.
    assert {*with_board} - {*tiles["document_identifier"]} == {"ob0gk9hw23c"}
    assert {*tiles["document_identifier"]} < {*with_board}
    assert {*controls["document_identifier"]} <= {*with_board}


def test_tiles_and_controls_are_what_the_older_calls_say(client, documents):
    dashboards = documents[documents["has_dashboard"]]
    shared = [
        "document_identifier",
        "query_identifier_map_key",
        "name",
        "model_id",
        "fields",
        "query",
    ]
    tiles = omnipd.read_document_tiles(dashboards, client=client)
    queries = omnipd.read_document_queries(dashboards, client=client)
    assert len(tiles) > 20
    assert plain(tiles[shared]) == plain(queries[shared])
    columns = ["document_identifier", "item", "item_id", "position", "label", "kind"]
    controls = omnipd.read_document_controls(dashboards, client=client)
    filters = omnipd.read_dashboard_filters(dashboards, client=client)
    assert len(controls) > 20
    assert plain(controls[columns]) == plain(filters[columns])


def test_a_document_without_a_dashboard_is_refused_or_told_from_others(client, documents):
    without = documents[~documents["has_dashboard"]]
    assert len(without) > 0
    assert len(omnipd.read_document_tiles(without, client=client)) == 0
    identifier = without["document_identifier"].iloc[0]
    with pytest.raises(omnipd.BadRequestError):
        omnipd.read_document_tiles(identifier, client=client)
    with_one = documents.loc[documents["has_dashboard"], "document_identifier"].iloc[0]
    with pytest.warns(omnipd.OmniWarning, match="1 of 2 could not be read"):
        df = omnipd.read_document_tiles([identifier, with_one], errors="collect", client=client)
    assert {*df["document_identifier"]} == {with_one}
    assert df.attrs["omni"]["complete"] is False


def test_a_server_that_lacks_the_older_call_has_the_state():
    with (
        Server(documents=5, removed_routes=True) as server,
        omnipd.connect(server.url, server.api_key, cache=False) as client,
    ):
        documents = omnipd.read_documents(client=client)
        assert len(omnipd.read_document_controls(documents, client=client)) > 0

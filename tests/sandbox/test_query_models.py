"""Which model a query is planned on, and the queries that documents hold."""

import base64
import json

import pyarrow as pa
import pytest


@pytest.fixture
def run(wire):
    def send(query, address=None, **rest):
        body = json.dumps({"query": query, **rest})
        answer = wire.ask("POST", "/api/v1/query/run", address, body=body)
        if answer.status != 200:
            return answer.status, answer.json["detail"]
        job = json.loads(answer.body.decode().splitlines()[1])
        if job["status"] == "ERROR":
            return job["error_type"], job["error_message"]
        assert job["summary"]["missing_fields"] == []
        return pa.ipc.open_stream(base64.b64decode(job["result"])).read_all().to_pylist()

    return send


def found(server, kind, name=None, *, deleted=False):
    return next(
        model
        for model in server.organization.models.values()
        if model.kind == kind
        and name in {None, model.name}
        and (model.deleted_at is not None) == deleted
    )


def weather(server):
    return {
        "modelId": server.models["flights"],
        "join_paths_from_topic_name": "weather_by_hour",
        "fields": ["weather.count"],
    }


def test_a_topic_of_a_branch_can_be_asked_on_the_branch_alone(server, run):
    branch = found(server, "BRANCH", "governance/weather-topic")
    query = weather(server)
    rows = [{"weather.count": 26_115}]
    assert run(query, branchId=branch.id) == rows
    assert run(query, {"branch_id": branch.id}) == rows
    assert run({**query, "modelId": branch.id}) == rows
    assert run(query) == ("PLAN", "Topic weather_by_hour not found")


def test_the_branch_in_the_body_wins(server, run):
    branch = found(server, "BRANCH", "governance/weather-topic")
    nobody = "6934138b-2d5a-4853-8dfc-133c984bcf44"
    query = weather(server)
    assert run(query, {"branch_id": nobody}, branchId=branch.id) == [{"weather.count": 26_115}]
    assert run(query, {"branch_id": branch.id}, branchId=nobody)[0] == 404


def test_a_branch_must_be_one_of_the_model(server, run):
    other = found(server, "BRANCH", "margin")
    workbook = found(server, "WORKBOOK")
    for stranger in (other.id, workbook.id, server.models["flights"]):
        assert run(weather(server), branchId=stranger) == (
            404,
            f"Branch with id {stranger} does not exist",
        )


def test_what_a_branch_breaks_is_refused_there_by_name(server, run):
    branch = found(server, "BRANCH", "margin")
    query = {
        "modelId": branch.id,
        "join_paths_from_topic_name": "orders",
        "fields": ["products.margin"],
    }
    error_type, message = run(query)
    assert (error_type, "products.margin" in message) == ("PLAN", True)
    assert run({**query, "fields": ["order_items.count"]}) == [{"order_items.count": 240}]


def test_a_workbooks_own_model_can_be_asked(server, run):
    for name, query in (
        ("flights", {"table": "flights", "fields": ["flights.count"]}),
        ("orders", {"table": "users", "fields": ["users.count"]}),
    ):
        shared = server.models[name]
        workbook = next(
            model
            for model in server.organization.models.values()
            if model.kind == "WORKBOOK" and model.base_id == shared and not model.deleted_at
        )
        assert run({"modelId": workbook.id, **query}) == run({"modelId": shared, **query})


def test_a_schema_has_tables_and_columns_and_no_measures(server, run):
    shared = found(server, "SHARED", "orders")
    query = {"modelId": shared.base_id, "table": "users", "fields": ["users.id"], "limit": 1}
    assert run({**query, "sorts": [{"column_name": "users.id"}]}) == [{"users.id": 1}]
    assert run({**query, "join_paths_from_topic_name": "users"})[0] == "PLAN"


def test_a_deleted_model_is_404(server, run):
    gone = found(server, "SHARED", deleted=True)
    query = {"modelId": gone.id, "table": "users", "fields": ["users.count"]}
    assert run(query) == (404, f"Model with id {gone.id} does not exist")


def test_another_query_may_name_the_branch_as_its_model(server, run):
    branch = found(server, "BRANCH", "tidy labels")
    old = {"users.age": {"type": "number", "kind": "GREATER_THAN", "values": ["50"]}}
    query = {
        "modelId": branch.id,
        "join_paths_from_topic_name": "users",
        "fields": ["users.count"],
        "filters": {"users.id": {"type": "query", "query_id": "old", "field_name": "users.id"}},
        "staticQueryReferences": {
            "old": {
                "model_id": branch.id,
                "join_paths_from_topic_name": "users",
                "fields": ["users.id"],
                "filters": old,
            }
        },
    }
    plain = {key: query[key] for key in ("modelId", "join_paths_from_topic_name", "fields")}
    assert run(query) == run({**plain, "filters": old})


def test_every_tile_of_every_dashboard_runs_as_it_is_listed(server, wire, run):
    listed, several = {}, 0
    for document in server.organization.documents.values():
        answer = wire.get(f"/api/v1/documents/{document.identifier}/queries")
        if answer.status == 404:
            continue
        tiles = answer.json["queries"]
        several += len(tiles) > 1
        assert len({tile["queryIdentifierMapKey"] for tile in tiles}) == len(tiles)
        for tile in tiles:
            query = tile["query"]
            assert tile["name"]
            assert query["modelId"] in server.models.values()
            assert query["join_paths_from_topic_name"]
            listed[json.dumps(query, sort_keys=True)] = query
    assert several > 100
    assert len(listed) >= 14
    for query in listed.values():
        rows = run(query)
        assert isinstance(rows, list), rows
        assert set(query["fields"]) <= set(rows[0])

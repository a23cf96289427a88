"""Queries over the whole way: a body in, rows out, with the bundled models."""

import base64
import json

import pyarrow as pa


def ask(wire, query, **rest):
    body = json.dumps({"query": query, **rest})
    answer = wire.ask("POST", "/api/v1/query/run", body=body)
    assert answer.status == 200, answer.body
    return [json.loads(line) for line in answer.body.decode().splitlines()]


def rows(line):
    return pa.ipc.open_stream(base64.b64decode(line["result"])).read_all().to_pylist()


def test_flights_by_origin_are_the_published_numbers(server, wire):
    query = {
        "modelId": server.models["flights"],
        "join_paths_from_topic_name": "flights",
        "fields": ["flights.origin", "flights.count"],
        "sorts": [{"column_name": "flights.count", "sort_descending": True}],
    }
    header, job, footer = ask(wire, query)
    assert list(header["jobs_submitted"]) == [job["job_id"]]
    assert job["status"] == "COMPLETE"
    assert rows(job) == [
        {"flights.origin": "EWR", "flights.count": 120_835},
        {"flights.origin": "JFK", "flights.count": 111_279},
        {"flights.origin": "LGA", "flights.count": 104_662},
    ]
    assert job["cache_metadata"] == {"num_rows": 3}
    assert list(job["summary"]["fields"]) == query["fields"]
    assert job["summary"]["missing_fields"] == []
    assert job["summary"]["display_sql"].lstrip().upper().startswith(("SELECT", "WITH"))
    assert job["query"]["model_job"]["model_id"] == server.models["flights"]
    assert footer == {"remaining_job_ids": [], "timed_out": "false"}


def test_a_field_that_does_not_exist_is_missing_from_a_complete_job(server, wire):
    query = {
        "modelId": server.models["orders"],
        "join_paths_from_topic_name": "orders",
        "fields": ["products.category", "products.nope"],
    }
    job = ask(wire, query)[1]
    assert job["status"] == "COMPLETE"
    assert job["summary"]["missing_fields"] == ["products.nope"]


def test_a_filter_on_a_field_that_does_not_exist_is_an_error_line(server, wire):
    query = {
        "modelId": server.models["orders"],
        "join_paths_from_topic_name": "orders",
        "fields": ["products.category"],
        "filters": {"products.nope": {"type": "string", "kind": "EQUALS", "values": ["x"]}},
    }
    job = ask(wire, query)[1]
    assert (job["status"], job["error_type"], job["error_message"]) == (
        "ERROR",
        "PLAN",
        'No such field "products.nope"',
    )


def test_every_query_of_every_document_runs_and_misses_nothing(server, wire):
    stored = {}
    for document in server.organization.documents.values():
        for query in document.queries:
            assert query.query["modelId"] in server.models.values()
            stored[query.name] = query.query
    assert len(stored) == 14
    for name, query in stored.items():
        job = ask(wire, query)[1]
        assert job["status"] == "COMPLETE", (name, job)
        assert job["summary"]["missing_fields"] == [], name
        assert rows(job), name
        assert list(job["summary"]["fields"]) == query["fields"]


def test_a_document_is_connected_to_where_its_queries_run(server, wire):
    roles = wire.get("/api/v1/whoami").json["rolesByModel"]
    with_queries = [one for one in server.organization.documents.values() if one.queries]
    assert len(with_queries) > 300
    for document in with_queries:
        for query in document.queries:
            assert roles[query.query["modelId"]]["connectionId"] == document.connection_id


def test_a_filter_on_an_attribute_looks_at_the_acting_user(server, wire):
    def count(attribute, **address):
        kept = {"type": "user_attribute", "user_attribute_name": attribute, "is_negative": True}
        query = {
            "modelId": server.models["orders"],
            "join_paths_from_topic_name": "users",
            "fields": ["users.count"],
            "filters": {"users.email": kept},
        }
        body = json.dumps({"query": query})
        answer = wire.ask("POST", "/api/v1/query/run", address, body=body)
        job = json.loads(answer.body.decode().splitlines()[1])
        assert job["status"] == "COMPLETE", job
        return rows(job)

    assert count("omni_user_email") == [{"users.count": 40}]
    someone = server.organization.token_holder.membership_id
    assert count("region", userId=someone) == [{"users.count": 40}]


def test_a_pivot_comes_long_and_is_echoed(serve, connect):
    for echo, unrequested in (("query", False), ("model_job", True)):
        server = serve(documents=0, query_echo=echo, unrequested_columns=unrequested)
        query = {
            "modelId": server.models["flights"],
            "join_paths_from_topic_name": "flights",
            "fields": ["flights.carrier", "flights.planes", "flights.origin"],
            "pivots": ["flights.origin"],
            "column_limit": 2,
            "limit": 100,
            "filters": {
                "flights.carrier": {"type": "string", "kind": "EQUALS", "values": ["DL", "F9"]}
            },
        }
        job = ask(connect(server), query)[1]
        assert job["status"] == "COMPLETE"
        kept = ("flights.carrier", "flights.origin", "$omni_pivot_row_num", "$omni_pivot_col_num")
        assert [tuple(row[name] for name in kept) for row in rows(job)] == [
            ("DL", "EWR", 1, 1),
            ("DL", "JFK", 1, 2),
            ("F9", "LGA", 2, 3),
        ]
        echoed = job["query"]["model_job"] if echo == "model_job" else job["query"]
        assert (echoed["pivots"], echoed["column_limit"]) == (["flights.origin"], 2)
        fields = job["summary"]["fields"]
        assert [name for name in fields if not fields[name]["is_dimension"]] == ["flights.planes"]
        assert list(fields) == query["fields"]

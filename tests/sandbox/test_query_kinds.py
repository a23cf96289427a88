"""Values of a wrong kind in the body of ``query/run``: 400 with their place, or the planner's refusal."""

import json
import re

import pytest
from sandbox.junk import JUNK, mutations, nested, put, written

from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.moods.behavior import Behavior

RUN = "/api/v1/query/run"
FILTER = {"type": "string", "kind": "EQUALS", "values": ["JFK"]}


@pytest.fixture
def whole(server):
    """Give a query with every key that Omni knows, each of the right kind."""
    model_id = server.models["flights"]
    return {
        "modelId": model_id,
        "table": "flights",
        "join_paths_from_topic_name": "flights",
        "fields": ["flights.origin", "flights.count"],
        "filters": {
            "flights.origin": {"type": "composite", "conjunction": "OR", "filters": [FILTER]}
        },
        "sorts": [{"column_name": "flights.count", "sort_descending": True, "null_sort": "LAST"}],
        "limit": 10,
        "offset": 0,
        "pivots": [],
        "column_limit": 50,
        "fill_fields": [],
        "calculations": [],
        "period_over_period_computations": [],
        "column_totals": {"::total::": {"type": "aggregation"}},
        "row_totals": {},
        "custom_summary_types": {},
        "join_via_map": {},
        "controls": [
            {
                "type": "MULTI_FIELD_FILTER",
                "conjunction": "OR",
                "filters": [{"fieldName": "flights.origin", "filter": FILTER}],
            }
        ],
        "transposed_measures": [],
        "default_group_by": True,
        "userEditedSQL": "",
        "rewriteSql": True,
        "parsed": True,
        "dbtMode": False,
        "sqlSortsEnabled": False,
        "dimensionIndex": 0,
        "staticQueryReferences": {
            "q": {"model_id": model_id, "table": "flights", "fields": ["flights.dest"]}
        },
        "version": 9,
    }


def ask(wire, query, **beside):
    return wire.ask("POST", RUN, body=written({"query": query, **beside}))


def job_of(answer):
    return next(line for line in map(json.loads, answer.body.splitlines()) if "status" in line)


def test_the_whole_query_is_taken(wire, whole):
    assert job_of(ask(wire, whole))["status"] == "COMPLETE"


# By key: what is of the right kind, and needs no 400.
TEXT = {"empty text", "text", "long text", "surrogate", "controls"}
LISTS = {"no list", "null"}
OBJECTS = {"no object", "null"}
SHAPED = {"object of number", "object of list", "surrogate as key"}
RIGHT = {
    "table": TEXT | {"null"},
    "join_paths_from_topic_name": TEXT | {"null"},
    "fields": {"no list"},
    "filters": OBJECTS | {"surrogate as key"},
    "sorts": LISTS,
    "limit": {"null"},
    "offset": {"zero", "negative", "null"},
    "pivots": LISTS,
    "column_limit": {"zero", "negative", "null"},
    "fill_fields": LISTS,
    "calculations": LISTS | {"list of object"},
    "period_over_period_computations": LISTS | {"list of object"},
    "column_totals": OBJECTS | {"surrogate as key"},
    "row_totals": OBJECTS | {"surrogate as key"},
    "custom_summary_types": OBJECTS | SHAPED,
    "join_via_map": OBJECTS | SHAPED,
    "controls": LISTS | {"list of object"},
    "default_group_by": {"true", "null"},
    "userEditedSQL": TEXT | {"null"},
    "rewriteSql": {"true", "null"},
    "parsed": {"true", "null"},
    "dbtMode": {"true", "null"},
    "sqlSortsEnabled": {"true", "null"},
    "dimensionIndex": {"zero", "negative", "null"},
    "staticQueryReferences": OBJECTS | {"surrogate as key"},
    "version": {"zero", "negative", "null"},
    # Omni takes true there, which is none (docs/wire.md): refused by the planner, whatever it is.
    "transposed_measures": JUNK.keys() - {"nested deeply", "beyond numbers"},
}


def test_every_key_takes_values_of_its_kind_and_no_other(wire, whole):
    wrong = []
    for key in whole.keys() - {"modelId"}:
        for name, junk in JUNK.items():
            answer = ask(wire, {**whole, key: junk}, planOnly=True)
            if (answer.status == 400) == (name in RIGHT[key]) or answer.status not in {200, 400}:
                wrong.append((key, name, answer.status, answer.body[:80]))
            elif answer.status == 400:
                assert answer.json["status"] == 400
            elif job_of(answer).get("error_type") not in {None, "PLAN", "QUERY"}:
                wrong.append((key, name, job_of(answer)))
    assert wrong == []


@pytest.mark.thorough
def test_no_part_of_a_query_makes_the_sandbox_fail(wire, whole):
    asked, wrong = 0, []
    for path, queries in mutations(whole):
        for name, query in queries.items():
            asked += 1
            answer = ask(wire, query, planOnly=True)
            if answer.status == 200:
                if job_of(answer).get("error_type") == "INTERNAL":
                    wrong.append((path, name, job_of(answer)["error_message"]))
            elif answer.status != 400:
                wrong.append((path, name, answer.status))
    assert wrong == []
    assert asked > 1000


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        (
            {"join_paths_from_topic_name": ["orders"]},
            "join_paths_from_topic_name: Expected string, received array",
        ),
        ({"limit": 2**70}, "limit: Number must be less than or equal to 9007199254740991"),
        ({"offset": 1e300}, "offset: Number must be less than or equal to 9007199254740991"),
        (
            {"version": -(2**70)},
            "version: Number must be greater than or equal to -9007199254740991",
        ),
        ({"offset": 1.5}, "offset: Expected integer, received float"),
        ({"column_limit": True}, "column_limit: Expected number, received boolean"),
        ({"fields": [1]}, "fields.0: Expected string, received number"),
        (
            {"sorts": [{"column_name": 1}]},
            "sorts.0.column_name: Expected string, received number",
        ),
        (
            {"sorts": [{"column_name": "flights.count", "sort_descending": "false"}]},
            "sorts.0.sort_descending: Expected boolean, received string",
        ),
        ({"filters": []}, "filters: Expected object, received array"),
        (
            {"filters": {"flights.origin": {"type": ["string"]}}},
            "filters.flights.origin.type: Expected string, received array",
        ),
        (
            {"filters": {"flights.origin": {**FILTER, "kind": {}}}},
            "filters.flights.origin.kind: Expected string, received object",
        ),
        (
            {"filters": {"a.b": {"type": "composite", "filters": [{"type": 5}]}}},
            "filters.a.b.filters.0.type: Expected string, received number",
        ),
        ({"controls": {}}, "controls: Expected array, received object"),
        (
            {"controls": [{"type": "MULTI_FIELD_FILTER", "filters": [{"fieldName": 5}]}]},
            "controls.0.filters.0.fieldName: Expected string, received number",
        ),
        (
            {"staticQueryReferences": {"q": {"fields": "a.b"}}},
            "staticQueryReferences.q.fields: Expected array, received string",
        ),
        ({"rewriteSql": "false"}, "rewriteSql: Expected boolean, received string"),
        ({"userEditedSQL": ["SELECT 1"]}, "userEditedSQL: Expected string, received array"),
        ({"dbtMode": 1}, "dbtMode: Expected boolean, received number"),
    ],
)
def test_a_value_of_another_kind_is_400_with_its_place(wire, whole, changes, detail):
    answer = ask(wire, {**whole, **changes})
    assert (answer.status, answer.json["detail"]) == (400, f"Bad Request: query.{detail}")


@pytest.mark.parametrize(
    "path",
    [
        ("staticQueryReferences", "q", "filters"),
        ("controls", 0, "filters", 0, "filter"),
        ("filters",),
    ],
)
def test_a_bare_value_is_no_filter_wherever_it_stands(wire, whole, path):
    whole["staticQueryReferences"]["q"]["filters"] = {}
    bare = "JFK" if path[-1] == "filter" else {"flights.origin": "JFK"}
    answer = ask(wire, put(whole, path, bare))
    assert (answer.status, answer.json["detail"]) == (400, "Unable to parse data stream")


def test_what_is_of_the_right_kind_and_says_nothing_is_the_planners(wire, whole):
    for changes, message in (
        ({"offset": -1}, "Invalid offset -1"),
        ({"column_limit": 0}, "Invalid column_limit 0"),
        ({"transposed_measures": "a.b"}, '"transposed_measures" is not readable'),
    ):
        job = job_of(ask(wire, {**whole, **changes}))
        assert (job["error_type"], job["error_message"]) == ("PLAN", message)


def composite(levels):
    held = FILTER
    for _ in range(levels):
        held = {"type": "composite", "conjunction": "AND", "filters": [held]}
    return held


def test_a_filter_may_be_nested_but_not_without_end(wire, whole):
    whole["controls"] = []
    whole["fields"] = ["flights.count"]
    whole["filters"] = {"flights.origin": composite(50)}
    assert job_of(ask(wire, whole))["status"] == "COMPLETE"
    whole["filters"] = {"flights.origin": composite(98)}
    answer = ask(wire, whole)
    assert (answer.status, answer.json["detail"]) == (
        400,
        "Bad Request: the body cannot be taken: it is nested too deeply",
    )


ODD_BODIES = {
    "nested without end": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested deeply": b'{"a":' + b"[" * 400 + b"]" * 400 + b"}",
    "objects without end": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "beyond numbers": b'{"a":1e999}',
    "thousands of digits": b'{"a":' + b"9" * 5000 + b"}",
    "surrogates": b'{"a":"\\ud800","name":"\\ud800x","identifier":"\\ud800x"}',
}


def test_no_body_makes_any_route_fail(serve, connect):
    """Whoever reads the body of a request refuses what it could not hold."""
    server = serve(documents=3)
    wire = connect(server)
    organization = server.organization
    document = next(
        each for each in organization.documents.values() if each.has_dashboard and not each.deleted
    )
    segments = {
        "identifier": document.identifier,
        "folderId": next(iter(organization.folders)),
        "modelId": server.models["orders"],
        "scheduleId": next(iter(organization.schedules)),
        "miniUuid": next(iter(organization.groups)),
        "id": organization.token_holder.membership_id,
        "name": next(iter(organization.labels)),
        "labelName": next(iter(organization.labels)),
    }
    routes = [
        (each.method, each.path)
        for each in endpoints(Behavior())
        if each.method in {"POST", "PUT", "PATCH"}
    ]
    assert len(routes) > 40
    failed = []
    for method, path in routes:
        address = re.sub(r"\{(\w+)\}", lambda name: segments.get(name[1], "x"), path)
        for name, body in ODD_BODIES.items():
            answer = wire.ask(method, address, body=body)
            if answer.status >= 500:
                failed.append((method, path, name))
    assert failed == []


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (ODD_BODIES["nested deeply"], "the body cannot be taken: it is nested too deeply"),
        (ODD_BODIES["nested without end"], "the body is not valid JSON"),
        (ODD_BODIES["beyond numbers"], "the body cannot be taken: the number 1e999 is too large"),
    ],
)
@pytest.mark.parametrize("path", [RUN, "/api/v1/ai/generate-query", "/api/v1/labels"])
def test_a_body_that_no_answer_could_hold_is_400(wire, path, body, detail):
    answer = wire.ask("POST", path, body=body)
    assert (answer.status, answer.json["detail"]) == (400, f"Bad Request: {detail}")


def test_nesting_within_bounds_is_kept(serve, connect):
    wire = connect(serve(documents=1))
    body = {
        "baseModelId": wire.server.models["orders"],
        "document": {"name": "x"},
        "exportVersion": "0.1",
        "queryModels": {},
        "dashboard": {"filterConfig": {"f": {"defaultValue": nested(190)}}},
    }
    made = wire.send("POST", "/api/unstable/documents/import", body)
    assert made.status == 201
    shown = wire.get(f"/api/v1/dashboards/{made.json['identifier']}/filters").json
    assert shown["filters"]["f"]["defaultValue"] == nested(190)

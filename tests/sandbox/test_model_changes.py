"""Branches made and their files changed, over HTTP."""

import json
import os
from itertools import pairwise

import pytest

from omnipd_sandbox.engine.data.warehouse import warehouse
from omnipd_sandbox.server import Server

ORDERS = "c83e5b70-91fd-4a2c-b6e4-05a7d19c3f82"
CONNECTION = "1d7fb2e6-c340-4958-a92d-6b8f03e17ca5"
FLIGHTS = "6f1c2a9e-0b47-4d3a-9c58-2e7d41f0a613"
MODELS = "/api/v1/models"
BRANCH = {"connectionId": CONNECTION, "modelKind": "BRANCH", "baseModelId": ORDERS}


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=30, folders=10))


def post(wire, path, body, **query):
    return wire.ask("POST", path, query, body=json.dumps(body))


def branch(wire, name="trial"):
    made = post(wire, MODELS, {**BRANCH, "modelName": name})
    assert made.status == 200, made.body
    return made.json["model"]["id"]


def run(wire, fields, **rest):
    query = {"modelId": ORDERS, "table": "order_items", "fields": fields}
    query["join_paths_from_topic_name"] = "orders"
    answer = post(wire, "/api/v1/query/run", {"query": query, "resultType": "json", **rest})
    return answer.status, answer.json


def test_a_branch_is_made_and_listed(own):
    made = post(own, MODELS, {**BRANCH, "modelName": "trial"})
    assert made.status == 200
    model = made.json["model"]
    assert made.json == {
        "success": True,
        "model": {"id": model["id"], "modelKind": "BRANCH", "name": "trial"},
    }
    (listed,) = own.get(MODELS, modelId=model["id"]).json["records"]
    assert (listed["baseModelId"], listed["connectionId"]) == (ORDERS, CONNECTION)
    (shared,) = own.get(MODELS, modelId=ORDERS, include="activeBranches").json["records"]
    assert {"id": model["id"], "name": "trial"}.items() <= shared["branches"][-1].items()


def test_the_same_calls_give_the_same_ids(serve, connect):
    first, second = (branch(connect(serve(documents=30, folders=10))) for _ in range(2))
    assert first == second


def test_a_file_of_a_branch_is_read_and_planned_there_only(own):
    trial = branch(own)
    files = own.get(f"{MODELS}/{ORDERS}/yaml", fileName="order_items.view").json["files"]
    text = files["order_items.view"] + "  least:\n    aggregate_type: min\n    sql: ${sale_price}\n"
    body = {"fileName": "order_items.view", "yaml": text, "branchId": trial}
    wrote = post(own, f"{MODELS}/{ORDERS}/yaml", body)
    assert (wrote.status, wrote.json["files"]) == (200, {"order_items.view": text})
    on_branch = own.get(f"{MODELS}/{ORDERS}/yaml", fileName="order_items.view", branchId=trial)
    assert on_branch.json["files"] == {"order_items.view": text}
    shared = own.get(f"{MODELS}/{ORDERS}/yaml", fileName="order_items.view").json["files"]
    assert shared == files
    least = warehouse("orders").run("SELECT min(sale_price)::DOUBLE AS v FROM order_items")
    status, rows = run(own, ["order_items.least"], branchId=trial)
    assert (status, [float(*row.values()) for row in rows]) == (200, least["v"].to_pylist())


def test_a_topic_of_a_branch_may_be_new(own):
    trial = branch(own)
    body = {"fileName": "goods.topic", "yaml": "base_view: products\n"}
    assert post(own, f"{MODELS}/{trial}/yaml", body).status == 200
    names = [each["name"] for each in own.get(f"{MODELS}/{trial}/topic").json["topics"]]
    assert "goods" in names
    shared = own.get(f"{MODELS}/{ORDERS}/topic").json["topics"]
    assert "goods" not in [each["name"] for each in shared]


def test_what_is_wrong_in_a_file_is_an_issue(own):
    trial = branch(own)
    body = {"fileName": "goods.topic", "yaml": "label: Goods\n"}
    assert post(own, f"{MODELS}/{trial}/yaml", body).status == 200
    answer = own.get(f"{MODELS}/{ORDERS}/validate", branchId=trial).json
    assert answer["valid"] is False
    assert any("goods" in json.dumps(each) for each in answer["issues"])


def test_a_file_that_changed_in_between_is_not_overwritten(own):
    trial = branch(own)
    read = own.get(f"{MODELS}/{trial}/yaml", fileName="orders.topic", includeChecksums="true").json
    body = {
        "fileName": "orders.topic",
        "yaml": "base_view: order_items\n",
        "previousChecksum": read["checksums"]["orders.topic"],
    }
    assert post(own, f"{MODELS}/{trial}/yaml", body).status == 200
    assert post(own, f"{MODELS}/{trial}/yaml", body).status == 409


@pytest.mark.parametrize(
    ("change", "status", "at"),
    [
        ({"connectionId": ORDERS}, 404, "Connection"),
        ({"baseModelId": CONNECTION}, 404, "Model"),
        ({"baseModelId": FLIGHTS}, 404, "Model"),
        ({"modelKind": "WORKBOOK"}, 400, "modelKind"),
        ({"modelKind": "SCHEMA"}, 400, "modelKind"),
        ({"modelKind": "SHARED"}, 400, "baseModelId"),
        ({"connectionId": None}, 400, "connectionId"),
        ({"accessGrants": []}, 400, "accessGrants"),
    ],
)
def test_a_model_that_cannot_be_is_refused(change, status, at, own):
    answer = post(own, MODELS, {**BRANCH, **change})
    assert answer.status == status
    assert at in answer.json["detail"]


def test_a_shared_model_of_the_bare_tables(own):
    body = {"connectionId": CONNECTION, "modelKind": "SHARED", "modelName": "new"}
    made = post(own, MODELS, body).json["model"]
    views = own.get(f"{MODELS}/{made['id']}/view").json["views"]
    assert {each["name"] for each in views} == {"order_items", "products", "users"}


@pytest.mark.parametrize(
    ("change", "status", "at"),
    [
        ({"yaml": "a: [1"}, 400, "yaml"),
        ({"yaml": None}, 400, "yaml"),
        ({"fileName": ""}, 400, "fileName"),
        ({"mode": "staged"}, 400, "mode"),
        ({"color": "red"}, 400, "color"),
        ({"branchId": ORDERS}, 404, "Branch"),
        ({"branchId": None}, 400, "branchId"),
    ],
)
def test_a_file_that_cannot_be_is_refused(change, status, at, own):
    body = {"fileName": "users.view", "yaml": "{}", "branchId": branch(own), **change}
    answer = post(own, f"{MODELS}/{ORDERS}/yaml", body)
    assert answer.status == status
    assert at in answer.json["detail"]


def test_the_shared_model_itself_is_not_changed(own):
    answer = post(own, f"{MODELS}/{ORDERS}/yaml", {"fileName": "users.view", "yaml": "{}"})
    assert answer.status == 400
    assert "branch" in answer.json["detail"]


@pytest.mark.parametrize("text", ["a: 1\na: 2", f"a: {'9' * 5000}", "[" * 3000])
def test_what_yaml_cannot_hold_is_refused(own, text):
    answer = post(own, f"{MODELS}/{branch(own)}/yaml", {"fileName": "e.view", "yaml": text})
    assert answer.status == 400
    assert answer.json["detail"].startswith("Bad Request: yaml: Invalid YAML: ")


def test_aliases_that_would_fill_the_memory_are_refused(own):
    rows = [
        f"{after}: &{after} [{', '.join([f'*{one}'] * 9)}]" for one, after in pairwise("abcdefghij")
    ]
    text = "\n".join(["a: &a [x]", *rows, "dimensions: *j"])
    answer = post(own, f"{MODELS}/{branch(own)}/yaml", {"fileName": "e.view", "yaml": text})
    assert answer.status == 400
    assert "no aliases" in answer.json["detail"]


def test_an_issue_does_not_repeat_what_is_long(own):
    trial = branch(own)
    long = f"dimensions: {'x' * 10_000}"
    assert post(own, f"{MODELS}/{trial}/yaml", {"fileName": "e.view", "yaml": long}).status == 200
    issues = own.get(f"{MODELS}/{ORDERS}/validate", branchId=trial).body
    assert b"dimensions must be a mapping or a list" in issues
    assert b"x" * 200 not in issues


def test_who_may_not_change_models_is_refused(connect):
    with Server(documents=30, folders=10, permissions=["QUERY_TOPICS", "VIEW_SQL"]) as server:
        answer = post(connect(server), MODELS, BRANCH)
    assert (answer.status, answer.json["detail"]) == (403, "Permission denied")


def test_a_branch_and_its_files_are_kept_in_the_state(tmp_path, connect):
    state = tmp_path / "state.json"
    with Server(documents=30, folders=10, state=state) as server:
        wire = connect(server)
        trial = branch(wire)
        body = {"fileName": "goods.topic", "yaml": "base_view: products\n"}
        assert post(wire, f"{MODELS}/{trial}/yaml", body).status == 200
    with Server(documents=30, folders=10, state=state) as server:
        topics = connect(server).get(f"{MODELS}/{trial}/topic").json["topics"]
    assert "goods" in [each["name"] for each in topics]


def test_no_sql_of_a_model_reaches_a_file_of_this_machine(own, tmp_path):
    secret = tmp_path / "secret.csv"
    secret.write_text("secret_a,secret_b\n1,2\n")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # reading it would never end
    warehouse.cache_clear()  # as before the first query of a process
    made = branch(own)
    for place in (secret, pipe):
        file = {
            "branchId": made,
            "fileName": "evil.view",
            "yaml": f"sql: FROM read_csv('{place}')\n",
        }
        assert post(own, f"{MODELS}/{ORDERS}/yaml", file).status == 200
        views = own.ask("GET", f"{MODELS}/{ORDERS}/view", {"branch_id": made}).json["views"]
        assert [view["fields"] for view in views if view["name"] == "evil"] in ([], [[]])
        issues = own.ask("GET", f"{MODELS}/{ORDERS}/validate", {"branchId": made}).json["issues"]
        assert any("disabled by configuration" in issue["message"] for issue in issues)


def test_a_topic_announces_the_units_of_a_duration(own):
    trial = branch(own, "durations")
    text = (
        "dimensions:\n"
        "  id: {primary_key: true}\n"
        "  took: {duration: {intervals: [hours, days], sql_start: created_at, sql_end: shipped_on}}\n"
        "  any: {duration: {sql_start: created_at, sql_end: shipped_on}}\n"
    )
    body = {"fileName": "order_items.view", "yaml": text, "branchId": trial}
    assert post(own, f"{MODELS}/{ORDERS}/yaml", body).status == 200
    topic = own.get(f"{MODELS}/{ORDERS}/topic/orders", branch_id=trial).json["topic"]
    view = next(each for each in topic["views"] if each["name"] == "order_items")
    found = {each["field_name"]: each for each in view["dimensions"]}
    assert found["took"]["data_type"] == "INTERVAL"
    assert found["took"]["time_frames"] == [None, "hours", "days"]
    assert found["any"]["time_frames"] == [
        None, "seconds", "minutes", "hours", "days", "weeks", "months", "quarters", "years",
    ]  # fmt: skip
    assert "time_frames" not in found["status"]
    # What is announced can be asked for, and comes as numbers.
    days = warehouse("orders").run(
        "SELECT DISTINCT date_diff('day', created_at, shipped_on) AS v FROM order_items"
        " ORDER BY v NULLS LAST"
    )
    status, rows = run(own, ["order_items.took[days]"], branchId=trial)
    assert (status, [*(value for row in rows for value in row.values())]) == (
        200,
        days["v"].to_pylist(),
    )


STATES = """
schema: main
query: {topic: orders, fields: {users.state: state, order_items.count: items}}
dimensions: {state: {primary_key: true}, items: {}}
measures: {states: {aggregate_type: count}}
"""


def test_a_query_view_of_a_branch_is_a_file_a_view_and_an_answer(own):
    trial = branch(own)
    # As a git export names it; Omni's own name has no suffix.
    body = {"fileName": "people/states.query.view.yaml", "yaml": STATES}
    wrote = post(own, f"{MODELS}/{trial}/yaml", body)
    assert (wrote.status, wrote.json["files"]) == (200, {"people/states.query.view": STATES})
    read = own.get(f"{MODELS}/{ORDERS}/yaml", branchId=trial).json
    assert read["files"]["people/states.query.view"] == STATES
    assert read["viewNames"]["people/states.query.view"] == "states"
    assert own.get(f"{MODELS}/{ORDERS}/validate", branchId=trial).json["issues"] == []
    views = {each["name"]: each for each in own.get(f"{MODELS}/{trial}/view").json["views"]}
    assert [each["name"] for each in views["states"]["fields"]] == ["state", "items", "states"]
    query = {"modelId": ORDERS, "table": "states", "fields": ["states.states"]}
    answer = post(
        own, "/api/v1/query/run", {"query": query, "resultType": "json", "branchId": trial}
    )
    # Six states, one of them empty, and none.
    assert answer.json == [{"States": 7}]
    # The shared model has no such view.
    assert "states" not in [
        each["name"] for each in own.get(f"{MODELS}/{ORDERS}/view").json["views"]
    ]


def test_the_views_of_a_topic_are_listed_with_it(own):
    trial = branch(own)
    topic = """
base_view: people
joins: {states: {}}
relationships:
  - {join_from_view: people, join_to_view: states, on_sql: "${people.state} = ${states.state}"}
views:
  people: {extends: [users], label: Everybody, dimensions: {short: {sql: "left(${name}, 2)"}}}
  users: {dimensions: {name: {label: Who}}}
  states:
    query: {base_view: users, fields: {users.state: state, users.count: people}}
    dimensions: {state: {primary_key: true}, people: {label: How many}}
"""
    body = {"fileName": "everybody.topic", "yaml": topic}
    assert post(own, f"{MODELS}/{trial}/yaml", body).status == 200
    assert own.get(f"{MODELS}/{ORDERS}/validate", branchId=trial).json["issues"] == []
    names = [each["name"] for each in own.get(f"{MODELS}/{trial}/topic").json["topics"]]
    assert "everybody" in names
    views = own.get(f"{MODELS}/{trial}/topic/everybody").json["topic"]["views"]
    assert [(each["name"], each["label"]) for each in views] == [
        ("people", "Everybody"),
        ("states", "States"),
    ]
    shown = {each["fully_qualified_name"]: each for view in views for each in view["dimensions"]}
    # What the topic says of users, the view that extends them has, too.
    assert shown["people.name"]["label"] == "Who"
    assert shown["people.short"]["data_type"] == "STRING"
    assert (
        shown["states.people"] | {"label": "How many", "data_type": "NUMBER"}
        == (shown["states.people"])
    )

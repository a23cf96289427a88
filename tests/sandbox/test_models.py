import json
import re
from hashlib import md5

import pytest


@pytest.fixture(scope="module")
def branches(server):
    return {
        each.name: each.id
        for each in server.organization.fixed_models.values()
        if each.kind == "BRANCH"
    }


@pytest.fixture
def orders(server):
    return f"/api/v1/models/{server.models['orders']}"


@pytest.fixture
def flights(server):
    return f"/api/v1/models/{server.models['flights']}"


def models(wire, **query):
    records, cursor = [], {}
    while True:
        answer = wire.get("/api/v1/models", pageSize=100, **query, **cursor).json
        records += answer["records"]
        if not answer["pageInfo"]["hasNextPage"]:
            return records
        cursor = {"cursor": answer["pageInfo"]["nextCursor"]}


def test_models_of_workbooks_outnumber_all_others(wire):
    found = models(wire)
    kinds = [record["modelKind"] for record in found]
    assert set(kinds) == {"SCHEMA", "SHARED", "SHARED_EXTENSION", "BRANCH", "WORKBOOK", "QUERY"}
    assert kinds.count("WORKBOOK") > 500
    assert {frozenset(record) for record in found} == {
        frozenset(
            (
                "id", "name", "modelKind", "connectionId", "baseModelId", "createdAt",
                "updatedAt", "deletedAt",
            )
        )
    }  # fmt: skip


def test_the_shared_models_are_those_that_can_be_queried(server, wire):
    found = models(wire, modelKind="SHARED")
    assert {record["name"]: record["id"] for record in found} == server.models
    deleted = models(wire, modelKind="SHARED", includeDeleted="1")
    assert [record["name"] for record in deleted if record["deletedAt"]] == ["orders_2023"]


@pytest.mark.parametrize("spelling", ["orders", "ORDERS", "Orders"])
def test_a_model_is_found_by_name_in_any_case(server, wire, spelling):
    assert [record["id"] for record in models(wire, name=spelling)] == [server.models["orders"]]


def test_an_empty_name_is_no_filter(wire):
    assert (
        wire.get("/api/v1/models", name="").json["pageInfo"]["totalRecords"]
        == wire.get("/api/v1/models").json["pageInfo"]["totalRecords"]
    )


def test_models_are_found_by_what_they_stand_on(server, wire):
    orders = server.models["orders"]
    (record,) = models(wire, modelId=orders)
    assert orders in {each["id"] for each in models(wire, baseModelId=record["baseModelId"])}
    above = models(wire, baseModelId=orders, modelKind="BRANCH")
    assert {each["name"] for each in above} == {"margin", "tidy labels"}
    assert {each["connectionId"] for each in models(wire, connectionId=record["connectionId"])} == {
        record["connectionId"]
    }


def test_branches_only_when_asked_for(server, wire, branches):
    found = models(wire, modelKind="SHARED", include="activeBranches")
    names = {record["name"]: record["branches"] for record in found}
    assert names["flights"] == [
        {"id": branches["governance/weather-topic"], "name": "governance/weather-topic"}
    ]
    assert [each["name"] for each in names["orders"]] == ["margin", "tidy labels"]


@pytest.mark.parametrize(
    "query",
    [
        {"modelKind": "TOPIC"},
        {"modelId": "x"},
        {"include": "branches"},
        {"includeDeleted": "yes"},
        {"pageSize": 101},
    ],
)
def test_models_are_strict(wire, query):
    assert wire.get("/api/v1/models", **query).status == 400


# Topics


def test_topics_of_a_model(wire, orders):
    answer = wire.get(f"{orders}/topic").json
    assert answer["success"] is True
    assert [each["name"] for each in answer["topics"]] == ["completed_orders", "orders", "users"]
    assert {each["base_view_name"] for each in answer["topics"]} == {"order_items", "users"}


def test_a_topic_has_the_views_it_joins(wire, flights):
    topic = wire.get(f"{flights}/topic/flights").json["topic"]
    views = {view["name"]: view for view in topic["views"]}
    assert set(views) == {
        "flights", "airlines", "planes", "weather", "origin_airport", "dest_airport",
    }  # fmt: skip
    # One view under two names, with fields of each name.
    assert views["origin_airport"]["table_name"] == views["dest_airport"]["table_name"]
    for view in topic["views"]:
        for field in (*view["dimensions"], *view["measures"]):
            assert field["view_name"] == view["name"]
            assert field["fully_qualified_name"] == f"{view['name']}.{field['field_name']}"
    by_id = {each["id"]: each for each in topic["relationships"]}
    joined = by_id["flights_to_dest_airport"]
    assert (joined["left_view_name"], joined["right_view_name"]) == ("flights", "dest_airport")
    assert (joined["join_type"], joined["type"]) == ("ALWAYS_LEFT", "MANY_TO_ONE")
    assert joined["sql"] == "${flights.dest} = ${dest_airport.faa}"


def test_fields_are_described_in_full(wire, orders):
    topic = wire.get(f"{orders}/topic/orders").json["topic"]
    view = next(each for each in topic["views"] if each["name"] == "order_items")
    dimensions = {each["field_name"]: each for each in view["dimensions"]}
    measures = {each["field_name"]: each for each in view["measures"]}
    assert dimensions["status"]["data_type"] == "STRING"
    assert dimensions["is_gift"]["data_type"] == "BOOLEAN"
    assert dimensions["created_at"]["data_type"] == "TIMESTAMP"
    assert dimensions["created_at"]["time_frames"][0] is None
    assert "month" in dimensions["created_at"]["time_frames"]
    assert dimensions["shipped_on"]["date_type"] == "DATE"
    assert "time_frames" not in dimensions["status"]
    assert measures["count"]["aggregate_type"] == "COUNT"
    assert measures["count"]["is_dimension"] is False
    assert all("aggregate_type" not in each for each in dimensions.values())


def test_a_topic_offers_only_its_fields(wire, orders):
    topic = wire.get(f"{orders}/topic/completed_orders").json["topic"]
    users = next(each for each in topic["views"] if each["name"] == "users")
    assert [each["field_name"] for each in users["dimensions"]] == ["state"]
    assert [each["field_name"] for each in users["measures"]] == ["count"]
    assert topic["always_where_filters"] == {"order_items.status": {"is": "complete"}}


def test_sql_is_blank_for_those_who_may_not_see_it(serve, connect):
    server = serve(documents=0, redact_sql=True)
    path = f"/api/v1/models/{server.models['orders']}/topic/orders"
    topic = connect(server).get(path).json["topic"]
    assert {
        each["sql"] for view in topic["views"] for each in view["measures"] if "sql" in each
    } == {""}


def test_topics_of_a_branch(wire, flights, branches):
    branch = branches["governance/weather-topic"]
    assert wire.get(f"{flights}/topic/weather_by_hour").status == 404
    answer = wire.get(f"{flights}/topic/weather_by_hour", branch_id=branch).json["topic"]
    assert answer["base_view_name"] == "weather"
    assert wire.get(f"{flights}/topic", branch_id=branches["margin"]).status == 404
    assert wire.get(f"{flights}/topic", branchId=branch).status == 400


def test_views_are_all_there_without_types(wire, flights, orders):
    views = wire.get(f"{flights}/view").json["views"]
    assert {each["name"] for each in views} == {
        "airlines", "airports", "flights", "planes", "weather",
    }  # fmt: skip
    assert {field["type"] for view in views for field in view["fields"]} == {"dimension", "measure"}
    assert {frozenset(field) for view in views for field in view["fields"]} == {
        frozenset(("name", "type"))
    }
    assert wire.get(f"{orders}/schemas").json == {"schemas": ["orders.main"]}


def test_a_schema_model_knows_columns_only(wire):
    (schema, _) = models(wire, modelKind="SCHEMA")
    path = f"/api/v1/models/{schema['id']}"
    fields = [each for view in wire.get(f"{path}/view").json["views"] for each in view["fields"]]
    assert {each["type"] for each in fields} == {"dimension"}
    assert wire.get(f"{path}/topic").json["topics"] == []


def test_a_workbook_model_has_what_it_stands_on(wire, orders):
    workbook = next(
        each
        for each in models(wire, modelKind="WORKBOOK")
        if each["baseModelId"] == orders.split("/")[-1]
    )
    assert (
        wire.get(f"/api/v1/models/{workbook['id']}/topic").body == wire.get(f"{orders}/topic").body
    )


# Files


def test_files_are_named_without_a_suffix(wire, orders):
    answer = wire.get(f"{orders}/yaml").json
    assert set(answer) == {"files", "version", "viewNames"}
    assert set(answer["files"]) == {
        "model", "relationships", "order_items.view", "products.view", "users.view",
        "completed_orders.topic", "orders.topic", "users.topic",
    }  # fmt: skip
    assert answer["viewNames"]["users.view"] == "users"
    assert answer["files"]["orders.topic"].startswith("base_view: order_items\n")


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("users.view", {"users.view"}),
        (r"users\..*", {"users.view", "users.topic"}),
        ("nothing", set()),
    ],
)
def test_files_are_chosen_by_name_or_pattern(wire, orders, pattern, names):
    assert set(wire.get(f"{orders}/yaml", fileName=pattern).json["files"]) == names


def test_checksums_only_when_asked_for(wire, orders):
    answer = wire.get(f"{orders}/yaml", includeChecksums="true").json
    assert answer["checksums"] == {
        name: md5(text.encode()).hexdigest() for name, text in answer["files"].items()
    }


def test_a_branch_has_its_own_files(wire, orders, branches):
    whole = wire.get(f"{orders}/yaml", branchId=branches["margin"]).json["files"]
    assert "late_orders.topic" in whole
    assert "users.topic" in whole
    own = wire.get(f"{orders}/yaml", branchId=branches["margin"], mode="extension").json["files"]
    assert set(own) == {"late_orders.topic", "products.view"}


@pytest.mark.parametrize(
    "query",
    [
        {"mode": "staged"},
        {"mode": "merged"},
        {"mode": "history"},
        {"mode": "all"},
        {"fullyResolved": "true"},
        {"includeSchemas": "main"},
        {"fileName": "("},
    ],
)
def test_what_the_sandbox_cannot_give_of_files_it_refuses_by_name(wire, orders, query):
    answer = wire.get(f"{orders}/yaml", **query)
    assert answer.status == 400
    assert next(iter(query)) in answer.json["detail"]


def test_a_model_that_is_right_is_valid(wire, orders, flights):
    for path in (orders, flights):
        assert wire.get(f"{path}/validate").json == {"valid": True, "issues": []}


def test_a_branch_that_is_wrong_says_where(wire, orders, branches):
    answer = wire.get(f"{orders}/validate", branchId=branches["margin"]).json
    assert answer["valid"] is False
    assert {issue["severity"] for issue in answer["issues"]} == {"error"}
    assert ("products", "margin") in [
        (issue.get("view"), issue.get("field")) for issue in answer["issues"]
    ]
    fewer = wire.get(f"{orders}/validate", branchId=branches["margin"], limit=1).json
    assert (len(fewer["issues"]), fewer["valid"]) == (1, False)


# Content against a model


def content(wire, model, **query):
    answer = wire.get(f"{model}/content-validator", **query)
    assert answer.status == 200, answer.body
    return answer.json["content"]


def test_content_is_held_against_the_model(server, wire, orders):
    everything = content(wire, orders)
    published = {each["identifier"] for each in everything if each["type"] == "Published"}
    connection = server.organization.models[server.models["orders"]].connection_id
    assert published == {
        each.identifier
        for each in server.organization.documents.values()
        if each.connection_id == connection and each.scope == "organization" and not each.deleted
    }
    assert {each["type"] for each in everything} == {"Published", "Draft"}


def test_issues_name_fields_the_model_does_not_have(wire, orders):
    names = {
        f"{view['name']}.{field['name']}"
        for view in wire.get(f"{orders}/view").json["views"]
        for field in view["fields"]
    }
    wrong = content(wire, orders, content_filter_mode="WITH_ISSUES")
    issues = [
        issue for each in wrong for query in each["queries_and_issues"] for issue in query["issues"]
    ]
    filters = [issue for each in wrong for issue in each["dashboard_filter_issues"]]
    assert issues
    assert filters
    for issue in (*issues, *filters):
        name = re.fullmatch(r"Field '(.+)' not found in model", issue)[1]
        assert name not in names
    right = content(wire, orders, content_filter_mode="NO_ISSUES")
    assert len(right) + len(wrong) == len(content(wire, orders))
    assert not any(query["issues"] for each in right for query in each["queries_and_issues"])


def test_content_that_mentions_something(wire, orders):
    found = content(wire, orders, find="users.state", find_type="FIELD")
    assert 0 < len(found) < len(content(wire, orders))
    by_view = content(wire, orders, find="users", find_type="VIEW")
    assert {each["identifier"] for each in found} <= {each["identifier"] for each in by_view}
    assert content(wire, orders, find="users", find_type="TOPIC")
    assert content(wire, orders, find="nothing", find_type="VIEW") == []
    assert wire.get(f"{orders}/content-validator", find="users").status == 400


def test_content_of_folders_and_labels(server, wire, orders):
    below = content(wire, orders, folder_paths="/flights/delays")
    assert below
    assert all(each["folder"]["path"].startswith("flights/delays") for each in below)
    assert all(each["folder"] is None for each in content(wire, orders, folder_paths=""))
    both = wire.get(f"{orders}/content-validator?folder_paths=/flights/delays&folder_paths=").json[
        "content"
    ]
    assert len(both) == len(below) + len(content(wire, orders, folder_paths=""))
    labeled = content(wire, orders, labels="finance")
    assert 0 < len(labeled) < len(content(wire, orders))
    assert wire.get(f"{orders}/content-validator", labels="nobody knows").status == 400
    assert len(content(wire, orders, include_personal_folders="true")) > len(content(wire, orders))


# What hangs on a model


def test_git_is_404_where_it_is_not_configured(wire, orders, flights):
    assert wire.get(f"{orders}/git").status == 404
    assert "webhookSecret" not in wire.get(f"{flights}/git").json
    assert "webhookSecret" in wire.get(f"{flights}/git", include="webhookSecret").json


def test_exposures_are_null_without_dbt(wire, orders, flights):
    def exposures(path):
        return [
            each["exposure"]
            for each in wire.get(f"{path}/dbt-exposures", pageSize=100).json["records"]
        ]

    assert set(exposures(flights)) == {None}
    named = [each for each in exposures(orders) if each]
    assert named
    assert all(each["depends_on"] for each in named)


def test_suggestions_by_status(wire, flights, server, connect):
    def ids(status):
        answer = wire.get(f"{flights}/suggestions", status=status).json
        return [each["id"] for each in answer["records"]]

    assert set(ids("active")) | set(ids("ignored")) == set(ids("all"))
    assert ids("active")
    assert ids("ignored")
    personal = connect(server, server.personal_key)
    assert personal.get(f"{flights}/suggestions").status == 403


def test_only_a_refresh_has_a_status(server, wire, serve, connect):
    for job_id, status in server.organization.refresh_jobs.items():
        answer = wire.get(f"/api/v1/jobs/{job_id}/status").json
        assert answer == {"job_id": job_id, "job_type": "SCHEMA_REFRESH", "status": status}
    slow = serve(documents=0, slow_job_polls=5)
    other = connect(slow)
    query = {"modelId": slow.models["orders"], "table": "users", "fields": ["users.count"]}
    run = other.ask("POST", "/api/v1/query/run", body=json.dumps({"query": query}).encode())
    job_id = next(iter(json.loads(run.body.splitlines()[0])["jobs_submitted"]))
    assert other.get(f"/api/v1/jobs/{job_id}/status").status == 400


def test_no_access_is_a_role_too(server, wire):
    nobody = next(
        each for each in server.organization.users.values() if each.model_role == "NO_ACCESS"
    )
    answer = wire.get(f"/api/v1/users/{nobody.membership_id}/model-roles").json
    resolved = {each["roleName"] for each in answer["results"] if each["resolved"]}
    assert resolved == {"NO_ACCESS"}

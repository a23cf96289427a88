"""An organization of one's own: the demo written and brought back, and folders by hand."""

import base64
import json
import re
from itertools import islice
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pytest
from queries.query_cases import CASES
from sandbox.shop_folder import PEOPLE, SHOP

import omnipd
from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.folder.demo import write_folder
from omnipd_sandbox.folder.problems import BadOrganization
from omnipd_sandbox.invention.permits import widely_shared
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.organization.drafts import drafts_of
from omnipd_sandbox.server import Server

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
_FEW = 12


@pytest.fixture(scope="module")
def demo(tmp_path_factory, server):
    folder = tmp_path_factory.mktemp("brought") / "demo"
    write_folder(folder, server.organization)
    return folder


@pytest.fixture(scope="module")
def brought(demo):
    with Server(org=demo) as started:
        yield started
        assert started.failures == []


def kept(items, keep=lambda each: True, give=lambda each: each.id):
    return [give(each) for each in islice(filter(keep, items), _FEW)]


def table(of, name, key="id"):
    return kept(of.tables[name], give=lambda row: row[key])


def segments(of):
    """Give values for each name in a path; those of an id depend on the path."""
    documents = kept(
        of.documents.values(),
        lambda each: each.has_dashboard and each.queries,
        lambda each: each.identifier,
    )
    drafts = [
        draft.identifier
        for each in documents
        for draft in drafts_of(of.documents[each], of)
        if draft.status == "active"
    ]
    jobs = [m.job_id for c in of.conversations.values() for m in c.messages if m.job_id]
    return {
        "identifier": [*documents, widely_shared(of.documents.values())],
        "draftId": drafts[:2],
        "folderId": kept(of.folders.values()),
        "modelId": kept(of.fixed_models.values()),
        "topicName": ["flights", "orders", "completed_orders", "users"],
        "connectionId": kept(of.connections.values()),
        "scheduleId": [*kept(of.schedules.values()), *table(of, "refreshes", "scheduleId")],
        "conversationId": kept(of.conversations.values()),
        "name": kept(of.labels.values(), give=lambda each: each.name),
        "miniUuid": kept(of.groups.values()),
        "promptSetId": table(of, "prompt_sets"),
        "runId": table(of, "eval_runs"),
        "jobId": [*jobs[:3], *of.refresh_jobs],
        "id": [
            *kept(of.users.values(), give=lambda each: each.membership_id),
            *kept(of.embed_users.values(), give=lambda each: each.membership_id),
            *kept(of.groups.values()),
            *kept(of.api_keys.values()),
        ],
    }


QUERIES = {
    "/api/v1/content": "?include=_count,labels&pageSize=100",
    "/api/v1/content/search": "?q=delay&limit=100",
    "/api/v1/documents": "?include=_count,labels,includeDeleted&pageSize=100&sortField=updatedAt",
    "/api/v1/folders": "?include=_count,labels&pageSize=100",
    "/api/v1/models": "?includeDeleted=true&include=activeBranches&pageSize=100",
    "/api/v1/models/{modelId}/yaml": "?includeChecksums=true",
    "/api/v1/schedules": "?pageSize=100",
    "/api/v1/ai/eval/runs": "?prompt_set_id={prompt_set}&archived=true",
    "/api/v1/documents/{identifier}/permissions": "?userId={user}",
    "/api/v1/documents/{identifier}/drafts": "?include=archived",
    "/api/v1/documents/{identifier}/access-list": "?pageSize=100",
    "/api/v1/models/{modelId}/git": "?include=webhookSecret",
}
# What a query's job or a download is does not outlive a server.
GETS = [
    each.path
    for each in endpoints(Behavior())
    if each.method == "GET"
    and each.needs_key
    and "/query/" not in each.path
    and "/download/" not in each.path
]


def addresses(path, server):
    values = segments(server.organization)
    filled = [path]
    for name in re.findall(r"\{(\w+)\}", path):
        filled = [
            each.replace(f"{{{name}}}", quote(value, safe=""))
            for each in filled
            for value in values[name]
        ]
    query = QUERIES.get(path, "").format(
        user=server.organization.token_holder.membership_id,
        prompt_set=table(server.organization, "prompt_sets")[0],
    )
    return [each + query for each in filled[:30]]


@pytest.mark.parametrize("path", GETS)
def test_the_demo_brought_back_answers_every_read_alike(path, server, brought, connect):
    one, other = connect(server), connect(brought)
    statuses = set()
    for address in addresses(path, server):
        expected, found = one.get(address), other.get(address)
        assert (found.status, found.json) == (expected.status, expected.json), address
        statuses.add(found.status)
    assert 200 in statuses, "nothing was compared"


@pytest.mark.parametrize("place", range(0, len(CASES), 13))
def test_the_demo_brought_back_answers_queries_alike(place, server, brought, connect):
    body = json.dumps({"query": CASES[place].query}).encode()
    answers = []
    for each in (server, brought):
        answer = connect(each).ask("POST", "/api/v1/query/run", body=body)
        lines = [json.loads(line) for line in answer.body.splitlines()]
        answers.append([line for line in lines if "summary" in line or "error_type" in line])
        for line in answers[-1]:
            del line["job_id"]
            # How long it took is not part of the answer.
            line.pop("stream_stats", None)
            # What pads an Arrow buffer is anything.
            with pa.ipc.open_stream(base64.b64decode(line.pop("result"))) as stream:
                rows = stream.read_all().to_pylist()
            line["rows"] = rows if CASES[place].is_sorted else sorted(rows, key=repr)
    assert answers[0] == answers[1]
    assert len(answers[0]) == 1


def test_a_tenant_has_a_copy_of_what_was_brought(brought, connect):
    tenant = brought.open_tenant(redact_sql=True)
    try:
        path = "/api/v1/content?pageSize=100&include=_count"
        assert connect(tenant).get(path).body == connect(brought).get(path).body
        assert tenant.api_key != brought.api_key
        with pytest.raises(ValueError, match="documents is for what is invented"):
            brought.open_tenant(documents=3)
    finally:
        brought.close_tenant(tenant.id)


def test_the_demo_is_not_written_over_what_is_there(tmp_path, server):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(BadOrganization, match="not empty"):
        write_folder(tmp_path, server.organization)
    assert [each.name for each in tmp_path.iterdir()] == ["mine.txt"]


def rows(wire, **query):
    answer = wire.ask(
        "POST", "/api/v1/query/run?", body=json.dumps({"query": query, "resultType": "json"})
    )
    assert answer.status == 200, answer.body
    return answer.json


def test_models_and_data_alone_are_an_organization(mine, serve, connect):
    started = serve(org=mine(files=SHOP))
    wire = connect(started)
    (model_id,) = started.models.values()
    assert rows(
        wire,
        modelId=model_id,
        table="shops",
        join_paths_from_topic_name="shops",
        fields=["shops.name", "shops.rent_paid"],
        sorts=[{"column_name": "shops.name", "sort_descending": False}],
    ) == [{"Name": "North", "Rent Paid": 100.5}, {"Name": "South", "Rent Paid": 200.25}]
    assert wire.get("/api/v1/whoami").json["orgRole"] == "ORG_ADMIN"
    # Nothing is invented around them.
    assert wire.get("/api/v1/content").json["records"] == []
    assert wire.get("/api/v1/schedules").json["records"] == []
    assert len(wire.get("/api/scim/v2/Users").json["Resources"]) == 1
    assert [each["name"] for each in wire.get("/api/v1/connections").json["connections"]] == [
        "shop"
    ]
    assert wire.get(f"/api/v1/models/{model_id}/validate").json == {"valid": True, "issues": []}


def test_ids_follow_from_names_unless_they_are_given(mine, serve):
    fixed = "11111111-2222-4333-8444-555555555555"
    folder = mine({"models": [{"name": "shop", "id": fixed}], "users": PEOPLE}, SHOP)
    first, second = serve(org=folder), serve(org=folder)
    assert first.models == {"shop": fixed}
    assert list(first.organization.users) == list(second.organization.users)


def test_records_of_tables_stand_as_they_are_written(mine, serve, connect):
    folder = mine(
        {
            "users": PEOPLE,
            "user_limits": [{"userId": "bob@shop.example", "creditLimit": 5}],
            "prompt_sets": [
                {
                    "model_id": "shop",
                    "name": "Rent",
                    "slug": "rent",
                    "prompt_count": 1,
                    "prompts": [{"prompt_text": "What is the rent?"}],
                }
            ],
        },
        SHOP,
    )
    started = serve(org=folder)
    wire = connect(started)
    bob = started.organization.token_holder.membership_id
    limits = wire.get("/api/v1/ai/credit-controls/users").json["records"]
    assert limits == [{"userId": bob, "creditLimit": 5}]
    (row,) = wire.get("/api/v1/ai/eval/prompt-sets").json["prompt_sets"]
    assert row["model_id"] == started.models["shop"]
    found = wire.get(f"/api/v1/ai/eval/prompt-sets/{row['id']}").json["prompt_set"]
    assert [each["prompt_text"] for each in found["prompts"]] == ["What is the rent?"]
    assert wire.get("/api/v1/ai/routines").json["records"] == []


def test_content_stands_as_it_is_written(mine, serve, connect):
    folder = mine(
        {
            "users": PEOPLE,
            "groups": [{"name": "All", "members": ["ann@shop.example", "bob@shop.example"]}],
            "labels": [{"name": "gold", "verified": True}],
            "folders": [
                {"path": "team", "name": "Team", "permits": [{"group": "All", "role": "VIEWER"}]},
                {"path": "team/own", "owner": "bob@shop.example", "scope": "restricted"},
            ],
            "documents": [
                {
                    "identifier": "rent",
                    "name": "Rent",
                    "folder": "team",
                    "labels": ["gold"],
                    "favorites": ["bob@shop.example"],
                    "views": 7,
                    "updated_at": "2025-03-01T10:00:00.000Z",
                    "queries": [{"query": {"table": "shops", "fields": ["shops.name"]}}],
                    "permits": [{"user": "bob@shop.example", "role": "EDITOR"}],
                    "forbidden": ["canDownload"],
                }
            ],
            "schedules": [
                {
                    "name": "Monday",
                    "document": "rent",
                    "schedule": "0 8 ? * MON *",
                    "members": ["bob@shop.example"],
                }
            ],
            "api_keys": [
                {"name": "CI"},
                {"name": "laptop", "type": "personal", "user": "bob@shop.example"},
            ],
        },
        SHOP,
    )
    started = serve(org=folder)
    wire = connect(started)
    content = wire.content(include="_count,labels").json["records"]
    assert [(each["type"], each["name"], each["_count"], each["labels"]) for each in content] == [
        ("folder", "Team", {"documents": 1, "favorites": 0}, []),
        ("document", "Rent", {"favorites": 1, "views": 7}, ["gold"]),
    ]
    document = content[1]
    assert document["owner"]["name"] == "Ann"
    assert document["folder"]["path"] == "team"
    (query,) = wire.get("/api/v1/documents/rent/queries").json["queries"]
    assert query["name"] == "Query 1"
    assert query["query"] == {
        "modelId": started.models["shop"],
        "table": "shops",
        "fields": ["shops.name"],
    }
    access = wire.get("/api/v1/documents/rent/access-list").json["principals"]
    assert [(each["name"], each["role"], each["accessSource"]) for each in access] == [
        ("All", "VIEWER", "folder"),
        ("Ann", "MANAGER", "direct"),
        ("Ann", "MANAGER", "folder"),
        ("Bob", "EDITOR", "direct"),
    ]
    abilities = wire.get("/api/v1/documents/rent/permissions").json["abilities"]
    assert [name for name, yes in abilities.items() if not yes] == [
        "canDownload",
        "requirePullRequestToPublish",
    ]
    assert wire.get("/api/v1/documents/rent/drafts").json == []
    assert wire.get("/api/v1/dashboards/rent/filters").json["filters"] == {}
    (schedule,) = wire.get("/api/v1/schedules").json["records"]
    assert (schedule["name"], schedule["recipientCount"]) == ("Monday", 1)
    keys = wire.get("/api/v1/api-keys", sortField="name").json["records"]
    assert {each["name"]: each["type"] for each in keys} == {
        "CI": "organization",
        "laptop": "personal",
    }
    # The second user has the personal token.
    assert connect(started, started.personal_key).get("/api/v1/whoami").json["orgRole"] == "MEMBER"


def test_a_database_is_copied_with_its_schemas_and_types(mine, serve, connect):
    folder = mine(
        files={
            "models/shop/main__a.view": "table_name: a\nmeasures: {count: {aggregate_type: count}}\n",
            "models/shop/other__a.view.yaml": "schema: other\ntable_name: a\n",
            "models/shop/relationships": "[]",
        }
    )
    (folder / "data").mkdir()
    with duckdb.connect(str(folder / "data" / "data.duckdb")) as source:
        source.execute("CREATE TABLE a AS SELECT DATE '2025-01-31' AS day, 1.5::DECIMAL(9, 2) AS x")
        source.execute("CREATE SCHEMA other")
        source.execute("CREATE VIEW other.a AS SELECT true AS yes")
    one, two = serve(org=folder), serve(org=folder)
    for started in (one, two):
        wire = connect(started)
        model_id = started.models["shop"]
        assert rows(wire, modelId=model_id, table="main__a", fields=["main__a.day", "main__a.x"])
        views = wire.get(f"/api/v1/models/{model_id}/view").json["views"]
        assert {each["name"]: [f["name"] for f in each["fields"]] for each in views} == {
            "main__a": ["day", "x", "count"],
            "other__a": ["yes", "count"],
        }


def test_the_example_on_the_page_is_an_organization(mine, serve, connect):
    page = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, flags=re.DOTALL)
    started = serve(org=mine(json.loads(example), SHOP))
    assert list(started.organization.documents) == ["rent"]
    assert [each.name for each in started.organization.schedules.values()] == ["Monday"]


@pytest.mark.parametrize(
    ("organization", "said"),
    [
        ({"usres": []}, "unknown key 'usres'; did you mean 'users'"),
        ({"version": 2}, "version: 2 is not 1"),
        (
            {"users": [*PEOPLE, {"emial": "x"}]},
            r"users[2]: unknown key 'emial'; did you mean 'email'",
        ),
        ({"users": [*PEOPLE, {"name": "x"}]}, "users[2].email: this is missing"),
        ({"users": PEOPLE[::-1]}, "the first user must be an ORG_ADMIN"),
        ({"users": [*PEOPLE, PEOPLE[1]]}, "email 'bob@shop.example' is there 2 times"),
        (
            {"users": [{**PEOPLE[0], "model_role": "QUERRIER"}]},
            "users[0].model_role: 'QUERRIER' is none of",
        ),
        ({"users": [{**PEOPLE[0], "active": "yes"}]}, "users[0].active: true or false is needed"),
        (
            {"users": [{**PEOPLE[0], "created_at": "yesterday"}]},
            "users[0].created_at: 'yesterday' is not a date and time",
        ),
        ({"users": {"ann": {}}}, "users: a list is needed here"),
        ({"documents": ["rent"]}, "documents[0]: an object is needed here"),
        (
            {"users": PEOPLE, "documents": [{"name": "x", "owner": "bop@shop.example"}]},
            "documents[0].owner: there is no user 'bop@shop.example'; did you mean 'bob@shop.example'",
        ),
        (
            {"documents": [{"name": "x", "folder": "team"}]},
            "documents[0].folder: there is no folder",
        ),
        (
            {"documents": [{"name": "x", "model": "shob"}]},
            "there is no model 'shob'; did you mean 'shop'",
        ),
        (
            {"documents": [{"name": "x", "labels": ["gold"]}]},
            "documents[0].labels: there is no label",
        ),
        (
            {"documents": [{"name": "x", "queries": [{"qeury": {}}]}]},
            "documents[0].queries[0]: unknown key 'qeury'; did you mean 'query'",
        ),
        (
            {"documents": [{"name": "x", "permits": [{"role": "VIEWER"}]}]},
            "documents[0].permits[0]: it needs a user or a group",
        ),
        ({"folders": [{"path": "a/b"}]}, "folders[0].path: there is no folder 'a' before it"),
        ({"groups": [{"name": "g", "members": ["x"]}]}, "groups[0].members: there is no user 'x'"),
        ({"schedules": [{"name": "s", "schedule": "x"}]}, "schedules[0].document"),
        ({"models": [{"name": "shopp"}]}, "there is no folder models/shopp; did you mean 'shop'"),
        ({"api_keys": [{"name": "k", "user": "nobody"}]}, "api_keys[0].user: there is no user"),
        (
            {"routines": [{"modelID": "shop"}]},
            "routines[0]: unknown key 'modelID'; did you mean 'modelId'",
        ),
        ({"suggestions": [{"modelId": "shob"}]}, "suggestions[0].modelId: there is no model"),
        (
            {"user_limits": [{"userId": "ann@shop.example", "creditLimit": "5"}]},
            "user_limits[0].creditLimit: a whole number is needed here",
        ),
        (
            {"eval_runs": [{"completed_at": "yesterday"}]},
            "eval_runs[0].completed_at: 'yesterday' is not a date and time",
        ),
        ({"refreshes": ["daily"]}, "refreshes[0]: an object is needed here"),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_place(mine, organization, said):
    with pytest.raises(BadOrganization) as refused:
        Server(org=mine(organization, SHOP))
    assert said in str(refused.value)


def test_everything_that_is_wrong_is_said_at_once(mine):
    with pytest.raises(BadOrganization) as refused:
        Server(org=mine({"x": 1, "users": [{}], "labels": [{}]}, SHOP))
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"organization.json": "{"}, "it is not JSON"),
        ({"organization.json": '{"users": [], "users": []}'}, "'users' is there twice"),
        ({"organization.json": "[]"}, "an object is needed"),
        ({"data/a.xlsx": ""}, "data/a.xlsx"),
        ({"data/a.csv": "x\n1\n", "data/A.csv": "x\n1\n"}, "is this table, too"),
        ({"data/a.parquet": "no"}, "data/a.parquet"),
        ({"data/data.duckdb": "no"}, "data/data.duckdb"),
        ({"readme.txt": ""}, "it has none of"),
    ],
)
def test_files_that_cannot_be_used_are_refused_by_name(mine, files, said):
    with pytest.raises(BadOrganization) as refused:
        Server(org=mine(files=files))
    assert said in str(refused.value)


def test_what_is_brought_has_no_other_size(mine):
    with pytest.raises(omnipd.ArgumentError, match="documents= and size="):
        omnipd.sandbox(org=mine(files=SHOP), documents=3)


def test_a_folder_that_cannot_be_used_is_an_argument_error(tmp_path):
    with pytest.raises(omnipd.ArgumentError, match="there is no such folder"):
        omnipd.sandbox(org=tmp_path / "nowhere")


def test_access_filters_look_at_the_attributes_of_the_user_that_is_asked_for(mine, serve, connect):
    people = [
        {**PEOPLE[0], "attributes": {"town": "all"}},
        {**PEOPLE[1], "attributes": {"town": "South"}},
        {"email": "cid@shop.example", "model_role": "QUERIER"},
    ]
    restricted = (
        "base_view: shops\naccess_filters:\n"
        "- {field: shops.name, user_attribute: town, values_for_unfiltered: [all]}\n"
    )
    folder = mine(
        {"users": people, "user_attributes": [{"name": "town", "label": "Town"}]},
        {**SHOP, "models/shop/shops.topic": restricted},
    )
    started = serve(org=folder)
    wire = connect(started)
    query = {
        "modelId": started.models["shop"],
        "join_paths_from_topic_name": "shops",
        "table": "shops",
        "fields": ["shops.name"],
        "sorts": [{"column_name": "shops.name", "sort_descending": False}],
    }
    seen = {}
    for user in started.organization.users.values():
        body = json.dumps({"query": query, "resultType": "json", "userId": user.membership_id})
        answer = wire.ask("POST", "/api/v1/query/run", body=body)
        seen[user.email] = answer.json if answer.status == 200 else answer.status
    assert seen == {
        "ann@shop.example": [{"Name": "North"}, {"Name": "South"}],
        "bob@shop.example": [{"Name": "South"}],
        "cid@shop.example": 400,
    }


def test_a_model_of_ones_own_has_no_prompts_of_the_bundled_one(mine, serve, connect):
    named = {name.replace("models/shop/", "models/orders/"): text for name, text in SHOP.items()}
    started = serve(org=mine(files=named))
    body = json.dumps({"modelId": started.models["orders"], "prompt": "Revenue by month"})
    answer = connect(started).ask("POST", "/api/v1/ai/generate-query", body=body)
    assert answer.status == 400
    assert b"does not know this prompt" in answer.body


def test_sql_over_a_model_keeps_to_access_filters(mine, serve, connect):
    people = [{**PEOPLE[0], "attributes": {"town": "South"}}]
    restricted = "base_view: shops\naccess_filters: [{field: shops.name, user_attribute: town}]\n"
    folder = mine(
        {"users": people, "user_attributes": [{"name": "town", "label": "Town"}]},
        {**SHOP, "models/shop/shops.topic": restricted},
    )
    started = serve(org=folder)
    assert rows(
        connect(started),
        modelId=started.models["shop"],
        join_paths_from_topic_name="shops",
        table="shops",
        fields=[],
        userEditedSQL="SELECT ${shops.name} AS who FROM ${shops}",
    ) == [{"Name": "South"}]

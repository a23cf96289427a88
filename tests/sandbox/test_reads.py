"""What holds for every endpoint that reads: strictness, keys, paging, old paths."""

from urllib.parse import quote

import pytest

from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.invention.permits import widely_shared
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.organization.drafts import drafts_of

READS = sorted(
    (each for each in endpoints(Behavior()) if each.method == "GET" and each.needs_key),
    key=lambda each: each.path,
)
PATHS = [each.path for each in READS]
SCIM = [path for path in PATHS if path.startswith("/api/scim/")]
ADMINISTRATORS = [
    "/api/v1/ai/credit-controls",
    "/api/v1/ai/credit-controls/entity-groups",
    "/api/v1/ai/credit-controls/users",
    "/api/v1/api-keys",
    "/api/v1/connection-environments",
    "/api/v1/connections",
    "/api/v1/users/email-only",
]
# path: what else must be asked to see all of it
PAGED = {
    "/api/v1/ai/conversations": {},
    "/api/v1/ai/credit-controls/entity-groups": {},
    "/api/v1/ai/credit-controls/users": {},
    "/api/v1/ai/routines": {},
    "/api/v1/api-keys": {},
    "/api/v1/color-palettes": {},
    "/api/v1/content": {},
    "/api/v1/documents": {},
    "/api/v1/documents/{identifier}/access-list": {},
    "/api/v1/documents/{identifier}/favorites": {},
    "/api/v1/folders": {},
    "/api/v1/models": {},
    "/api/v1/models/{modelId}/dbt-exposures": {},
    "/api/v1/models/{modelId}/suggestions": {"status": "all"},
    "/api/v1/connections/{connectionId}/dbt/environments": {},
    "/api/v1/schedules": {},
    "/api/v1/skills": {},
    "/api/v1/uploads": {},
    "/api/v1/users/email-only": {},
}


def test_every_list_that_comes_in_pages_is_known_here():
    assert PAGED.keys() == {each.path for each in READS if "cursor" in each.parameters}


# Too long to be read one by one in every run of the tests.
LONG = {
    "/api/v1/content",
    "/api/v1/documents",
    "/api/v1/models",
    "/api/v1/models/{modelId}/dbt-exposures",
}


@pytest.fixture(scope="module")
def at(server):
    """Fill the names in a path with ids that exist."""
    organization = server.organization
    orders = server.models["orders"]
    connection = organization.models[orders].connection_id
    document, draft = next(
        (each.identifier, draft.identifier)
        for each in organization.documents.values()
        for draft in drafts_of(each, organization)
        if draft.status == "active"
    )
    conversation = next(each for each in organization.conversations.values() if each.messages)
    ids = {
        "identifier": widely_shared(organization.documents.values()),
        "folderId": next(iter(organization.folders)),
        "name": "a/b test",
        "modelId": orders,
        "topicName": "orders",
        "connectionId": connection,
        "conversationId": conversation.id,
        "miniUuid": next(iter(organization.groups)),
        "id": next(iter(organization.users)),
    }
    special = {
        "/api/scim/v2/embed/Users/{id}": {"id": next(iter(organization.embed_users))},
        "/api/v1/api-keys/{id}": {"id": next(iter(organization.api_keys))},
        "/api/v1/user-groups/{id}/model-roles": {"id": next(iter(organization.groups))},
        "/api/v1/schedules/{scheduleId}": {"scheduleId": next(iter(organization.schedules))},
        "/api/v1/schedules/{scheduleId}/recipients": {
            "scheduleId": next(iter(organization.schedules))
        },
        "/api/v1/connections/{connectionId}/schedules/{scheduleId}": {
            "scheduleId": next(
                row["scheduleId"]
                for row in organization.tables["refreshes"]
                if row["connectionId"] == connection
            )
        },
        "/api/v1/jobs/{jobId}/status": {"jobId": next(iter(organization.refresh_jobs))},
        "/api/v1/ai/jobs/{jobId}": {"jobId": conversation.messages[1].job_id},
        "/api/v1/ai/jobs/{jobId}/result": {"jobId": conversation.messages[1].job_id},
        "/api/v1/ai/eval/prompt-sets/{promptSetId}": {
            "promptSetId": organization.tables["prompt_sets"][0]["id"]
        },
        "/api/v1/ai/eval/runs/{runId}": {"runId": organization.tables["eval_runs"][0]["id"]},
        "/api/v2/documents/{identifier}/draft/{draftId}": {
            "identifier": document,
            "draftId": draft,
        },
        "/api/v1/models/{modelId}/git": {"modelId": server.models["flights"]},
        "/api/v1/models/{modelId}/suggestions": {"modelId": server.models["flights"]},
    }

    def fill(path):
        for name, value in {**ids, **special.get(path, {})}.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        assert "{" not in path
        return path

    return fill


def needed(server, path):
    if path == "/api/v1/ai/eval/runs":
        return {"prompt_set_id": server.organization.tables["prompt_sets"][0]["id"]}
    if path == "/api/v1/content/search":
        return {"q": "delay"}
    return {"jobIds": "x"} if path == "/api/v1/query/wait" else {}


def page_through(wire, path, **query):
    rows, infos, cursor = [], [], {}
    while True:
        answer = wire.get(path, **query, **cursor)
        assert answer.status == 200, answer.body
        body = answer.json
        assert len(body) == 2
        info = body.pop("pageInfo")
        (page,) = body.values()
        rows += page
        infos.append(info)
        assert set(info) == {"hasNextPage", "nextCursor", "pageSize", "totalRecords"}
        if not info["hasNextPage"]:
            assert info["nextCursor"] is None
            return rows, infos
        cursor = {"cursor": info["nextCursor"]}


def natural_key(row):
    if "user_id" in row or "userId" in row or "entity" in row:
        return row.get("user_id") or row.get("userId") or row["entity"]
    if "accessSource" in row:
        return row["type"], row["id"], row["accessSource"]
    return row.get("id") or row.get("identifier") or row["deduplication_name"]


@pytest.mark.parametrize("path", PATHS)
def test_every_read_answers(server, wire, at, path):
    answer = wire.get(at(path), **needed(server, path))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/api/v1/query/wait"])
def test_an_unknown_parameter_is_400_everywhere(server, wire, at, path):
    answer = wire.get(at(path), **needed(server, path), verbose="1")
    assert answer.status == 400
    assert answer.json["detail"] == "Bad Request: Unrecognized key(s) in object: 'verbose'"
    assert ("schemas" in answer.json) == (path in SCIM)


@pytest.mark.parametrize("path", PATHS)
def test_no_read_answers_without_a_key(server, wire, at, path):
    answer = wire.ask(
        "GET", at(path), needed(server, path), headers={"Authorization": "Bearer nobody"}
    )
    assert answer.status == 403
    assert answer.json == {"error": {"code": 403, "message": "Invalid bearer token"}}


@pytest.mark.parametrize("path", SCIM)
def test_a_personal_token_has_no_scim(server, connect, at, path):
    answer = connect(server, server.personal_key).get(at(path))
    assert answer.status == 403
    assert answer.json == {
        "detail": "User-scoped API keys are not allowed to access the SCIM API",
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": 403,
    }


@pytest.mark.parametrize("path", ADMINISTRATORS)
def test_a_member_may_not_read_what_is_for_administrators(server, connect, path):
    answer = connect(server, server.personal_key).get(path)
    assert (answer.status, answer.json) == (403, {"detail": "Permission denied", "status": 403})


@pytest.mark.parametrize("path", PAGED)
@pytest.mark.parametrize("size", [1, 7, 20])
def test_pages_are_complete_and_repeat_nothing(wire, at, path, size):
    if size == 1 and path in LONG:
        size = 99
    whole, _ = page_through(wire, at(path), pageSize=20, **PAGED[path])
    rows, infos = page_through(wire, at(path), pageSize=size, **PAGED[path])
    assert rows == whole
    assert rows
    assert len({natural_key(row) for row in rows}) == len(rows)
    assert {info["totalRecords"] for info in infos} == {len(rows)}
    assert {info["pageSize"] for info in infos} == {size}
    assert len(infos) == -(-len(rows) // size)


@pytest.mark.parametrize("path", PAGED)
def test_an_invented_cursor_is_400_in_every_list(wire, at, path):
    answer = wire.get(at(path), cursor="nonsense", **PAGED[path])
    assert answer.status == 400
    if path == "/api/v1/models":
        assert answer.json == {"error": "Invalid cursor", "success": False}
    else:
        assert answer.json["detail"].startswith("Bad Request: cursor: Invalid ")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/documents",
        "/api/v1/documents/{identifier}/access-list",
        "/api/v1/schedules",
        "/api/v1/models",
    ],
)
def test_some_lists_are_longer_than_a_page_can_be(wire, at, path):
    assert wire.get(at(path), pageSize=100).json["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    "path", ["content", "documents", "folders", "schedules", "models", "ai/conversations", "labels"]
)
def test_old_paths_read_the_same(wire, path):
    assert wire.get(f"/api/unstable/{path}").body == wire.get(f"/api/v1/{path}").body


@pytest.mark.parametrize("path", ["Users", "embed/Users", "Groups"])
def test_scim_paths_may_be_written_in_lower_case(wire, path):
    capitals = wire.get(f"/api/scim/v2/{path}")
    assert capitals.json["Resources"]
    assert wire.get(f"/api/scim/v2/{path.lower()}").body == capitals.body


def test_other_paths_mind_their_case(wire):
    assert wire.get("/api/v1/Documents").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/documents/nobody-knows",
        "/api/v1/documents/nobody-knows/queries",
        "/api/v1/documents/nobody-knows/access-list",
        "/api/v1/labels/nobody-knows",
        "/api/v1/dashboards/nobody-knows/filters",
        "/api/unstable/documents/nobody-knows/export",
        *(
            path.replace("ID", "2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11")
            for path in (
                "/api/v1/folders/ID/permissions",
                "/api/v1/models/ID/topic",
                "/api/v1/connections/ID",
                "/api/v1/schedules/ID",
                "/api/v1/schedules/ID/recipients",
                "/api/scim/v2/Users/ID",
                "/api/scim/v2/embed/Users/ID",
                "/api/scim/v2/Groups/ID",
                "/api/v1/users/ID/model-roles",
                "/api/v1/user-groups/ID/model-roles",
                "/api/v1/api-keys/ID",
                "/api/v1/jobs/ID/status",
                "/api/v1/ai/jobs/ID",
                "/api/v1/ai/jobs/ID/result",
                "/api/v1/ai/eval/prompt-sets/ID",
                "/api/v1/ai/eval/runs/ID",
                "/api/v1/ai/conversations/ID",
            )
        ),
    ],
)
def test_what_does_not_exist_is_404(wire, path):
    answer = wire.get(path)
    assert (answer.status, answer.json["status"]) == (404, 404)
    assert ("schemas" in answer.json) == path.startswith("/api/scim/")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/folders/x/permissions",
        "/api/v1/models/x/view",
        "/api/v1/connections/x/dbt",
        "/api/v1/schedules/x",
        "/api/scim/v2/Users/x",
        "/api/v1/users/x/model-roles",
    ],
)
def test_an_id_in_a_path_that_is_no_uuid_is_400(wire, path):
    answer = wire.get(path)
    assert answer.status == 400
    assert answer.json["detail"].endswith("Invalid uuid")


def test_an_empty_organization_has_empty_lists(serve, connect):
    wire = connect(serve(documents=0, folders=0))
    for path in ("documents", "folders", "schedules"):
        assert wire.get(f"/api/v1/{path}").json["records"] == []
    assert wire.get("/api/v1/uploads").json["records"]

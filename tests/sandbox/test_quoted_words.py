"""The words of errors that sources quote: the sandbox says just these (docs/wire.md)."""

import json

import pytest
from sandbox.shop_folder import SHOP

NOBODY = "2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11"


@pytest.fixture(scope="module")
def refused(server, connect):
    """Ask, and give the status and the words of the refusal."""

    def ask(method, path, body=None, *, key=None, authorization=None, **query):
        wire = connect(server, key)
        sent = None if body is None else json.dumps(body)
        headers = {} if authorization is None else {"Authorization": authorization}
        answer = wire.ask(method, path, query, body=sent, headers=headers)
        found = answer.json
        return answer.status, found.get("detail") or found["error"]["message"]

    return ask


def query(server, **rest):
    return {"query": {"modelId": server.models["orders"], "fields": [], **rest}}


def run(server, connect, body):
    answer = connect(server).ask("POST", "/api/v1/query/run", body=json.dumps(body))
    return json.loads(answer.body.splitlines()[1])["error_message"]


def test_words_about_keys_and_people(server, refused):
    header = "Bad authorization header, must be formatted as Bearer <token>"
    assert refused("GET", "/api/v1/whoami", authorization="Token x") == (400, header)
    assert refused("GET", "/api/v1/whoami", key="x") == (403, "Invalid bearer token")
    assert refused("GET", "/api/v1/whoami", modelId=NOBODY) == (
        404,
        f"Model(s) not found: {NOBODY}",
    )
    other = NOBODY.replace("2c", "3c")
    both = f"{NOBODY},{server.models['orders']},{other}"
    assert refused("GET", "/api/v1/whoami", modelId=both) == (
        404,
        f"Model(s) not found: {NOBODY}, {other}",
    )
    personal = server.personal_key
    assert refused("GET", "/api/scim/v2/Users", key=personal) == (
        403,
        "User-scoped API keys are not allowed to access the SCIM API",
    )
    conversations = "/api/v1/ai/conversations"
    assert refused("GET", conversations, userId=NOBODY) == (
        404,
        f"User with id {NOBODY} does not exist",
    )
    assert refused("GET", conversations, key=personal, userId=NOBODY) == (
        403,
        "User-scoped API keys can only be used to act on behalf of the authenticated user.",
    )


def test_words_about_what_is_not_there(server, refused):
    orders = server.models["orders"]
    assert refused("GET", f"/api/v1/models/{orders}/topic/nope") == (404, "Topic nope not found")
    prompt = {"prompt": "Revenue by month", "modelId": NOBODY}
    generate = "/api/v1/ai/generate-query"
    assert refused("POST", generate, prompt) == (404, f"Model {NOBODY} not found")
    topic = prompt | {"modelId": orders, "currentTopicName": "nope"}
    assert refused("POST", generate, topic) == (404, "Topic nope not found")
    status, words = refused("POST", generate, {"prompt": "Why?", "modelId": orders})
    assert (status, words.partition(":")[0]) == (400, "No query generated")
    assert refused("POST", generate, {"modelId": orders}) == (400, "Bad Request: prompt: Required")


def test_words_about_requests(server, refused):
    run_path = "/api/v1/query/run"
    status, words = refused("POST", run_path, query(server) | {"timezone": "Europe/Berlin"})
    assert (status, words.partition("timezone: ")[2]) == (
        400,
        "The timezone parameter requires user-specific timezones to be enabled on the connection.",
    )
    bare = query(server, fields=["users.name"], filters={"users.name": "Ann"})
    assert refused("POST", run_path, bare) == (400, "Unable to parse data stream")
    role = {"roleName": "KING", "modelId": server.models["orders"]}
    member = server.organization.token_holder.membership_id
    assert refused("POST", f"/api/v1/users/{member}/model-roles", role) == (422, "Invalid role")
    for size, part in ((0, "at least 1"), (101, "cannot exceed 100")):
        status, words = refused("GET", "/api/v1/content", pageSize=size)
        assert (status, part in words) == (400, True)


def test_words_of_jobs(server, connect):
    for sql, words in {
        "SELECT ${users.nope} FROM ${users}": 'Field "users.nope" not found: No such field "users.nope"',
        "SELECT ${users.id} FROM ${nope}": 'No such view "nope"',
    }.items():
        said = run(server, connect, query(server, userEditedSQL=sql))
        assert said == f"Could not substitute Omni SQL: {words}"
    topic = query(server, fields=["users.id"], join_paths_from_topic_name="nope")
    assert run(server, connect, topic) == "Topic nope not found"
    unknown = query(
        server, table="users", fields=["users.id"], filters={"users.x": {"type": "null"}}
    )
    assert run(server, connect, unknown) == 'No such field "users.x"'


def test_words_for_who_may_not_see_sql(serve, connect):
    hidden = serve(documents=0, redact_sql=True)
    topic = query(hidden, fields=["users.id"], join_paths_from_topic_name="nope")
    assert run(hidden, connect, topic) == (
        "Query failed. Error details are only visible to users with permission to view SQL."
    )


def test_words_of_what_takes_too_long(serve, connect):
    slow = serve(documents=0, slow_job_polls=1)
    body = query(slow, table="users", fields=["users.id"]) | {"resultType": "json"}
    answer = connect(slow).ask("POST", "/api/v1/query/run", body=json.dumps(body))
    assert (answer.status, answer.json["detail"]) == (408, "Query timed out")
    assert answer.json["timed_out"] is True


def test_messages_of_what_went_well(mine, serve, connect):
    own = serve(org=mine({"api_keys": [{"name": "CI"}, {"name": "other"}]}, SHOP))
    wire = connect(own)
    *_, key = own.organization.api_keys
    assert wire.send("DELETE", f"/api/v1/api-keys/{key}").json["message"] == "API token revoked"
    (connection,) = own.organization.connections
    answer = wire.get(f"/api/v1/connections/{connection}/dbt").json
    assert answer["message"] == "dbt not configured for this connection"

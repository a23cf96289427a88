"""What the sandbox answers to a change is what Omni's OpenAPI file describes.

The file is Omni's; without it these tests are skipped.
"""

import json
import re
import urllib.error
import urllib.request
from urllib.parse import quote

import jsonschema
from openapi.openapi_file import openapi_file

from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.moods.behavior import Behavior
from omnipd_sandbox.server import Server

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


def changes():
    """Return the sandbox's changes that the file describes, by method and path."""
    found = {}
    for each in endpoints(Behavior()):
        operation = openapi_file()["paths"].get(each.path, {}).get(each.method.lower())
        if each.writes and operation is not None:
            found[each.method, each.path] = (each, operation)
    return found


def bodies(org, models):
    """Return what to send, in an order in which each of them can be made."""
    dashboard = next(
        each for each in org.documents.values() if each.has_dashboard and not each.deleted
    )
    one, user = dashboard.identifier, list(org.users)[5]
    folder = next(each.id for each in org.folders.values() if each.path == "empty/emptier/emptiest")
    schedule = next(each.id for each in org.schedules.values() if each.destination == "email")
    group, model = next(iter(org.groups)), models["orders"]
    address = org.users[user].email
    document, key = f"/api/v1/documents/{one}", next(iter(org.api_keys))
    shared = {"role": "VIEWER", "userIds": [user]}
    delivery = {
        "identifier": one,
        "name": "x",
        "schedule": "0 8 ? * MON *",
        "timezone": "UTC",
        "format": "pdf",
        "destinationType": "email",
        "recipients": [{"email": "x@outside.example"}],
    }
    people = {"emails": ["y@outside.example"]}
    active = {"op": "replace", "path": "active", "value": True}
    named = {"op": "replace", "path": "displayName", "value": "Other"}
    yield "PATCH", document, {"name": "x", "clearExistingDraft": True}
    yield "POST", f"{document}/move", {"folderPath": None}
    yield "PUT", f"{document}/transfer-ownership", {"userId": user}
    yield "POST", f"{document}/duplicate", {"name": "y"}
    yield "PUT", f"{document}/favorite", None
    yield "DELETE", f"{document}/favorite", None
    yield "PATCH", f"{document}/labels", {"add": ["finance"]}
    yield "PUT", f"{document}/labels/operations", None
    yield "DELETE", f"{document}/labels/operations", None
    yield "PUT", f"{document}/permissions", {"canDrill": True}
    yield "POST", f"{document}/permissions", {"role": "VIEWER", "userGroupIds": [group]}
    yield "PATCH", f"{document}/permissions", {"role": "EDITOR", "userGroupIds": [group]}
    yield "DELETE", f"{document}/permissions", {"userGroupIds": [group]}
    yield "PATCH", f"/api/v1/dashboards/{one}/filters", {"filterOrder": []}
    yield "POST", f"{document}/draft", {}
    yield "DELETE", f"{document}/draft", {}
    yield "POST", "/api/v1/folders", {"name": "x"}
    yield "PATCH", f"/api/v1/folders/{folder}", {"name": "y"}
    yield "POST", f"/api/v1/folders/{folder}/permissions", shared
    yield "PATCH", f"/api/v1/folders/{folder}/permissions", shared
    yield "DELETE", f"/api/v1/folders/{folder}/permissions", {"userIds": [user]}
    yield "DELETE", f"/api/v1/folders/{folder}", None
    yield "POST", "/api/v1/labels", {"name": "new"}
    yield "PUT", "/api/v1/labels/new", {"color": "#000000"}
    yield "DELETE", "/api/v1/labels/new", None
    yield "POST", "/api/v1/schedules", delivery
    for rest in ("pause", "resume"):
        yield "PUT", f"/api/v1/schedules/{schedule}/{rest}", None
    yield "POST", f"/api/v1/schedules/{schedule}/trigger", None
    yield "PUT", f"/api/v1/schedules/{schedule}/transfer-ownership", {"userId": user}
    yield "PUT", f"/api/v1/schedules/{schedule}/add-recipients", people
    yield "PUT", f"/api/v1/schedules/{schedule}/remove-recipients", people
    yield "PUT", f"/api/v1/schedules/{schedule}", delivery
    yield "DELETE", f"/api/v1/schedules/{schedule}", None
    yield "POST", "/api/scim/v2/Users", {"userName": "z@x.example", "displayName": "Z"}
    yield "PUT", f"/api/scim/v2/Users/{user}", {"userName": address}
    yield "PATCH", f"/api/scim/v2/Users/{user}", {"schemas": [PATCH], "Operations": [active]}
    yield "POST", "/api/scim/v2/Groups", {"displayName": "new", "members": [{"value": user}]}
    yield "PUT", f"/api/scim/v2/Groups/{group}", {"displayName": "G", "members": []}
    yield "PATCH", f"/api/scim/v2/Groups/{group}", {"schemas": [PATCH], "Operations": [named]}
    given = {"roleName": "QUERIER", "modelId": model}
    yield "POST", f"/api/v1/users/{user}/model-roles", given
    yield "POST", f"/api/v1/user-groups/{group}/model-roles", given
    yield "POST", "/api/v1/users/email-only", {"email": "a@x.example"}
    yield "POST", "/api/v1/users/email-only/bulk", {"users": [{"email": "b@x.example"}]}
    yield "DELETE", f"/api/scim/v2/Groups/{group}", None
    yield "DELETE", f"/api/scim/v2/Users/{user}", None
    yield "DELETE", f"/api/scim/v2/embed/Users/{next(iter(org.embed_users))}", None
    yield "DELETE", document, None
    base = org.fixed_models[model]
    trial = {"connectionId": base.connection_id, "modelKind": "BRANCH", "baseModelId": model}
    yield "POST", "/api/v1/models", trial
    yield "PUT", f"/api/v1/api-keys/{key}", {"enabled": True}
    other = list(org.api_keys)[1]
    yield "DELETE", f"/api/v1/api-keys/{other}", None


#: What tests/sandbox/test_migration.py and test_model_changes.py look at.
ELSEWHERE = {
    ("POST", "/api/unstable/documents/import"),
    ("POST", "/api/v1/models/{modelId}/yaml"),
}


def send(server, method, address, body):
    """Send a change; return the status and the body of the answer."""
    request = urllib.request.Request(
        server.url + quote(address),
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {server.api_key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def operation_of(method, address, known):
    """Return the operation that an address belongs to; one with fewer names in its path wins."""
    fits = [
        (path.count("{"), path)
        for other, path in known
        if other == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), address)
    ]
    return method, min(fits)[1]


def test_every_change_answers_as_the_file_says():
    known = changes()
    seen = set()
    with Server(documents=60) as server:
        for method, address, body in bodies(server.organization, server.models):
            operation = operation_of(method, address, known)
            status, answer = send(server, method, address, body)
            responses = known[operation][1]["responses"]
            succeeded = [status for status in responses if status.startswith("2")]
            assert [str(status)] == succeeded, (operation, answer)
            content = responses[succeeded[0]].get("content")
            if content is None:
                assert status == 204 or operation[1].endswith("{scheduleId}")
            else:
                schema = content["application/json"]["schema"]
                whole = {**schema, "components": openapi_file()["components"]}
                jsonschema.Draft202012Validator(whole).validate(json.loads(answer))
            seen.add(operation)
        assert server.failures == []
    assert known.keys() - seen == ELSEWHERE


def test_a_change_takes_the_parameters_of_the_file():
    for operation, (endpoint, described) in changes().items():
        written = {
            each["name"] for each in described.get("parameters", []) if each["in"] == "query"
        }
        assert set(endpoint.parameters) == written, operation

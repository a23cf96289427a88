"""What the sandbox answers, and what readers send, is what Omni's OpenAPI file describes.

Where it is not, a table says why, and fails when it is after all. The file is Omni's, and older than
some calls; without it these tests are skipped.
"""

import http.client
import json
import re
from datetime import datetime
from urllib.parse import quote, urlsplit

import jsonschema
import pytest
from declared_lists import declared_lists
from openapi.openapi_file import openapi_file

from omnipd.lists.fanout import FanOut
from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.api.unserved import unserved
from omnipd_sandbox.moods.behavior import Behavior

#: Operation: place in the answer → why it is otherwise in the sandbox.
DIFFERENCES = {
    "/api/v1/models/{modelId}/dbt-exposures": {
        "records.*.exposure": "null for a dashboard that uses nothing of dbt; the file has an object",
    },
}

#: Operation: parameters that the sandbox takes and the file does not have → why.
MORE_PARAMETERS = {
    "/api/v1/query/wait": {"job_ids": "the older spelling, which is still taken"},
}

#: Operation: what readers take and the file does not have → why.
MORE_SENT = {
    "/api/v1/folders": {"scope=all": "never sent: it stands for one list for each person"},
    "/api/v1/content": {
        "scope=all": "never sent, as of folders",
        "labels": "on Omni's pages; after a 400 the reader filters by itself",
        "sortField=updatedAt": "on Omni's pages; after a 400 the reader sorts by itself",
    },
    "/api/v1/models": {
        "modelKind=TOPIC": "on Omni's pages",
        "modelKind=FIELD_PICKER_TOPIC": "on Omni's pages",
    },
}

#: Operations whose answer is not held against the file, and why.
NOT_HELD = {
    "/api/v1/ai/jobs/{jobId}/vis": "a picture",
    "/api/v1/dashboards/{identifier}/download/{jobId}": "bytes of a file",
    "/api/v1/dashboards/{identifier}/download/{jobId}/status": "no list; the file has no schema",
    "/api/v1/query/wait": "the file has one JSON document, Omni sends lines",
}

_FEW = 20


def each(ids):
    """Return the segments of a path with one name, for a few ids."""
    return [(one,) for one in list(ids)[:_FEW]]


def dashboards(org):
    return each(
        one.identifier for one in org.documents.values() if one.has_dashboard and not one.deleted
    )


def models(org):
    return each(one.id for one in org.fixed_models.values() if not one.deleted_at)


def shared(org):
    return each(one.id for one in org.shared_models.values())


def connections(org):
    return each(one.id for one in org.connections.values() if not one.deleted_at)


def ai_jobs(org):
    messages = (said for one in org.conversations.values() for said in one.messages)
    return each(said.job_id for said in messages if said.job_id)


#: Operation: what to put into its path.
SEGMENTS = {
    "/api/v1/ai/jobs/{jobId}": ai_jobs,
    "/api/v1/ai/jobs/{jobId}/result": ai_jobs,
    "/api/v1/api-keys/{id}": lambda org: each(org.api_keys),
    "/api/v1/connections/{connectionId}/dbt": connections,
    "/api/v1/connections/{connectionId}/dbt/environments": lambda org: [
        (row["connectionId"],) for row in org.tables["dbt_projects"]
    ],
    "/api/v1/connections/{connectionId}/schedules": connections,
    "/api/v1/connections/{connectionId}/schedules/{scheduleId}": lambda org: [
        (row["connectionId"], row["scheduleId"]) for row in org.tables["refreshes"]
    ],
    "/api/v1/dashboards/{identifier}/filters": dashboards,
    "/api/v1/documents/{identifier}": dashboards,
    "/api/v1/documents/{identifier}/queries": dashboards,
    "/api/v1/documents/{identifier}/permissions": dashboards,
    "/api/v1/documents/{identifier}/access-list": dashboards,
    "/api/unstable/documents/{identifier}/export": dashboards,
    "/api/v1/folders/{folderId}/permissions": lambda org: each(org.folders),
    "/api/v1/labels/{name}": lambda org: each(org.labels),
    "/api/v1/jobs/{jobId}/status": lambda org: each(org.refresh_jobs),
    "/api/v1/models/{modelId}/schemas": models,
    "/api/v1/models/{modelId}/view": models,
    "/api/v1/models/{modelId}/topic": models,
    "/api/v1/models/{modelId}/topic/{topicName}": lambda org: [
        (one.id, one.name) for one in org.shared_models.values()
    ],
    "/api/v1/models/{modelId}/validate": models,
    "/api/v1/models/{modelId}/dbt-exposures": shared,
    "/api/v1/models/{modelId}/git": lambda org: each(
        one.id for one in org.shared_models.values() if one.name == "flights"
    ),
    "/api/v1/models/{modelId}/content-validator": shared,
    "/api/v1/models/{modelId}/yaml": models,
    "/api/v1/schedules/{scheduleId}": lambda org: each(org.schedules),
    "/api/v1/schedules/{scheduleId}/recipients": lambda org: each(org.schedules),
    "/api/scim/v2/Users/{id}": lambda org: each(org.users),
    "/api/scim/v2/embed/Users/{id}": lambda org: each(org.embed_users),
    "/api/scim/v2/Groups/{miniUuid}": lambda org: each(org.groups),
    "/api/v1/users/{id}/model-roles": lambda org: each(org.users),
    "/api/v1/user-groups/{id}/model-roles": lambda org: each(org.groups),
}

#: Operation: what to ask it, so that optional parts come, too.
QUERIES = {
    "/api/v1/content": ["include=_count,labels&pageSize=100"],
    "/api/v1/documents": ["include=_count,labels,includeDeleted&pageSize=300"],
    "/api/v1/folders": ["include=_count,labels&pageSize=100"],
    "/api/v1/models": [
        "pageSize=100",
        "modelKind=SHARED&include=activeBranches&includeDeleted=true",
    ],
    "/api/v1/models/{modelId}/git": ["", "include=webhookSecret"],
    "/api/v1/models/{modelId}/yaml": ["", "includeChecksums=true"],
    "/api/v1/schedules": ["pageSize=100", "pageSize=100&cursor=2"],
    "/api/v1/uploads": ["", "type=spreadsheet"],
    "/api/v1/api-keys": ["pageSize=100"],
    "/api/v1/connections": ["", "includeDeleted=true"],
    "/api/v1/documents/{identifier}/permissions": ["", "userId={user}"],
    "/api/v1/folders/{folderId}/permissions": ["", "userId={user}"],
}

LISTS = [
    "/api/scim/v2/Groups",
    "/api/scim/v2/Users",
    "/api/scim/v2/embed/Users",
    "/api/v1/connection-environments",
    "/api/v1/labels",
    "/api/v1/user-attributes",
    "/api/v1/users/email-only",
]
HELD = sorted({*SEGMENTS, *QUERIES, *LISTS})


def operations():
    """Return every GET of the file by its path."""
    return {path: each["get"] for path, each in openapi_file()["paths"].items() if "get" in each}


def parameters(operation):
    """Return the query parameters of an operation by name, with what each may be."""
    components = openapi_file()["components"]["schemas"]
    return {
        one["name"]: components.get(one["schema"].get("$ref", "").rpartition("/")[2], one["schema"])
        for one in operation.get("parameters", [])
        if one["in"] == "query"
    }


def validator(operation):
    """Return what holds an answer against the file, formats of times included."""
    formats = jsonschema.FormatChecker()
    # jsonschema checks times with another library only; this one is there.
    formats.checks("date-time", raises=ValueError)(
        lambda value: not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None
    )
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": openapi_file()["components"]}
    return jsonschema.Draft202012Validator(whole, format_checker=formats)


def addresses(path, server):
    """Yield what to ask of an operation."""
    org = server.organization
    for segments in SEGMENTS.get(path, lambda _org: [()])(org):
        filled = path
        for segment in segments:
            filled = re.sub(r"\{\w+\}", quote(segment, safe=""), filled, count=1)
        for query in QUERIES.get(path, [""]):
            asked = query.format(user=org.administrator.membership_id)
            yield f"{filled}?{asked}" if asked else filled


@pytest.fixture(scope="module")
def ask(server):
    """Ask the sandbox, over one connection."""
    address = urlsplit(server.url)
    wire = http.client.HTTPConnection(address.hostname, address.port, timeout=30)

    def answer(path):
        wire.request("GET", path, headers={"Authorization": f"Bearer {server.api_key}"})
        response = wire.getresponse()
        body = response.read()
        assert response.status == 200, (path, body)
        return json.loads(body)

    yield answer
    wire.close()


@pytest.mark.parametrize("path", HELD)
def test_the_sandbox_answers_as_the_file_says(server, ask, path):
    held = validator(operations()[path])
    found = {}
    for address in addresses(path, server):
        for error in held.iter_errors(ask(address)):
            steps = ["*" if isinstance(step, int) else str(step) for step in error.absolute_path]
            found.setdefault(".".join(steps), error.message[:200])
    assert {place: found[place] for place in found.keys() - DIFFERENCES.get(path, {}).keys()} == {}
    no_longer = DIFFERENCES.get(path, {}).keys() - found.keys()
    assert not no_longer, "these agree after all: take them out of the table"


def test_every_answer_that_the_file_describes_is_held_against_it():
    known = {*HELD, *NOT_HELD}
    assert operations().keys() == known
    assert DIFFERENCES.keys() <= set(HELD)


def test_every_call_of_the_file_is_served_or_refused_by_name():
    served, refused = (
        {(each.method, unnamed(each.path)) for each in table}
        for table in (endpoints(Behavior()), unserved())
    )
    described = {
        (method.upper(), unnamed(path))
        for path, each in openapi_file()["paths"].items()
        for method in each.keys() & {"get", "post", "put", "patch", "delete"}
    }
    assert described - served - refused == set()
    assert served & refused == set()


def test_the_sandbox_takes_the_parameters_of_the_file():
    served = {each.path: set(each.parameters) for each in endpoints(Behavior()) if is_get(each)}
    described = operations()
    assert described.keys() - served.keys() <= NOT_HELD.keys()
    for path in described.keys() & served.keys():
        taken, written = served[path], parameters(described[path]).keys()
        assert written - taken == set(), path
        assert taken - written == MORE_PARAMETERS.get(path, {}).keys(), path


def is_get(endpoint):
    return endpoint.method == "GET"


def literals():
    """Yield every endpoint that a module of the package declares."""
    for _, one in declared_lists():
        yield one.endpoint if isinstance(one, FanOut) else one


def unnamed(path):
    return re.sub(r"\{\w+\}", "{}", path)


def test_readers_send_what_the_file_has():
    described = {unnamed(path): (path, operation) for path, operation in operations().items()}
    more, seen = {}, set()
    for endpoint in literals():
        if unnamed(endpoint.path) not in described:
            continue  # newer than the file; tests/readers/test_every_list.py has it
        path, operation = described[unnamed(endpoint.path)]
        seen.add(path)
        written = parameters(operation)
        sent = {param.wire: set(param.choices.values()) for param in endpoint.params.values()}
        sent |= {name: {value} for name, value in endpoint.fixed.items()}
        for name, values in sent.items():
            if name not in written:
                more.setdefault(path, set()).add(name)
                continue
            legal = written[name].get("enum")
            unlisted = {f"{name}={value}" for value in values - set(legal or values)}
            if unlisted:
                more.setdefault(path, set()).update(unlisted)
    assert len(seen) > 30
    assert more == {path: set(names) for path, names in MORE_SENT.items()}

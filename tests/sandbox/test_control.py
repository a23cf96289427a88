"""Organizations on demand: over HTTP, from outside, with urllib alone."""

import http.client
import json
import urllib.error
import urllib.request
from email.message import Message
from urllib.parse import urlsplit

import pytest

from omnipd_sandbox.http.loopback import check_loopback
from omnipd_sandbox.http.refusals import Forbidden
from omnipd_sandbox.http.request import Request
from omnipd_sandbox.moods.faults import Fault, read_faults
from omnipd_sandbox.moods.knobs import KNOBS
from omnipd_sandbox.server import Server


def ask(url, method="GET", *, body=None, token=None, headers=None):
    """Give the status and the JSON of an answer."""
    request = urllib.request.Request(url, method=method, headers=headers or {})
    if body is not None:
        request.data = json.dumps(body).encode()
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            status, text = response.status, response.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    return status, json.loads(text) if text else None


@pytest.fixture(scope="module")
def controlled():
    with Server(control=True, documents=5, folders=5) as running:
        yield running
        assert running.failures == []


class Opened:
    """An organization, as a program in another language sees it."""

    def __init__(self, answer):
        self.id, self.base_url, self.token = answer["id"], answer["base_url"], answer["token"]
        self.answer = answer

    def get(self, path, token=None):
        return ask(self.base_url + path, token=token or self.token)

    def post(self, path, body):
        return ask(self.base_url + path, "POST", body=body, token=self.token)


@pytest.fixture
def open_tenant(controlled):
    opened = []

    def start(**knobs):
        status, answer = ask(f"{controlled.url}/_sandbox/tenants", "POST", body=knobs)
        assert status == 201, answer
        opened.append(Opened(answer))
        return opened[-1]

    yield start
    for each in opened:
        ask(f"{controlled.url}/_sandbox/tenants/{each.id}", "DELETE")


def test_a_tenant_is_an_organization_of_its_own(controlled, open_tenant):
    one, two = open_tenant(documents=30), open_tenant(documents=7)
    assert len({one.id, two.id}) == len({one.token, two.token, controlled.api_key}) - 1 == 2
    assert len({one.base_url, two.base_url, controlled.url}) == 3
    deleted = "/api/v1/documents?include=includeDeleted"
    assert one.get(deleted)[1]["pageInfo"]["totalRecords"] == 30
    assert two.get(deleted)[1]["pageInfo"]["totalRecords"] == 7
    # The key of one opens no other.
    refused = (403, {"error": {"code": 403, "message": "Invalid bearer token"}})
    assert two.get("/api/v1/whoami", token=one.token) == refused
    assert ask(f"{controlled.url}/api/v1/whoami", token=one.token) == refused


def test_what_is_written_into_one_tenant_is_in_no_other(open_tenant):
    one, two = open_tenant(documents=3), open_tenant(documents=3)
    listed = "/api/v1/documents?include=includeDeleted&pageSize=50"
    identifier = one.get(listed)[1]["records"][0]["identifier"]
    exported = one.get(f"/api/unstable/documents/{identifier}/export")[1]
    status, _ = one.post(
        "/api/unstable/documents/import",
        {"baseModelId": one.answer["models"]["orders"], **exported},
    )
    assert status == 201
    assert one.get(listed)[1]["pageInfo"]["totalRecords"] == 4
    assert two.get(listed)[1]["pageInfo"]["totalRecords"] == 3


def test_every_path_works_below_the_address_of_a_tenant(open_tenant):
    tenant = open_tenant(documents=3)
    for path in (
        "/api/v1/whoami",
        "/api/unstable/content",
        "/api/scim/v2/Users",
        "/api/scim/v2/users",
        "/api/v1/query/wait?jobIds=x",
    ):
        request = urllib.request.Request(
            tenant.base_url + path, headers={"Authorization": f"Bearer {tenant.token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert answer.status == 200


def test_a_tenant_that_is_deleted_answers_no_more(controlled, open_tenant):
    tenant = open_tenant(documents=0)
    address = f"{controlled.url}/_sandbox/tenants/{tenant.id}"
    kept_open = http.client.HTTPConnection(urlsplit(tenant.base_url).netloc, timeout=30)
    kept_open.request("GET", "/api/v1/whoami")
    kept_open.getresponse().read()
    assert ask(address, "DELETE") == (204, None)
    assert kept_open.sock.recv(1) == b""
    kept_open.close()
    with pytest.raises(urllib.error.URLError):
        tenant.get("/api/v1/whoami")
    status, answer = ask(address, "DELETE")
    assert (status, answer["detail"]) == (404, f"There is no tenant {tenant.id}")
    assert ask(f"{controlled.url}/api/v1/whoami", token=controlled.api_key)[0] == 200


def test_stats_count_every_organization(open_tenant):
    with Server(control=True, documents=0) as server:
        stats = f"{server.url}/_sandbox/stats"
        assert ask(stats) == (200, {"requests": 0, "by_path": {}, "tenants": 0})
        tenant = server.open_tenant(documents=0)
        for url, token in [(server.url, server.api_key)] + [(tenant.url, tenant.api_key)] * 2:
            assert ask(f"{url}/api/v1/whoami", token=token)[0] == 200
        assert ask(f"{tenant.url}/nowhere")[0] == 404
        assert ask(stats) == (
            200,
            {"requests": 4, "by_path": {"/api/v1/whoami": 3, "/nowhere": 1}, "tenants": 1},
        )
        server.close_tenant(tenant.id)  # what it was asked is still counted
        assert ask(stats) == (
            200,
            {"requests": 4, "by_path": {"/api/v1/whoami": 3, "/nowhere": 1}, "tenants": 0},
        )


def test_a_hundred_tenants_live_at_once(open_tenant):
    tenants = [open_tenant(documents=place % 3) for place in range(100)]
    counted = [
        each.get("/api/v1/documents?include=includeDeleted")[1]["pageInfo"]["totalRecords"]
        for each in tenants
    ]
    assert counted == [place % 3 for place in range(100)]


def test_without_control_there_is_no_control(serve):
    server = serve(documents=0)
    for method, path in (("POST", "tenants"), ("GET", "stats"), ("DELETE", "tenants/x")):
        status, answer = ask(f"{server.url}/_sandbox/{path}", method)
        assert (status, answer) == (404, {"detail": "Not Found", "status": 404})


def test_a_tenant_has_no_control_over_others(open_tenant):
    assert open_tenant(documents=0).get("/_sandbox/stats")[0] == 404


def test_control_refuses_other_methods_and_paths(controlled):
    base = f"{controlled.url}/_sandbox"
    assert ask(f"{base}/tenants")[0] == 405
    assert ask(f"{base}/stats", "POST", body={})[0] == 405
    for path in ("/", "/tenants/", "/tenants/x/y", "/nothing"):
        assert ask(base + path, "DELETE")[0] == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"Origin": "https://evil.example"},
    ],
)
def test_a_page_from_elsewhere_controls_nothing(controlled, headers):
    for method, path in (("GET", "stats"), ("POST", "tenants")):
        status, _ = ask(f"{controlled.url}/_sandbox/{path}", method, headers=headers)
        assert status == 403
    assert not controlled.tenants


@pytest.mark.parametrize(
    ("peer", "welcome"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.0.2.1", False),
        ("::ffff:192.0.2.1", False),
        ("fe80::1%eth0", False),
        ("", False),
    ],
)
def test_only_programs_of_this_machine_need_no_key(peer, welcome):
    headers = Message()
    headers["Host"] = "localhost:8000"
    request = Request("GET", "/_sandbox/stats", (), headers, b"", peer)
    if welcome:
        check_loopback(request)
    else:
        with pytest.raises(Forbidden):
            check_loopback(request)


# --- knobs


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        (
            {"slow_job_poll": 1},
            "unknown knob 'slow_job_poll'; did you mean 'slow_job_polls'?",
        ),
        ({"document": 1}, "unknown knob 'document'; did you mean 'documents'?"),
        ({"documents": -1}, "documents must be a whole number from 0 to 1,000,000, not -1"),
        ({"documents": True}, "documents must be a whole number from 0 to 1,000,000, not True"),
        ({"key_scope": "users"}, "key_scope must be one of organization, user, not 'users'; did"),
        ({"retry_after": 5}, "retry_after must be one of none, seconds, date, not 5"),
        ({"permissions": ["VIEW_SQ"]}, "permissions[0] must be one of"),
        ({"permissions": "VIEW_SQL"}, "permissions must be a list, not 'VIEW_SQL'"),
        ({"redact_sql": "yes"}, "redact_sql must be true or false, not 'yes'"),
        ({"default_page_size": 0}, "default_page_size must be a whole number from 1 to 100, or"),
        ({"model_name": "orders"}, "model_name: there is a model 'orders' already"),
        ({"topic_name": "a/b"}, "topic_name cannot hold a slash: 'a/b'"),
        ({"tokens": ["a", "a"]}, "tokens[1] has a name that is taken"),
        ({"tokens": [{"name": "a", "scope": "user"}]}, "unknown key of tokens[0]: 'scope'; did"),
        (
            {"tokens": [{"name": "a", "user": "adda@sandbox.example"}]},
            "tokens: no member has the id or e-mail 'adda@sandbox.example'; did you mean 'ada@",
        ),
        ({"faults": [{"path": "/"}]}, "faults[0] must be an object with a kind: status, html"),
        ({"self": 1}, "unknown knob 'self'; known: "),
        ({"faults": [{"kind": []}]}, "faults[0].kind must be one of status,"),
        ({"faults": [{"kind": {"a": 1}}]}, "faults[0].kind must be one of status,"),
        ({"faults": [{"kind": None}]}, "faults[0].kind must be one of status,"),
        ({"faults": [{"kind": "stat"}]}, "faults[0].kind must be one of status,"),
        ({"faults": [{"kind": "html", "code": 500}]}, "unknown key of faults[0], a fault of kind"),
        ({"faults": [{"kind": "cut", "cout": 2}]}, "unknown key of faults[0]: 'cout'; did you"),
        ({"faults": [{"kind": "cut", "path": "api/v1"}]}, "faults[0].path must start with / or *"),
        ({"faults": [{"kind": "cut", "path": "/a?b=1"}]}, "faults[0].path must start with / or *"),
        ({"faults": [{"kind": "status", "code": 200}]}, "faults[0].code must be a whole number"),
    ],
)
def test_a_knob_that_is_wrong_is_refused_by_name(controlled, knobs, said):
    status, answer = ask(f"{controlled.url}/_sandbox/tenants", "POST", body=knobs)
    assert status == 400
    assert answer["detail"].startswith(f"Bad Request: {said}")
    assert not controlled.tenants


@pytest.mark.parametrize("name", [*KNOBS, "self", "cls", "", "\ud800"])
def test_a_knob_with_any_value_is_answered(controlled, name):
    odd = [None, -1, 1.5, True, "", "\ud800", "/", [], {}, [[]], [None], [{}], [{"name": []}]]
    for value in [*odd, [{"kind": "slow", "slow": {}}], [{"kind": "status", "path": []}]]:
        status, answer = ask(f"{controlled.url}/_sandbox/tenants", "POST", body={name: value})
        assert status in {201, 400}, (value, answer)
        if status == 201:
            assert ask(f"{controlled.url}/_sandbox/tenants/{answer['id']}", "DELETE")[0] == 204
    assert controlled.failures == []


def test_a_fault_of_the_control_plane_is_answered_and_reported(monkeypatch):
    def fail(tenancy, /, **knobs):
        raise ZeroDivisionError("on purpose")

    with Server(control=True, documents=0) as running:
        monkeypatch.setattr(Server, "open_tenant", fail)
        status, answer = ask(f"{running.url}/_sandbox/tenants", "POST", body={})
        assert (status, answer["detail"]) == (500, "Internal Server Error")
        assert "on purpose" in running.failures[0]


def test_a_key_is_not_repeated_in_a_refusal(controlled):
    knobs = {"tokens": [{"name": "a", "token": "omni_osk_secret with space"}]}
    status, answer = ask(f"{controlled.url}/_sandbox/tenants", "POST", body=knobs)
    assert status == 400
    assert "secret" not in answer["detail"]


@pytest.mark.parametrize(
    ("fault", "meant"),
    [
        ({"status": 503, "path": "/a"}, Fault("status", "/a", code=503)),
        ({"kind": "status", "status": 503}, Fault("status", code=503)),
        ({"slow": 2.5, "count": 3}, Fault("slow", count=3, seconds=2.5)),
        ({"html": True, "method": "GET"}, Fault("html", method="GET")),
        ({"kind": "same cursor"}, Fault("same_cursor")),
    ],
)
def test_a_fault_may_be_said_shortly(fault, meant):
    assert read_faults("faults", [fault]) == (meant,)


@pytest.mark.parametrize("fault", [{"html": "yes"}, {"status": "x"}, {"slow": True}, {"drift": 1}])
def test_a_short_fault_that_says_something_else_is_refused(fault):
    with pytest.raises(ValueError, match=r"faults\[0\]"):
        read_faults("faults", [fault])


def test_no_knobs_are_needed(controlled):
    request = urllib.request.Request(f"{controlled.url}/_sandbox/tenants", method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        assert response.status == 201
        answer = json.loads(response.read())
    assert sorted(answer) == ["base_url", "embed_secret", "id", "models", "token", "tokens"]
    assert ask(f"{controlled.url}/_sandbox/tenants/{answer['id']}", "DELETE")[0] == 204


def test_further_tokens_have_names_kinds_and_people(open_tenant):
    tenant = open_tenant(
        documents=0,
        tokens=[
            "second",
            {"name": "zoe", "key_scope": "user", "user": "zoe@sandbox.example"},
            {"name": "chosen", "token": "omni_osk_chosen"},
        ],
    )
    tokens = tenant.answer["tokens"]
    assert list(tokens) == ["second", "zoe", "chosen"]
    assert (tokens["second"], tokens["chosen"]) == ("second", "omni_osk_chosen")
    me = tenant.get("/api/v1/whoami")[1]
    assert tenant.get("/api/v1/whoami", token=tokens["second"])[1] == me
    assert tenant.get("/api/v1/whoami", token="omni_osk_chosen")[1] == me
    zoe = tenant.get("/api/v1/whoami", token=tokens["zoe"])[1]
    assert zoe["keyScope"] == "user"
    found = tenant.get(f"/api/scim/v2/Users/{zoe['user']['membershipId']}")[1]
    assert found["userName"] == "zoe@sandbox.example"


def test_further_tokens_may_be_so_many(open_tenant):
    tenant = open_tenant(documents=0, tokens=2)
    tokens = tenant.answer["tokens"]
    assert list(tokens) == ["token-1", "token-2"]
    assert len({tenant.answer["token"], *tokens.values()}) == 3
    for token in tokens.values():
        assert tenant.get("/api/v1/whoami", token=token)[0] == 200


def test_the_main_key_can_be_one_persons_own(open_tenant):
    tenant = open_tenant(documents=0, key_scope="user")
    assert tenant.get("/api/v1/whoami")[1]["keyScope"] == "user"
    assert tenant.get("/api/scim/v2/Users")[0] == 403


FLIGHTS = {
    "fields": ["flights.origin", "flights.count"],
    "table": "flights",
    "join_paths_from_topic_name": "flights",
    "limit": 2,
}


def run(tenant, model="flights", **changes):
    query = {"modelId": tenant.answer["models"][model], **FLIGHTS, **changes}
    return tenant.post("/api/v1/query/run", {"query": query, "resultType": "json"})


def test_permissions_are_those_that_are_given(open_tenant):
    tenant = open_tenant(documents=0, permissions=["QUERY_TOPICS"])
    [role, _] = tenant.get("/api/v1/whoami")[1]["rolesByModel"].values()
    assert role["permissions"] == ["QUERY_TOPICS"]
    assert run(tenant)[0] == 200
    assert run(tenant, join_paths_from_topic_name=None)[0] == 403
    status, answer = run(tenant, fields=["flights.origin"], userEditedSQL="select 1")
    assert status == 403
    # Without VIEW_SQL, a failing query keeps its reasons to itself.
    status, answer = run(tenant, sorts=[{"column_name": "nowhere.nothing"}])
    assert (status, answer["detail"]) == (
        400,
        "Query failed. Error details are only visible to users with permission to view SQL.",
    )


def test_the_query_api_can_be_off_and_the_credits_used_up(open_tenant):
    tenant = open_tenant(documents=0, feature_flag_off=True, ai_credits_exhausted=True)
    assert run(tenant) == (403, {"detail": "Feature not enabled", "status": 403})
    status, _ = tenant.post(
        "/api/v1/ai/generate-query",
        {
            "modelId": tenant.answer["models"]["flights"],
            "prompt": "Flights by origin",
            "runQuery": False,
        },
    )
    assert status == 402


def test_a_key_can_be_used_up(open_tenant):
    tenant = open_tenant(documents=0, rate_limited_after=2, retry_after="seconds", tokens=["b"])
    statuses = [tenant.get("/api/v1/nowhere")[0] for _ in range(2)]
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(
            urllib.request.Request(
                f"{tenant.base_url}/api/v1/whoami",
                headers={"Authorization": f"Bearer {tenant.token}"},
            ),
            timeout=30,
        )
    with raised.value as answer:
        statuses.append(answer.code)
        assert answer.headers["Retry-After"] == "60"
        assert answer.headers["X-Omni-Waf-Action"] == "block"
    assert statuses == [404, 404, 429]
    assert tenant.get("/api/v1/whoami", token=tenant.answer["tokens"]["b"])[0] == 200


def test_a_list_has_the_page_size_that_is_asked_for_or_the_knobs(open_tenant):
    tenant = open_tenant(documents=40, default_page_size=7)
    for path, records in (("content", "records"), ("models", "records"), ("documents", "records")):
        assert len(tenant.get(f"/api/v1/{path}")[1][records]) == 7
    assert len(tenant.get("/api/v1/documents?pageSize=9")[1]["records"]) == 9
    # More than 20 this list never gives.
    large = open_tenant(documents=0, default_page_size=50)
    status, page = large.get("/api/v1/users/email-only")
    assert (status, page["pageInfo"]["pageSize"]) == (200, 20)


def test_the_demo_model_and_its_topic_can_have_other_names(open_tenant):
    plain = open_tenant(documents=60)
    renamed = open_tenant(documents=60, model_name="Departures", topic_name="all departures")
    assert sorted(renamed.answer["models"]) == ["Departures", "orders"]
    model = renamed.answer["models"]["Departures"]
    assert model == plain.answer["models"]["flights"]
    [topic] = renamed.get(f"/api/v1/models/{model}/topic")[1]["topics"]
    assert topic["name"] == "all departures"
    status, detail = renamed.get(f"/api/v1/models/{model}/topic/all%20departures")
    assert (status, detail["topic"]["base_view_name"]) == (200, "flights")
    assert renamed.get(f"/api/v1/models/{model}/topic/flights")[0] == 404
    expected = run(plain)[1]
    assert len(expected) == 2
    assert run(renamed, "Departures", join_paths_from_topic_name="all departures")[1] == expected
    assert run(renamed, "Departures")[0] == 400
    # What people have made of the model still fits it.
    asked = {"modelId": model, "prompt": "Flights by origin", "runQuery": False}
    generated = renamed.post("/api/v1/ai/generate-query", asked)[1]
    assert generated["topic"] == "all departures"
    assert generated["query"]["join_paths_from_topic_name"] == "all departures"

    def issues(tenant):
        return tenant.get(f"/api/v1/models/{model}/content-validator")[1]["content"]

    assert len(issues(renamed)) == len(issues(plain))


def test_a_seed_makes_another_organization_the_same_each_time(open_tenant):
    def people(tenant):
        return [each["id"] for each in tenant.get("/api/scim/v2/Users?count=5")[1]["Resources"]]

    zero, one, again = (open_tenant(documents=9, seed=seed) for seed in (0, 1, 1))
    assert people(one) == people(again)
    assert not set(people(one)) & set(people(zero))
    assert people(zero) == people(open_tenant(documents=9))
    listed = "/api/v1/documents?pageSize=20&include=_count,includeDeleted"
    assert one.get(listed)[1]["records"] == again.get(listed)[1]["records"]
    assert one.get(listed)[1]["records"] != zero.get(listed)[1]["records"]
    # What is chosen only when it is asked for belongs to the seed, too.
    identifier = one.get(listed)[1]["records"][0]["identifier"]
    status, access = one.get(f"/api/v1/documents/{identifier}/access-list")
    assert status == 200
    assert again.get(f"/api/v1/documents/{identifier}/access-list")[1] == access


def test_a_slow_tenant_does_not_slow_the_others(open_tenant):
    slow, quick = open_tenant(documents=0, slow_job_polls=1), open_tenant(documents=0)
    assert run(slow)[0] == 408
    assert run(quick)[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_page_of_another_site_can_ask_without_an_origin(site):
    with Server(control=True, documents=0) as server:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
        for method, path in (("POST", "/_sandbox/tenants"), ("GET", "/_sandbox/stats")):
            connection.request(method, path, body=b"{}", headers={"Sec-Fetch-Site": site})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 403
        connection.close()
        assert not server.tenants

"""What goes wrong on purpose, as it looks from the other end of the connection."""

import http.client
import json
import socket
import struct
import threading
from urllib.parse import urlsplit

import pytest

WHOAMI = "/api/v1/whoami"


@pytest.fixture
def faulty(serve, connect):
    """Start a sandbox with faults; give a connection to it."""
    return lambda *faults, **knobs: connect(
        serve(documents=40, folders=5, faults=list(faults), **knobs)
    )


def raw(wire, path):
    """Send one request on a connection of its own; give the socket."""
    address = urlsplit(wire.server.url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.sendall(
        f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {wire.key}\r\n\r\n".encode()
    )
    return connection


def test_a_status_comes_as_often_as_it_is_told(faulty):
    wire = faulty({"kind": "status", "code": 503, "path": WHOAMI, "count": 2})
    assert [wire.get(WHOAMI).status for _ in range(3)] == [503, 503, 200]
    assert [(each.status, each.fault) for each in wire.server.requests] == [
        (503, "status"),
        (503, "status"),
        (200, None),
    ]


def test_a_fault_without_a_count_happens_once_and_with_null_always(faulty):
    wire = faulty(
        {"kind": "status", "path": WHOAMI},
        {"kind": "status", "code": 502, "path": "/api/v1/labels", "count": None},
    )
    assert [wire.get(WHOAMI).status for _ in range(2)] == [500, 200]
    assert [wire.get("/api/v1/labels").status for _ in range(5)] == [502] * 5


def test_a_fault_meets_its_method_and_path_only(faulty):
    wire = faulty({"kind": "status", "method": "POST", "path": "/api/v1/query/*"})
    assert wire.get("/api/v1/query/wait", jobIds="x").status == 200
    assert wire.ask("POST", WHOAMI).status == 405
    assert wire.ask("POST", "/api/v1/query/run", body=b"{}").status == 500


def test_only_a_star_stands_for_something_else(faulty):
    wire = faulty({"kind": "status", "path": "/api/v1/l[ab]bels"}, {"kind": "html", "path": "*/x."})
    assert wire.get("/api/v1/labels").status == 200
    assert wire.get("/api/v1/xy").status == 404
    assert wire.get("/api/v1/l[ab]bels").status == 500


def test_a_fault_can_wait_for_the_second_page(faulty):
    wire = faulty({"kind": "status", "path": "/api/v1/content", "after": 1})
    first = wire.content(pageSize=5)
    assert first.status == 200
    second = {"pageSize": 5, "cursor": first.json["pageInfo"]["nextCursor"]}
    assert wire.content(**second).status == 500
    assert wire.content(**second).status == 200


def test_faults_wait_for_one_another(faulty):
    wire = faulty({"kind": "status", "code": 500}, {"kind": "status", "code": 504})
    assert [wire.get(WHOAMI).status for _ in range(3)] == [500, 504, 200]


def test_an_error_has_the_form_of_its_path(faulty):
    wire = faulty({"kind": "status", "code": 404, "count": 2}, {"kind": "status", "code": 429})
    plain = {"detail": "Not Found", "status": 404}
    assert wire.get(WHOAMI).json == plain
    schemas = ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert wire.get("/api/scim/v2/Users").json == {**plain, "schemas": schemas}
    blocked = wire.get(WHOAMI)
    assert (blocked.status, blocked.headers["X-Omni-Waf-Action"]) == (429, "block")
    assert "Retry-After" not in blocked.headers


def test_a_429_says_when_to_come_back_as_the_knob_has_it(faulty):
    wire = faulty({"kind": "status", "code": 429}, retry_after="seconds")
    assert wire.get(WHOAMI).headers["Retry-After"] == "60"


def test_a_page_can_come_in_place_of_the_answer(faulty):
    answer = faulty({"kind": "html"}).get(WHOAMI)
    assert (answer.status, answer.headers.get_content_type()) == (200, "text/html")
    assert b"Sign in" in answer.body


def test_a_reset_sends_nothing_and_no_end(faulty):
    wire = faulty({"kind": "reset"})
    with raw(wire, WHOAMI) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert wire.get(WHOAMI).status == 200
    assert [each.status for each in wire.server.requests] == [0, 200]


def test_a_cut_answer_promises_more_than_comes(faulty):
    wire = faulty({"kind": "cut", "path": "/api/v1/content"})
    with pytest.raises(http.client.IncompleteRead) as raised:
        wire.content()
    wire.http.close()
    whole = wire.content().body
    assert whole.startswith(raised.value.partial)
    assert len(raised.value.partial) == len(whole) // 2


def test_the_lines_of_a_query_can_be_cut(faulty):
    wire = faulty({"kind": "cut", "path": "/api/v1/query/run"})
    query = {"modelId": wire.server.models["orders"], "fields": ["orders.nothing"], "limit": 1}
    with pytest.raises(http.client.IncompleteRead) as raised:
        wire.ask("POST", "/api/v1/query/run", body=json.dumps({"query": query}).encode())
    wire.http.close()
    assert b"remaining_job_ids" not in raised.value.partial


def test_a_slow_answer_is_the_same_answer(faulty):
    wire = faulty({"kind": "slow", "seconds": 0.01})
    assert wire.get(WHOAMI).body == wire.get(WHOAMI).body


def test_a_slow_answer_does_not_keep_the_server_from_closing(faulty):
    wire = faulty({"kind": "slow", "seconds": 600})
    name = f"omnipd-sandbox-connection to {wire.server.url}"

    def is_served():
        return any(each.name == name for each in threading.enumerate())

    connection = raw(wire, WHOAMI)
    # The request is under way once the server has a thread for it.
    while not is_served():
        pass
    wire.server.close()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    assert not is_served()


def test_a_page_can_name_itself_as_the_next(faulty):
    wire = faulty({"kind": "same_cursor", "path": "/api/v1/content"})
    first = wire.content(pageSize=5).json["pageInfo"]
    again = wire.content(pageSize=5, cursor=first["nextCursor"]).json["pageInfo"]
    assert again == first
    third = wire.content(pageSize=5, cursor=first["nextCursor"]).json["pageInfo"]
    assert third["nextCursor"] != first["nextCursor"]


def test_a_field_can_change_its_type(faulty):
    wire = faulty({"kind": "drift", "path": "/api/v1/content", "field": "name"})
    drifted, plain = wire.content().json, wire.content().json
    assert [each["name"]["value"] for each in drifted["records"]] == [
        each["name"] for each in plain["records"]
    ]
    assert drifted["pageInfo"] == plain["pageInfo"]


def test_a_key_can_be_new_in_every_kind_of_list(faulty):
    wire = faulty({"kind": "drift", "new_key": "mood", "count": None})
    [resource] = wire.get("/api/scim/v2/Users", count=1).json["Resources"]
    labels = wire.get("/api/v1/labels").json["labels"]
    assert all(each["mood"] == "not known yet" for each in [resource, *labels])
    assert wire.get(WHOAMI).json["mood"] == "not known yet"


def test_numbers_become_text_and_nothing_becomes_a_number(faulty):
    wire = faulty(
        {"kind": "drift", "path": "/api/scim/*", "field": "active"},
        {"kind": "drift", "path": "/api/v1/labels", "field": "description"},
    )
    [resource] = wire.get("/api/scim/v2/Users", count=1).json["Resources"]
    assert resource["active"] == "true"
    labels = wire.get("/api/v1/labels").json["labels"]
    assert {0} < {
        each["description"] if each["description"] == 0 else 1
        for each in labels
        if "description" in each
    }


def test_a_gateway_answers_with_a_page_of_its_own_and_not_with_omnis_json(faulty):
    codes = (502, 503, 504)
    wire = faulty(*({"kind": "status", "code": code} for code in codes))
    answers = [wire.get(path) for path in (WHOAMI, "/api/scim/v2/Users", "/api/v1/labels")]
    assert [each.status for each in answers] == list(codes)
    assert {each.headers.get_content_type() for each in answers} == {"text/html"}
    assert b"<h1>503 Service Unavailable</h1>" in answers[1].body


def test_a_fault_that_spoils_nothing_is_neither_logged_nor_used_up(faulty):
    wire = faulty({"kind": "drift", "new_key": "mood"})
    asked = "/api/v1/documents/{}/queries"
    wire.get("/api/v1/query/wait", jobIds="x")
    assert wire.get(asked.format("nowhere")).status == 404
    empty = wire.content(path="/no/such/folder")
    assert "mood" not in empty.body.decode()
    assert "mood" in wire.get("/api/v1/labels").json["labels"][0]
    assert [each.fault for each in wire.server.requests] == [None, None, None, "drift"]


def test_many_stars_take_no_longer_than_few(faulty):
    # Tried in every way that they could match, these would take years.
    wire = faulty(
        {"kind": "status", "path": "*a" * 100 + "b"}, {"kind": "status", "path": "/a*a*c*"}
    )
    assert wire.get("/" + "a" * 5000).status == 404
    assert wire.get("/aabcab").status == 500
    assert wire.get("/a").status == 404


@pytest.mark.thorough
def test_an_answer_that_cannot_be_spoiled_that_way_stays_whole(faulty):
    wire = faulty({"kind": "drift", "path": "/api/v1/query/wait"})
    lines = wire.get("/api/v1/query/wait", jobIds="x").body.splitlines()
    assert [sorted(json.loads(line)) for line in lines] == [
        ["error_message", "error_type", "job_id", "status"],
        ["remaining_job_ids", "timed_out"],
    ]

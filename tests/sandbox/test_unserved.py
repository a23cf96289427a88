"""What Omni does and the sandbox does not: 501 with its name, and no silence."""

import http.client
import json
import re
from urllib.parse import urlsplit

import pytest

from omnipd_sandbox.api.endpoints import endpoints
from omnipd_sandbox.api.unserved import unserved
from omnipd_sandbox.moods.behavior import Behavior

SEGMENT = "2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11"


@pytest.mark.parametrize("each", unserved(), ids=lambda each: f"{each.method} {each.path}")
def test_a_call_that_is_not_done_is_refused_by_name(wire, each):
    path = re.sub(r"\{\w+\}", SEGMENT, each.path)
    answer = wire.ask(each.method, path, {"whatever": "it says"}, body=b"not JSON")
    detail = f"The sandbox does not do {each.method} {path}"
    assert (answer.status, answer.json) == (501, {"detail": detail, "status": 501})


def test_no_call_is_both_served_and_refused():
    both = [
        (each.method, re.sub(r"\{\w+\}", "{}", each.path))
        for each in (*endpoints(Behavior()), *unserved())
    ]
    assert len(both) == len(set(both))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/embed/sso/generate-url"),
        ("GET", "/embed/sso/redeem-session"),
    ],
)
def test_embedding_is_refused_without_a_key(server, method, path):
    # Its secret stands in the body, and a signature in the address: there is no Authorization.
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    connection.request(method, path, body=json.dumps({"contentPath": "/dashboards/x"}))
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["detail"]) == (
        501,
        f"The sandbox does not do {method} {path}",
    )
    connection.close()


def test_what_is_not_omnis_is_404_and_not_501(wire):
    assert wire.get("/embed/sso/nothing").status == 404
    assert wire.get("/api/v1/nothing").status == 404


def test_what_is_not_done_still_needs_a_key_where_omni_asks_for_one(server, connect):
    assert connect(server, "").ask("POST", "/api/v1/uploads").status == 400
    assert connect(server, "omni_osk_unknown").ask("POST", "/api/v1/uploads").status == 403

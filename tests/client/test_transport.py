"""What goes over the wire for a request."""

import sys
import types

import pytest
from faults.given import client_of
from scripted_server import answer

import omnipd
from omnipd.client import transport

GETS = [
    ("/api/v1/content", {"include": "_count,labels", "pageSize": "100"}),
    ("/api/v1/content", {"include": "_count,labels", "pageSize": "100", "cursor": "a b+c/%=&"}),
    ("/api/v1/content", None),
    ("/api/v1/documents/a%2Fb%20%C3%BC", {"name": "ü~-._"}),
    ("/api/v1/content", {}),
    ("/api/v1/content?x=%E9&x=1", {"y": "*'()"}),
    ("/api/v1/content?x=%E9&x=1", None),
    ("/api/v1/content", {"": "?#", "empty": ""}),
]
TARGETS = [
    "/api/v1/content?include=_count%2Clabels&pageSize=100",
    "/api/v1/content?include=_count%2Clabels&pageSize=100&cursor=a+b%2Bc%2F%25%3D%26",
    "/api/v1/content",
    "/api/v1/documents/a%2Fb%20%C3%BC?name=%C3%BC~-._",
    "/api/v1/content",
    "/api/v1/content?x=%E9&x=1&y=%2A%27%28%29",
    "/api/v1/content?x=%E9&x=1",
    "/api/v1/content?=%3F%23&empty=",
]


@pytest.mark.parametrize("first", range(len(GETS)))
def test_a_get_asks_for_its_own_path_and_parameters_whichever_came_before(
    scripted, fake_time, first
):
    order = [*range(first, len(GETS)), *range(first)]
    scripted.script(*[answer({"ok": 1}) for _ in order])
    with client_of(scripted, fake_time) as client:
        for number in order:
            client.get(*GETS[number])
    assert [request[1] for request in scripted.requests] == [TARGETS[number] for number in order]


def test_a_proxy_is_told_the_whole_address_of_each_get(scripted, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", scripted.url)
    scripted.script(*[answer({"ok": 1}) for _ in GETS])
    with omnipd.connect(
        "http://omni.test", "key", allow_http=True, requests_per_minute=None
    ) as client:
        for path, params in GETS:
            client.get(path, params)
    assert [request[1] for request in scripted.requests] == [
        f"http://omni.test{target}" for target in TARGETS
    ]


def test_the_pools_of_a_socks_proxy_have_no_lock_that_an_interrupt_leaves_taken(monkeypatch):
    monkeypatch.setitem(sys.modules, "socks", types.ModuleType("socks"))  # an extra
    monkeypatch.delitem(sys.modules, "urllib3.contrib.socks", raising=False)
    try:
        pools = transport._socks_pools.__wrapped__()
    finally:
        del sys.modules["urllib3.contrib.socks"]
    assert {pool.QueueCls for pool in pools.values()} == {transport._Idle}

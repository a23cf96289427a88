"""What was answered stands in the file, also when a sandbox is closed under its clients."""

import contextlib
import http.client
import itertools
import json
import threading
from email.message import Message
from urllib.parse import urlsplit

import pytest
from sandbox.server_processes import start_server

from omnipd_sandbox.http.request import Request
from omnipd_sandbox.server import Server


def make_labels(url, key, names, answered):
    """Make labels over one connection until that is gone; note what was answered."""
    address = urlsplit(url)
    client = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
    headers = {"Authorization": f"Bearer {key}"}
    with contextlib.suppress(OSError, http.client.HTTPException):
        for name in names:
            client.request("POST", "/api/v1/labels", json.dumps({"name": name}), headers)
            answer = client.getresponse()
            answer.read()
            if answer.status < 300:
                answered.append(name)
    client.close()


@pytest.mark.thorough
def test_a_sandbox_that_is_closed_in_use_has_stored_what_it_answered(tmp_path):
    path = tmp_path / "state.db"
    answered, numbers = [], itertools.count()
    for closing in range(8):
        process, door, url, key = start_server(path, tmp_path / "said")
        clients = [
            threading.Thread(
                target=make_labels,
                args=(url, key, (f"label-{number}" for number in numbers), answered),
            )
            for _ in range(4)
        ]
        before = len(answered)
        for each in clients:
            each.start()
        # In the midst of changes, at another one each time.
        while len(answered) < before + 20 + closing and any(each.is_alive() for each in clients):
            clients[0].join(0.001)
        door.send("close")
        process.join(60)
        for each in clients:
            each.join()
        assert (process.exitcode, (tmp_path / "said").read_text()) == (0, "")
        with Server(size="tiny", state=path) as again:
            assert set(answered) - set(again.organization.labels) == set()


def test_a_change_after_the_end_is_refused_and_not_made(tmp_path):
    server = Server(documents=0, state=tmp_path / "state.db").start()
    server.close()
    before = server.organization
    headers = Message()
    headers["Authorization"] = f"Bearer {server.api_key}"
    answer = server._own.respond(
        Request("POST", "/api/v1/labels", (), headers, b'{"name": "late"}')
    )
    assert answer.status == 500
    assert json.loads(answer.body)["detail"] == "The change was not stored: the sandbox is closed"
    assert server.organization is before
    assert server.failures == []

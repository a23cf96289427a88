"""A query ends with the client that asked it, and nobody is let in when files run out."""

import json
import socket
import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest

from omnipd_sandbox.api.query import outcome

NOBODY_WAITS = "The query was ended: nobody waits for it"
ENDLESS = "SELECT count(*) AS n FROM range(1000000000) a, range(1000000000) b"


def send_query(server, sql):
    """Send a query and read the line that is there before it is run."""
    address = urlsplit(server.url)
    query = {"modelId": server.models["orders"], "userEditedSQL": sql, "fields": []}
    body = json.dumps({"query": query}).encode()
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.sendall(
        b"POST /api/v1/query/run HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (server.api_key.encode(), len(body), body)
    )
    received = b""
    while b"jobs_submitted" not in received:
        received += connection.recv(65536)
    return connection


def threads_for_clients(server):
    name = f"omnipd-sandbox-connection to {server.url}"
    return [each for each in threading.enumerate() if each.name == name]


@pytest.fixture
def written(monkeypatch):
    """Keep the last lines of jobs, whether or not anybody reads them."""
    lines = []

    def write_line(sink, line):
        lines.append(line)
        plain(sink, line)

    plain = outcome.write_line
    monkeypatch.setattr(outcome, "write_line", write_line)
    return lines


@pytest.mark.parametrize("reset", [False, True])
def test_a_query_ends_when_its_client_has_left(serve, written, reset):
    server = serve(documents=0)
    connection = send_query(server, ENDLESS)
    [thread] = threads_for_clients(server)
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
    # No thread of the sandbox works on, and it is not the limit of time that ends the query.
    thread.join(50)
    assert not thread.is_alive()
    assert [each["error_message"] for each in written] == [NOBODY_WAITS]


def test_a_client_that_closes_only_its_own_direction_has_left_and_is_told(serve):
    server = serve(documents=0)
    with send_query(server, ENDLESS) as connection:
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while more := connection.recv(65536):
            received += more
    assert NOBODY_WAITS.encode() in received


@pytest.mark.thorough
def test_a_client_that_sends_its_next_request_early_has_not_left(serve):
    server = serve(documents=0)
    slow = "SELECT count(*) AS n FROM range(20000) a, range(50000) b WHERE a.range * b.range = -1"
    with send_query(server, slow) as connection:
        connection.sendall(
            b"GET /api/v1/whoami HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Authorization: Bearer %s\r\n\r\n" % server.api_key.encode()
        )
        received = b""
        while more := connection.recv(65536):
            received += more
    assert b'"status":"COMPLETE"' in received
    assert b"HTTP/1.1 200" in received


FEW_FILES = """
import http.client, resource, socket, threading
from urllib.parse import urlsplit
from omnipd_sandbox.http.listener import Door
from omnipd_sandbox.server import Server

tried = []


def get_request(door, accept=Door.get_request):
    tried.append(door)
    return accept(door)


Door.get_request = get_request
with Server(documents=0) as server:
    address = urlsplit(server.url)
    place = (address.hostname, address.port)

    def status():
        http_client = http.client.HTTPConnection(*place, timeout=30)
        http_client.request("GET", "/", headers={"Authorization": "Bearer x"})
        answer = http_client.getresponse().status
        http_client.close()
        return answer

    assert status() == 404
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    clients = []
    try:
        while True:
            clients.append(socket.create_connection(place))
    except OSError:
        pass
    # Those that wait at the door have no file on the other side.
    assert len(clients) > 20
    before = len(tried)
    threading.Event().wait(1)
    used = len(tried) - before
    for client in clients:
        client.close()
    print(used, status(), server.failures)
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_sandbox_without_files_waits_until_there_are_some():
    ran = subprocess.run(
        [sys.executable, "-c", FEW_FILES], capture_output=True, text=True, timeout=60, check=True
    )
    used, status, failures = ran.stdout.split(maxsplit=2)
    # Ten times in a second, and not as often as it can.
    assert 0 < int(used) <= 12
    assert status == "404"
    assert failures.strip() == "[]"

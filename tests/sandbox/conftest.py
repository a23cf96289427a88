"""One sandbox for all tests that only look, and a few ways to talk to it."""

import http.client
import json
from urllib.parse import urlencode, urlsplit

import pytest

from omnipd_sandbox.server import Server


class Answer:
    """What came back, with header names as the wire has them."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


class Wire:
    """One connection to a sandbox, kept open."""

    def __init__(self, server, key=None):
        self.server = server
        self.key = server.api_key if key is None else key
        address = urlsplit(server.url)
        self.http = http.client.HTTPConnection(address.hostname, address.port, timeout=30)

    def ask(self, method, path, query=None, *, body=None, headers=None):
        if query:
            path += "?" + urlencode(query)
        sent = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        sent = {name: value for name, value in sent.items() if value is not None}
        self.http.request(method, path, body=body, headers=sent)
        return Answer(self.http.getresponse())

    def get(self, path, /, **query):
        return self.ask("GET", path, query)

    def send(self, method, path, body=None, /, **query):
        """Send a change, with a JSON body if there is one."""
        data = None if body is None else json.dumps(body).encode()
        return self.ask(method, path, query, body=data)

    def content(self, **query):
        return self.get("/api/v1/content", **query)

    def every_record(self, **query):
        """Walk all pages; give the records and the pages' pageInfo."""
        records, infos = [], []
        cursor = None
        while True:
            page = self.content(**query, **({"cursor": cursor} if cursor else {}))
            assert page.status == 200, page.body
            records += page.json["records"]
            infos.append(page.json["pageInfo"])
            cursor = infos[-1]["nextCursor"]
            if not infos[-1]["hasNextPage"]:
                assert cursor is None
                return records, infos


@pytest.fixture(scope="module")
def server():
    with Server() as started:
        yield started
        assert started.failures == []


@pytest.fixture(scope="module")
def connect():
    """Connect to a server; connections are closed when the module's tests end."""
    wires = []

    def open_wire(to, key=None):
        wires.append(Wire(to, key))
        return wires[-1]

    yield open_wire
    for wire in wires:
        wire.http.close()


@pytest.fixture
def wire(server, connect):
    return connect(server)


@pytest.fixture
def serve():
    """Start sandboxes of one's own; they are closed when the test ends."""
    servers = []

    def start(**switches):
        servers.append(Server(**switches).start())
        return servers[-1]

    yield start
    for started in servers:
        started.close()
        assert started.failures == []


@pytest.fixture
def mine(tmp_path):
    """Write a folder by hand; give its path."""

    def write(organization=None, files=()):
        if organization is not None:
            (tmp_path / "organization.json").write_text(json.dumps(organization), encoding="utf-8")
        for name, text in dict(files).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path

    return write

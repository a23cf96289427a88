"""A server whose rows name the question, so that the answer to another one is seen; and its questions."""

import json
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa
from faults.given import KEY, MODEL, arrow, whole_answer
from scripted_server import ScriptedServer, answer, chunked, document, page

import omnipd
from omnipd.client.client import Client
from omnipd.client.settings import resolve

_PER_PAGE = 3


class EchoServer(ScriptedServer):
    """Answers a list with documents named after its label, on two pages, and a query with its limit."""

    def step(self, target, body):
        self.requests.clear()  # of thousands, nobody looks at them
        if body:
            return chunked(whole_answer(arrow(_table(json.loads(body)["query"]["limit"]))))
        asked = parse_qs(urlsplit(target).query)
        if "labels" not in asked:
            return answer({"records": [], "pageInfo": {"hasNextPage": False}})
        [label] = asked["labels"]
        records = [document(name) for name in _documents(label)]
        if "cursor" in asked:
            return page(*records[_PER_PAGE:], total=len(records))
        return page(*records[:_PER_PAGE], cursor="next", total=len(records))


def _documents(label):
    return [f"{label}-{place}" for place in range(2 * _PER_PAGE)]


def _table(limit):
    return pa.table({"orders.id": pa.array(range(limit, limit + 3), pa.int64())})


def client_of(url, disk, **settings):
    """Return a client with a request log, which never has to wait."""
    return Client(resolve(url, KEY), cache_dir=disk, requests_per_minute=10**6, **settings)


def read_list(client, number, *, refresh=True):
    """Read a list; return whether its rows are those of the question."""
    label = f"label-{number}"
    frame = omnipd.read_content(labels=label, include=None, client=client, refresh=refresh)
    return list(frame["document_identifier"]) == _documents(label)


def run_query(client, number):
    """Run a query; return whether its rows are those of the question."""
    limit = number % 10_000 + 10
    query = {"modelId": MODEL, "table": "orders", "fields": ["orders.id"], "limit": limit}
    frame = omnipd.run_query(query, client=client)
    return list(frame["orders.id"]) == [limit, limit + 1, limit + 2]

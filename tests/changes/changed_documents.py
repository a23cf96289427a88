"""A sandbox whose documents are changed, with what it really has, asked for without omnipd."""

import contextlib
import http.client
import json
from urllib.parse import urlencode, urlsplit

import pandas as pd

import omnipd
from omnipd_sandbox.server import Server


class ChangedOmni:
    """A sandbox with forty documents, a client of it, and connections of others."""

    def __init__(self, server, client):
        self.server = server
        self.client = client

    def ask(self, method, path, body=None, *, key=None, **query):
        """Send what anybody may send; give the status and what came."""
        address = urlsplit(self.server.url)
        to = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        with contextlib.closing(to):
            sent = None if body is None else json.dumps(body).encode()
            headers = {"Authorization": f"Bearer {key or self.server.api_key}"}
            to.request(method, f"{path}?{urlencode(query)}", body=sent, headers=headers)
            answer = to.getresponse()
            came = answer.read()
            return answer.status, json.loads(came) if came else None

    def documents(self):
        """Give the record of each document by its identifier, those in the trash too."""
        _, page = self.ask(
            "GET", "/api/v1/documents", pageSize=100, include="labels,includeDeleted,_count"
        )
        return {each["identifier"]: each for each in page["records"]}

    def drafts(self, identifier):
        """Give the identifiers of the drafts that are being worked on, on no branch."""
        _, drafts = self.ask("GET", f"/api/v1/documents/{identifier}/drafts")
        return [one["identifier"] for one in drafts if one["branch"] is None]

    def dashboard(self, *, drafted=False, owner_id=None):
        """Find a dashboard that somebody works on, or that nobody does."""
        return next(
            identifier
            for identifier, each in self.documents().items()
            if each["hasDashboard"]
            and not each["deleted"]
            and owner_id in {None, each["owner"]["id"]}
            and bool(self.drafts(identifier)) is drafted
        )

    def changes(self):
        """Give what was sent that was to change something, as method, path and status."""
        return [
            (one.method, one.path, one.status)
            for one in self.server.requests
            if one.method != "GET"
        ]

    def reads(self, *, since=0):
        """Give the paths that were read."""
        return [one.path for one in self.server.requests[since:] if one.method == "GET"]


@contextlib.contextmanager
def changed_omni(**knobs):
    """Start a sandbox, and make its client the default one."""
    with (
        Server(size="tiny", documents=40, folders=6, **knobs) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        yield ChangedOmni(server, client)
        assert server.failures == []


def outcome(report):
    """Give what became of the only change of a plan, and whether it was seen."""
    [state], [verified] = report["state"], report["verified"]
    return state, None if pd.isna(verified) else bool(verified)


def renamed(identifier, column="name", new="Board pack"):
    """Plan another name for a document, by an edited frame."""
    documents = omnipd.read_documents(refresh=True)
    edited = documents.copy()
    edited.loc[edited["document_identifier"] == identifier, column] = new
    return omnipd.plan(documents, edited)

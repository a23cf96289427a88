"""A small Omni whose permissions, folders and labels are changed, and what it holds, as its own records."""

import contextlib

import omnipd
from omnipd_sandbox.organization.permits import grants_on
from omnipd_sandbox.server import Server


class SmallOmni:
    """A sandbox with forty documents and six folders, and its client, which is the default one."""

    def __init__(self, server, client):
        self.server = server
        self.client = client

    @property
    def organization(self):
        return self.server.organization

    def permits(self):
        """Give all roles that were given: (item, kind, principal, role, boost)."""
        held = self.organization
        items = [
            *((one.identifier, one) for one in held.documents.values()),
            *((one.id, one) for one in held.folders.values()),
        ]
        return {
            (item, grant.kind, grant.principal_id, grant.role, grant.access_boost)
            for item, record in items
            for grant in grants_on(record, held)
        }

    def folders(self):
        """Give (name, path, labels) by id."""
        return {
            one.id: (one.name, one.path, one.labels) for one in self.organization.folders.values()
        }

    def labels(self):
        """Give the definitions by name."""
        return dict(self.organization.labels)

    def changes(self):
        """Give what was sent that was to change something: method, last part of the path, status."""
        return [
            (one.method, one.path.rpartition("/")[2], one.status)
            for one in self.server.requests
            if one.method != "GET"
        ]


@contextlib.contextmanager
def small_omni(**knobs):
    asked = {"size": "tiny", "documents": 40, "folders": 6, **knobs}
    with (
        Server(**asked) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None) as client,
    ):
        yield SmallOmni(server, client)
        assert server.failures == []


def states(report):
    """Give what became of each change: by part, or else by item, and column."""
    names = report["part"].where(report["part"].notna(), report["item"])
    return dict(zip(zip(names, report["column"], strict=True), report["state"], strict=True))


def undone(report):
    """Take back what was made; give the states."""
    plan = omnipd.undo(report.attrs["omni"]["journal"])
    return set(plan.apply(confirm=True, destructive=True)["state"])

"""A sandbox whose groups, roles and keys are changed, with what it really has, known without omnipd."""

import contextlib
import http.client
import json
from urllib.parse import urlsplit

import omnipd
from omnipd_sandbox.server import Server

ANALYSTS, EVERYONE, EMPTY = "Analysts", "Everyone", "Empty group"


class ChangedPeople:
    """A small sandbox, and what happened to it."""

    def __init__(self, server):
        self.server = server
        address = urlsplit(server.url)
        self.http = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        self._before = 0

    @property
    def organization(self):
        """What the sandbox has now."""
        return self.server.organization

    def group(self, name):
        """Give the group of a name."""
        return next(each for each in self.organization.groups.values() if each.name == name)

    def names(self):
        """Give the names of all groups."""
        return {each.name for each in self.organization.groups.values()}

    def members(self, name):
        """Give the membership ids of who is in a group."""
        return set(self.group(name).member_ids)

    def outsiders(self, name, how_many):
        """Give the membership ids of some who are not in a group."""
        inside = self.members(name)
        return [each for each in self.organization.users if each not in inside][:how_many]

    def ask(self, method, path, body=None):
        """Do what anybody may do, beside omnipd; give what came."""
        headers = {"Authorization": f"Bearer {self.server.api_key}"}
        self.http.request(method, path, body=body and json.dumps(body).encode(), headers=headers)
        answer = self.http.getresponse()
        came = answer.read()
        assert answer.status < 300, came
        return json.loads(came) if came else None

    def join(self, how_many):
        """Let more people join; give their membership ids."""
        people = [{"userName": f"u{n}@new.example", "displayName": "New"} for n in range(how_many)]
        return [self.ask("POST", "/api/scim/v2/Users", each)["id"] for each in people]

    def forget(self):
        """Count from here on."""
        self._before = len(self.server.requests)

    def writes(self):
        """Give the changes that were asked for, with their statuses."""
        return [
            (each.method, each.path, each.status)
            for each in self.server.requests[self._before :]
            if each.method != "GET"
        ]

    def reads(self):
        """Count what was only asked for."""
        return sum(each.method == "GET" for each in self.server.requests[self._before :])


@contextlib.contextmanager
def changed_people(*faults, **knobs):
    """Serve a small sandbox, with a client of it that is the default one."""
    with Server(size="tiny", faults=list(faults), **knobs) as server:
        with omnipd.connect(server.url, server.api_key, requests_per_minute=None):
            people = ChangedPeople(server)
            with contextlib.closing(people.http):
                yield people
        assert server.failures == []

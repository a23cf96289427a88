"""The tiny organization of the sandbox, known by hand, to be changed and to be compared as a whole."""

import contextlib
import http.client
import json
from urllib.parse import urlencode, urlsplit

import omnipd
from omnipd_sandbox.server import Server

# Documents: at the top for everybody, in two folders, and personal.
AT_THE_TOP, IN_DELAYS, BY_AIRLINE, PERSONAL = "dop4rbem2", "mjxqsk1f3", "report-4", "hce5n3vc1"
PRIYA = "6934138b-2d5a-4853-8dfc-133c984bcf44"
AROHA = "d4c94f8e-c013-4814-8330-f953448eb3f1"
GRACE = "80f08ea4-fd90-4014-9856-615170f593c4"
JOSE = "9940ced7-a702-4137-bb0d-95fe68c60185"
ALEX = "623f231e-742b-4731-8922-2d867b11bc52"
PARTNER = "2ac03335-401b-4f36-a173-e6a234e52e82"
# Schedules: two by e-mail, one that is paused, one of José's, and one to Slack.
MONTHLY = "baae34bc-c3c3-47b0-a482-ab97816cb72e"
DAILY = "346768e7-e427-4058-8fdd-fa80c01926b2"
PAUSED = "bb61a253-4aa1-41df-9e6f-9d7c3a1f5778"
OF_JOSE = "7ad5e48a-5d68-4d48-8796-35330072438c"
TO_SLACK = "4a6540c8-f7e1-4824-85d6-fa5c85053e93"
TEAM, EMPTY = "X7Lcphqp", "xa3WX7yk"


class SmallOmni:
    """A sandbox, and connections of others to it."""

    def __init__(self, server):
        self.server = server

    @property
    def organization(self):
        return self.server.organization

    def ask(self, method, path, body=None, **query):
        """Do what somebody else does, without omnipd."""
        address = urlsplit(self.server.url)
        to = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        with contextlib.closing(to):
            to.request(
                method,
                f"{path}?{urlencode(query)}",
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"Bearer {self.server.api_key}"},
            )
            answer = to.getresponse()
            came = json.loads(answer.read() or b"null")
        assert answer.status < 300, came
        return came

    def changes(self):
        """Give what was sent to change something: method, path, status."""
        return [
            (one.method, one.path, one.status)
            for one in self.server.requests
            if one.method != "GET"
        ]

    def everything(self):
        """Give all that these changes could touch; the order of recipients says nothing."""
        held = self.organization
        schedules = {
            name: {
                **vars(each),
                **{
                    ids: frozenset(getattr(each, ids))
                    for ids in ("member_ids", "stranger_ids", "group_ids")
                },
            }
            for name, each in held.schedules.items()
        }
        return {
            "documents": dict(held.documents),
            "folders": dict(held.folders),
            "schedules": schedules,
            "strangers": dict(held.email_only_users),
            "users": dict(held.users),
            "groups": dict(held.groups),
        }

    def place(self, identifier):
        """Give the path of a document's folder and its scope."""
        document = self.organization.documents[identifier]
        folder = self.organization.folders.get(document.folder_id)
        return folder and folder.path, document.scope

    def deactivate(self, user_id):
        operations = [{"op": "replace", "path": "active", "value": False}]
        schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
        body = {"schemas": [schema], "Operations": operations}
        self.ask("PATCH", f"/api/scim/v2/Users/{user_id}", body)


@contextlib.contextmanager
def small_omni(*faults, **knobs):
    with (
        Server(size="tiny", faults=list(faults), **knobs) as server,
        omnipd.connect(server.url, server.api_key, requests_per_minute=None),
    ):
        yield SmallOmni(server)
        assert server.failures == []


def undone(report, **allowed):
    """Take back what a report says, and give the report of that."""
    return omnipd.undo(report.attrs["omni"]["journal"]).apply(confirm=True, **allowed)


def states(report):
    return report["state"].tolist()

"""All of an organization that plans change, read page by page without omnipd, as facts that can be compared.

Each fact has a kind, an id, and what of it. Instead of an id stand the address of a user, the path of a folder and
the name of a group: what is made again has another id. Of what follows from other facts only those are here: who is in
a group is told by the group, not again by the user.
"""

import http.client
import json
from contextlib import closing
from urllib.parse import quote, urlencode, urlsplit

#: When something was changed, when it was last looked at, and how often.
TIMES_AND_COUNTS = {"updatedAt", "lastViewedAt", "visits", "meta", "usage_count"}
#: What says again what other facts say: the groups of a user, the members of a group, and the record's form.
_SAID_AGAIN = {"schemas", "groups", "members", "recipientCount"}


class WholeOrganization:
    """What a sandbox has.

    Parameters
    ----------
    server : Server

    Attributes
    ----------
    facts : dict of tuple to object
    """

    def __init__(self, server):
        self._key = server.api_key
        self.facts = {}
        address = urlsplit(server.url)
        with closing(http.client.HTTPConnection(address.hostname, address.port)) as self._to:
            self._read_content()
            self._read_schedules()
            self._read_people()

    def _ask(self, path, **params):
        self._to.request(
            "GET", f"{path}?{urlencode(params)}", headers={"Authorization": f"Bearer {self._key}"}
        )
        with self._to.getresponse() as answer:
            assert answer.status == 200, (path, answer.status)
            return json.load(answer)

    def _pages(self, path, **params):
        cursor = {}
        while True:
            page = self._ask(path, **params, **cursor)
            yield from page.get("records", page.get("labels", []))
            info = page.get("pageInfo", {})
            if not info.get("nextCursor"):
                return
            cursor = {"cursor": info["nextCursor"]}

    def _resources(self, path):
        start = 1
        while page := self._ask(path, startIndex=start, count=100)["Resources"]:
            yield from page
            start += len(page)

    def _note(self, kind, item, record):
        for name, value in record.items():
            if name not in TIMES_AND_COUNTS | _SAID_AGAIN:
                self.facts[kind, item, name] = (
                    sorted(value) if name == "labels" and value else value
                )

    def _read_content(self):
        for record in self._pages("/api/v1/documents", include="labels,includeDeleted"):
            item = record["identifier"]
            for one in ("folder", "owner"):  # what else it is called is said by them
                record[one] = (record.get(one) or {}).get("id")
            self._note("document", item, record)
            if not record["deleted"]:
                of = f"/api/v1/documents/{quote(item, safe='')}"
                who = sorted(self._pages(f"{of}/access-list"), key=str)
                self.facts["document", item, "access"] = who
        for record in self._pages("/api/v1/folders", include="labels"):
            path = "/" + record["path"]
            assert ("folder", path, "id") not in self.facts, path
            self._note("folder", path, record)
            who = self._ask(f"/api/v1/folders/{record['id']}/permissions")["permits"]
            self.facts["folder", path, "access"] = sorted(who, key=str)
        for record in self._pages("/api/v1/labels"):
            self._note("label", record["name"], record)

    def _read_schedules(self):
        for record in self._pages("/api/v1/schedules"):
            self._note("schedule", record["id"], record)
            held = self._ask(f"/api/v1/schedules/{record['id']}/recipients")
            for one in held.pop("recipients", []):
                self.facts["recipient", record["id"], one["id"]] = True
            groups = [one["id"] for one in held.pop("userGroupRecipients", [])]
            self.facts["schedule", record["id"], "recipients"] = [held, sorted(groups)]

    def _read_people(self):
        for user in self._resources("/api/scim/v2/Users"):
            address = user["userName"].casefold()
            assert ("user", address, "userName") not in self.facts, address
            self._note("user", address, user)
            self._note_roles("user", address, f"/api/v1/users/{user['id']}/model-roles")
        for group in self._resources("/api/scim/v2/Groups"):
            name = group["displayName"]
            assert ("group", name, "id") not in self.facts, name
            self._note("group", name, group)
            self._note_roles("group", name, f"/api/v1/user-groups/{group['id']}/model-roles")
            for one in group["members"]:
                self.facts["member", group["id"], one["display"].casefold()] = True
        for user in self._pages("/api/v1/users/email-only"):
            self._note("email-only user", user["user_id"], user)
        for key in self._pages("/api/v1/api-keys"):
            self._note("key", key["id"], key)

    def _note_roles(self, kind, item, path):
        """Note those that it was given itself: what comes by a group is told by the group."""
        self.facts[kind, item, "roles"] = sorted(
            (one["modelId"], one["roleName"])
            for one in self._ask(path)["results"]
            if kind == "group" or one["from"]["type"] == "USER"
        )

"""People, groups, roles and keys of an Omni that is not the sandbox."""

import re

from twins.other_content import ANN, BEN, CAT
from twins.other_schedules import OtherSchedules
from twins.other_server import Refusal

ATTRIBUTES = "urn:omni:params:1.0:UserAttribute"
MODEL = "11111111-0000-4000-8000-000000000001"
_U, _G = (f"/api/scim/v2/{kind}/([^/]+)" for kind in ("Users", "Groups"))
_MOST = 50


class OtherOmni(OtherSchedules):
    """Lists of SCIM hold fifty at most and say that they hold more or fewer; operations it does not know do nothing."""

    routes = (
        *OtherSchedules.routes,
        ("GET", "/api/v1/whoami", "whoami"),
        ("GET", "/api/scim/v2/Users", "list_users"),
        ("GET", _U, "one_user"),
        ("POST", "/api/scim/v2/Users", "make_user"),
        ("PUT", _U, "replace_user"),
        ("PATCH", _U, "patch_user"),
        ("DELETE", _U, "delete_user"),
        ("GET", "/api/scim/v2/Groups", "list_groups"),
        ("GET", _G, "one_group"),
        ("POST", "/api/scim/v2/Groups", "make_group"),
        ("PATCH", _G, "patch_group"),
        ("DELETE", _G, "delete_group"),
        ("GET", "/api/v1/user-attributes", "list_attributes"),
        ("GET", "/api/scim/v2/embed/Users", "list_embed_users"),
        ("GET", "/api/v1/users/email-only", "list_email_only"),
        ("GET", "/api/v1/(users|user-groups)/([^/]+)/model-roles", "list_roles"),
        ("POST", "/api/v1/(users|user-groups)/([^/]+)/model-roles", "give_role"),
        ("GET", "/api/v1/api-keys", "list_keys"),
        ("GET", "/api/v1/api-keys/([^/]+)", "one_key"),
        ("PUT", "/api/v1/api-keys/([^/]+)", "switch_key"),
        ("DELETE", "/api/v1/api-keys/([^/]+)", "delete_key"),
    )

    def __init__(self, people=120):
        super().__init__()
        others = [f"00000000-0000-4000-9000-{number:012d}" for number in range(people)]
        names = {ANN: "Ann", BEN: "Ben", CAT: "Cat"} | {one: f"P{one[-3:]}" for one in others}
        self.users = {
            user: {
                "userName": f"{name.lower()}@y.example",
                "displayName": name,
                "active": True,
                "attributes": {"region": "north"},
            }
            for user, name in names.items()
        }
        self.groups = {"Grp00001": {"displayName": "Analysts", "members": [ANN, BEN]}}
        self.roles = {}
        self.keys = {f"k{n}": {"enabled": True, "type": "organization"} for n in (1, 2, 3)}

    def whoami(self, *, asked, body):
        return 200, {
            "keyScope": "organization",
            "user": {"id": "base-ann", "membershipId": ANN, "organizationRole": "ORG_ADMIN"},
            "modelRoles": {},
        }

    def _listed(self, rows, asked, column):
        """Give a page of fifty at most; the total is right only on the last one."""
        if "filter" in asked:
            wanted = re.fullmatch(rf'{column} eq "(.*)"', asked["filter"])[1]
            rows = [one for one in rows if one[column].lower() == wanted.lower()]
        start = int(asked.get("startIndex", 1)) - 1
        some = rows[start : start + min(_MOST, int(asked.get("count", 100)))]
        return 200, {
            "Resources": some,
            "totalResults": len(rows),
            "itemsPerPage": int(asked.get("count", 100)),
            "startIndex": start + 1,
        }

    def _user(self, user):
        held = self.users[user]
        return {
            "id": user,
            **{name: held[name] for name in ("userName", "displayName", "active")},
            "emails": [{"primary": True, "value": held["userName"]}],
            ATTRIBUTES: {"region": None, **held["attributes"]},
            "groups": [
                {"value": group, "display": one["displayName"]}
                for group, one in self.groups.items()
                if user in one["members"]
            ],
        }

    def list_users(self, *, asked, body):
        return self._listed([self._user(one) for one in self.users], asked, "userName")

    def one_user(self, user, *, asked, body):
        if user not in self.users:
            raise Refusal(404)
        return 200, self._user(user)

    def make_user(self, *, asked, body):
        if any(one["userName"] == body["userName"] for one in self.users.values()):
            raise Refusal(409, "duplicate")
        user = f"00000000-0000-4000-a000-{len(self.users):012d}"
        self.users[user] = {
            "userName": body["userName"],
            "displayName": body["displayName"],
            "active": True,
            "attributes": dict(body.get(ATTRIBUTES, {})),
        }
        return 201, self._user(user)

    def replace_user(self, user, *, asked, body):
        self.users[user].update(
            displayName=body.get("displayName"),
            active=body.get("active", True),
            attributes=dict(body.get(ATTRIBUTES, {})),
        )
        return 200, None

    def patch_user(self, user, *, asked, body):
        held = self.users[user]
        for one in body["Operations"]:
            path, value = one.get("path"), one.get("value")
            if path == "active":
                held["active"] = value
            elif path is None:
                held["displayName"] = value.get("displayName", held["displayName"])
                held["active"] = value.get("active", held["active"])
            elif path.startswith(ATTRIBUTES + ":"):
                name = path.removeprefix(ATTRIBUTES + ":")
                if one["op"] == "remove":
                    held["attributes"].pop(name, None)
                else:
                    held["attributes"][name] = value
        return 204, None

    def delete_user(self, user, *, asked, body):
        """A user who is deleted stays listed, and is not active."""
        self.users[user]["active"] = False
        return 204, None

    def _group(self, group):
        held = self.groups[group]
        members = [{"value": one, "display": "N"} for one in held["members"]]
        return {"id": group, "displayName": held["displayName"], "members": members}

    def list_groups(self, *, asked, body):
        return self._listed([self._group(one) for one in self.groups], asked, "displayName")

    def one_group(self, group, *, asked, body):
        if group not in self.groups:
            raise Refusal(404)
        return 200, self._group(group)

    def make_group(self, *, asked, body):
        if body["displayName"] in (one["displayName"] for one in self.groups.values()):
            raise Refusal(409, "duplicate")
        group = f"Grp{len(self.groups) + 1:05d}"
        members = [one["value"] for one in body.get("members", ())]
        self.groups[group] = {"displayName": body["displayName"], "members": members}
        return 201, None

    def patch_group(self, group, *, asked, body):
        held = self.groups[group]
        for one in body["Operations"]:
            path = one.get("path", "")
            taken = re.fullmatch(r'members\[value eq "(.{36})"\]', path)
            if one["op"] == "add" and path == "members":
                added = [each["value"] for each in one["value"]]
                held["members"] += [each for each in added if each not in held["members"]]
            elif one["op"] == "remove" and taken:
                held["members"] = [each for each in held["members"] if each != taken[1]]
            elif one["op"] == "replace" and path == "displayName":
                held["displayName"] = one["value"]
        return 204, None

    def delete_group(self, group, *, asked, body):
        del self.groups[group]
        return 204, None

    def list_attributes(self, *, asked, body):
        row = {"name": "region", "label": "Region", "type": "String", "system": False}
        return 200, {"records": [{**row, "multiple_values": False, "default_value": None}]}

    def list_embed_users(self, *, asked, body):
        return self._listed([], asked, "userName")

    def list_email_only(self, *, asked, body):
        return self.page([], asked)

    def list_roles(self, kind, holder, *, asked, body):
        if holder not in (self.users if kind == "users" else self.groups):
            raise Refusal(404)
        rows = [
            {"roleName": role, "modelId": model, "connectionId": None}
            for (who, model), role in self.roles.items()
            if who == holder
        ]
        return 200, {"results": rows}

    def give_role(self, kind, holder, *, asked, body):
        if body["roleName"] == "BOSS":
            raise Refusal(422, "Invalid role")
        self.roles[holder, body["modelId"]] = body["roleName"]
        return 204, None

    def _key(self, key):
        return {"id": key, "name": f"Key {key}", **self.keys[key]}

    def list_keys(self, *, asked, body):
        return self.page([self._key(one) for one in self.keys], asked)

    def one_key(self, key, *, asked, body):
        if key not in self.keys:
            raise Refusal(404)
        return 200, self._key(key)

    def switch_key(self, key, *, asked, body):
        self.keys[key]["enabled"] = body["enabled"]
        return 204, None

    def delete_key(self, key, *, asked, body):
        del self.keys[key]
        return 204, None

"""An Omni of other make, as newer sources tell of it: shapes that the sandbox does not have.

Every name, text and id in its answers holds the word MARK, keys of its own included, so that a report can
be searched for it.
"""

import re

from twins.other_server import OtherServer, Refusal

MARK = "Quaxley"


def _name(number):
    return f"{MARK} {number}"


def _id(number):
    return f"{MARK[:7]}{number}"


class OtherOmni(OtherServer):
    """Counts down what is left, has short ids, labels as objects, and formats as objects."""

    routes = (
        ("GET", "/api/v1/whoami", "whoami"),
        ("GET", "/api/v1/(content|documents)", "content"),
        ("GET", "/api/v1/labels", "labels"),
        ("GET", "/api/v1/folders", "folders"),
        ("GET", "/api/v1/models", "models"),
        ("GET", "/api/scim/v2/Users", "users"),
        ("GET", "/api/scim/v2/Users/([^/]*)", "missing"),
        ("GET", "/api/v1/models/[^/]*/topic", "topics"),
        ("GET", "/api/v1/models/[^/]*/topic/([^/]*)", "topic"),
        ("GET", "/api/v1/models/[^/]*/validate", "issues"),
        ("GET", "/openapi.json", "openapi"),
    )

    def whoami(self, asked, body):
        user = {"id": _id(1), "membershipId": _id(2), "name": _name(1)}
        role = {
            "roleName": _name(2),
            "baseRole": "QUERIER",
            "permissions": ["VIEW_SQL", MARK.upper()],
        }
        return 200, {
            "user": user,
            "keyScope": "user",
            "orgRole": _name(3),
            "rolesByModel": {_id(3): role},
        }

    def content(self, kind, asked, body):
        if asked.keys() & {"omnipdDoctor", "creatorId", MARK}:
            raise Refusal(400, f"Bad Request: {MARK}")
        begin = int(asked.get("cursor", 0))
        size = int(asked.get("pageSize", 50))
        records = [
            {
                "type": "document",
                "id": _id(number),
                "identifier": _id(number),
                "name": _name(number),
                "owner": {"id": _id(90), "name": _name(90)},
                "labels": [{"name": _name(number), "verified": True}],
                MARK: 1,
                f"{MARK.lower()}_of_its_own": MARK,
                "shade": _name(number),
                "_count": {"views": _name(1)},
            }
            for number in range(begin, min(begin + size, 25))
        ]
        end = begin + len(records)
        info = {
            "hasNextPage": end < 25,
            "nextCursor": str(end),
            "pageSize": size,
            "totalRecords": 25 - begin,
        }
        return 200, {"records": records, "pageInfo": info}

    def labels(self, asked, body):
        return 200, {"labels": [{"name": _name(5)}]}

    def folders(self, asked, body):
        raise Refusal(403, f"{MARK} may not")

    def models(self, asked, body):
        info = {"hasNextPage": False, "nextCursor": None, "pageSize": 10, "totalRecords": 1}
        model = {"id": "VRyUNQ7i", "name": _name(6), "modelKind": "SHARED"}
        return 200, {"records": [model], "pageInfo": info}

    def users(self, asked, body):
        user = {"id": "VRyUNQ7i", "userName": f"{MARK}@example.com", "active": True}
        return 200, {"Resources": [user | {f"urn:{MARK}": {MARK: MARK}}], "totalResults": 1}

    def missing(self, part, asked, body):
        raise Refusal(404)

    def topics(self, asked, body):
        made = {"name": _name(8), "is_composite": True, "topics": [_name(7)]}
        return 200, {"topics": [made, {"name": _name(7), "base_view_name": MARK}]}

    def topic(self, part, asked, body):
        field = {
            "field_name": MARK,
            "view_name": MARK,
            "fully_qualified_name": f"{MARK}.{MARK}",
            "format": {"value": "NUMBER_0"},
        }
        view = {"name": MARK, "dimensions": [field], "measures": []}
        topic = {"name": _name(7), "base_view_name": MARK, "views": [view]}
        return 200, {"topic": topic | {"relationships": [{"left_view_name": MARK}]}}

    def issues(self, asked, body):
        return 200, [{"is_warning": False, "message": _name(9), "yaml_path": MARK}]

    def openapi(self, asked, body):
        parameters = [{"name": "pageSize", "in": "query"}, {"name": "labels", "in": "query"}]
        get = {"get": {"parameters": parameters}}
        return 200, {"info": {"title": MARK}, "paths": {"/v1/content": get, f"/v1/{MARK}": get}}


def has_mark(text):
    """Tell whether a text holds a name or an id of that Omni."""
    return re.search(f"{MARK}|VRyUNQ7i", text, re.IGNORECASE) is not None

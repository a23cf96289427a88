"""Documents, folders, labels and permissions of an Omni that is not the sandbox.

What the contract leaves open it does the other way: labels are objects, paths come without their first
slash, ``totalRecords`` is what remains, pages are short, roles are in lower case, and answers are empty
or whole records where others say that it went well.
"""

import itertools

from twins.other_server import OtherServer, Refusal

ANN, BEN, CAT = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
_PAGE = 2
_D, _F = (f"/api/v1/{kind}/([^/]+)" for kind in ("documents", "folders"))


def _document(name, folder=None, scope="organization", owner=ANN, labels=()):
    return {
        "name": name,
        "description": None,
        "folder": folder,
        "scope": scope,
        "owner": owner,
        "labels": set(labels),
        "deleted": False,
    }


class OtherContent(OtherServer):
    routes = (
        ("GET", "/api/v1/documents", "list_documents"),
        ("GET", "/api/v1/content", "list_content"),
        ("GET", "/api/v1/folders", "list_folders"),
        ("GET", "/api/v1/labels", "list_labels"),
        ("GET", f"{_D}/drafts", "list_drafts"),
        ("GET", f"{_D}/favorites", "list_favorites"),
        ("GET", f"{_D}/access-list", "list_access"),
        ("GET", f"{_F}/permissions", "folder_permits"),
        ("PATCH", f"{_D}/labels", "label_document"),
        ("POST", f"{_D}/move", "move_document"),
        ("PUT", f"{_D}/transfer-ownership", "give_document"),
        ("PUT", f"{_D}/favorite", "add_favorite"),
        ("DELETE", f"{_D}/favorite", "drop_favorite"),
        ("DELETE", _D, "delete_document"),
        ("PATCH", "/api/v2/documents/([^/]+)/draft", "draft_document"),
        ("POST", "/api/v2/documents/([^/]+)/draft/publish", "publish_document"),
        ("GET", "/api/v2/documents/([^/]+)", "state"),
        ("GET", "/api/v2/documents/([^/]+)/draft/([^/]+)", "draft_state"),
        ("PUT", "/api/v2/documents/([^/]+)/identifier", "readdress_document"),
        ("POST", "/api/v1/(document|folder)s/([^/]+)/permissions", "permit"),
        ("PATCH", "/api/v1/(document|folder)s/([^/]+)/permissions", "change_permit"),
        ("DELETE", "/api/v1/(document|folder)s/([^/]+)/permissions", "revoke"),
        ("POST", "/api/v1/folders", "make_folder"),
        ("PATCH", _F, "change_folder"),
        ("DELETE", _F, "delete_folder"),
        ("PATCH", f"{_F}/labels", "label_folder"),
        ("POST", "/api/v1/labels", "define_label"),
        ("PUT", "/api/v1/labels/([^/]+)", "redefine_label"),
        ("DELETE", "/api/v1/labels/([^/]+)", "undefine_label"),
    )

    def __init__(self):
        super().__init__()
        self.labels = {name: self._definition() for name in ("gold", "old", "team a/b")}
        self.folders = {
            "f-sales": {"name": "Sales", "path": "sales", "scope": "organization", "owner": ANN},
            "f-emea": {"name": "EMEA", "path": "sales/emea", "scope": "organization", "owner": ANN},
            "f-own": {"name": "Mine", "path": "mine", "scope": "restricted", "owner": BEN},
        }
        self.folder_labels = {name: set() for name in self.folders}
        self.documents = {
            "d1": _document("One", "f-sales", labels=["gold"]),
            "d2": _document("Two", "f-emea"),
            "d3": _document("Three", labels=["gold", "team a/b"]),
            "d4": _document("Four", owner=BEN),
            "d5": _document("Five", "f-own", "restricted", BEN),
        }
        self.secret = set()
        self.redirects = {}
        self.drafts = {}
        self.favorites = {name: set() for name in self.documents}
        self.permits = {("document", "d1", BEN): ["viewer", False]}
        self._ids = itertools.count(1)

    @staticmethod
    def _definition():
        return {"color": None, "description": None, "homepage": False, "verified": False}

    def page(self, rows, asked, key="records"):
        start = int(asked.get("cursor") or 0)
        rest = rows[start:]
        more = len(rest) > _PAGE
        info = {
            "hasNextPage": more,
            "nextCursor": str(start + _PAGE) if more else None,
            "pageSize": _PAGE,
            "totalRecords": len(rest),
        }
        return 200, {"pageInfo": info, key: rest[:_PAGE]}

    def document(self, identifier):
        found = self.documents.get(identifier)
        if found is None or found["deleted"]:
            raise Refusal(404, "Not Found")
        if identifier in self.secret:
            raise Refusal(403, "Permission denied")
        return found

    def _shown(self, identifier):
        held = self.documents[identifier]
        folder = self.folders.get(held["folder"])
        return {
            "type": "document",
            "identifier": identifier,
            "name": held["name"],
            "description": held["description"],
            "scope": held["scope"],
            "owner": {"id": held["owner"], "name": "Somebody"},
            "folder": folder
            and {"id": held["folder"], **{k: folder[k] for k in ("name", "path", "scope")}},
            "labels": [{"name": one, "verified": one == "gold"} for one in sorted(held["labels"])],
            "deleted": held["deleted"],
            "hasDashboard": True,
            "url": f"https://other.example/dashboards/{identifier}",
            "connectionId": "c1",
            "updatedAt": None,
        }

    def list_documents(self, *, asked, body):
        rows = [
            self._shown(name)
            for name, one in self.documents.items()
            if one["scope"] == "organization"
            and asked.get("folderId", one["folder"]) == one["folder"]
            and (not one["deleted"] or "includeDeleted" in asked.get("include", ""))
        ]
        return self.page(rows, asked)

    def list_content(self, *, asked, body):
        scope = asked.get("scope", "organization")
        rows = [
            self._shown(name)
            for name, one in self.documents.items()
            if one["scope"] == scope
            and not one["deleted"]
            and (scope == "organization" or one["owner"] == asked["creatorId"])
        ]
        return self.page(rows, asked)

    def list_folders(self, *, asked, body):
        scope = asked.get("scope", "organization")
        rows = [
            {
                "id": name,
                "name": one["name"],
                "path": one["path"],
                "ownerId": one["owner"],
                "url": f"https://other.example/f/{name}",
                "labels": [{"name": each} for each in sorted(self.folder_labels[name])],
            }
            for name, one in self.folders.items()
            if one["scope"] == scope and asked.get("ownerId", one["owner"]) == one["owner"]
        ]
        if "path" in asked:
            rows = [one for one in rows if one["path"] == asked["path"].strip("/")]
            if not rows:
                raise Refusal(404)
        return self.page(rows, asked)

    def list_labels(self, *, asked, body):
        used = [name for one in self.documents.values() for name in one["labels"]]
        rows = [
            {"name": name, **held, "usage_count": used.count(name)}
            for name, held in self.labels.items()
        ]
        return 200, {"labels": rows}

    def list_drafts(self, identifier, *, asked, body):
        self.document(self.redirects.get(identifier, identifier))
        draft = self.drafts.get(identifier)
        if draft is None:
            return 200, []
        who = {"id": draft["by"], "name": "Somebody"}
        return 200, [
            {
                "identifier": f"draft-{identifier}",
                "publishedIdentifier": identifier,
                "status": "active",
                "branch": None,
                "createdBy": who,
                "lastEditedBy": who,
            }
        ]

    def list_favorites(self, identifier, *, asked, body):
        self.document(identifier)
        rows = [{"userId": one, "name": "N"} for one in sorted(self.favorites[identifier])]
        return self.page(rows, asked)

    def list_access(self, identifier, *, asked, body):
        self.document(identifier)
        rows = [
            {
                "id": who,
                "name": "N",
                "type": "userGroup" if len(who) == 8 else "user",
                "role": role,
                "accessBoost": boost,
                "accessSource": "direct",
            }
            for (kind, item, who), (role, boost) in self.permits.items()
            if (kind, item) == ("document", identifier)
        ]
        return self.page(rows, asked, "principals")

    def folder_permits(self, folder, *, asked, body):
        """Say of people what newer servers say, and of groups what older ones do."""
        if folder not in self.folders:
            raise Refusal(404)
        rows = []
        for (kind, item, who), (role, boost) in self.permits.items():
            if (kind, item) != ("folder", folder):
                continue
            if len(who) == 8:
                rows.append({"role": role, "userGroupId": who, "accessBoost": boost})
            else:
                direct = {"role": role, "isOwner": False, "accessBoost": boost}
                rows.append({"id": who, "name": "N", "type": "user", "direct": direct})
        return 200, {"permits": rows}

    def label_document(self, identifier, *, asked, body):
        held = self.document(identifier)
        return self._label(held["labels"], body)

    def label_folder(self, folder, *, asked, body):
        return self._label(self.folder_labels[folder], body)

    def _label(self, labels, body):
        if not set(body.get("add", ())) <= self.labels.keys():
            raise Refusal(404, "Label not found")
        labels |= set(body.get("add", ()))
        labels -= set(body.get("remove", ()))
        return 204, None

    def move_document(self, identifier, *, asked, body):
        held = self.document(identifier)
        path = (body["folderPath"] or "").strip("/")
        folder = None
        if path:
            folder = next((k for k, one in self.folders.items() if one["path"] == path), None)
            if folder is None:
                raise Refusal(404, "Folder not found")
            scope = self.folders[folder]["scope"]
            if body.get("scope", scope) != scope:
                raise Refusal(400, "Bad Request: scope: must match the folder")
        else:
            scope = body.get("scope", held["scope"])
        held.update(folder=folder, scope=scope)
        return 200, self._shown(identifier)

    def give_document(self, identifier, *, asked, body):
        self.document(identifier)["owner"] = body["userId"]
        return 204, None

    def add_favorite(self, identifier, *, asked, body):
        self.document(identifier)
        self.favorites[identifier].add(asked["userId"])
        return 200, {"success": True}

    def drop_favorite(self, identifier, *, asked, body):
        self.favorites[identifier].discard(asked["userId"])
        return 200, {"success": True}

    def delete_document(self, identifier, *, asked, body):
        self.document(identifier)["deleted"] = True
        return 204, None

    def state(self, identifier, *, asked, body):
        held = self.document(identifier)
        said = {name: held[name] for name in ("name", "description")}
        return 200, {"identifier": identifier, **said, "queryPresentations": {"data": {}}}

    def draft_state(self, identifier, draft, *, asked, body):
        _, state = self.state(identifier, asked=asked, body=body)
        return 200, {
            **state,
            **self.drafts[identifier]["patch"],
            "identifier": draft,
            "draftOf": identifier,
        }

    def draft_document(self, identifier, *, asked, body):
        self.document(identifier)
        if identifier in self.drafts:
            raise Refusal(409, "A draft exists")
        self.drafts[identifier] = {"by": ANN, "patch": body}
        return 200, {"draft": {"draftId": f"draft-{identifier}", "basedOn": identifier}}

    def publish_document(self, identifier, *, asked, body):
        draft = self.drafts.pop(identifier, None)
        if draft is None:
            raise Refusal(404, "No draft")
        self.documents[identifier].update(draft["patch"])
        return 200, {"publishedDocument": self._shown(identifier)}

    def change_document(self, identifier, *, asked, body):
        """Do what older servers do, which routes of a test may name."""
        self.document(identifier).update(body)
        return 204, None

    def readdress_document(self, identifier, *, asked, body):
        self.document(identifier)
        new = body["identifier"]
        for held in (self.documents, self.favorites):
            held[new] = held.pop(identifier)
        self.redirects[identifier] = new
        return 204, None

    def _principals(self, body):
        return [*body.get("userIds", ()), *body.get("userGroupIds", ())]

    def permit(self, kind, item, *, asked, body):
        for who in self._principals(body):
            if (kind, item, who) in self.permits:
                raise Refusal(400, "Bad Request: already has a role")
            self.permits[kind, item, who] = [body["role"].lower(), body.get("accessBoost", False)]
        return 200, None

    def change_permit(self, kind, item, *, asked, body):
        for who in self._principals(body):
            held = self.permits[kind, item, who]
            held[0] = body.get("role", held[0]).lower()
            held[1] = body.get("accessBoost", held[1])
        return 204, None

    def revoke(self, kind, item, *, asked, body):
        for who in self._principals(body):
            del self.permits[kind, item, who]
        return 200, {"success": True}

    def make_folder(self, *, asked, body):
        parent = self.folders.get(body.get("parentFolderId"), {"path": "", "scope": "organization"})
        segment = body["name"].lower().replace(" ", "-")
        path = f"{parent['path']}/{segment}".strip("/")
        taken = {one["path"] for one in self.folders.values()}
        path = path if path not in taken else f"{path}-{next(self._ids)}"
        made = {"name": body["name"], "path": path, "scope": parent["scope"], "owner": ANN}
        folder = f"f-{next(self._ids)}"
        self.folders[folder], self.folder_labels[folder] = made, set()
        return 201, {"id": folder, **made}

    def change_folder(self, folder, *, asked, body):
        held = self.folders[folder]
        held["name"] = body.get("name", held["name"])
        if "path" in body:
            old, new = held["path"], "/".join([*held["path"].split("/")[:-1], body["path"]])
            for one in self.folders.values():
                if one["path"] == old or one["path"].startswith(old + "/"):
                    one["path"] = new + one["path"][len(old) :]
        return 204, None

    def delete_folder(self, folder, *, asked, body):
        if any(one["folder"] == folder for one in self.documents.values()):
            raise Refusal(400, "Bad Request: not empty")
        del self.folders[folder], self.folder_labels[folder]
        return 204, None

    def define_label(self, *, asked, body):
        if body["name"] in self.labels:
            raise Refusal(409, "exists")
        self.labels[body["name"]] = {**self._definition(), **body}
        del self.labels[body["name"]]["name"]
        return 201, None

    def redefine_label(self, name, *, asked, body):
        new = body.pop("name", name)
        self.labels[new] = {**self.labels.pop(name), **body}
        for labels in [
            *(d["labels"] for d in self.documents.values()),
            *self.folder_labels.values(),
        ]:
            if name in labels:
                labels.remove(name)
                labels.add(new)
        return 204, None

    def undefine_label(self, name, *, asked, body):
        if any(name in one["labels"] for one in self.documents.values()):
            raise Refusal(409, "in use")
        del self.labels[name]
        return 204, None

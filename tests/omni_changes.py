"""What may happen in an Omni between two exports, and what an export since the last one sees later."""

import dataclasses
import random
import urllib.parse
from datetime import UTC, datetime, timedelta

import requests

from omnipd_sandbox.organization.permits import grants_on
from omnipd_sandbox.server import Server

#: Where the name of a person or a group stands beside its id.
_NAMED = (
    *("content", "folders", "document_access", "document_drafts", "document_favorites"),
    *("folder_permissions", "schedule_details", "schedule_recipients"),
)


class NothingToChangeError(Exception):
    """There is nothing that could be changed so."""


class Changing:
    """A sandbox in which things change.

    Its clock is far behind, so that what has changed is nothing that has changed just now.

    Parameters
    ----------
    seed : int
        What is changed is drawn.
    knobs
        Those of the sandbox.
    """

    def __init__(self, seed=0, **knobs):
        self.chance = random.Random(seed)
        self.behind = timedelta(days=400)
        self.stands_at = None
        self.server = Server(now=self._now, **{"size": "tiny", "documents": 12} | knobs)
        self._taken = set()

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.close()
        assert self.server.failures == []

    def _now(self):
        return self.stands_at or datetime.now(UTC) - self.behind

    def send(self, method, path, body=None, **query):
        """Ask for a change, and return the answer."""
        answer = requests.request(
            method,
            f"{self.server.url}/api/{path}",
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {self.server.api_key}"},
            timeout=30,
        )
        assert answer.ok, (method, path, body, answer.text)
        return answer.json() if answer.content else None

    def any_of(self, found):
        """Return one of what was found."""
        found = list(found)
        if not found:
            raise NothingToChangeError
        return self.chance.choice(found)

    def text(self):
        """Return a text that is nowhere yet."""
        return f"t-{self.chance.randrange(10**12)}"

    @property
    def organization(self):
        """What is there now."""
        return self.server.organization

    def documents(self, scope="organization", **traits):
        """Return the documents that are there and have some traits."""
        wanted = {"deleted": False, "scope": scope, **traits}
        return [
            one
            for one in self.organization.documents.values()
            if all(getattr(one, name) == value for name, value in wanted.items())
        ]

    def document(self, **traits):
        """Return a document; one that was not taken so already, while there are any."""
        found = self.documents(**traits)
        one = self.any_of([one for one in found if one.identifier not in self._taken] or found)
        self._taken.add(one.identifier)
        return one

    def folder(self):
        """Return a folder that everybody may see."""
        return self.any_of(f for f in self.organization.folders.values() if f.scope != "restricted")

    def users(self):
        """Return the ids of all but those who have a key."""
        return list(self.organization.users)[2:]

    def group(self):
        """Return the id of a group."""
        return self.any_of(self.organization.groups)

    def schedule(self):
        """Return the id of a schedule with recipients."""
        all_ = self.organization.schedules.values()
        return self.any_of(one.id for one in all_ if one.destination == "email")

    def keep(self, document):
        """Put a document as no call does."""
        self.organization.keep_document(document)
        _recolor(self)  # or lists that were sorted before would go on

    def new_to(self, thing, kind):
        """Return the id of a person or group that has no role on a document or folder."""
        there = {grant.principal_id for grant in grants_on(thing, self.organization)}
        there.add(thing.owner_id)
        all_ = self.users() if kind == "user" else self.organization.groups
        return self.any_of(sorted(set(all_) - there))


def _quoted(text):
    return urllib.parse.quote(text, safe="")


def _scim(op, path, value):
    schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    return {"schemas": [schema], "Operations": [{"op": op, "path": path, "value": value}]}


def _update(omni, document, body):
    path = f"v1/documents/{document.identifier}"
    omni.send("PATCH", path, {**body, "clearExistingDraft": True})


def _move(omni, document, path, **scope):
    omni.send("POST", f"v1/documents/{document.identifier}/move", {"folderPath": path, **scope})


def _recolor(omni):
    color = {"color": f"#{omni.chance.randrange(16**6):06x}"}
    omni.send("PUT", f"v1/labels/{_quoted(omni.any_of(omni.organization.labels))}", color)


def document_renamed(omni):
    _update(omni, omni.document(), {"name": omni.text()})


def document_renamed_by_a_clock_that_was_set_back(omni):
    omni.behind += timedelta(days=30)
    document_renamed(omni)
    omni.behind -= timedelta(days=30)


def document_with_another_identifier(omni):
    _update(omni, omni.document(), {"identifier": omni.text()})


def document_moved(omni):
    document = omni.document()
    folders = [f for f in omni.organization.folders.values() if f.scope != "restricted"]
    _move(omni, document, omni.any_of(f.path for f in folders if f.id != document.folder_id))


def document_given_to_somebody(omni):
    document = omni.document()
    user = omni.any_of(set(omni.users()) - {document.owner_id})
    path = f"v1/documents/{document.identifier}/transfer-ownership"
    omni.send("PUT", path, {"userId": user})


def document_deleted(omni):
    omni.send("DELETE", f"v1/documents/{omni.document().identifier}")


def document_restored(omni):
    all_ = omni.organization.documents.values()
    gone = omni.any_of(one for one in all_ if one.deleted and one.scope == "organization")
    omni.keep(dataclasses.replace(gone, deleted=False))


def document_deleted_and_restored(omni):
    document = omni.document()
    omni.send("DELETE", f"v1/documents/{document.identifier}")
    omni.keep(document)


def document_copied(omni):
    copied = omni.document(has_dashboard=True).identifier
    omni.send("POST", f"v1/documents/{copied}/duplicate", {"name": omni.text()})


def document_labeled(omni):
    document = omni.document()
    label = omni.any_of(set(omni.organization.labels) - set(document.labels))
    omni.send("PATCH", f"v1/documents/{document.identifier}/labels", {"add": [label]})


def document_marked_as_favorite(omni):
    document = omni.document()
    user = omni.any_of(set(omni.users()) - set(document.favorited_by))
    omni.send("PUT", f"v1/documents/{document.identifier}/favorite", userId=user)


def dashboard_filter_changed(omni):
    for document in omni.documents(has_dashboard=True):
        path = f"v1/dashboards/{document.identifier}/filters"
        if told := omni.send("GET", path)["filters"]:
            changed = {min(told): {**told[min(told)], "label": omni.text()}}
            omni.send("PATCH", path, {"filters": changed, "clearExistingDraft": True})
            return document.identifier
    raise NothingToChangeError


def label_recolored(omni):
    _recolor(omni)


def folder_made(omni):
    omni.send("POST", "v1/folders", {"name": omni.text()})


def folder_renamed(omni):
    omni.send("PATCH", f"v1/folders/{omni.folder().id}", {"path": omni.text()})


def folder_deleted(omni):
    omni.send("DELETE", f"v1/folders/{omni.folder().id}", force="true")


def user_made(omni):
    body = {"userName": f"{omni.text()}@x.example", "displayName": omni.text()}
    omni.send("POST", "scim/v2/Users", body)


def user_deactivated(omni):
    users = omni.organization.users
    one = omni.any_of(user for user in omni.users() if users[user].active)
    omni.send("PATCH", f"scim/v2/Users/{one}", _scim("replace", "active", False))


def email_only_user_made(omni):
    omni.send("POST", "v1/users/email-only", {"email": f"{omni.text()}@x.example"})


def schedule_deleted(omni):
    omni.send("DELETE", f"v1/schedules/{omni.schedule()}")


def schedule_paused(omni):
    all_ = omni.organization.schedules.values()
    one = omni.any_of(schedule.id for schedule in all_ if schedule.disabled_at is None)
    omni.send("PUT", f"v1/schedules/{one}/pause")


def schedule_run(omni):
    omni.send("POST", f"v1/schedules/{omni.schedule()}/trigger")


def recipient_added(omni):
    body = {"emails": [f"{omni.text()}@x.example"]}
    omni.send("PUT", f"v1/schedules/{omni.schedule()}/add-recipients", body)


def own_document_shared(omni):
    _move(omni, omni.document(scope="restricted"), omni.folder().path)


#: What is seen at once.
AT_ONCE = (
    *(document_renamed, document_renamed_by_a_clock_that_was_set_back),
    *(document_with_another_identifier, document_moved, document_given_to_somebody),
    *(document_deleted, document_restored, document_deleted_and_restored, document_copied),
    *(document_labeled, document_marked_as_favorite, dashboard_filter_changed),
    *(label_recolored, folder_made, folder_renamed, folder_deleted),
    *(user_made, user_deactivated, email_only_user_made),
    *(schedule_deleted, schedule_paused, schedule_run, recipient_added, own_document_shared),
)


def document_shared(omni):
    document = omni.document()
    body = {"role": "VIEWER", "userIds": [omni.new_to(document, "user")]}
    omni.send("POST", f"v1/documents/{document.identifier}/permissions", body)
    return {"document_access": {document.identifier}}


def document_shared_with_a_group(omni):
    document = omni.document()
    body = {"role": "VIEWER", "userGroupIds": [omni.new_to(document, "userGroup")]}
    omni.send("POST", f"v1/documents/{document.identifier}/permissions", body)
    return {"document_access": {document.identifier}}


def document_settings_changed(omni):
    document = omni.document()
    path = f"v1/documents/{document.identifier}/permissions"
    may = omni.send("GET", path, userId=omni.organization.administrator.membership_id)
    omni.send("PUT", path, {"canDownload": not may["abilities"]["canDownload"]})
    return {"document_abilities": {document.identifier}}


def favorite_of_another(omni):
    all_ = omni.documents()
    document = omni.any_of(one for one in all_ if set(one.favorited_by) & set(omni.users()))
    new = omni.any_of(set(omni.users()) - set(document.favorited_by))
    path = f"v1/documents/{document.identifier}/favorite"
    old = omni.any_of(set(omni.users()) & set(document.favorited_by))
    omni.send("DELETE", path, userId=old)
    omni.send("PUT", path, userId=new)
    return {"document_favorites": {document.identifier}}


def draft_opened(omni):
    for document in omni.documents(has_dashboard=True):
        path = f"v1/documents/{document.identifier}/drafts"
        if not any(draft["branch"] is None for draft in omni.send("GET", path)):
            omni.send("POST", f"v1/documents/{document.identifier}/draft", {})
            return {"document_drafts": {document.identifier}}
    raise NothingToChangeError


def folder_shared(omni):
    folder = omni.folder()
    body = {"role": "EDITOR", "userIds": [omni.new_to(folder, "user")]}
    omni.send("POST", f"v1/folders/{folder.id}/permissions", body)
    below = [
        one.id
        for one in omni.organization.folders.values()
        if f"{one.path}/".startswith(f"{folder.path}/")
    ]
    inside = {one.identifier for one in omni.documents() if one.folder_id in below}
    return {"folder_permissions": {folder.id}, "document_access": inside}


def role_given(omni):
    users = omni.organization.users
    user = omni.any_of(one for one in omni.users() if users[one].model_role != "MODELER")
    body = {"roleName": "MODELER", "modelId": omni.any_of(omni.server.models.values())}
    omni.send("POST", f"v1/users/{user}/model-roles", body)
    return {"model_roles": {user}}


def recipient_replaced(omni):
    """There are as many as before."""
    schedule = omni.schedule()
    path = f"v1/schedules/{schedule}"
    new = f"{omni.text()}@x.example"
    told = omni.send("GET", f"{path}/recipients")["recipients"]
    old = omni.any_of(one["email"] for one in told if one["email"])
    omni.send("PUT", f"{path}/add-recipients", {"emails": [new]})
    omni.send("PUT", f"{path}/remove-recipients", {"emails": [old]})
    return {"schedule_recipients": {schedule}}


def own_document_renamed(omni):
    document = omni.document(scope="restricted")
    _update(omni, document, {"name": omni.text()})
    return {"content": {document.identifier}}


def document_taken_away(omni):
    """Only its owner sees it from now on."""
    document = omni.document()
    _move(omni, document, None, scope="restricted")
    return {"content": {document.identifier}}


#: What is seen when all is asked for: each returns in which table, and of which parent or row.
LATE = (
    *(document_taken_away, own_document_renamed, document_shared, document_shared_with_a_group),
    *(document_settings_changed, favorite_of_another, draft_opened, folder_shared),
    *(role_given, recipient_replaced),
)


def label_renamed(omni):
    """What is one person's own bears the old name still."""
    own = [label for one in omni.documents(scope="restricted") for label in one.labels]
    label = omni.any_of(own or omni.organization.labels)
    omni.send("PUT", f"v1/labels/{_quoted(label)}", {"name": (new := omni.text())})
    all_ = omni.organization.folders.values()
    folders = {one.id for one in all_ if one.scope == "restricted" and new in one.labels}
    all_ = omni.documents(scope="restricted")
    documents = {one.identifier for one in all_ if new in one.labels}
    return {"content": documents | folders, "folders": folders}


def user_renamed(omni):
    user = omni.any_of(omni.users())
    omni.send("PATCH", f"scim/v2/Users/{user}", _scim("replace", "displayName", omni.text()))
    return dict.fromkeys(_NAMED)


def user_deleted(omni):
    omni.send("DELETE", f"scim/v2/Users/{omni.any_of(omni.users())}")
    return dict.fromkeys(_NAMED)


def group_renamed(omni):
    group = f"scim/v2/Groups/{omni.group()}"
    omni.send("PATCH", group, _scim("replace", "displayName", omni.text()))
    return dict.fromkeys([*_NAMED, "model_roles"])


def group_deleted(omni):
    omni.send("DELETE", f"scim/v2/Groups/{omni.group()}")
    return dict.fromkeys([*_NAMED, "model_roles"])


def group_joined(omni):
    group = omni.organization.groups[omni.group()]
    member = {"value": omni.any_of(sorted(set(omni.users()) - set(group.member_ids)))}
    omni.send("PATCH", f"scim/v2/Groups/{group.id}", _scim("add", "members", [member]))
    return dict.fromkeys(["schedule_details", "schedule_recipients"])


def role_of_a_group_given(omni):
    body = {"roleName": "MODELER", "modelId": omni.any_of(omni.server.models.values())}
    omni.send("POST", f"v1/user-groups/{omni.group()}/model-roles", body)
    return {"model_roles": None}


#: What is seen when all is asked for of whatever it concerns; each returns in which tables, or all it knows.
IN_PART = (
    label_renamed,
    *(user_renamed, user_deleted, group_renamed, group_deleted, group_joined),
    role_of_a_group_given,
)


def differences(one, whole):
    """Return what an export has otherwise than a whole one: pairs of a table and a parent in it, or a row."""
    found = set()
    for name in whole.manifest["tables"]:
        found |= {(name, key) for key, _ in _rows(one[name]) ^ _rows(whole[name])}
    return found


def _rows(frame):
    """Return the rows without the times at which they came, each with its key; equal ones are numbered."""
    bare = frame.drop(columns="read_at", errors="ignore").astype(object)
    bare = bare.where(bare.notna(), None)
    columns = [
        name for name in ("document_identifier", "id", *bare.columns[:2]) if name in bare.columns
    ]
    seen, rows = {}, set()
    for row in bare.to_dict("records"):
        key = next((row[name] for name in columns if row[name] is not None), None)
        text = repr(row)
        seen[text] = seen.get(text, 0) + 1
        rows.add((key, (text, seen[text])))
    return rows


def is_late(pair, expected):
    """Whether a difference is one that changes have let expect: mappings of tables to keys."""
    table, key = pair
    return any(table in late and (late[table] is None or key in late[table]) for late in expected)

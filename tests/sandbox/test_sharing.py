"""Roles on documents and folders are given, changed and taken away."""

import pytest

from omnipd_sandbox.organization.permits import grants_on


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=120))


@pytest.fixture
def priya(own, connect):
    return connect(own.server, own.server.personal_key)


@pytest.fixture
def people(own):
    """Give membership ids by mailbox."""
    users = own.server.organization.users.values()
    return {each.email.partition("@")[0]: each.membership_id for each in users}


@pytest.fixture(params=["documents", "folders"])
def shared(own, request):
    """Give the address of the permissions of something that nobody has a role on but its owner."""
    if request.param == "documents":
        one = next(
            each.identifier
            for each in own.server.organization.documents.values()
            if not each.deleted
            and not grants_on(each, own.server.organization)
            and each.folder_id is None
        )
    else:
        one = next(
            each.id
            for each in own.server.organization.folders.values()
            if not grants_on(each, own.server.organization)
        )
    return f"/api/v1/{request.param}/{one}/permissions"


def held(wire, path):
    """Give (role, boost) by the id of who has it, without the owner."""
    if "/folders/" in path:
        found = wire.get(path).json["permits"]
        owner = path.split("/")[4]
        owner = wire.server.organization.folders[owner].owner_id
        return {
            each.get("userId") or each["userGroupId"]: (
                each["role"],
                each.get("accessBoost", False),
            )
            for each in found
            if each.get("userId") != owner
        }
    listed = wire.get(path.replace("/permissions", "/access-list"), accessSource="direct").json
    return {
        each["id"]: (each["role"], each["accessBoost"])
        for each in listed["principals"]
        if not each.get("isOwner")
    }


def test_a_role_is_given_changed_and_taken_away(own, shared, people):
    group = next(iter(own.server.organization.groups))
    zoe, jose = people["zoe"], people["jose"]
    assert held(own, shared) == {}
    given = own.send(
        "POST", shared, {"role": "VIEWER", "userIds": [zoe, jose], "userGroupIds": [group]}
    )
    assert (given.status, given.json) == (200, {"success": True})
    viewer = ("VIEWER", False)
    assert held(own, shared) == {zoe: viewer, jose: viewer, group: viewer}
    changed = own.send("PATCH", shared, {"role": "EDITOR", "accessBoost": True, "userIds": [zoe]})
    assert changed.status == 200
    assert held(own, shared) == {zoe: ("EDITOR", True), jose: viewer, group: viewer}
    # What is not said stays.
    own.send("PATCH", shared, {"accessBoost": False, "userIds": [zoe]})
    assert held(own, shared)[zoe] == ("EDITOR", False)
    # The principals stand in the body of the DELETE.
    taken = own.send("DELETE", shared, {"userIds": [zoe], "userGroupIds": [group]})
    assert taken.status == 200
    assert held(own, shared) == {jose: viewer}
    assert own.send("DELETE", shared, {"userIds": [zoe]}).status == 200


def test_a_role_given_twice_is_the_second(own, shared, people):
    for role in ("VIEWER", "MANAGER"):
        own.send("POST", shared, {"role": role, "userIds": [people["zoe"]]})
    assert held(own, shared) == {people["zoe"]: ("MANAGER", False)}


@pytest.mark.parametrize(
    ("method", "body", "detail"),
    [
        ("POST", {"userIds": []}, "role: Required"),
        ("POST", {"role": "viewer"}, "role: Invalid enum value"),
        ("POST", {"role": "VIEWER"}, "userIds.userGroupIds: "),
        ("POST", {"role": "VIEWER", "userIds": ["zoe"]}, "userIds.0: Invalid uuid"),
        ("POST", {"role": "VIEWER", "userIds": "zoe"}, "userIds: Expected array"),
        ("POST", {"role": "VIEWER", "accessBoost": 1}, "accessBoost: Expected boolean"),
        ("PATCH", {"role": "EDITOR"}, "userIds.userGroupIds: "),
        ("DELETE", None, "userIds.userGroupIds: "),
        ("DELETE", {"userIds": [7]}, "userIds.0: Expected string, received number"),
    ],
)
def test_a_body_that_breaks_a_rule_is_400(own, shared, method, body, detail):
    refused = own.send(method, shared, body)
    assert refused.status == 400
    assert refused.json["detail"].startswith(f"Bad Request: {detail}")


def test_folders_refuse_keys_they_do_not_know_and_documents_drop_them(own, shared, people):
    body = {"role": "VIEWER", "userIds": [people["zoe"]], "note": "x"}
    assert own.send("POST", shared, body).status == (400 if "folders" in shared else 200)


def test_who_does_not_exist_is_404(own, shared, people):
    nobody = "00000000-0000-4000-8000-000000000000"
    both = {"role": "VIEWER", "userIds": [people["zoe"], nobody]}
    assert own.send("POST", shared, both).status == 404
    assert own.send("POST", shared, {"role": "VIEWER", "userGroupIds": ["x"]}).status == 404
    # There is nothing of theirs to change.
    change = {"role": "EDITOR", "userIds": [people["zoe"]]}
    assert own.send("PATCH", shared, change).status == 404
    assert held(own, shared) == {}


def test_a_role_opens_what_was_hidden(own, priya, people):
    hidden = next(
        each["identifier"]
        for each in own.get("/api/v1/documents", pageSize=300).json["records"]
        if priya.get(f"/api/v1/documents/{each['identifier']}/permissions").status == 404
    )
    path = f"/api/v1/documents/{hidden}"
    own.send("POST", f"{path}/permissions", {"role": "EDITOR", "userIds": [people["priya"]]})
    assert priya.get(f"{path}/permissions").status == 200
    # An editor labels, and does not share.
    assert priya.send("PUT", f"{path}/labels/operations").status == 204
    share = {"role": "VIEWER", "userIds": [people["zoe"]]}
    assert priya.send("POST", f"{path}/permissions", share).status == 403
    own.send("PATCH", f"{path}/permissions", {"role": "MANAGER", "userIds": [people["priya"]]})
    assert priya.send("POST", f"{path}/permissions", share).status == 200
    own.send("DELETE", f"{path}/permissions", {"userIds": [people["priya"]]})
    assert priya.get(f"{path}/permissions").status == 404


def test_what_a_document_allows_is_set_key_by_key(own, shared):
    if "/folders/" in shared:
        assert own.send("PUT", shared, {"canDownload": False}).status == 405
        return
    before = own.get(shared).json["abilities"]
    turned = {"canDownload": not before["canDownload"], "requirePullRequestToPublish": True}
    answer = own.send("PUT", shared, turned)
    assert (answer.status, answer.json) == (200, {"success": True})
    assert own.get(shared).json["abilities"] == before | turned
    assert own.send("PUT", shared, {"canDrill": "no"}).status == 400
    assert own.send("PUT", shared, {"organizationRole": "owner"}).status == 400


@pytest.mark.parametrize("words", [("no_access", "viewer"), ("NO_ACCESS", "VIEWER")])
def test_what_everybody_may_do_is_set_too(own, priya, words):
    path = next(
        f"/api/v1/documents/{each.identifier}/permissions"
        for each in own.server.organization.documents.values()
        if not each.deleted
        and each.scope == "organization"
        and not grants_on(each, own.server.organization)
        and each.owner_id != own.server.organization.token_holder.membership_id
    )
    own.send("PUT", path, {"organizationRole": words[0]})
    assert priya.get(path).status == 404
    own.send("PUT", path, {"organizationRole": words[1]})
    assert priya.get(path).status == 200


def test_what_is_in_a_folder_has_the_folders_roles_at_any_depth(own, people):
    organization = own.server.organization
    outer = organization.folder_at("ada-s-drafts")
    inner = organization.folder_at("ada-s-drafts/private-board")
    document = next(
        each
        for each in organization.documents.values()
        if each.folder_id == inner.id and not each.deleted
    )
    listed = f"/api/v1/documents/{document.identifier}/access-list"

    def seen(user_id):
        found = own.get("/api/v1/documents", userId=user_id, pageSize=300).json["records"]
        return document.identifier in {each["identifier"] for each in found}

    somebody = next(each for each in people.values() if not seen(each))

    def ways():
        return [
            (each["role"], each["accessSource"], each.get("folderInfo", {}).get("path"))
            for each in own.get(listed, pageSize=100).json["principals"]
            if each["id"] == somebody
        ]

    assert ways() == []
    own.send(
        "POST", f"/api/v1/folders/{outer.id}/permissions", {"role": "EDITOR", "userIds": [somebody]}
    )
    assert (seen(somebody), ways()) == (True, [("EDITOR", "folder", "ada-s-drafts")])
    # What is nearer may give more, not less.
    near = f"/api/v1/folders/{inner.id}/permissions"
    for role, ways_then in (
        ("VIEWER", ("EDITOR", "folder", "ada-s-drafts")),
        ("NO_ACCESS", ("EDITOR", "folder", "ada-s-drafts")),
        ("MANAGER", ("MANAGER", "folder", "ada-s-drafts/private-board")),
    ):
        own.send("POST", near, {"role": role, "userIds": [somebody]})
        assert (seen(somebody), ways()) == (True, [ways_then])


@pytest.fixture
def unshared(serve, connect):
    """Start a sandbox; give a connection, the permissions of a document, and two people."""

    def start(**knobs):
        wire = connect(serve(documents=120, **knobs))
        organization = wire.server.organization
        one = next(
            each.identifier
            for each in organization.documents.values()
            if not each.deleted and not each.folder_id and not grants_on(each, organization)
        )
        people = {each.email.partition("@")[0]: each for each in organization.users.values()}
        ids = [people[name].membership_id for name in ("zoe", "jose")]
        return wire, f"/api/v1/documents/{one}/permissions", *ids

    return start


@pytest.mark.parametrize(
    ("existing", "status", "roles"),
    [
        ("replaced", 200, ("MANAGER", "MANAGER")),
        ("kept", 200, ("VIEWER", "MANAGER")),
        ("refused", 400, ("VIEWER", None)),
    ],
)
def test_a_role_added_to_who_has_one_does_as_the_server_is(unshared, existing, status, roles):
    wire, path, zoe, jose = unshared(existing_permits=existing)
    wire.send("POST", path, {"role": "VIEWER", "userIds": [zoe]})
    added = wire.send("POST", path, {"role": "MANAGER", "userIds": [zoe, jose]})
    assert added.status == status
    found = held(wire, path)
    assert tuple(found.get(each, (None,))[0] for each in (zoe, jose)) == roles


def test_access_boosts_are_dropped_without_a_word_where_there_are_none(unshared):
    wire, path, zoe, _ = unshared(access_boosts=False)
    body = {"role": "VIEWER", "accessBoost": True, "userIds": [zoe]}
    for method in ("POST", "PATCH"):
        assert wire.send(method, path, body).status == 200
        assert held(wire, path) == {zoe: ("VIEWER", False)}


def test_settings_that_are_not_said_are_those_of_a_new_document_where_a_put_resets(unshared):
    wire, path, _, _ = unshared(omitted_settings="reset")
    first = {
        "canDownload": False,
        "requirePullRequestToPublish": True,
        "organizationRole": "editor",
    }
    assert wire.send("PUT", path, first).status == 200
    organization = wire.server.organization
    identifier = path.split("/")[4]
    assert organization.documents[identifier].organization_role == "EDITOR"
    assert wire.send("PUT", path, {"canDrill": False}).status == 200
    abilities = wire.get(path).json["abilities"]
    expected = {"canDrill": False, "canDownload": True, "requirePullRequestToPublish": False}
    assert {name: abilities[name] for name in expected} == expected
    assert wire.server.organization.documents[identifier].organization_role == "VIEWER"


@pytest.mark.parametrize(
    ("case", "statuses"), [("any", [200, 200]), ("lower", [200, 400]), ("upper", [400, 200])]
)
def test_the_organizations_role_is_spelled_as_the_server_has_it(unshared, case, statuses):
    wire, path, _, _ = unshared(organization_role_case=case)
    found = [
        wire.send("PUT", path, {"organizationRole": role}).status for role in ("editor", "EDITOR")
    ]
    assert found == statuses

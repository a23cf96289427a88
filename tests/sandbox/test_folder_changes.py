"""Folders are made, renamed and deleted."""

import pytest

from omnipd_sandbox.organization.permits import grants_on


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=120))


@pytest.fixture
def priya(own, connect):
    return connect(own.server, own.server.personal_key)


def folders(wire, **query):
    records = wire.get("/api/v1/folders", pageSize=300, **query).json["records"]
    return {each["path"]: each for each in records}


def make(wire, name, parent=None, **more):
    body = {"name": name, **more} | ({"parentFolderId": parent} if parent else {})
    return wire.send("POST", "/api/v1/folders", body)


def test_a_folder_that_is_made_is_listed(own):
    parent = folders(own)["orders"]["id"]
    made = make(own, "Price changes", parent)
    assert made.status == 201
    ada = own.server.organization.administrator.membership_id
    assert made.json == {
        "id": made.json["id"],
        "name": "Price changes",
        "path": "orders/price-changes",
        "scope": "organization",
        "ownerId": ada,
    }
    assert folders(own)["orders/price-changes"]["ownerId"] == ada
    listed = own.content(folderId=parent, pageSize=100).json["records"]
    assert "Price changes" in {each["name"] for each in listed}


def test_a_second_folder_of_the_same_name_has_another_path(own):
    paths = [make(own, name).json["path"] for name in ("New", "New", "new!", "🚀")]
    assert paths == ["new", "new-1", "new-2", "folder"]


def test_a_restricted_folder_is_its_owners(own, priya):
    made = make(priya, "Mine", scope="restricted")
    me = own.server.organization.token_holder.membership_id
    assert (made.status, made.json["ownerId"]) == (201, me)
    assert "mine" in folders(own, scope="restricted", ownerId=me)
    below = make(own, "Theirs", made.json["id"])
    assert below.status == 400
    assert make(own, "Theirs", made.json["id"], userId=me).status == 201
    assert make(own, "Open", made.json["id"], scope="organization", userId=me).status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": ""}, 400),
        ({"name": "x", "scope": "public"}, 400),
        ({"name": "x", "parentFolderId": "orders"}, 400),
        ({"name": "x", "parentFolderId": "00000000-0000-4000-8000-000000000000"}, 404),
        ({"name": "x", "userId": "00000000-0000-4000-8000-000000000000"}, 404),
    ],
)
def test_a_folder_that_breaks_a_rule_is_refused(own, body, status):
    before = folders(own)
    assert own.send("POST", "/api/v1/folders", body).status == status
    assert folders(own) == before


def test_a_member_makes_folders_for_themselves_only(own, priya):
    ada = own.server.organization.administrator.membership_id
    assert make(priya, "x", userId=ada).status == 403


def test_folders_are_seven_levels_deep_at_most(own):
    parent = None
    for level in range(7):
        made = make(own, f"Level {level + 1}", parent)
        assert made.status == 201
        parent = made.json["id"]
    assert made.json["path"].count("/") == 6
    assert make(own, "Level 8", parent).status == 400


def test_a_name_leaves_the_path_alone(own):
    one = folders(own)["orders"]
    path = f"/api/v1/folders/{one['id']}"
    changed = own.send("PATCH", path, {"name": "Sales"})
    assert changed.status == 200
    assert changed.json == {"id": one["id"], "name": "Sales", "path": "orders"}
    assert folders(own)["orders"]["name"] == "Sales"


def test_another_path_goes_to_all_below(own):
    before = folders(own)
    path = f"/api/v1/folders/{before['orders']['id']}"
    assert own.send("PATCH", path, {"path": "sales"}).json["path"] == "sales"
    after = folders(own)
    assert (
        after["sales/revenue/monthly/by-region"]["id"]
        == (before["orders/revenue/monthly/by-region"]["id"])
    )
    assert not [each for each in after if each == "orders" or each.startswith("orders/")]
    assert len(after) == len(before)
    assert own.get("/api/v1/folders", path="/orders").status == 404


def test_a_path_that_is_taken_is_409_unless_it_may_be_another(own):
    path = f"/api/v1/folders/{folders(own)['orders']['id']}"
    assert own.send("PATCH", path, {"path": "finance"}).status == 409
    other = own.send("PATCH", path, {"path": "finance", "resolvePathConflict": True})
    assert other.json["path"] == "finance-1"
    assert own.send("PATCH", path, {"path": "finance-1"}).status == 200


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"path": "a/b"}, {"path": ""}, {"path": "trash"}]
)
def test_a_change_that_breaks_a_rule_is_400(own, body):
    path = f"/api/v1/folders/{folders(own)['orders']['id']}"
    assert own.send("PATCH", path, body).status == 400


def test_a_folder_that_holds_something_is_deleted_by_force_only(own):
    every = folders(own)
    path = f"/api/v1/folders/{every['orders']['id']}"
    inside = {
        each["identifier"]
        for each in own.every_record(path="/orders/*")[0]
        if each["type"] == "document"
    }
    assert inside
    assert own.send("DELETE", path).status == 400
    assert own.send("DELETE", path, force="no").status == 400
    gone = own.send("DELETE", path, force="true")
    assert (gone.status, gone.json) == (200, {"success": True})
    left = folders(own)
    assert left.keys() == {each for each in every if f"{each}/".split("/")[0] != "orders"}
    records = own.get("/api/v1/documents", include="includeDeleted", pageSize=300).json["records"]
    trashed = {each["identifier"] for each in records if each["deleted"]}
    assert inside <= trashed
    assert all(each["folder"] is None for each in records if each["identifier"] in inside)
    assert own.send("DELETE", path).status == 404


def test_an_empty_folder_is_deleted_at_once(own):
    path = f"/api/v1/folders/{folders(own)['empty/emptier/emptiest']['id']}"
    assert own.send("DELETE", path).status == 200
    assert own.send("DELETE", f"/api/v1/folders/{folders(own)['empty']['id']}").status == 400


def test_force_has_an_end(serve, connect):
    wire = connect(serve(documents=0, folders=1))
    root = next(iter(wire.server.organization.folders))
    for number in range(101):
        make(wire, f"Below {number}", root)
    refused = wire.send("DELETE", f"/api/v1/folders/{root}", force="true")
    assert (refused.status, "100" in refused.json["detail"]) == (400, True)


def test_who_may_only_look_may_not_change(own, priya):
    me = own.server.organization.token_holder.membership_id
    seen = next(
        each.id
        for each in own.server.organization.folders.values()
        if each.scope == "organization"
        and each.parent_id is None
        and each.owner_id != me
        and not grants_on(each, own.server.organization)
    )
    hidden = next(
        each.id
        for each in own.server.organization.folders.values()
        if each.scope == "restricted"
        and each.owner_id != me
        and priya.get(f"/api/v1/folders/{each.id}/permissions").status == 404
    )
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        assert priya.send(method, f"/api/v1/folders/{seen}", body).status == 403
        assert priya.send(method, f"/api/v1/folders/{hidden}", body).status == 404


def test_folders_are_labeled_by_a_call_of_their_own_where_there_is_one(serve, connect):
    wire = connect(serve(documents=40, folder_labels=True))
    folder = next(iter(wire.server.organization.folders.values()))
    path = f"/api/v1/folders/{folder.id}/labels"
    expected = [*(each for each in folder.labels if each != "marketing"), "重要"]
    wire.send("PATCH", path, {"add": ["marketing"]})
    changed = wire.send("PATCH", path, {"add": ["重要"], "remove": ["marketing"]})
    assert (changed.status, changed.json) == (200, {"labels": expected})
    listed = wire.get("/api/v1/folders", include="labels", pageSize=100).json["records"]
    assert {each["id"]: each["labels"] for each in listed}[folder.id] == expected
    assert wire.send("PATCH", path, {}).status == 400
    assert wire.send("PATCH", path, {"add": ["no such label"]}).status == 404
    assert wire.send("PATCH", path.replace(folder.id, "x"), {"add": ["重要"]}).status == 400
    # Only its editors do so.
    priya = connect(wire.server, wire.server.personal_key)
    seen = next(
        each["id"]
        for each in priya.get("/api/v1/folders", pageSize=100).json["records"]
        if priya.send("PATCH", f"/api/v1/folders/{each['id']}", {}).status == 403
    )
    refused = priya.send("PATCH", f"/api/v1/folders/{seen}/labels", {"add": ["重要"]})
    assert refused.status == 403


def test_most_servers_have_no_call_that_labels_folders(own):
    folder = next(iter(own.server.organization.folders))
    assert own.send("PATCH", f"/api/v1/folders/{folder}/labels", {"add": ["重要"]}).status == 404


def test_a_folder_of_a_name_that_is_taken_is_refused_where_a_server_does_so(serve, connect):
    wire = connect(serve(documents=5, taken_folder_name="refused"))
    parent = wire.send("POST", "/api/v1/folders", {"name": "One more"})
    assert (parent.status, parent.json["path"]) == (201, "one-more")
    again = wire.send("POST", "/api/v1/folders", {"name": "One  More"})
    assert (again.status, again.json["detail"]) == (
        409,
        "Folder with path one-more already exists",
    )
    below = {"name": "One more", "parentFolderId": parent.json["id"]}
    assert wire.send("POST", "/api/v1/folders", below).json["path"] == "one-more/one-more"
    assert wire.send("POST", "/api/v1/folders", below).status == 409

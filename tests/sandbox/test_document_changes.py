"""Documents are moved, renamed, given, copied, drafted, marked and thrown away."""

import urllib.request
from datetime import UTC, datetime

import pytest

from omnipd_sandbox.organization.permits import grants_on

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=120, now=lambda: NOW))


@pytest.fixture
def priya(own, connect):
    return connect(own.server, own.server.personal_key)


def documents(wire, **query):
    records = wire.get("/api/v1/documents", pageSize=300, **query).json["records"]
    return {each["identifier"]: each for each in records}


def content(wire, **query):
    return {each.get("identifier") or each["id"]: each for each in wire.every_record(**query)[0]}


def drafts(wire, identifier, **query):
    return wire.get(f"/api/v1/documents/{identifier}/drafts", **query).json


def undrafted(wire, **traits):
    """Find a dashboard that nobody works on."""
    return next(
        each
        for each in wire.server.organization.documents.values()
        if not each.deleted
        and each.has_dashboard
        and all(getattr(each, key) == value for key, value in traits.items())
        and not any(one["branch"] is None for one in drafts(wire, each.identifier))
    )


def drafted(wire):
    return next(
        each
        for each in wire.server.organization.documents.values()
        if not each.deleted and any(one["branch"] is None for one in drafts(wire, each.identifier))
    )


def folder(wire, path):
    return next(each for each in wire.server.organization.folders.values() if each.path == path)


def somebody(wire, mailbox):
    return next(
        each.membership_id
        for each in wire.server.organization.users.values()
        if each.email == f"{mailbox}@sandbox.example"
    )


def test_a_document_moves_to_a_folder_and_takes_its_scope(own):
    one = undrafted(own, scope="restricted", folder_id=None)
    path = f"/api/v1/documents/{one.identifier}/move"
    moved = own.send("POST", path, {"folderPath": "/orders/revenue"})
    assert (moved.status, moved.json) == (200, {"success": True})
    record = documents(own)[one.identifier]
    assert record["folder"]["path"] == "orders/revenue"
    # What was one person's is everybody's now.
    assert record["scope"] == "organization"
    assert one.identifier in content(own, path="/orders/revenue")


def test_at_the_top_a_document_keeps_its_scope_unless_told(own):
    one = undrafted(own, scope="organization")
    path = f"/api/v1/documents/{one.identifier}/move"
    assert own.send("POST", path, {"folderPath": None}).status == 200
    record = documents(own)[one.identifier]
    assert (record["folder"], record["scope"]) == (None, "organization")
    own.send("POST", path, {"folderPath": None, "scope": "restricted"})
    assert documents(own)[one.identifier]["scope"] == "restricted"


def test_at_the_top_a_document_is_restricted_where_a_server_makes_it_so(serve, connect):
    wire = connect(serve(documents=60, root_scope="restricted"))
    one = undrafted(wire, scope="organization")
    path = f"/api/v1/documents/{one.identifier}/move"
    wire.send("POST", path, {"folderPath": None, "scope": "organization"})
    assert documents(wire)[one.identifier]["scope"] == "organization"
    wire.send("POST", path, {"folderPath": None})
    assert documents(wire)[one.identifier]["scope"] == "restricted"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"folderPath": 3}, 400),
        ({"folderPath": None, "scope": "public"}, 400),
        ({"folderPath": "orders", "scope": "restricted"}, 400),
        ({"folderPath": "/nowhere"}, 404),
    ],
)
def test_a_move_that_cannot_be_is_refused(own, body, status):
    one = undrafted(own)
    before = documents(own)[one.identifier]
    assert own.send("POST", f"/api/v1/documents/{one.identifier}/move", body).status == status
    assert documents(own)[one.identifier] == before


def test_a_name_is_published_at_once(own):
    one = undrafted(own)
    changed = own.send(
        "PATCH", f"/api/v1/documents/{one.identifier}", {"name": "Board", "description": "Why"}
    )
    assert changed.status == 200
    assert changed.json == {"identifier": one.identifier, "name": "Board", "description": "Why"}
    record = documents(own)[one.identifier]
    assert (record["name"], record["description"]) == ("Board", "Why")
    assert record["updatedAt"] == "2026-03-04T05:06:07.000Z"
    assert own.get(f"/api/v1/documents/{one.identifier}").json["name"] == "Board"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"clearExistingDraft": True},
        {"name": ""},
        {"name": "x" * 255},
        {"name": None},
        {"identifier": "x"},
        {"identifier": "x" * 49},
        {"identifier": "a/b"},
    ],
)
def test_a_renaming_that_breaks_a_rule_is_400(own, body):
    assert own.send("PATCH", f"/api/v1/documents/{undrafted(own).identifier}", body).status == 400


def test_another_identifier_leaves_a_redirect(own):
    one = next(
        each
        for each in own.server.organization.schedules.values()
        if not any(each2["branch"] is None for each2 in drafts(own, each.identifier))
    )
    old = one.identifier
    queries = own.get(f"/api/v1/documents/{old}/queries").json["queries"]
    order = list(own.server.organization.documents)
    changed = own.send("PATCH", f"/api/v1/documents/{old}", {"identifier": "board-pack"})
    assert (changed.status, changed.json["identifier"]) == (200, "board-pack")
    assert old not in documents(own)
    assert list(own.server.organization.documents) == [
        "board-pack" if each == old else each for each in order
    ]
    now = own.get("/api/v1/documents/board-pack/queries").json["queries"]
    assert [each["id"] for each in now] == [each["id"] for each in queries]
    # Everything that hangs on it goes along.
    records = own.get("/api/v1/schedules", identifier="board-pack").json["records"]
    assert one.id in {each["id"] for each in records}
    sent = own.get(f"/api/v1/documents/{old}/permissions", userId=somebody(own, "ada"))
    assert sent.status == 308
    assert sent.headers["Location"].startswith("/api/v1/documents/board-pack/permissions?userId=")
    request = urllib.request.Request(
        f"{own.server.url}/api/v1/documents/{old}", headers={"Authorization": f"Bearer {own.key}"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.url.endswith("/board-pack")
    # And back again.
    own.send("PATCH", "/api/v1/documents/board-pack", {"identifier": old})
    assert own.get(f"/api/v1/documents/{old}").status == 200
    assert own.get("/api/v1/documents/board-pack").status == 308


def test_an_identifier_in_use_is_400(own):
    one, other = list(documents(own))[:2]
    changed = own.send(
        "PATCH", f"/api/v1/documents/{one}", {"identifier": other, "clearExistingDraft": True}
    )
    assert changed.status == 400
    assert "already in use" in changed.json["detail"]


def test_somebodys_draft_is_not_lost_unless_told(own):
    one = drafted(own)
    path = f"/api/v1/documents/{one.identifier}"
    assert own.send("PATCH", path, {"name": "Mine"}).status == 409
    assert documents(own)[one.identifier]["name"] == one.name
    cleared = own.send("PATCH", path, {"name": "Mine", "clearExistingDraft": True})
    assert cleared.status == 200
    assert all(each["branch"] for each in drafts(own, one.identifier))
    archived = drafts(own, one.identifier, include="archived")
    assert "archived" in {each["status"] for each in archived}


def test_a_draft_is_opened_once_and_discarded_once(own):
    one = undrafted(own)
    path = f"/api/v1/documents/{one.identifier}/draft"
    opened = own.send("POST", path, {})
    assert opened.status == 200
    assert own.send("POST", path).json == opened.json
    listed = [each for each in drafts(own, one.identifier) if each["branch"] is None]
    assert [each["identifier"] for each in listed] == [opened.json["identifier"]]
    assert listed[0]["createdBy"] == {"name": "Ada Byrne"}
    assert own.send("PATCH", f"/api/v1/documents/{one.identifier}", {"name": "x"}).status == 409
    gone = own.send("DELETE", path)
    assert (gone.status, set(gone.json)) == (200, {"message"})
    assert own.send("DELETE", path).status == 404
    # A draft is no document.
    draft = opened.json["identifier"]
    copy = own.send("POST", f"/api/v1/documents/{draft}/duplicate", {"name": "x"})
    assert copy.status == 404


def test_drafts_are_for_what_is_published_and_branches_that_exist(own):
    plain = next(
        each.identifier
        for each in own.server.organization.documents.values()
        if not each.deleted and not each.has_dashboard
    )
    assert own.send("POST", f"/api/v1/documents/{plain}/draft", {}).status == 400
    nobody = {"branchId": "00000000-0000-4000-8000-000000000000"}
    path = f"/api/v1/documents/{undrafted(own).identifier}/draft"
    assert own.send("POST", path, nobody).status == 404
    assert own.send("POST", path, {"branchId": "main"}).status == 400


def test_a_document_that_is_deleted_is_in_the_trash(own):
    one = undrafted(own, scope="organization")
    path = f"/api/v1/documents/{one.identifier}"
    gone = own.send("DELETE", path)
    assert (gone.status, gone.json) == (200, {"success": True})
    assert one.identifier not in documents(own)
    assert one.identifier not in content(own)
    assert documents(own, include="includeDeleted")[one.identifier]["deleted"] is True
    assert own.get(path).status == own.send("DELETE", path).status == 404


def test_a_document_is_given_to_somebody_else(own):
    one = undrafted(own)
    zoe = somebody(own, "zoe")
    path = f"/api/v1/documents/{one.identifier}/transfer-ownership"
    given = own.send("PUT", path, {"userId": zoe})
    assert (given.status, given.json) == (200, {"success": True})
    assert documents(own)[one.identifier]["owner"] == {"id": zoe, "name": "Zoë Krüger"}
    principals = own.get(f"/api/v1/documents/{one.identifier}/access-list").json["principals"]
    assert [each["id"] for each in principals if each.get("isOwner")][:1] == [zoe]
    nobody = {"userId": "00000000-0000-4000-8000-000000000000"}
    assert own.send("PUT", path, {"userId": "zoe"}).status == 400
    assert own.send("PUT", path, {}).status == 400
    assert own.send("PUT", path, nobody).status == 404
    asleep = next(e.membership_id for e in own.server.organization.users.values() if not e.active)
    assert own.send("PUT", path, {"userId": asleep}).status == 400


def test_a_favorite_is_of_one_person(own, priya):
    one = undrafted(own, favorited_by=(), scope="organization")
    path = f"/api/v1/documents/{one.identifier}/favorite"
    zoe = somebody(own, "zoe")
    for _ in range(2):
        assert own.send("PUT", path, userId=zoe).status == 204
    assert priya.send("PUT", path).status == 204
    admirers = own.get(f"/api/v1/documents/{one.identifier}/favorites").json["records"]
    assert {each["name"] for each in admirers} == {"Zoë Krüger", "Priya Nair"}
    assert {each["favoritedAt"] for each in admirers} == {"2026-03-04T05:06:07.000Z"}
    assert documents(own, include="_count")[one.identifier]["_count"]["favorites"] == 2
    assert one.identifier in documents(own, include="onlyFavorites", userId=zoe)
    # Without a name it is that of the key's own person.
    assert own.send("DELETE", path).status == 204
    assert own.send("DELETE", path, userId=zoe).status == 204
    admirers = own.get(f"/api/v1/documents/{one.identifier}/favorites").json["records"]
    assert [each["name"] for each in admirers] == ["Priya Nair"]
    assert priya.send("PUT", path, userId=zoe).status == 403
    nobody = "00000000-0000-4000-8000-000000000000"
    assert own.send("PUT", path, userId=nobody).status == 404


def test_a_draft_stays_its_makers_when_the_document_is_given_away(own):
    one = drafted(own)
    before = drafts(own, one.identifier)
    path = f"/api/v1/documents/{one.identifier}/transfer-ownership"
    assert own.send("PUT", path, {"userId": somebody(own, "mei")}).status == 200
    assert documents(own)[one.identifier]["owner"]["name"] == "Mei Tanaka 田中"
    assert drafts(own, one.identifier) == before


def test_a_copy_allows_everything(own):
    path = f"/api/v1/documents/{undrafted(own).identifier}/duplicate"
    for place in range(8):
        copy = own.send("POST", path, {"name": f"Copy {place}"}).json["identifier"]
        abilities = own.get(f"/api/v1/documents/{copy}/permissions").json["abilities"]
        assert abilities.pop("requirePullRequestToPublish") is False
        assert set(abilities.values()) == {True}


def test_a_copy_is_a_document_of_its_own(own):
    one = undrafted(own, scope="organization")
    own.send("PATCH", f"/api/v1/documents/{one.identifier}/labels", {"add": ["finance"]})
    path = f"/api/v1/documents/{one.identifier}/duplicate"
    zoe = somebody(own, "zoe")
    made = [
        own.send("POST", path, {"name": "Copy", "folderPath": "orders"}, userId=zoe)
        for _ in range(2)
    ]
    assert [each.status for each in made] == [201, 201]
    assert set(made[0].json) == {"identifier", "name", "dashboardId", "workbookId"}
    first, second = (each.json["identifier"] for each in made)
    assert first != second
    record = documents(own, include="labels")[first]
    assert record["folder"]["path"] == "orders"
    assert (record["name"], record["labels"], record["owner"]["id"]) == ("Copy", [], zoe)
    filters = [
        own.get(f"/api/v1/dashboards/{each}/filters").json["filters"]
        for each in (one.identifier, first)
    ]
    assert filters[0] == filters[1]
    asked = [own.get(f"/api/v1/documents/{each}/queries") for each in (one.identifier, first)]
    runs = [[each["query"] for each in one.json["queries"]] for one in asked]
    assert runs[0] == runs[1]
    for body in ({}, {"name": ""}, {"name": "x" * 255}, {"name": "x", "scope": "public"}):
        assert own.send("POST", path, body).status == 400
    assert own.send("POST", path, {"name": "x", "folderPath": "nowhere"}).status == 404


def test_the_same_calls_give_the_same_ids(serve, connect):
    def made():
        wire = connect(serve(documents=60, now=lambda: NOW))
        one = undrafted(wire).identifier
        # A call that is refused leaves no gap.
        wire.send("POST", "/api/v1/folders", {"name": ""})
        answers = [
            wire.send("POST", f"/api/v1/documents/{one}/duplicate", {"name": "a"}),
            wire.send("POST", "/api/v1/folders", {"name": "New"}),
            wire.send("POST", "/api/scim/v2/Groups", {"displayName": "New"}),
        ]
        return [answer.json for answer in answers]

    assert made() == made()


def test_filters_change_one_by_one(own):
    one = next(
        each
        for each in own.server.organization.documents.values()
        if not each.deleted
        and each.has_dashboard
        and own.get(f"/api/v1/dashboards/{each.identifier}/filters").json["filters"]
        and not any(e["branch"] is None for e in drafts(own, each.identifier))
    )
    path = f"/api/v1/dashboards/{one.identifier}/filters"
    before = own.get(path).json
    key = next(iter(before["filters"]))
    changed = own.send("PATCH", path, {"filters": {key: {"defaultValue": ["EWR"]}}})
    assert changed.status == 200
    expected = before["filters"] | {key: before["filters"][key] | {"defaultValue": ["EWR"]}}
    assert changed.json == before | {"filters": expected}
    assert own.get(path).json == changed.json
    turned = list(reversed(before["filterOrder"]))
    assert own.send("PATCH", path, {"filterOrder": turned}).json["filterOrder"] == turned
    for body in ({}, {"filters": {"nope": {}}}, {"filterOrder": ["nope"]}, {"filters": {key: 3}}):
        assert own.send("PATCH", path, body).status == 400
    assert own.send("PATCH", "/api/v1/dashboards/nope/filters", {}).status == 404
    own.send("POST", f"/api/v1/documents/{one.identifier}/draft", {})
    assert own.send("PATCH", path, {"filterOrder": turned}).status == 409
    told = {"filterOrder": turned, "clearExistingDraft": True}
    assert own.send("PATCH", path, told).status == 200


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("DELETE", "", None),
        ("PATCH", "", {"name": "x"}),
        ("POST", "/move", {"folderPath": None}),
        ("PUT", "/transfer-ownership", {"userId": "00000000-0000-4000-8000-000000000000"}),
        ("POST", "/draft", {}),
        ("POST", "/permissions", {"role": "VIEWER", "userIds": []}),
        ("PUT", "/permissions", {}),
    ],
)
def test_who_may_only_look_may_not_change(own, priya, method, rest, body):
    me = own.server.organization.token_holder.membership_id
    seen = next(
        each
        for each in own.server.organization.documents.values()
        if not each.deleted
        and each.scope == "organization"
        and each.owner_id != me
        and each.folder_id is None
        and not grants_on(each, own.server.organization)
    )
    hidden = next(
        each
        for each in documents(own)
        if priya.get(f"/api/v1/documents/{each}/permissions").status == 404
    )
    assert priya.send(method, f"/api/v1/documents/{seen.identifier}{rest}", body).status == 403
    assert priya.send(method, f"/api/v1/documents/{hidden}{rest}", body).status == 404
    assert own.send(method, f"/api/v1/documents/nope{rest}", body).status == 404


def test_an_owner_may_do_all_with_what_is_theirs(own, priya):
    me = own.server.organization.token_holder.membership_id
    one = next(iter(each for each in documents(own, creatorId=me)))
    path = f"/api/v1/documents/{one}"
    assert priya.send("POST", f"{path}/move", {"folderPath": None}).status == 200
    assert priya.send("PUT", f"{path}/transfer-ownership", {"userId": me}).status == 200
    assert priya.send("DELETE", path).status == 200


def test_old_addresses_take_changes_too(own):
    one = undrafted(own)
    path = f"/api/unstable/documents/{one.identifier}/move"
    assert own.send("POST", path, {"folderPath": "orders"}).status == 200


def test_what_omni_does_and_the_sandbox_does_not_is_said_by_name(own):
    one = undrafted(own).identifier
    put = own.send("PUT", f"/api/v1/documents/{one}", {"name": "x"}, userId="nobody")
    detail = f"The sandbox does not do PUT /api/v1/documents/{one}"
    assert (put.status, put.json) == (501, {"detail": detail, "status": 501})
    assert own.send("POST", "/api/v1/documents", {"name": "x"}).status == 501
    # An old address, too; but nobody learns of it who has no key.
    assert own.send("POST", "/api/unstable/documents", {"name": "x"}).status == 501
    assert own.ask("POST", "/api/v1/uploads", headers={"Authorization": None}).status == 400
    refused = own.ask("POST", "/api/v1/uploads", headers={"Authorization": "Bearer x"})
    assert refused.status == 403


def test_what_omni_does_not_do_is_405_or_404(own):
    one = undrafted(own).identifier
    assert own.send("POST", f"/api/v1/documents/{one}/restore").status == 404
    assert own.send("POST", "/api/v1/api-keys", {}).status == 405
    assert own.send("POST", "/api/v1/whoami", {}).status == 405

import json

import pytest

from omnipd_sandbox.invention.permits import widely_shared

DOCUMENT = {
    "type", "identifier", "name", "scope", "connectionId", "deleted", "folder", "hasDashboard",
    "hasApp", "updatedAt", "url", "owner",
}  # fmt: skip


def documents(wire, **query):
    answer = wire.get("/api/v1/documents", pageSize=1000, **query)
    assert answer.status == 200, answer.body
    return answer.json["records"]


def identifiers(records):
    return {record["identifier"] for record in records}


@pytest.fixture(scope="module")
def known(server):
    return [each for each in server.organization.documents.values() if not each.deleted]


def refusal(wire, **query):
    answer = wire.get("/api/v1/documents", **query)
    return answer.status, answer.json["detail"]


def test_every_document_but_the_trashed_is_listed(server, wire, known):
    found = documents(wire)
    assert identifiers(found) == {each.identifier for each in known}
    everything = documents(wire, include="includeDeleted")
    trashed = [record for record in everything if record["deleted"]]
    assert len(everything) == len(server.organization.documents)
    assert len(trashed) == len(everything) - len(found) > 0


def test_a_document_has_the_keys_of_the_contract(wire):
    for record in documents(wire):
        assert set(record) - {"description"} == DOCUMENT
        assert record["type"] == "document"
    for record in documents(wire, include="_count,labels"):
        assert set(record) - {"description"} == DOCUMENT | {"_count", "labels"}
        assert set(record["_count"]) == {"favorites", "views"}


def test_the_first_page_holds_fifty(wire):
    assert len(wire.get("/api/v1/documents").json["records"]) == 50


def test_a_page_may_be_of_any_size(wire, known):
    answer = wire.get("/api/v1/documents", pageSize=100_000)
    assert len(answer.json["records"]) == len(known)


def test_documents_are_sorted_as_asked(wire):
    by_visits = documents(wire, include="_count", sortField="favorites", sortDirection="desc")
    counts = [record["_count"]["favorites"] for record in by_visits]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    names = [record["name"].casefold() for record in documents(wire)]
    assert names == sorted(names)


def test_documents_of_a_creator_a_folder_and_a_label(server, wire, known):
    owner = known[0].owner_id
    assert identifiers(documents(wire, creatorId=owner)) == {
        each.identifier for each in known if each.owner_id == owner
    }
    folder = next(each.folder_id for each in known if each.folder_id)
    assert identifiers(documents(wire, folderId=folder)) == {
        each.identifier for each in known if each.folder_id == folder
    }
    labeled = documents(wire, labels="finance, a/b test", include="labels")
    assert labeled
    assert identifiers(labeled) == {
        each.identifier for each in known if {"finance", "a/b test"} & set(each.labels)
    }


def test_favorites_of_a_member(server, wire, known):
    member = next(each.favorited_by[0] for each in known if each.favorited_by)
    may_see = identifiers(documents(wire, userId=member))
    liked = {each.identifier for each in known if member in each.favorited_by}
    assert may_see & liked
    found = documents(wire, include="onlyFavorites", userId=member)
    assert identifiers(found) == may_see & liked
    assert refusal(wire, include="onlyFavorites")[0] == 400


def test_what_is_shared_with_a_member_is_not_theirs_and_says_so_in_its_access_list(server, wire):
    member = server.organization.token_holder.membership_id
    groups = {each.id for each in server.organization.groups_of(member)}
    found = documents(wire, include="onlySharedWithMe", userId=member)
    assert found
    for record in found[:20]:
        assert record["owner"]["id"] != member
        answer = wire.get(
            f"/api/v1/documents/{record['identifier']}/access-list",
            accessSource="direct",
            pageSize=100,
        )
        held = {each["id"] for each in answer.json["principals"]}
        assert held & ({member} | groups) or answer.json["pageInfo"]["hasNextPage"]


@pytest.mark.parametrize(
    "query",
    [
        {"include": "onlySharedWithMe"},
        {"include": "onlySharedWithMe,onlyFavorites", "userId": "ME"},
        {"include": "onlySharedWithMe", "userId": "ME", "folderId": "FOLDER"},
        {"include": "owner"},
        {"sortField": "views"},
        {"pageSize": 0},
        {"labels": "finance", "label": "x"},
    ],
)
def test_what_does_not_go_together_is_400(server, wire, query):
    stands_for = {
        "ME": server.organization.token_holder.membership_id,
        "FOLDER": next(iter(server.organization.folders)),
    }
    query = {name: stands_for.get(value, value) for name, value in query.items()}
    assert wire.get("/api/v1/documents", **query).status == 400


def test_a_personal_token_sees_its_own_and_what_is_shared(server, connect):
    wire = connect(server, server.personal_key)
    me = server.organization.token_holder.membership_id
    found = documents(wire)
    alone = [each for each in server.organization.documents.values() if each.scope == "restricted"]
    own = {each.identifier for each in alone if each.owner_id == me and not each.deleted}
    assert own <= identifiers(found)
    assert identifiers(found) < {each.identifier for each in server.organization.documents.values()}
    shared = documents(wire, include="onlySharedWithMe")
    assert all(
        record["owner"]["id"] == me or record["identifier"] in identifiers(shared)
        for record in found
        if record["scope"] == "restricted"
    )
    other = next(each for each in server.organization.users if each != me)
    assert wire.get("/api/v1/documents", userId=other).status == 403


def test_an_embed_user_may_be_asked_for_and_an_unknown_one_is_404(server, wire):
    embed = next(iter(server.organization.embed_users))
    found = documents(wire, userId=embed)
    assert {record["scope"] for record in found} == {"organization"}
    assert refusal(wire, userId="2c1f1f6e-1f9b-4a53-9d0d-0d9a3f6f5a11")[0] == 404


# One document


@pytest.fixture(scope="module")
def dashboard(known):
    return next(each for each in known if each.has_dashboard and each.queries)


@pytest.fixture(scope="module")
def workbook(known):
    return next(each for each in known if not each.has_dashboard)


def test_a_dashboard_shows_what_it_is_made_of(server, wire, dashboard):
    found = wire.get(f"/api/v1/documents/{dashboard.identifier}").json
    assert found["name"] == dashboard.name
    assert found["modelId"] in server.models.values()
    assert [each["name"] for each in found["queryPresentations"]] == [
        each.name for each in dashboard.queries
    ]
    filters = wire.get(f"/api/v1/dashboards/{dashboard.identifier}/filters").json
    assert filters["filters"] == found["filterConfig"]
    assert filters["filterOrder"] == found["filterOrder"]
    assert set(filters["filterOrder"]) == set(filters["filters"]) | set(filters["controls"])


def test_filters_of_dashboards_come_in_either_form(connect, serve, wire, known):
    typed = connect(serve(typed_dashboard_filters=True))
    seen = {}
    for each in known:
        if not each.has_dashboard:
            continue
        path = f"/api/v1/dashboards/{each.identifier}/filters"
        flat, whole = wire.get(path).json, typed.get(path).json
        assert flat["filters"].keys() == whole["filters"].keys()
        details = typed.get(f"/api/v1/documents/{each.identifier}").json
        assert details["filterConfig"] == whole["filters"]
        for key, one in flat["filters"].items():
            other = whole["filters"][key]
            assert other["fieldName"] == f"{one['viewName']}.{one['fieldName']}"
            assert (other["label"], other["kind"]) == (one["label"], one["kind"])
            seen[one["label"]] = {
                name: value
                for name, value in other.items()
                if name in {"type", "values", "left_side", "right_side"}
            }
    assert seen == {
        "Airport": {"type": "string", "values": ["JFK"]},
        "Airline": {"type": "string", "values": []},
        "Date": {"type": "date", "left_side": "2013-02"},
        "Distance": {"type": "number", "values": ["500"]},
        "Status": {"type": "string", "values": ["complete", "shipped"]},
        "Ordered": {"type": "date", "left_side": "30 days ago", "right_side": "30 days"},
        "State": {"type": "string", "values": []},
        "Category": {"type": "string", "values": ["shoes"]},
        "Channel": {"type": "string", "values": ["web"]},
        "Tail": {"type": "string", "values": []},
    }


def test_some_tiles_do_not_obey_a_filter_as_it_is(wire, known):
    bound = []
    for each in known:
        if each.has_dashboard and each.queries:
            found = wire.get(f"/api/v1/documents/{each.identifier}").json
            for key, held in found["documentMetadata"]["tileFilterMap"].items():
                assert 1 <= int(key) <= len(each.queries)
                assert held.keys() <= found["filterConfig"].keys()
                bound += held.values()
    assert {value for value in bound if value is not False} == {
        "flights.dest",
        "order_items.shipped_on",
    }
    assert bound.count(False) > 20


def test_a_document_without_a_dashboard_has_none_of_it(wire, workbook):
    assert wire.get(f"/api/v1/documents/{workbook.identifier}").status == 400
    assert wire.get(f"/api/v1/documents/{workbook.identifier}/queries").status == 404
    assert wire.get(f"/api/v1/dashboards/{workbook.identifier}/filters").status == 404


def test_a_trashed_document_is_404(server, wire):
    trashed = next(each for each in server.organization.documents.values() if each.deleted)
    assert wire.get(f"/api/v1/documents/{trashed.identifier}").status == 404


def test_queries_run_as_they_are_listed(wire, dashboard):
    queries = wire.get(f"/api/v1/documents/{dashboard.identifier}/queries").json["queries"]
    assert [each["queryIdentifierMapKey"] for each in queries] == [
        str(number + 1) for number in range(len(queries))
    ]
    answer = wire.ask(
        "POST",
        "/api/v1/query/run",
        body=json.dumps({"query": queries[0]["query"]}).encode(),
    )
    assert b'"status":"COMPLETE"' in answer.body


def test_favorites_come_in_the_order_they_were_given(server, wire, known):
    liked = max(known, key=lambda each: len(each.favorited_by))
    found = wire.get(f"/api/v1/documents/{liked.identifier}/favorites").json["records"]
    dates = [each["favoritedAt"] for each in found]
    assert dates == sorted(dates)
    assert {each["userId"] for each in found} == set(liked.favorited_by)
    assert all(set(each) == {"userId", "name", "email", "favoritedAt"} for each in found)


def test_drafts_are_a_bare_array_with_the_newest_first(server, wire, known):
    archived = active = on_branches = 0
    for document in known[:200]:
        path = f"/api/v1/documents/{document.identifier}/drafts"
        drafts = wire.get(path).json
        everything = wire.get(path, include="archived").json
        dates = [each["createdAt"] for each in everything]
        assert dates == sorted(dates, reverse=True)
        assert [each for each in everything if each["status"] == "active"] == drafts
        assert all(each["publishedIdentifier"] == document.identifier for each in everything)
        active += len(drafts)
        archived += len(everything) - len(drafts)
        on_branches += sum(each["branch"] is not None for each in drafts)
    assert min(active, archived, on_branches) > 0
    assert wire.get(path, include="active").status == 400


# Access


def test_a_document_says_what_it_allows(wire, dashboard):
    path = f"/api/v1/documents/{dashboard.identifier}/permissions"
    answer = wire.get(path).json
    assert set(answer) == {"abilities"}
    assert len(answer["abilities"]) == 12
    assert all(isinstance(each, bool) for each in answer["abilities"].values())
    owner = wire.get(path, userId=dashboard.owner_id).json["permits"]
    assert {"role": "MANAGER", "isOwner": True, "accessBoost": False} in [
        each.get("direct") for each in owner
    ]
    assert all(("direct" in each) != ("folder" in each) for each in owner)


def test_the_access_list_agrees_with_the_permits(server, wire, dashboard):
    member = dashboard.owner_id
    groups = {each.id for each in server.organization.groups_of(member)}
    listed = wire.get(f"/api/v1/documents/{dashboard.identifier}/access-list", pageSize=100).json[
        "principals"
    ]
    permits = wire.get(f"/api/v1/documents/{dashboard.identifier}/permissions", userId=member).json[
        "permits"
    ]
    assert {(each["id"], "direct" if "direct" in each else "folder") for each in permits} == {
        (each["id"], each["accessSource"]) for each in listed if each["id"] in {member} | groups
    }


def test_the_access_list_of_one_document_names_everybody(server, wire):
    path = f"/api/v1/documents/{widely_shared(server.organization.documents.values())}/access-list"
    first = wire.get(path, pageSize=100, type="user", accessSource="direct").json
    assert first["pageInfo"]["totalRecords"] == len(server.organization.users) == 130
    assert first["pageInfo"]["hasNextPage"]
    for row in first["principals"]:
        assert row["type"] == "user"
        assert "folderInfo" not in row
        assert row["email"].endswith("@sandbox.example")
    inherited = wire.get(path, accessSource="folder", pageSize=100).json["principals"]
    assert inherited
    assert all(row["folderInfo"]["id"] in server.organization.folders for row in inherited)
    for row in wire.get(path, type="userGroup", pageSize=100).json["principals"]:
        assert "email" not in row
        assert "isOwner" not in row


@pytest.mark.parametrize(("field", "key"), [("email", "email"), ("name", "name")])
def test_the_access_list_is_sorted_as_asked(server, wire, field, key):
    path = f"/api/v1/documents/{widely_shared(server.organization.documents.values())}/access-list"
    rows = wire.get(path, sortField=field, pageSize=100, type="user").json["principals"]
    values = [row[key].casefold() for row in rows]
    assert values == sorted(values)


def test_all_permits_on_a_folder_are_for_its_managers(server, wire, connect):
    personal = connect(server, server.personal_key)
    me = server.organization.token_holder.membership_id
    folder = next(
        each
        for each in server.organization.folders.values()
        if each.owner_id != me and each.scope == "organization"
    )
    path = f"/api/v1/folders/{folder.id}/permissions"
    permits = wire.get(path).json["permits"]
    assert {"role": "MANAGER", "userId": folder.owner_id} in permits
    assert all(("userId" in each) != ("userGroupId" in each) for each in permits)
    statuses = {
        personal.get(f"/api/v1/folders/{each.id}/permissions").status
        for each in server.organization.folders.values()
        if each.scope == "organization"
    }
    assert statuses == {200, 403}
    assert personal.get(path, userId=me).status == 200
    assert personal.get(path, userId=folder.owner_id).status == 403

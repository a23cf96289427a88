"""Answers are compared with plain loops over whole listings, never with the code that made them."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import pairwise

import pytest

from omnipd_sandbox.invention.names import TROUBLESOME


def key(record):
    return record["type"], record.get("identifier") or record["id"]


def keys(records):
    return [key(record) for record in records]


@pytest.fixture(scope="module")
def everything(server, connect):
    """Every record anybody can list, with counts and labels; each exactly once."""
    wire = connect(server)
    records = wire.every_record(pageSize=100, include="_count,labels")[0]
    for member in server.organization.users:
        records += wire.every_record(
            pageSize=100, include="_count,labels", scope="restricted", creatorId=member
        )[0]
    return records


@pytest.fixture(scope="module")
def shared(everything):
    return [record for record in everything if record["scope"] == "organization"]


# Completeness


@pytest.mark.parametrize("documents", [0, 1, 100, 101, 600])
def test_every_record_comes_exactly_once(serve, connect, documents):
    server = serve(documents=documents)
    wire = connect(server)
    found = keys(wire.every_record(pageSize=100)[0])
    for member in server.organization.users:
        found += keys(wire.every_record(pageSize=7, scope="restricted", creatorId=member)[0])
    expected = [("folder", folder) for folder in server.organization.folders]
    expected += [
        ("document", document.identifier)
        for document in server.organization.documents.values()
        if not document.deleted
    ]
    assert sorted(found) == sorted(expected)
    assert len(server.organization.documents) == documents


@pytest.mark.parametrize("size", [1, 2, 3, 7, 19, 50, 99, 100])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_page_size_never_changes_what_is_read(serve, connect, size, direction):
    wire = connect(serve(documents=101))
    # Many share a number of favorites, so a page often ends between equals.
    asked = {"sortField": "favorites", "sortDirection": direction}
    whole, _ = wire.every_record(pageSize=100, **asked)
    pages, infos = wire.every_record(pageSize=size, **asked)
    assert keys(pages) == keys(whole)
    assert len(set(keys(pages))) == len(pages)
    assert {info["totalRecords"] for info in infos} == {len(pages)}
    assert {info["pageSize"] for info in infos} == {size}
    assert [info["hasNextPage"] for info in infos] == [True] * (len(infos) - 1) + [False]
    assert len(infos) == -(-len(pages) // size)


def test_an_empty_organization_has_one_empty_page(serve, connect):
    answer = connect(serve(documents=0, folders=0)).content()
    assert answer.json == {
        "records": [],
        "pageInfo": {"hasNextPage": False, "nextCursor": None, "pageSize": 20, "totalRecords": 0},
    }


@pytest.mark.parametrize(("folders", "more"), [(19, False), (20, False), (21, True)])
def test_a_full_last_page_has_no_page_after_it(serve, connect, folders, more):
    server = serve(documents=0, folders=folders + 2)
    # Two of the first folders belong to one person.
    assert sum(folder.scope == "restricted" for folder in server.organization.folders.values()) == 2
    info = connect(server).content().json["pageInfo"]
    assert (info["totalRecords"], info["hasNextPage"]) == (folders, more)


def test_the_default_list_is_of_a_useful_size(wire):
    info = wire.content().json["pageInfo"]
    assert info["pageSize"] == 20
    assert info["totalRecords"] > 500


def test_a_document_is_the_same_however_many_follow_it(serve, connect):
    few = connect(serve(documents=100)).every_record(pageSize=100, include="_count,labels")[0]
    many = connect(serve(documents=300)).every_record(pageSize=100, include="labels")[0]
    later = {key(record): record for record in many}
    for record in few:
        if record["type"] == "document":
            del record["_count"]
            assert later[key(record)] == record


def test_two_servers_tell_the_same_story(server, serve, connect):
    again = connect(serve()).content(pageSize=100, include="_count,labels")
    assert again.body == connect(server).content(pageSize=100, include="_count,labels").body


# Cursors


def test_a_cursor_goes_on_only_with_the_same_parameters(wire):
    cursor = wire.content(pageSize=5).json["pageInfo"]["nextCursor"]
    assert wire.content(pageSize=5, cursor=cursor).status == 200
    # Spelling out a default changes nothing.
    assert wire.content(pageSize=5, cursor=cursor, sortDirection="desc").status == 200
    for changed in (
        {"pageSize": 6},
        {"pageSize": 5, "sortDirection": "asc"},
        {"pageSize": 5, "sortField": "favorites"},
        {"pageSize": 5, "include": "labels"},
        {"pageSize": 5, "path": "/flights/*"},
    ):
        answer = wire.content(cursor=cursor, **changed)
        assert (answer.status, answer.json["detail"]) == (
            400,
            "Bad Request: cursor: Invalid cursor",
        )


@pytest.mark.parametrize(
    "cursor",
    ["x", "2", "Product Analytics", "é", "e30", "W10", "bnVsbA", "=", "WzEsMiwzXQ==", "%00"],
)
def test_an_invented_cursor_is_400(wire, cursor):
    assert wire.content(cursor=cursor).status == 400


def test_a_tampered_cursor_is_400(wire):
    cursor = wire.content().json["pageInfo"]["nextCursor"]
    parts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    assert len(parts) == 3
    for place, value in [(0, 5), (0, None), (0, ["x"]), (1, 3), (2, "other")]:
        changed = [*parts]
        changed[place] = value
        text = urlsafe_b64encode(json.dumps(changed).encode()).decode()
        assert wire.content(cursor=text).status == 400


def test_an_empty_cursor_is_the_beginning(wire):
    assert wire.content(cursor="").body == wire.content().body


# Filters


@pytest.mark.parametrize("spelled", ["/", "", "/*"])
def test_the_root_is_everything(wire, shared, spelled):
    found = wire.every_record(path=spelled, pageSize=100)[0]
    assert sorted(keys(found)) == sorted(keys(shared))


def folder_paths():
    return ["flights", "flights/delays/by-airline/2013", "営業", "marketing/seo-sem", "empty"]


@pytest.mark.parametrize("path", folder_paths())
@pytest.mark.parametrize("slash", ["/", ""])
def test_an_exact_path_is_the_folder_with_its_own_content(wire, shared, path, slash):
    expected = []
    for record in shared:
        if record["type"] == "document":
            if record["folder"] and record["folder"]["path"] == path:
                expected.append(key(record))
        elif record["path"] == path or record["path"].rpartition("/")[0] == path:
            expected.append(key(record))
    found = wire.every_record(path=slash + path, pageSize=10)[0]
    assert sorted(keys(found)) == sorted(expected)
    assert expected


@pytest.mark.parametrize("path", folder_paths())
def test_a_path_with_a_star_is_all_that_is_below(wire, shared, path):
    expected = []
    for record in shared:
        where = record["path"] if record["type"] == "folder" else None
        if record["type"] == "document" and record["folder"]:
            where = record["folder"]["path"] + "/"
        if where and where.startswith(path + "/"):
            expected.append(key(record))
    found = wire.every_record(path=f"/{path}/*", pageSize=100)[0]
    assert sorted(keys(found)) == sorted(expected)


def test_the_whole_of_a_folder_is_more_than_its_own_content(wire):
    def total(path):
        return wire.content(path=path).json["pageInfo"]["totalRecords"]

    assert total("/flights/*") > total("/flights") > 1


def test_a_folder_id_gives_what_is_directly_inside(wire, shared):
    for folder in shared:
        if folder["type"] == "folder" and folder["path"] in folder_paths():
            expected = []
            for record in shared:
                if record["type"] == "document":
                    if record["folder"] and record["folder"]["id"] == folder["id"]:
                        expected.append(key(record))
                elif record["path"].rpartition("/")[0] == folder["path"]:
                    expected.append(key(record))
            found = wire.every_record(folderId=folder["id"].upper(), pageSize=100)[0]
            assert sorted(keys(found)) == sorted(expected)


def test_a_creator_is_the_owner(wire, shared):
    owners = {record["owner"]["id"] for record in shared}
    assert len(owners) > 15
    for owner in list(owners)[:5]:
        expected = [key(record) for record in shared if record["owner"]["id"] == owner]
        found = wire.every_record(creatorId=owner, pageSize=100)[0]
        assert sorted(keys(found)) == sorted(expected)


def test_a_member_without_content_gets_an_empty_list(server, wire):
    last = list(server.organization.users)[-1]
    assert wire.content(creatorId=last).json["records"] == []


def test_restricted_content_is_only_listed_with_its_creator(everything, shared, wire):
    restricted = [record for record in everything if record["scope"] == "restricted"]
    assert {record["type"] for record in restricted} == {"document", "folder"}
    assert len(restricted) > 30
    assert not set(keys(restricted)) & set(keys(shared))
    owner = restricted[0]["owner"]["id"]
    found = wire.every_record(scope="restricted", creatorId=owner, pageSize=100)[0]
    expected = [key(record) for record in restricted if record["owner"]["id"] == owner]
    assert sorted(keys(found)) == sorted(expected)


def test_a_restricted_folder_is_not_found_in_the_organization(server, wire):
    path = "ada-s-drafts"
    owner = server.organization.administrator.membership_id
    assert wire.content(path=path).status == 404
    own = wire.every_record(path=path, scope="restricted", creatorId=owner)[0]
    assert "ada-s-drafts" in {record.get("path") for record in own}


def test_a_personal_token_does_not_show_what_belongs_to_others(server, connect):
    personal = connect(server, server.personal_key)
    admin, holder = list(server.organization.users)[:2]
    assert personal.content(scope="restricted", creatorId=holder).json["records"]
    assert personal.content(scope="restricted", creatorId=admin).json["records"] == []
    assert connect(server).content(scope="restricted", creatorId=admin).json["records"]


def test_trashed_documents_are_not_listed(server, everything):
    trashed = [one for one in server.organization.documents.values() if one.deleted]
    assert len(trashed) > 5
    assert not {("document", one.identifier) for one in trashed} & set(keys(everything))
    assert {record["deleted"] for record in everything if record["type"] == "document"} == {False}


@pytest.mark.parametrize("labels", [["finance"], ["重要", "50% off"], ["a/b test"], ["nobody's"]])
def test_labels_keep_what_carries_any_of_them_where_they_are_accepted(
    serve, connect, shared, labels
):
    wire = connect(serve(accepts_labels_filter=True))
    expected = []
    for record in shared:
        for label in labels:
            if label in record["labels"] and key(record) not in expected:
                expected.append(key(record))
    found = wire.every_record(labels=",".join(labels), pageSize=100)[0]
    assert sorted(keys(found)) == sorted(expected)


# Order


def assert_sorted(values, direction):
    pairs = list(pairwise(values))
    if direction == "asc":
        assert all(first <= second for first, second in pairs)
    else:
        assert all(first >= second for first, second in pairs)


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_names_are_sorted_without_regard_to_case(wire, shared, direction):
    found = wire.every_record(sortField="name", sortDirection=direction, pageSize=100)[0]
    assert sorted(keys(found)) == sorted(keys(shared))
    assert_sorted([record["name"].casefold() for record in found], direction)


def test_the_default_order_is_by_name_from_the_end(wire):
    assert (
        wire.content().json["records"]
        == wire.content(sortField="name", sortDirection="desc").json["records"]
    )
    assert wire.content().body != wire.content(sortDirection="asc").body


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_favorites_sort_by_how_many(wire, direction):
    found = wire.every_record(
        sortField="favorites", sortDirection=direction, include="_count", pageSize=100
    )[0]
    favorites = [record["_count"]["favorites"] for record in found]
    assert_sorted(favorites, direction)
    assert len(set(favorites)) > 5


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_times_of_update_sort_as_instants_where_they_are_accepted(serve, connect, direction):
    wire = connect(serve(accepts_sort_by_updated_at=True))
    found = wire.every_record(sortField="updatedAt", sortDirection=direction, pageSize=100)[0]
    # Pad to microseconds, so that text compares like time; records without a time are oldest.
    times = []
    for record in found:
        whole, _, fraction = (record.get("updatedAt") or "").rstrip("Z").partition(".")
        times.append(whole and f"{whole}.{fraction:0<6}")
    assert_sorted(times, direction)
    assert len({len(record.get("updatedAt") or "") for record in found}) == 4


# Shape, after the published schema of the list


OWNER = {"id", "name"}
DOCUMENT = {
    "type",
    "identifier",
    "name",
    "scope",
    "owner",
    "connectionId",
    "deleted",
    "folder",
    "hasDashboard",
    "hasApp",
    "updatedAt",
    "url",
}
SOMETIMES = {"description", "lastViewedAt", "visits"}
FOLDER = {"type", "id", "name", "scope", "owner", "path", "url"}


def test_documents_have_exactly_the_published_keys(shared):
    optional = set()
    for record in shared:
        if record["type"] != "document":
            continue
        extra = set(record) - DOCUMENT - {"_count", "labels"}
        assert set(record) >= DOCUMENT
        assert extra <= SOMETIMES
        optional.add(frozenset(extra))
        assert 1 <= len(record["name"]) <= 255
        assert set(record["owner"]) == OWNER
        assert record["scope"] == "organization"
        assert isinstance(record["hasDashboard"], bool)
        assert isinstance(record["connectionId"], str)
        assert re.fullmatch(r"[a-z0-9-]{2,48}", record["identifier"])
        assert "/dashboards/" in record["url"] or not record["hasDashboard"]
        folder = record["folder"]
        assert folder is None or set(folder) == {"id", "name", "path", "scope"}
        assert record["updatedAt"] is None or re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?Z", record["updatedAt"]
        )
        assert set(record["_count"]) == {"favorites", "views"}
    assert len(optional) > 2


def test_folders_have_exactly_the_published_keys(shared):
    for record in shared:
        if record["type"] == "folder":
            assert set(record) == FOLDER | {"_count", "labels"}
            assert set(record["owner"]) == OWNER
            assert set(record["_count"]) == {"documents", "favorites"}
            assert not record["path"].startswith("/")


def test_the_page_info_has_exactly_the_published_keys(wire):
    answer = wire.content().json
    assert set(answer) == {"records", "pageInfo"}
    assert set(answer["pageInfo"]) == {"hasNextPage", "nextCursor", "pageSize", "totalRecords"}


@pytest.mark.parametrize(
    ("include", "present"),
    [
        (None, set()),
        ("", set()),
        ("labels", {"labels"}),
        ("_count", {"_count"}),
        ("labels,_count", {"labels", "_count"}),
        ("_count, labels", {"labels", "_count"}),
    ],
)
def test_counts_and_labels_are_absent_unless_asked_for(wire, include, present):
    query = {} if include is None else {"include": include}
    for record in wire.content(pageSize=100, **query).json["records"]:
        assert set(record) & {"_count", "labels"} == present


def test_folders_count_the_documents_directly_inside(everything):
    counted = {}
    for record in everything:
        if record["type"] == "document" and record["folder"]:
            inside = record["folder"]["id"]
            counted[inside] = counted.get(inside, 0) + 1
    for record in everything:
        if record["type"] == "folder":
            assert record["_count"]["documents"] == counted.get(record["id"], 0)
    assert counted


def test_folders_of_documents_are_the_folders_of_the_list(everything):
    folders = {record["id"]: record for record in everything if record["type"] == "folder"}
    outside = 0
    for record in everything:
        if record["type"] == "document":
            if record["folder"] is None:
                outside += 1
            else:
                listed = folders[record["folder"]["id"]]
                assert record["folder"] == {
                    name: listed[name] for name in ("id", "name", "path", "scope")
                }
    assert outside > 30


def test_every_folder_but_the_first_level_has_its_parent_in_the_list(everything):
    paths = {record["path"] for record in everything if record["type"] == "folder"}
    assert len(paths) == 60
    assert max(path.count("/") for path in paths) == 4
    for path in paths:
        parent = path.rpartition("/")[0]
        assert not parent or parent in paths


def test_labels_are_names_or_objects(serve, connect, shared):
    wire = connect(serve(labels_as_objects=True))
    objects = wire.every_record(include="labels", pageSize=100)[0]
    names = {key(record): record["labels"] for record in shared}
    verified = set()
    for record in objects:
        assert [label["name"] for label in record["labels"]] == names[key(record)]
        for label in record["labels"]:
            assert set(label) == {"name", "verified"}
            verified |= {label["name"]} if label["verified"] else set()
    assert verified == {"finance", "Verified", "重要"}


def test_people_who_share_a_name_stay_two(shared):
    owners = {}
    for record in shared:
        owners.setdefault(record["owner"]["name"], set()).add(record["owner"]["id"])
    assert len(owners["Alex Kim"]) == 2
    assert len(owners["Sam Smith"]) == 2


def test_difficult_names_come_through_as_they_are(shared):
    found = {record["name"] for record in shared}
    assert set(TROUBLESOME) <= found
    assert "=1+1" in found
    assert "\tstarts with a tab" in found
    assert "長" * 255 in found
    assert any(len(name) == 127 and name[0] == "😀" for name in found)


def test_names_are_sent_as_characters_not_as_escapes(wire):
    body = wire.content(pageSize=100).body.decode()
    assert "🧑‍🚀" in body
    assert "\\u" not in body.replace("\\u000", "")

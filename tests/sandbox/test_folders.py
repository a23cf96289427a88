import pytest


def folders(wire, **query):
    answer = wire.get("/api/v1/folders", pageSize=1000, **query)
    assert answer.status == 200, answer.body
    return answer.json["records"]


def paths(records):
    return sorted(record["path"] for record in records)


def test_every_shared_folder_is_listed(server, wire):
    found = folders(wire)
    assert {record["id"] for record in found} == {
        each.id for each in server.organization.folders.values() if each.scope == "organization"
    }
    assert all(set(record) == {"id", "name", "path", "url", "ownerId"} for record in found)


def test_counts_and_labels_only_when_asked_for(wire):
    for record in folders(wire, include="_count,labels"):
        assert set(record["_count"]) == {"documents", "favorites"}
        assert isinstance(record["labels"], list)


def test_paths_name_one_folder_its_children_or_all_below(wire):
    assert paths(folders(wire, path="/flights/delays")) == ["flights/delays"]
    assert paths(folders(wire, path="flights/delays/*")) == [
        "flights/delays/by-airline",
        "flights/delays/by-airport",
    ]
    below = paths(folders(wire, path="/flights/delays/**"))
    assert "flights/delays/by-airline/2013/q1" in below
    assert "flights/delays" not in below
    assert wire.get("/api/v1/folders", path="/nowhere").status == 404


def test_folders_of_one_person_need_the_person(server, wire, connect):
    assert wire.get("/api/v1/folders", scope="restricted").status == 400
    ada = server.organization.administrator.membership_id
    assert paths(folders(wire, scope="restricted", ownerId=ada)) == [
        "ada-s-drafts",
        "ada-s-drafts/private-board",
    ]
    personal = connect(server, server.personal_key)
    assert paths(folders(personal, scope="restricted")) == [
        "priya-s-drafts",
        "priya-s-drafts/scratch",
    ]
    assert folders(personal, scope="restricted", ownerId=ada) == []


def test_what_does_not_go_together_is_400(server, wire):
    me = server.organization.token_holder.membership_id
    for query in (
        {"userId": me},
        {"include": "onlySharedWithMe"},
        {"include": "onlySharedWithMe", "userId": me, "path": "/flights"},
        {"include": "onlySharedWithMe", "userId": me, "ownerId": me},
    ):
        assert wire.get("/api/v1/folders", **query).status == 400
    shared = folders(wire, include="onlySharedWithMe", userId=me)
    assert shared
    assert all(record["ownerId"] != me for record in shared)


@pytest.mark.parametrize("field", ["name", "path"])
def test_folders_are_sorted_as_asked(wire, field):
    values = [record[field].casefold() for record in folders(wire, sortField=field)]
    assert values == sorted(values)


def test_labels_say_how_often_they_are_used(server, wire):
    labels = wire.get("/api/v1/labels").json["labels"]
    documents = wire.get(
        "/api/v1/documents", pageSize=1000, include="labels", labels="finance"
    ).json["records"]
    shared = folders(wire, include="labels", labels="finance")
    alone = [
        each
        for each in server.organization.folders.values()
        if each.scope == "restricted" and "finance" in each.labels
    ]
    finance = next(each for each in labels if each["name"] == "finance")
    assert finance["usage_count"] == len(documents) + len(shared) + len(alone)
    assert set(finance) == {
        "name", "color", "description", "homepage", "verified", "usage_count",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("a%2Fb%20test", "a/b test"),
        ("50%25%20off", "50% off"),
        ("%F0%9F%9A%80%20launch", "🚀 launch"),
    ],
)
def test_a_label_is_found_by_its_encoded_name(wire, spelling, name):
    assert wire.get(f"/api/v1/labels/{spelling}").json["name"] == name

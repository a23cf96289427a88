"""Documents are changed as newer servers do it: by a draft that is patched and published."""

from datetime import UTC, datetime

import pytest

from omnipd_sandbox.server import Server

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=120, now=lambda: NOW))


@pytest.fixture
def priya(own, connect):
    return connect(own.server, own.server.personal_key)


def v2(identifier, rest=""):
    return f"/api/v2/documents/{identifier}{rest}"


def drafts(wire, identifier, **query):
    """Give the status of each draft on no branch by its identifier."""
    found = wire.get(f"/api/v1/documents/{identifier}/drafts", **query).json
    return {each["identifier"]: each["status"] for each in found if each["branch"] is None}


def published(wire, identifier):
    found = wire.get("/api/v1/documents", pageSize=300).json["records"]
    one = next(each for each in found if each["identifier"] == identifier)
    return one["name"], one["description"], one["updatedAt"]


def dashboard(wire, *, drafted):
    """Find a dashboard that somebody works on, or that nobody does."""
    return next(
        each["identifier"]
        for each in wire.get("/api/v1/documents", pageSize=300).json["records"]
        if each["hasDashboard"] and bool(drafts(wire, each["identifier"])) is drafted
    )


def test_a_name_goes_by_a_draft_a_further_patch_and_its_publication(own):
    one = dashboard(own, drafted=False)
    before = published(own, one)
    made = own.send("PATCH", v2(one, "/draft"), {"name": "Board", "description": None})
    assert made.status == 200
    draft = made.json["draftId"]
    named = {"identifier": one, "name": "Board", "description": None}
    assert made.json == {"draftId": draft} | named
    assert drafts(own, one) == {draft: "active"}
    # Nobody sees it before it is published.
    assert published(own, one) == before
    further = own.send("PATCH", v2(one, f"/draft/{draft}"), {"description": "Why"})
    assert (further.status, further.json) == (200, made.json | {"description": "Why"})
    done = own.send("POST", v2(one, "/draft/publish"))
    assert (done.status, done.json) == (200, named | {"description": "Why"})
    assert published(own, one) == ("Board", "Why", "2026-03-04T05:06:07.000Z")
    assert drafts(own, one) == {}
    assert drafts(own, one, include="archived")[draft] == "archived"
    assert own.send("POST", v2(one, "/draft/publish")).status == 404
    assert own.send("PATCH", v2(one, f"/draft/{draft}"), {"name": "x"}).status == 404


def test_the_state_of_a_draft_is_read_by_its_own_identifier_too(own):
    one = dashboard(own, drafted=False)
    whole = own.get(v2(one)).json
    draft = own.send("PATCH", v2(one, "/draft"), {"name": "Board"}).json["draftId"]
    state = own.get(v2(one, f"/draft/{draft}"))
    assert state.status == 200
    changed = {"identifier": draft, "name": "Board", "draftOf": one}
    workbook = state.json["workbookModelId"]
    assert workbook != whole["workbookModelId"]
    assert state.json == whole | changed | {"workbookModelId": workbook}
    assert own.get(v2(draft)).json == state.json
    assert own.get(v2(one)).json == whole
    assert own.get(v2(one, "/draft/nothing")).status == own.get(v2("nothing")).status == 404


def test_somebodys_draft_is_in_the_way_of_another_and_of_the_older_call(own):
    one = dashboard(own, drafted=True)
    [draft] = drafts(own, one)
    refused = own.send("PATCH", v2(one, "/draft"), {"name": "Mine"})
    assert (refused.status, refused.json["detail"]) == (409, "Draft already exists")
    assert own.send("PATCH", f"/api/v1/documents/{one}", {"name": "Mine"}).status == 409
    assert drafts(own, one) == {draft: "active"}
    # A draft that was made here stands in the way of the older call as well.
    other = dashboard(own, drafted=False)
    assert own.send("PATCH", v2(other, "/draft"), {"name": "Mine"}).status == 200
    assert own.send("PATCH", f"/api/v1/documents/{other}", {"name": "x"}).status == 409
    assert own.send("DELETE", f"/api/v1/documents/{other}/draft").status == 200
    assert own.send("PATCH", f"/api/v1/documents/{other}", {"name": "x"}).status == 200
    assert published(own, other)[0] == "x"


def test_somebodys_draft_can_be_patched_and_published(own):
    one = dashboard(own, drafted=True)
    [draft] = drafts(own, one)
    description = published(own, one)[1]
    assert own.send("PATCH", v2(one, f"/draft/{draft}"), {"name": "Ours"}).status == 200
    [found] = [
        each
        for each in own.get(f"/api/v1/documents/{one}/drafts").json
        if each["identifier"] == draft
    ]
    assert found["lastEditedBy"] == {"name": "Ada Byrne"}
    assert found["updatedAt"] == "2026-03-04T05:06:07.000Z"
    assert own.send("POST", v2(one, "/draft/publish")).json["name"] == "Ours"
    assert published(own, one)[:2] == ("Ours", description)


def test_a_draft_on_a_branch_is_in_nobodys_way(own):
    one = dashboard(own, drafted=False)
    document = own.server.organization.documents[one]
    branch = own.server.organization.branches_of(document.model_id)[0].id
    body = {"name": "Board", "branchId": branch}
    assert own.send("PATCH", v2(one, "/draft"), body).status == 200
    assert own.send("PATCH", v2(one, "/draft"), body).status == 409
    assert own.send("POST", v2(one, "/draft/publish")).status == 404
    assert own.send("PATCH", v2(one, "/draft"), {"name": "Board"}).status == 200
    assert own.send("POST", v2(one, "/draft/publish")).status == 200
    nobody = {"name": "x", "branchId": "00000000-0000-4000-8000-000000000000"}
    assert own.send("PATCH", v2(one, "/draft"), nobody).status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"name": ""}, 400),
        ({"name": "x" * 255}, 400),
        ({"name": None}, 400),
        ({"description": 3}, 400),
        ({"name": "x", "branchId": "main"}, 400),
        ({"name": "x", "queryPresentations": {}}, 501),
        ({"settings": {}}, 501),
    ],
)
def test_a_draft_that_cannot_be_is_refused_and_not_made(own, body, status):
    one = dashboard(own, drafted=False)
    assert own.send("PATCH", v2(one, "/draft"), body).status == status
    assert drafts(own, one) == {}


def test_what_has_no_dashboard_has_no_draft(own):
    records = own.get("/api/v1/documents", pageSize=300).json["records"]
    one = next(each["identifier"] for each in records if not each["hasDashboard"])
    assert own.send("PATCH", v2(one, "/draft"), {"name": "x"}).status == 422


def test_an_identifier_changes_at_once_whatever_draft_there_is(own):
    one = dashboard(own, drafted=True)
    [draft] = drafts(own, one)
    changed = own.send("PUT", v2(one, "/identifier"), {"identifier": "board-pack_2"})
    assert (changed.status, changed.json["identifier"]) == (200, "board-pack_2")
    assert drafts(own, "board-pack_2") == {draft: "active"}
    old = own.get(v2(one))
    assert (old.status, old.headers["Location"]) == (308, v2("board-pack_2"))
    # The same again is no error, also at the old address.
    again = own.send("PUT", v2("board-pack_2", "/identifier"), {"identifier": "board-pack_2"})
    assert (again.status, again.json) == (200, changed.json)
    assert own.send("PUT", v2(one, "/identifier"), {"identifier": "x1"}).status == 308


@pytest.mark.parametrize(("pull_requests", "status"), [("ignored", 200), ("required", 403)])
def test_what_needs_a_pull_request_is_published_where_a_server_does_not_mind(
    serve, connect, pull_requests, status
):
    wire = connect(serve(documents=60, pull_requests=pull_requests))
    one = dashboard(wire, drafted=False)
    needed = {"requirePullRequestToPublish": True}
    wire.send("PUT", f"/api/v1/documents/{one}/permissions", needed)
    assert wire.send("PATCH", v2(one, "/draft"), {"name": "x"}).status == 200
    assert wire.send("POST", v2(one, "/draft/publish")).status == status
    # The draft that could not be published is still there.
    assert bool(drafts(wire, one)) == (status == 403)
    wire.send("DELETE", f"/api/v1/documents/{one}/draft")
    assert wire.send("PATCH", f"/api/v1/documents/{one}", {"name": "y"}).status == status
    assert (published(wire, one)[0] == "y") == (status == 200)


@pytest.mark.parametrize("wrong", [None, "x", "x" * 49, "Board", "a/b", "a b", "é" * 3])
def test_an_identifier_that_cannot_be_is_400(own, wrong):
    one = dashboard(own, drafted=False)
    assert own.send("PUT", v2(one, "/identifier"), {"identifier": wrong}).status == 400
    assert own.get(v2(one)).status == 200


def test_an_identifier_in_use_is_400(own):
    one, other = dashboard(own, drafted=False), dashboard(own, drafted=True)
    refused = own.send("PUT", v2(one, "/identifier"), {"identifier": other})
    assert refused.status == 400
    assert "already in use" in refused.json["detail"]
    assert own.send("PUT", v2(one, "/identifier"), {}).status == 400


@pytest.mark.parametrize(
    ("method", "rest", "body"),
    [
        ("PATCH", "/draft", {"name": "x"}),
        ("POST", "/draft/publish", None),
        ("PUT", "/identifier", {"identifier": "xx"}),
    ],
)
def test_drafts_need_an_editor(own, priya, method, rest, body):
    me = own.server.organization.token_holder.membership_id
    seen = next(
        each["identifier"]
        for each in own.get("/api/v1/documents", pageSize=300).json["records"]
        if each["hasDashboard"]
        and each["owner"]["id"] != me
        and priya.send("PATCH", f"/api/v1/documents/{each['identifier']}", {}).status == 403
    )
    assert priya.send(method, v2(seen, rest), body).status == 403
    assert own.send(method, v2("nothing", rest), body).status == 404


def test_newer_servers_have_the_new_way_only_and_older_ones_the_old(serve, connect):
    newer = connect(serve(documents=30, removed_routes=True))
    one = dashboard(newer, drafted=False)
    assert newer.send("PATCH", f"/api/v1/documents/{one}", {"name": "x"}).status == 405
    assert newer.send("PATCH", v2(one, "/draft"), {"name": "x"}).status == 200
    older = connect(serve(documents=30, v2_changes=False))
    for method, rest in (
        ("PATCH", "/draft"),
        ("GET", "/draft/x"),
        ("PATCH", "/draft/x"),
        ("POST", "/draft/publish"),
        ("PUT", "/identifier"),
        ("GET", "/app"),
    ):
        assert older.send(method, v2(one, rest), {"name": "x"}).status == 404
    assert older.send("POST", "/api/v2/documents", {"name": "x"}).status == 404
    assert older.get(v2(one)).json["identifier"] == one
    assert older.send("PATCH", f"/api/v1/documents/{one}", {"name": "x"}).status == 200


def test_a_draft_is_kept_in_the_file_with_what_was_changed(tmp_path, connect):
    file = tmp_path / "omni.db"
    with Server(documents=30, state=file, now=lambda: NOW) as server:
        wire = connect(server)
        one = dashboard(wire, drafted=False)
        draft = wire.send("PATCH", v2(one, "/draft"), {"name": "Board"}).json["draftId"]
        state = wire.get(v2(draft)).json
    with Server(documents=30, state=file, now=lambda: NOW) as server:
        wire = connect(server)
        assert wire.get(v2(draft)).json == state
        assert wire.send("POST", v2(one, "/draft/publish")).json["name"] == "Board"
        assert server.failures == []

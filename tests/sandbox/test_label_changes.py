"""Labels are made, changed, deleted, put on documents and taken off, and every read sees it."""

import pytest

from omnipd_sandbox.organization.permits import grants_on


@pytest.fixture
def own(serve, connect):
    return connect(serve(documents=60))


@pytest.fixture
def priya(own, connect):
    """Talk with a member's own key."""
    return connect(own.server, own.server.personal_key)


def labels(wire):
    return {each["name"]: each for each in wire.get("/api/v1/labels").json["labels"]}


def carried(wire, identifier):
    records = wire.get("/api/v1/documents", include="labels", pageSize=300).json["records"]
    return next(each["labels"] for each in records if each["identifier"] == identifier)


def somewhere(wire, **traits):
    """Find a document that has these traits."""
    return next(
        each.identifier
        for each in wire.server.organization.documents.values()
        if not each.deleted and all(getattr(each, key) == value for key, value in traits.items())
    )


def test_a_label_that_is_made_is_listed(own):
    made = own.send("POST", "/api/v1/labels", {"name": "audit", "color": "#123456"})
    assert made.status == 201
    assert made.json == {
        "name": "audit",
        "color": "#123456",
        "description": None,
        "homepage": False,
        "verified": False,
        "usage_count": 0,
    }
    assert labels(own)["audit"] == made.json
    assert own.get("/api/v1/labels/audit").json == made.json


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({}, "name: Required"),
        ({"name": "x"}, "name: String must contain at least 2"),
        ({"name": "x" * 26}, "name: String must contain at most 25"),
        ({"name": 7}, "name: Expected string, received number"),
        ({"name": "ok", "color": "#1234567890"}, "color: String must contain at most 9"),
        ({"name": "ok", "description": "x" * 501}, "description: String must contain at most 500"),
        ({"name": "ok", "verified": "yes"}, "verified: Expected boolean, received string"),
        (["name"], "Expected object, received array"),
    ],
)
def test_a_label_that_breaks_a_rule_is_400(own, body, at):
    refused = own.send("POST", "/api/v1/labels", body)
    assert refused.status == refused.json["status"] == 400
    assert refused.json["detail"].startswith(f"Bad Request: {at}")


def test_a_body_that_is_no_json_is_400(own):
    for data in (b"{", b"NaN", b'{"name": Infinity}', b"\xff"):
        assert own.ask("POST", "/api/v1/labels", body=data).status == 400


def test_a_name_that_is_taken_is_409(own):
    assert own.send("POST", "/api/v1/labels", {"name": "finance"}).status == 409
    assert own.send("PUT", "/api/v1/labels/operations", {"name": "finance"}).status == 409
    assert own.send("PUT", "/api/v1/labels/finance", {"name": "finance"}).status == 200


def test_another_name_goes_to_every_document(own):
    identifier = somewhere(own)
    own.send("PUT", f"/api/v1/documents/{identifier}/labels/a%2Fb%20test")
    used = labels(own)["a/b test"]["usage_count"]
    before = list(labels(own))
    changed = own.send("PUT", "/api/v1/labels/a%2Fb%20test", {"name": "experiment"})
    assert (changed.status, changed.json["usage_count"]) == (200, used)
    assert "experiment" in carried(own, identifier)
    assert "a/b test" not in carried(own, identifier)
    assert own.get("/api/v1/labels/a%2Fb%20test").status == 404
    assert list(labels(own)) == ["experiment" if name == "a/b test" else name for name in before]


def test_null_takes_a_color_away_and_the_rest_stays(own):
    before = labels(own)["finance"]
    changed = own.send("PUT", "/api/v1/labels/finance", {"color": None})
    assert changed.json == before | {"color": None}


def test_a_label_in_use_cannot_be_deleted(own):
    used = next(name for name, each in labels(own).items() if each["usage_count"])
    own.send("POST", "/api/v1/labels", {"name": "unused"})
    identifier = somewhere(own)
    own.send("PUT", f"/api/v1/documents/{identifier}/labels/unused")
    assert own.send("DELETE", "/api/v1/labels/unused").status == 409
    own.send("DELETE", f"/api/v1/documents/{identifier}/labels/unused")
    gone = own.send("DELETE", "/api/v1/labels/unused")
    assert (gone.status, gone.body) == (204, b"")
    assert "Content-Length" not in gone.headers
    assert own.send("DELETE", "/api/v1/labels/unused").status == 404
    assert used in labels(own)


def test_only_administrators_make_and_touch_what_is_verified(own, priya):
    assert priya.send("POST", "/api/v1/labels", {"name": "mine"}).status == 201
    for body in ({"name": "x1", "verified": True}, {"name": "x2", "homepage": True}):
        assert priya.send("POST", "/api/v1/labels", body).status == 403
    assert priya.send("PUT", "/api/v1/labels/mine", {"verified": True}).status == 403
    assert priya.send("PUT", "/api/v1/labels/finance", {"color": None}).status == 403
    assert priya.send("DELETE", "/api/v1/labels/finance").status == 403
    # For somebody is with the rights of that person.
    member = own.server.organization.token_holder.membership_id
    assert own.send("DELETE", "/api/v1/labels/finance", userId=member).status == 403


def test_a_label_is_put_on_and_taken_off_as_often_as_one_likes(own):
    identifier = somewhere(own, labels=())
    path = f"/api/v1/documents/{identifier}/labels/%F0%9F%9A%80%20launch"
    for _ in range(2):
        put = own.send("PUT", path)
        assert (put.status, put.body) == (204, b"")
        assert carried(own, identifier) == ["🚀 launch"]
    for _ in range(2):
        assert own.send("DELETE", path).status == 204
        assert carried(own, identifier) == []


def test_a_label_nobody_made_cannot_be_put_on(own):
    identifier = somewhere(own, labels=())
    assert own.send("PUT", f"/api/v1/documents/{identifier}/labels/nope").status == 404
    assert own.send("PUT", "/api/v1/documents/nope/labels/finance").status == 404
    assert own.send("DELETE", "/api/v1/documents/nope/labels/finance").status == 404
    both = {"add": ["finance", "nope"]}
    assert own.send("PATCH", f"/api/v1/documents/{identifier}/labels", both).status == 404
    assert carried(own, identifier) == []


def test_a_difference_of_labels_is_one_call(own):
    identifier = somewhere(own, labels=())
    path = f"/api/v1/documents/{identifier}/labels"
    first = own.send("PATCH", path, {"add": ["finance", "重要"]})
    assert (first.status, first.json) == (200, {"labels": ["finance", "重要"]})
    second = own.send("PATCH", path, {"add": ["operations"], "remove": ["finance", "Q3 2025"]})
    assert second.json == {"labels": ["重要", "operations"]}
    assert carried(own, identifier) == ["重要", "operations"]


@pytest.mark.parametrize(
    "body", [{}, {"add": []}, {"add": "finance"}, {"add": ["finance"], "remove": ["finance"]}]
)
def test_a_difference_that_says_nothing_or_both_is_400(own, body):
    path = f"/api/v1/documents/{somewhere(own)}/labels"
    assert own.send("PATCH", path, body).status == 400


def test_who_may_only_look_cannot_label(own, priya):
    me = own.server.organization.token_holder.membership_id
    theirs = next(
        each
        for each in own.server.organization.documents.values()
        if not each.deleted
        and each.scope == "organization"
        and each.owner_id != me
        and each.folder_id is None
        and not grants_on(each, own.server.organization)
    )
    path = f"/api/v1/documents/{theirs.identifier}/labels/operations"
    assert priya.send("PUT", path).status == 403
    hidden = next(
        each["identifier"]
        for each in own.get("/api/v1/documents", pageSize=300).json["records"]
        if priya.get(f"/api/v1/documents/{each['identifier']}/permissions").status == 404
    )
    assert priya.send("PUT", f"/api/v1/documents/{hidden}/labels/operations").status == 404


def test_a_query_parameter_that_is_not_known_is_400(own):
    path = f"/api/v1/documents/{somewhere(own)}/labels/finance"
    assert own.send("PUT", path, force="true").status == 400

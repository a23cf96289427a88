"""What goes wrong on purpose around a change: whether it was made, and what else was."""

import http.client

import pytest

from omnipd_sandbox.moods.knobs import read_knobs

LABELS = "/api/v1/documents/*/labels"


@pytest.fixture
def faulty(serve, connect):
    """Start a sandbox with faults; give a connection to it."""
    return lambda *faults, **knobs: connect(
        serve(documents=40, folders=5, faults=list(faults), **knobs)
    )


def unlabeled(wire, how_many=1):
    found = wire.get("/api/v1/documents", pageSize=100, include="labels").json["records"]
    return [each["identifier"] for each in found if not each["labels"]][:how_many]


def labels(wire, identifier):
    found = wire.get("/api/v1/documents", pageSize=100, include="labels").json["records"]
    return next(each["labels"] for each in found if each["identifier"] == identifier)


def put(wire, identifier, *add, remove=()):
    path = f"/api/v1/documents/{identifier}/labels"
    return wire.send("PATCH", path, {"add": list(add), "remove": list(remove)})


@pytest.mark.parametrize(("kind", "after"), [("reset", []), ("lost", ["finance"])])
def test_a_change_without_an_answer_was_made_or_was_not(faulty, kind, after):
    wire = faulty({"kind": kind, "method": "PATCH", "path": LABELS})
    [one] = unlabeled(wire)
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        put(wire, one, "finance")
    wire.http.close()
    assert labels(wire, one) == after
    [asked] = [each for each in wire.server.requests if each.method == "PATCH"]
    assert (asked.status, asked.fault) == (0, kind)
    # The next one is answered.
    assert put(wire, one, "finance").json == {"labels": ["finance"]}


def test_what_is_lost_is_made_once_for_each_time_it_is_asked(faulty):
    wire = faulty({"lost": True, "method": "POST", "path": "/api/v1/folders"})
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        wire.send("POST", "/api/v1/folders", {"name": "New"})
    wire.http.close()
    assert wire.send("POST", "/api/v1/folders", {"name": "New"}).json["path"] == "new-1"


def test_an_error_can_come_when_the_change_is_made(faulty):
    wire = faulty({"kind": "lost", "code": 504, "method": "PATCH", "path": LABELS})
    [one] = unlabeled(wire)
    answer = put(wire, one, "finance")
    assert (answer.status, answer.headers.get_content_type()) == (504, "text/html")
    assert labels(wire, one) == ["finance"]


@pytest.mark.parametrize(("more", "status"), [({}, 200), ({"code": 500}, 500)])
def test_a_change_can_be_made_by_half(faulty, more, status):
    wire = faulty({"kind": "partial", "method": "PATCH", "path": LABELS, **more})
    [one] = unlabeled(wire)
    # Of one thing there is no half: the fault waits.
    assert put(wire, one, "重要").json == {"labels": ["重要"]}
    half = put(wire, one, "finance", "marketing", "operations", remove=["重要"])
    assert half.status == status
    assert labels(wire, one) == ["finance"]
    assert put(wire, one, "marketing", "operations").status == 200
    faults = [each.fault for each in wire.server.requests if each.method == "PATCH"]
    assert faults == [None, "partial", None]


def test_operations_and_people_are_taken_by_half(faulty):
    wire = faulty({"kind": "partial", "count": None})
    people = list(wire.server.organization.users)[5:9]
    body = {"displayName": "Board", "members": [{"value": each} for each in people]}
    made = wire.send("POST", "/api/scim/v2/Groups", body)
    assert (made.status, [each["value"] for each in made.json["members"]]) == (201, people[:2])
    [one] = unlabeled(wire)
    shared = {"role": "VIEWER", "userIds": people}
    assert wire.send("POST", f"/api/v1/documents/{one}/permissions", shared).status == 200
    path = f"/api/v1/documents/{one}/access-list"
    listed = wire.get(path, accessSource="direct", pageSize=100).json["principals"]
    assert {each["id"] for each in listed} & {*people} == {*people[:2]}
    # What is refused is refused as always.
    refused = wire.send("PATCH", f"/api/v1/documents/{one}/labels", {"add": ["no", "such"]})
    assert refused.status == 404
    assert wire.ask("POST", "/api/v1/labels", body=b"[1, 2]").status == 400
    assert [each.fault for each in wire.server.requests if each.status >= 400] == [None, None]


def test_a_change_without_effect_is_answered_as_one_that_was_made(faulty):
    wire = faulty({"kind": "no_effect", "method": "PATCH", "path": LABELS})
    [one] = unlabeled(wire)
    pretended = put(wire, one, "finance")
    assert (pretended.status, pretended.json) == (200, {"labels": ["finance"]})
    assert labels(wire, one) == []
    made = put(wire, one, "finance")
    assert (made.status, made.json) == (pretended.status, pretended.json)
    assert labels(wire, one) == ["finance"]
    faults = [each.fault for each in wire.server.requests if each.method == "PATCH"]
    assert faults == ["no_effect", None]


def test_nothing_has_no_effect_but_what_would_have_had_one(faulty):
    wire = faulty({"kind": "no effect"})
    [one] = unlabeled(wire)
    refused = put(wire, one, "no such label")
    assert refused.status == 404
    assert wire.get("/api/v1/whoami").status == wire.get("/api/v1/labels").status == 200
    assert wire.get("/api/v1/nothing").status == 404
    # Reads and refusals are as they always are, and the fault waits.
    assert {each.fault for each in wire.server.requests} == {None}
    assert put(wire, one, "finance").status == 200
    assert labels(wire, one) == []


def test_an_id_that_was_answered_without_effect_is_never_that_of_another(faulty):
    wire = faulty({"kind": "no_effect", "path": "/api/v1/folders"})
    made = [wire.send("POST", "/api/v1/folders", {"name": "New"}).json for _ in range(2)]
    ids = [one.pop("id") for one in made]
    assert ids[0] != ids[1]
    assert made[0] == made[1]
    assert wire.get("/api/v1/folders", path="new").json["pageInfo"]["totalRecords"] == 1


def test_somebody_else_puts_a_label_just_before_the_third(faulty):
    other = {"method": "PUT", "path": "/api/v1/documents/{1}/labels/marketing"}
    wire = faulty(
        {"kind": "meanwhile", "method": "PATCH", "path": LABELS, "after": 2, "does": other}
    )
    three = unlabeled(wire, 3)
    answers = [put(wire, one, "finance").json["labels"] for one in three]
    assert answers == [["finance"], ["finance"], ["marketing", "finance"]]
    # Only what the client asked is in the log.
    changes = [each for each in wire.server.requests if each.method in {"PATCH", "PUT"}]
    assert [(each.method, each.status, each.fault) for each in changes] == [
        ("PATCH", 200, None),
        ("PATCH", 200, None),
        ("PATCH", 200, "meanwhile"),
    ]


def test_what_each_star_stood_for_can_be_named(faulty):
    other = {
        "method": "PATCH",
        "path": "/api/v1/documents/{1}/labels",
        "body": {"add": ["marketing"], "remove": ["finance"]},
    }
    path = "/api/v1/documents/*/labels/*"
    shared = {"method": "DELETE", "path": "/api/v1/documents/{1}/labels/{2}"}
    wire = faulty({"meanwhile": other, "path": path}, {"meanwhile": shared, "path": path})
    [one] = unlabeled(wire)
    address = f"/api/v1/documents/{one}/labels/work%20in%20progress"
    assert wire.send("PUT", address).status == 204
    assert labels(wire, one) == ["marketing", "work in progress"]
    assert wire.send("DELETE", address).status == 204
    assert labels(wire, one) == ["marketing"]


def test_somebody_else_is_the_administrator_whatever_key_is_in_use(faulty):
    other = {"method": "DELETE", "path": "/api/v1/documents/{1}"}
    wire = faulty(
        {"meanwhile": other, "path": "/api/v1/documents/*/favorite"},
        key_scope="user",
        rate_limited_after=3,
    )
    [one] = unlabeled(wire)
    # The document went into the trash in between.
    assert wire.send("PUT", f"/api/v1/documents/{one}/favorite").status == 404
    # What somebody else does counts for nobody's limit.
    assert [wire.get("/api/v1/labels").status for _ in range(2)] == [200, 429]


def test_somebody_elses_parameters_and_short_ids_are_understood(faulty):
    other = {"method": "DELETE", "path": "/api/v1/folders/{1}?force=true"}
    wire = faulty({"meanwhile": other, "method": "PATCH", "path": "/api/v1/folders/*"}, ids="short")
    one = wire.get("/api/v1/folders").json["records"][0]["id"]
    assert len(one) == 8
    assert wire.send("PATCH", f"/api/v1/folders/{one}", {"name": "New"}).status == 404


def test_somebody_else_who_cannot_is_an_error_and_no_silence(faulty):
    other = {"method": "PUT", "path": "/api/v1/documents/{1}/labels/nothing"}
    wire = faulty({"meanwhile": other, "method": "PATCH", "path": LABELS})
    [one] = unlabeled(wire)
    refused = put(wire, one, "finance")
    words = (
        f"PUT /api/v1/documents/{one}/labels/nothing, which a fault does meanwhile, is 404: "
        '{"detail":"Label with name nothing does not exist","status":404}'
    )
    assert (refused.status, refused.json["detail"]) == (500, words)
    assert labels(wire, one) == []


def test_a_storm_of_429_begins_and_ends(faulty):
    wire = faulty(
        {"status": 429, "method": "PATCH", "path": LABELS, "after": 1, "count": 3},
        retry_after="seconds",
    )
    one, other = unlabeled(wire, 2)
    answers = [put(wire, each, "finance") for each in (one, other, other, other, other)]
    assert [each.status for each in answers] == [200, 429, 429, 429, 200]
    assert [each.headers["Retry-After"] for each in answers] == [None, "60", "60", "60", None]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "meanwhile"}, "must say with does what somebody else does"),
        ({"kind": "reset", "does": {"method": "GET", "path": "/x"}}, "does"),
        ({"meanwhile": {"path": "/x"}}, "an object with a method and a path"),
        ({"kind": "meanwhile", "does": "PUT /x"}, "an object with a method and a path"),
        ({"meanwhile": {"method": "PUTT", "path": "/x"}}, "one of GET"),
        ({"meanwhile": {"method": "PUT", "path": "x"}}, "must start with /"),
        ({"meanwhile": {"method": "PUT", "path": "/x", "bodi": {}}}, "bodi"),
        ({"meanwhile": {"method": "PUT", "path": "/x", "body": {1, 2}}}, "what JSON can say"),
        ({"meanwhile": {"method": "PUT", "path": "/{2}"}, "path": "/*"}, r"\{2\}, .* has 1 \*"),
        ({"meanwhile": {"method": "PUT", "path": "/{0}"}, "path": "/*"}, r"\{0\}, .* has 1 \*"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fault, words):
    with pytest.raises(ValueError, match=words):
        read_knobs({"faults": [fault]})

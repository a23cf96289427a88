"""Plans on an Omni that is not the sandbox: what a report says is what that Omni has."""

from copy import deepcopy

import pandas as pd
import pytest
from faults.given import client_of
from twins.other_content import ANN, BEN, CAT
from twins.other_people import MODEL, OtherOmni

import omnipd
from omnipd.errors import AuthenticationError

pytestmark = pytest.mark.thorough


_CONTENT = ("documents", "folders", "folder_labels", "labels", "permits", "favorites", "schedules")
_PEOPLE = ("users", "groups", "roles", "keys")
_ALL = {"confirm": True, "destructive": True}


@pytest.fixture
def other(fake_time):
    with OtherOmni() as omni, client_of(omni, fake_time, progress=False):
        yield omni


def held(other):
    """Give all that these plans could touch."""
    return deepcopy({name: getattr(other, name) for name in (*_CONTENT, *_PEOPLE)})


def applied(plan):
    """Make all of a plan; everything was taken, and is shown."""
    assert plan["refused"].isna().all()
    report = plan.apply(**_ALL)
    assert set(report["state"]) == {"ok"}, report["detail"].tolist()
    assert report["verified"].all()
    return report


def undone(report):
    return applied(omnipd.undo(report.attrs["omni"]["journal"]))


def edited(before, **cells):
    after = before.copy()
    for column, value in cells.items():
        after[column] = value
    return omnipd.plan(before, after)


@pytest.mark.thorough
def test_labels_that_are_objects_are_put_on_and_taken_off(other):
    start = held(other)
    report = applied(omnipd.plan_labels(["d1", "d3", "d5"], add="old", remove="gold"))
    assert [other.documents[one]["labels"] for one in ("d1", "d3", "d5")] == [
        {"old"},
        {"old", "team a/b"},
        {"old"},
    ]
    undone(report)
    assert held(other) == start


@pytest.mark.thorough
def test_documents_are_moved_by_paths_without_a_first_slash(other):
    start = held(other)
    report = applied(omnipd.plan_move(["d3", "d5"], "/sales/emea"))
    where = [
        (other.documents[one]["folder"], other.documents[one]["scope"]) for one in ("d3", "d5")
    ]
    assert where == [("f-emea", "organization")] * 2
    undone(report)
    assert held(other) == start


def test_names_are_published_by_drafts_and_that_of_somebody_stays(other):
    other.drafts["d2"] = {"by": BEN, "patch": {"name": "Half done"}}
    documents = omnipd.read_documents()
    report = edited(documents, name=documents["name"] + "!").apply()
    assert report["state"].tolist() == ["ok", "conflict", "ok", "ok"]
    names = [one["name"] for one in other.documents.values()]
    assert names == ["One!", "Two", "Three!", "Four!", "Five"]
    assert list(other.drafts) == ["d2"]


@pytest.mark.parametrize("what", ["html", "lost", "late", "nothing"])
@pytest.mark.parametrize("call", [("PATCH", "/draft"), ("POST", "/draft/publish")])
def test_a_name_is_published_though_an_answer_is_lost(other, what, call):
    other.accidents = [(*call, what)]
    documents = omnipd.read_documents()
    applied(edited(documents, name=documents["name"].replace("One", "First")))
    assert other.documents["d1"]["name"] == "First"
    assert other.drafts == {}


def test_one_identifier_that_came_late_says_nothing_of_the_calls_for_others(other):
    other.accidents = [("PUT", "/d1/identifier", "late")]
    applied(omnipd.plan_identifiers({"d1": "first", "d2": "second", "d3": "third"}))
    assert list(other.documents) == ["d4", "d5", "first", "second", "third"]


def test_one_name_that_is_refused_says_nothing_of_the_calls_for_others(other):
    older = [route for route in other.routes if not route[1].startswith("/api/v2/")]
    other.routes = (*older, ("PATCH", "/api/v1/documents/([^/]+)", "change_document"))
    other.accidents = [("PATCH", "/d1", "gone")]
    documents = omnipd.read_documents()
    report = edited(documents, name=documents["name"] + "!").apply()
    assert report["state"].tolist() == ["failed", "ok", "ok", "ok"]
    names = [one["name"] for one in other.documents.values()]
    assert names == ["One", "Two!", "Three!", "Four!", "Five"]


@pytest.mark.parametrize("kind", ["document", "folder"])
def test_roles_in_lower_case_are_the_same_roles(other, kind):
    item = {"document": "d1", "folder": "f-sales"}[kind]
    other.permits = {
        (kind, item, BEN): ["viewer", False],
        (kind, item, "Grp00001"): ["editor", True],
    }
    start = held(other)
    read = {"document": omnipd.read_document_access, "folder": omnipd.read_folder_permissions}[kind]
    before = read([item])
    assert edited(before, role=before["role"].str.upper()).empty
    report = applied(edited(before, role="Explorer", access_boost=False))
    assert other.permits == {
        (kind, item, BEN): ["explorer", False],
        (kind, item, "Grp00001"): ["explorer", False],
    }
    roles = [body["role"] for _, _, body, _ in other.changes() if "role" in body]
    assert roles == ["EXPLORER"]
    undone(report)
    assert held(other) == start


def test_owners_that_the_list_of_schedules_does_not_tell_are_asked_for(other):
    schedules = omnipd.read_schedules()
    assert schedules["owner_id"].isna().all()
    plan = edited(schedules, owner_id=CAT, is_active=~schedules["is_active"])
    assert plan["old"].tolist() == [ANN, ANN, "true", "false"]
    start = held(other)
    report = applied(plan)
    assert [(one["owner"], one["paused"]) for one in other.schedules.values()] == [
        (CAT, True),
        (CAT, False),
    ]
    undone(report)
    assert held(other) == start
    # To whom it belongs already is no change, and Omni would refuse it.
    assert edited(schedules, owner_id=ANN).empty


def test_people_come_in_pages_of_fifty(other):
    start = held(other)
    sheet = pd.DataFrame(
        {
            "email": ["ANN@y.example", "new@y.example", "p077@y.example", "p119@y.example"],
            "display_name": ["Ann X", "New", "", ""],
            "region": ["west", "0123", "", "south"],
        }
    )
    report = applied(omnipd.plan_users(sheet))
    regions = {one["userName"]: one["attributes"]["region"] for one in other.users.values()}
    assert {name: at for name, at in regions.items() if at != "north"} == {
        "ann@y.example": "west",
        "new@y.example": "0123",
        "p119@y.example": "south",
    }
    # Omni keeps whom it deletes, deactivated; that is no proof, and the report says so.
    back = omnipd.undo(report.attrs["omni"]["journal"]).apply(**_ALL)
    assert back["state"].tolist() == ["ok", "ok", "ok", "unverified"]
    assert '"active":false' in back["detail"].iloc[-1]
    gone = next(user for user, one in other.users.items() if one["userName"] == "new@y.example")
    assert other.users.pop(gone)["active"] is False
    assert held(other) == start


def test_members_roles_and_keys(other):
    other.roles = {(BEN, MODEL): "QUERIER"}
    start = held(other)
    sheet = pd.DataFrame({"email": ["cat@y.example", "ben@y.example"], "group": "Analysts"})
    members = applied(omnipd.plan_members(sheet.assign(member=[True, False])))
    assert other.groups["Grp00001"]["members"] == [ANN, CAT]
    roles = applied(edited(omnipd.read_model_roles([BEN]), role_name="MODELER"))
    assert other.roles == {(BEN, MODEL): "MODELER"}
    keys = omnipd.read_api_keys()
    keys = applied(edited(keys, enabled=keys["api_key_id"] != "k2"))
    assert [one["enabled"] for one in other.keys.values()] == [True, False, True]
    for report in (members, roles, keys):
        undone(report)
    assert held(other) == start
    refused = edited(omnipd.read_model_roles([BEN], refresh=True), role_name="BOSS").apply()
    assert (refused["state"].item(), refused["detail"].item()) == ("failed", "Invalid role")


def test_folders_and_what_labels_are_called(other):
    start = held(other)
    folders, labels = omnipd.read_folders(), omnipd.read_labels()
    paths = folders["path"].replace({"/sales": "/sell", "/sales/emea": "/sell/emea"})
    moved = applied(edited(folders, path=paths, labels="old"))
    assert [one["path"] for one in other.folders.values()] == ["sell", "sell/emea", "mine"]
    renamed = applied(edited(labels, new_label=labels["label"].replace({"gold": "golden"})))
    assert other.documents["d1"]["labels"] == {"golden"}
    inside = pd.DataFrame({"path": ["/sell/new", "/sell/new/in"], "name": ["My Folder", "in"]})
    now = omnipd.read_folders(refresh=True)
    made = applied(omnipd.plan(now, pd.concat([now, inside])))
    assert sorted(one["path"] for one in other.folders.values()) == [
        "mine",
        "sell",
        "sell/emea",
        "sell/new",
        "sell/new/in",
    ]
    for report in (made, renamed, moved):
        undone(report)
    assert held(other) == start


@pytest.mark.parametrize("what", ["limit", "limit 7", "bad key", "html", "lost", "late", "nothing"])
def test_whatever_happens_to_answers_all_is_made_once(other, what):
    other.accidents = [
        ("PATCH", "/d1/labels", what),
        ("POST", "/d1/move", what),
        ("PUT", "/s1/transfer-ownership", what),
        ("PATCH", "/Groups/Grp00001", what),
        ("POST", "/permissions", what),
        ("DELETE", "/d2", what),
    ]
    applied(omnipd.plan_labels("d1", add="old"))
    applied(omnipd.plan_move("d1", None))
    applied(edited(omnipd.read_schedules(), owner_id=CAT))
    applied(omnipd.plan_members(pd.DataFrame({"email": ["cat@y.example"], "group": ["Analysts"]})))
    access = omnipd.read_document_access(["d1"])
    row = {
        "document_identifier": "d1",
        "principal_type": "user",
        "principal_id": CAT,
        "role": "VIEWER",
    }
    applied(omnipd.plan(access, pd.concat([access, pd.DataFrame([row])])))
    documents = omnipd.read_documents()
    kept = documents[documents["document_identifier"] != "d2"]
    applied(omnipd.plan(documents, kept, delete=True))
    assert other.accidents == []
    assert other.documents["d1"]["labels"] == {"gold", "old"}
    assert other.documents["d1"]["folder"] is None
    assert {one["owner"] for one in other.schedules.values()} == {CAT}
    assert other.groups["Grp00001"]["members"] == [ANN, BEN, CAT]
    assert other.permits["document", "d1", CAT] == ["viewer", False]
    assert other.documents["d2"]["deleted"]


def test_a_good_answer_without_effect_is_told(other):
    other.accidents = [("PATCH", "/d1/labels", "silent")]
    report = omnipd.plan_labels(["d1", "d2"], add="old").apply()
    assert report["state"].tolist() == ["unverified", "ok"]
    assert [other.documents[one]["labels"] for one in ("d1", "d2")] == [{"gold"}, {"old"}]


def test_a_document_that_is_not_to_be_changed_is_one_row(other):
    other.secret = {"d2"}
    report = omnipd.plan_labels(["d1", "d2", "d3"], add="old").apply()
    assert report["state"].tolist() == ["ok", "failed", "ok"]
    assert report["detail"].dropna().tolist() == ["Permission denied"]


def test_a_key_that_is_refused_twice_stops_all_and_it_goes_on(other, tmp_path):
    other.accidents = [("PATCH", "/d2/labels", "bad key")] * 2
    plan, file = omnipd.plan_labels(["d1", "d2", "d3"], add="old"), tmp_path / "labels"
    with pytest.raises(AuthenticationError, match="Invalid bearer token"):
        plan.apply(journal=file)
    assert [status for *_, status in other.changes()] == [204, 403, 403]
    report = omnipd.open_journal(file).resume()
    assert report["state"].tolist() == ["ok"] * 3
    assert [status for *_, status in other.changes()] == [204, 403, 403, 204, 204]
    assert all("old" in other.documents[one]["labels"] for one in ("d1", "d2", "d3"))

"""Groups are made, named and deleted; members may be put into one that the same plan makes."""

import pandas as pd
import pytest
from changes.changed_people import ANALYSTS, EMPTY, changed_people

import omnipd
from omnipd.changes.change import Change, Key
from omnipd.changes.now import Now
from omnipd.changes.plan import Plan
from omnipd.changes.planned import planned

GROUPS = "/api/scim/v2/Groups"


@pytest.fixture
def omni():
    with changed_people() as people:
        yield people


def with_group(name):
    """Give the groups, and the same with one more."""
    groups = omnipd.read_groups()
    return groups, pd.concat([groups, pd.DataFrame({"display_name": [name]})], ignore_index=True)


def made(name, **more):
    return Change(Key("group", name, None, "exists"), None, {"display_name": name, **more}, name)


def test_a_group_is_made_by_a_new_row_and_deleted_by_the_undoing(omni):
    before = omni.names()
    plan = omnipd.plan(*with_group("Board"))
    assert plan["call"].tolist() == [f'POST {GROUPS} {{"displayName":"Board"}}']
    assert (plan["tier"].tolist(), plan["item"].tolist()) == (["safe"], ["Board"])
    report = plan.apply()
    assert (report["state"].tolist(), report["verified"].tolist()) == (["ok"], [True])
    assert omni.names() == before | {"Board"}
    back = omnipd.undo(report.attrs["omni"]["journal"])
    assert back["tier"].tolist() == ["destructive"]
    with pytest.raises(omnipd.ArgumentError, match="destructive=True"):
        back.apply()
    group = omni.group("Board").id
    assert back.apply(destructive=True)["state"].tolist() == ["ok"]
    assert omni.names() == before
    assert omni.writes()[-1] == ("DELETE", f"{GROUPS}/{group}", 204)


def test_a_group_of_that_name_is_there_already(omni):
    plan = omnipd.plan(*with_group("Board"))
    omni.ask("POST", GROUPS, {"displayName": "Board"})
    omni.forget()
    assert plan.apply()["state"].tolist() == ["already"]
    assert omni.writes() == []


@pytest.mark.parametrize(("kind", "calls"), [("lost", 1), ("reset", 2)])
def test_a_group_whose_answer_was_lost_is_there_once(kind, calls):
    with changed_people({"kind": kind, "method": "POST", "path": GROUPS}) as people:
        assert omnipd.plan(*with_group("Board")).apply()["state"].tolist() == ["ok"]
        assert len(people.writes()) == calls
        assert [each.name for each in people.organization.groups.values()].count("Board") == 1


@pytest.mark.parametrize("name", ['A "quoted" \\ name', "Marketng", "a/b?c#d", "重要"])
def test_names_of_any_kind_are_found_again(omni, name):
    report = omnipd.plan(*with_group(name)).apply()
    assert report["verified"].tolist() == [True]
    user = omni.outsiders(name, 1)
    plan = omnipd.plan_members(pd.DataFrame({"user_id": user, "group": [name]}))
    assert plan.apply()["state"].tolist() == ["ok"]
    assert omni.members(name) == {*user}
    omnipd.undo(report.attrs["omni"]["journal"]).apply(destructive=True)
    assert name not in omni.names()


def test_a_group_is_renamed_and_named_back(omni):
    before = omnipd.read_groups()
    members = omni.members(ANALYSTS)
    plan = omnipd.plan(before, before.replace({"display_name": {ANALYSTS: "Data"}}))
    operation = '{"op":"replace","path":"displayName","value":"Data"}'
    assert plan["call"].tolist()[0].endswith(f'"Operations":[{operation}]}}')
    assert plan["tier"].tolist() == ["safe"]
    report = plan.apply()
    assert report["verified"].tolist() == [True]
    assert omni.members("Data") == members
    omnipd.undo(report.attrs["omni"]["journal"]).apply()
    pd.testing.assert_frame_equal(
        omnipd.read_groups(refresh=True).drop(columns="updated_at"),
        before.drop(columns="updated_at"),
    )


def test_a_name_that_is_taken_is_a_conflict_and_none_is_refused(omni):
    before = omnipd.read_groups()
    taken = omnipd.plan(before, before.replace({"display_name": {ANALYSTS: EMPTY}})).apply()
    assert taken["state"].tolist() == ["conflict"]
    assert taken["detail"].tolist() == [f"Group with name {EMPTY} already exists"]
    none = omnipd.plan(before, before.replace({"display_name": {ANALYSTS: ""}}))
    assert none["refused"].tolist() == ["A group needs a name."]


def test_a_group_that_somebody_has_renamed_meanwhile_keeps_that_name(omni):
    before = omnipd.read_groups()
    plan = omnipd.plan(before, before.replace({"display_name": {ANALYSTS: "Data"}}))
    operation = {"op": "replace", "path": "displayName", "value": "Numbers"}
    patch = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [operation],
    }
    omni.ask("PATCH", f"{GROUPS}/{omni.group(ANALYSTS).id}", patch)
    report = plan.apply()
    assert (report["state"].tolist(), report["detail"].tolist()) == (
        ["conflict"],
        ["It is 'Numbers' now."],
    )
    assert "Numbers" in omni.names()


def test_a_deleted_group_says_what_is_lost_with_it_and_does_not_come_back(omni):
    groups = omnipd.read_groups()
    kept = groups[groups["display_name"] != ANALYSTS]
    assert omnipd.plan(groups, kept).empty
    plan = omnipd.plan(groups, kept, delete=True)
    assert plan["tier"].tolist() == ["destructive"]
    assert plan["reversible"].tolist() == [False]
    assert plan["remark"].tolist() == [
        "All that is granted through the group is revoked from its members. "
        "A group that is made again has another id, and nothing is granted through it."
    ]
    report = plan.apply(destructive=True)
    assert report["verified"].tolist() == [True]
    assert ANALYSTS not in omni.names()
    back = omnipd.undo(report.attrs["omni"]["journal"])
    assert back["refused"].notna().all()


def test_what_no_address_can_have_is_no_name(omni):
    plan = omnipd.plan(*with_group(".."))
    assert plan["refused"].tolist() == ["'..' cannot stand in an address: choose another name."]
    [user] = omni.outsiders(EMPTY, 1)
    sheet = pd.DataFrame({"user_id": [user], "group": [".."]})
    assert omnipd.plan_members(sheet)["refused"].tolist() == ["There is no group '..'."]


def test_a_row_with_an_id_of_ones_own_is_refused(omni):
    groups, more = with_group("Board")
    more.loc[more["display_name"] == "Board", "group_id"] = "myOwnId1"
    plan = omnipd.plan(groups, more)
    assert plan["refused"].tolist() == ["Omni gives a new group its id: leave it empty."]


def test_who_is_put_into_a_group_that_the_plan_makes_is_in_it(omni):
    users = omni.outsiders(EMPTY, 3)
    email = omni.organization.users[users[2]].email
    members = [
        Change(Key("group", "Analytic", one, "member"), None, True) for one in [*users[:2], email]
    ]
    client = omnipd.connect(omni.server.url, omni.server.api_key, requests_per_minute=None)
    # The name looks like an id, and its members are named first.
    plan = planned([*members, made("Analytic")], Now(client))
    assert plan["refused"].isna().all()
    assert plan["column"].tolist() == ["exists", "member", "member", "member"]
    assert set(plan.apply(dry_run=True)["state"]) == {"pending"}
    report = plan.apply()
    assert set(report["state"]) == {"ok"}
    assert report["verified"].all()
    assert omni.members("Analytic") == {*users}
    group = omni.group("Analytic").id
    assert omni.writes() == [("POST", GROUPS, 201), ("PATCH", f"{GROUPS}/{group}", 200)]
    undone = omnipd.undo(report.attrs["omni"]["journal"]).apply(destructive=True)
    assert set(undone["state"]) == {"ok"}
    assert "Analytic" not in omni.names()


def test_nobody_comes_into_a_group_that_could_not_be_made():
    with changed_people({"status": 400, "method": "POST", "path": GROUPS}) as people:
        [user] = people.outsiders(EMPTY, 1)
        member = Change(Key("group", "Board", user, "member"), None, True)
        report = Plan([made("Board"), member], people.server.url).apply()
        assert report["state"].tolist() == ["failed", "conflict"]
        assert len(people.writes()) == 1


def test_the_readers_of_one_list_are_told_apart_by_their_columns(omni):
    groups = omnipd.read_groups().drop(columns=["member_count", "created_at", "updated_at"])
    groups.attrs.clear()
    edited = groups.replace({"display_name": {ANALYSTS: "Data"}})
    assert len(omnipd.plan(groups, edited, reader="groups")) == 1
    with pytest.raises(omnipd.ArgumentError, match="do not say which reader"):
        omnipd.plan(groups, edited)

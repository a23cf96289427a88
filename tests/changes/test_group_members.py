"""Who is in a group is changed, many with one call, and nobody else is touched."""

import pandas as pd
import pytest
from changes.changed_people import ANALYSTS, EMPTY, EVERYONE, changed_people

import omnipd
from omnipd.changes.change import Change, Key
from omnipd.changes.plan import Plan

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
GROUP = "/api/scim/v2/Groups/*"


@pytest.fixture
def omni():
    with changed_people() as people:
        yield people


def sheet(users, group, **more):
    return pd.DataFrame({"user_id": users, "group": group, **more})


def put_in(people, *parts, group=EMPTY):
    """Give a plan that was made before, and is not looked through again."""
    item = people.group(group).id
    changes = [Change(Key("group", item, one, "member"), None, True) for one in parts]
    return Plan(changes, people.server.url)


def test_who_is_put_in_is_in_it_and_is_out_again_after_the_undoing(omni):
    before, users = omni.members(ANALYSTS), omni.outsiders(ANALYSTS, 3)
    report = omnipd.plan_members(sheet(users, ANALYSTS)).apply()
    assert set(report["state"]) == {"ok"}
    assert report["verified"].all()
    assert omni.members(ANALYSTS) == before | {*users}
    assert omni.writes() == [("PATCH", f"/api/scim/v2/Groups/{omni.group(ANALYSTS).id}", 200)]
    undone = omnipd.undo(report.attrs["omni"]["journal"]).apply()
    assert set(undone["state"]) == {"ok"}
    assert omni.members(ANALYSTS) == before


def test_one_call_names_all_who_come_and_has_an_operation_for_each_who_leaves(omni):
    group = omni.group(ANALYSTS).id
    [comes] = omni.outsiders(ANALYSTS, 1)
    leaves = min(omni.members(ANALYSTS))
    plan = omnipd.plan_members(sheet([comes, leaves], ANALYSTS, member=[True, False]))
    add = f'{{"op":"add","path":"members","value":[{{"value":"{comes}"}}]}}'
    remove = f'{{"op":"remove","path":"members[value eq \\"{leaves}\\"]"}}'
    assert plan["call"].tolist() == [
        f'PATCH /api/scim/v2/Groups/{group} {{"schemas":["{PATCH}"],"Operations":[{one}]}}'
        for one in (add, remove)
    ]
    assert plan["tier"].tolist() == ["safe", "safe"]
    before = omni.members(ANALYSTS)
    plan.apply()
    assert omni.members(ANALYSTS) == before - {leaves} | {comes}


def test_six_hundred_people_come_into_three_groups_with_six_calls(omni):
    users = omni.join(600)
    omni.forget()
    groups = [ANALYSTS, EMPTY, "Finance & Accounting"] * 200
    plan = omnipd.plan_members(sheet(users, groups))
    # Four for the groups: one name looks like an id. Seven pages of people, which are read twice, as all
    # lists are that are counted from a start and have several pages.
    assert (len(plan), omni.reads()) == (600, 4 + 14)
    omni.forget()
    report = plan.apply()
    assert report["state"].value_counts().to_dict() == {"ok": 600}
    assert report["verified"].all()
    # 200 of each group, 100 with one call; the group is read before each, and once at the end.
    assert [status for *_, status in omni.writes()] == [200] * 6
    assert omni.reads() == 6 + 3
    for place, name in enumerate([ANALYSTS, EMPTY, "Finance & Accounting"]):
        assert set(users[place::3]) <= omni.members(name)
    estimate = plan.estimate().set_index("kind")["calls"]
    assert estimate["all"] == 6 + 6 + 1


def test_one_bad_member_does_not_keep_the_others_out(omni):
    users = omni.outsiders(EMPTY, 3)
    nobody = "00000000-0000-4000-8000-00000000dead"
    report = put_in(omni, users[0], nobody, users[1], users[2]).apply()
    assert report["state"].tolist() == ["ok", "failed", "ok", "ok"]
    assert report["detail"].dropna().tolist() == [
        f"Bad Request: Operations.0.members: User with id {nobody} does not exist"
    ]
    assert omni.members(EMPTY) == {*users}
    assert [status for *_, status in omni.writes()] == [400, 200, 400, 200, 200]


def test_an_address_that_nobody_has_does_not_keep_the_others_out(omni):
    users = omni.outsiders(EMPTY, 2)
    email = omni.organization.users[users[0]].email
    report = put_in(omni, "nobody@x.example", email.upper(), users[1]).apply()
    assert report["state"].tolist() == ["conflict", "ok", "ok"]
    assert omni.members(EMPTY) == {*users}
    assert len(omni.writes()) == 1


@pytest.mark.parametrize("lost", [{"lost": True}, {"kind": "lost", "code": 504}, "reset"])
def test_a_lost_answer_is_asked_for_and_the_call_made_again_only_where_it_had_no_effect(lost):
    fault = {"kind": "reset"} if lost == "reset" else lost
    with changed_people({**fault, "method": "PATCH", "path": GROUP}) as people:
        users = people.outsiders(EMPTY, 3)
        report = omnipd.plan_members(sheet(users, EMPTY)).apply()
        assert set(report["state"]) == {"ok"}
        assert people.members(EMPTY) == {*users}
        assert len(people.writes()) == (2 if lost == "reset" else 1)


def test_a_call_of_which_only_half_is_made_is_seen():
    half = {"kind": "partial", "method": "PATCH", "path": GROUP}
    with changed_people(half) as people:
        users = sorted(people.members(ANALYSTS))
        report = omnipd.plan_members(sheet(users[:4], ANALYSTS, member=False)).apply()
        assert report["state"].tolist() == ["ok", "ok", "unverified", "unverified"]
        assert set(report["detail"][2:]) == {"Omni took it, and shows 'true'."}
        assert people.members(ANALYSTS) == {*users[2:]}


def test_who_was_put_in_by_somebody_else_is_so_already_and_stays_after_the_undoing(omni):
    users = omni.outsiders(EMPTY, 3)
    plan = omnipd.plan_members(sheet(users, EMPTY))
    put_in(omni, users[1]).apply()
    report = plan.apply()
    assert report["state"].tolist() == ["ok", "already", "ok"]
    omnipd.undo(report.attrs["omni"]["journal"]).apply()
    assert omni.members(EMPTY) == {users[1]}


def test_a_group_that_is_gone_is_a_conflict(omni):
    plan = omnipd.plan_members(sheet(omni.outsiders(EMPTY, 2), EMPTY))
    omni.ask("DELETE", f"/api/scim/v2/Groups/{omni.group(EMPTY).id}")
    omni.forget()
    report = plan.apply()
    assert set(report["state"]) == {"conflict"}
    assert set(report["detail"]) == {"It is not there."}
    assert omni.writes() == []


def test_others_who_come_meanwhile_stay(omni):
    [mine, other] = omni.outsiders(EMPTY, 2)
    body = {"op": "add", "path": "members", "value": [{"value": other}]}
    patch = {"schemas": [PATCH], "Operations": [body]}
    group = omni.group(EMPTY).id
    somebody = {
        "kind": "meanwhile",
        "path": GROUP,
        "method": "PATCH",
        "does": {"method": "PATCH", "path": f"/api/scim/v2/Groups/{group}", "body": patch},
    }
    with changed_people(somebody) as people:
        report = omnipd.plan_members(sheet([mine], EMPTY)).apply()
        assert report["state"].tolist() == ["ok"]
        assert people.members(EMPTY) == {mine, other}


def test_unknown_people_and_groups_are_refused_with_the_nearest_name(omni):
    email = omni.organization.users[omni.outsiders(EMPTY, 1)[0]].email
    nobody = "00000000-0000-4000-8000-00000000dead"
    given = pd.DataFrame(
        {
            "email": ["x" + email, email, None, email],
            "user_id": [None, None, nobody, None],
            "group": [EMPTY, "Emty group", EMPTY, EMPTY],
        }
    )
    plan = omnipd.plan_members(given)
    assert plan["refused"].fillna("not").tolist() == [
        f"There is no user {'x' + email!r}. Did you mean {email!r}?",
        f"There is no user {nobody!r}.",
        "not",
        "There is no group 'Emty group'. Did you mean 'Empty group'?",
    ]
    assert plan.apply()["state"].tolist() == ["refused", "refused", "ok", "refused"]


def test_what_two_rows_say_is_said_once_and_what_they_dispute_is_refused(omni):
    [one, other] = omni.outsiders(EMPTY, 2)
    email = omni.organization.users[one].email
    given = pd.DataFrame(
        {
            "user_id": [one, None, other, other],
            "user_name": [None, email, None, None],
            "group_id": omni.group(EMPTY).id,
            "group": "is not looked at",
            "member": [True, "true", "TRUE", "false"],
        }
    )
    plan = omnipd.plan_members(given)
    assert plan["part"].tolist() == [one, other]
    assert plan["refused"].tolist()[1] == (
        "The rows say both that the user is in the group, and that they are not."
    )


def test_embed_users_come_into_groups_by_their_ids(omni):
    one = next(iter(omni.organization.embed_users))
    plan = omnipd.plan_members(sheet([one], EMPTY))
    assert plan["refused"].isna().all()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"group": ["A"]}, "df= has no column that names the user"),
        ({"email": ["a@x.example"]}, "df= has no column that names the group"),
        ({"email": ["a@x.example", None], "group": "A"}, "Row 1 of df= has none of user_id, email"),
        (
            {"email": ["a@x.example"], "group": "A", "member": ["perhaps"]},
            "member of row 0 of df= must be true or false, unlike 'perhaps'",
        ),
        (
            {"email": ["a@x.example"], "group": "A", "member": [None]},
            "member of row 0 of df= must be true or false, unlike None",
        ),
    ],
)
def test_rows_that_name_nobody_are_refused_before_anything_is_sent(omni, given, words):
    with pytest.raises(omnipd.ArgumentError, match=words):
        omnipd.plan_members(pd.DataFrame(given))
    assert omni.server.requests == []


def test_no_rows_are_no_changes(omni):
    assert len(omnipd.plan_members(sheet([], []))) == 0
    assert len(omnipd.plan_members(sheet(sorted(omni.members(ANALYSTS)), ANALYSTS))) == 0
    assert omni.writes() == []


def test_rows_of_the_list_are_added_and_taken_away(omni):
    before = omnipd.read_group_members()
    new = pd.DataFrame(
        {"group_id": [omni.group(EMPTY).id], "user_id": [omni.outsiders(EMPTY, 1)[0]]}
    )
    kept = before[before["group_name"] != ANALYSTS]
    after = pd.concat([kept, new]).reset_index(drop=True)
    # Nobody is taken out because a row is missing, unless it is asked for.
    assert omnipd.plan(before, after)["new"].tolist() == ["true"]
    plan = omnipd.plan(before, after, delete=True)
    assert plan["new"].isna().sum() == len(before) - len(kept) > 1
    assert set(plan.apply()["state"]) == {"ok"}
    assert (omni.members(ANALYSTS), len(omni.members(EMPTY))) == (set(), 1)
    assert len(omni.writes()) == 2
    again = omnipd.read_group_members(refresh=True)
    kinds = ["group_id", "user_id"]
    assert set(again[kinds].itertuples(index=False)) == set(after[kinds].itertuples(index=False))


def test_who_is_in_a_group_is_not_renamed_with_it(omni):
    before = omnipd.read_group_members()
    with pytest.raises(omnipd.ArgumentError, match="Only rows can be added and taken away"):
        omnipd.plan(before, before.assign(group_name=EVERYONE))


def test_a_dry_run_sends_nothing(omni):
    plan = omnipd.plan_members(sheet(omni.outsiders(EMPTY, 2), EMPTY))
    assert set(plan.apply(dry_run=True)["state"]) == {"pending"}
    assert omni.writes() == []


def test_false_is_no_value_of_a_plan(omni):
    change = Change(Key("group", omni.group(EMPTY).id, "x", "member"), True, False)
    quoted = Change(Key("group", omni.group(EMPTY).id, 'x"]', "member"), True, None)
    assert Plan([change, quoted], omni.server.url)["refused"].tolist() == [
        "Leave the value empty to take somebody out of a group.",
        "'x\"]' is no membership id.",
    ]


def test_people_who_are_made_by_the_same_plan_come_into_their_groups_with_one_call(omni):
    emails = [f"new{place}@x.example" for place in range(5)]
    sheet = pd.DataFrame({"email": emails, "display_name": "New", "groups": EMPTY})
    plan = omnipd.plan_users(sheet)
    assert plan["column"].tolist() == ["exists"] * 5 + ["member"] * 5
    assert set(plan.apply(dry_run=True)["state"]) == {"pending"}
    report = plan.apply()
    assert set(report["state"]) == {"ok"}
    assert report["verified"].all()
    users = omni.organization.users
    assert {users[each].email for each in omni.members(EMPTY)} == {*emails}
    group = f"/api/scim/v2/Groups/{omni.group(EMPTY).id}"
    assert omni.writes()[5:] == [("PATCH", group, 200)]
    undone = omnipd.undo(report.attrs["omni"]["journal"]).apply(destructive=True)
    assert set(undone["state"]) == {"ok"}
    assert omni.members(EMPTY) == set()


def test_who_could_not_be_made_keeps_nobody_else_out():
    fault = {"status": 400, "method": "POST", "path": "/api/scim/v2/Users"}
    with changed_people(fault) as people:
        emails = ["new0@x.example", "new1@x.example"]
        sheet = pd.DataFrame({"email": emails, "display_name": "New", "groups": EMPTY})
        report = omnipd.plan_users(sheet).apply()
        assert report["state"].tolist() == ["failed", "ok", "conflict", "ok"]
        assert len(people.members(EMPTY)) == 1


def test_a_new_row_may_name_who_and_where_as_people_do(omni):
    before = omnipd.read_group_members()
    email = omni.organization.users[omni.outsiders(EMPTY, 1)[0]].email
    new = pd.DataFrame({"group_name": [EMPTY, "Emty group"], "user_display": [email, "x" + email]})
    plan = omnipd.plan(before, pd.concat([before, new], ignore_index=True))
    assert plan["item"].tolist() == [EMPTY, "Emty group"]
    assert plan["refused"].fillna("not").tolist() == [
        "not",
        "There is no group 'Emty group'. Did you mean 'Empty group'?",
    ]
    plan.apply()
    assert {omni.organization.users[each].email for each in omni.members(EMPTY)} == {email}

"""Users are renamed, deactivated, made and deleted by an edited frame, and all of it is taken back."""

import pandas as pd
import pytest
from changes.changed_users import changed_users

import omnipd

USERS, NEW = "/api/scim/v2/Users", "new@sandbox.example"


def edited(**cells):
    """Give the users, and the same with some cells changed: by the beginning of an address."""
    before = omnipd.read_users()
    after = before.copy()
    for name, values in cells.items():
        row = after["user_name"].str.startswith(f"{name}@")
        for column, value in values.items():
            after.loc[row, column] = value
    return before, after


def with_new(**cells):
    before = omnipd.read_users()
    row = pd.DataFrame([{"user_name": NEW, **cells}]).astype(object)
    return before, pd.concat([before.astype(object), row], ignore_index=True)


def undone(report):
    back = omnipd.undo(report.attrs["omni"]["journal"])
    return back.apply(confirm=True, destructive=True)


@pytest.mark.parametrize("user_put", ["merge", "replace"])
def test_names_and_states_change_alone_and_come_back(user_put):
    with changed_users(user_put=user_put, user_patch="declared") as omni:
        start = omni.everything()
        plan = omnipd.plan(*edited(zoe={"display_name": "Zoe K", "active": False}))
        assert plan["column"].tolist() == ["display_name", "active"]
        assert set(plan["tier"]) == {"safe"}
        report = plan.apply()
        assert (report["state"].tolist(), report["verified"].tolist()) == (["ok"] * 2, [True] * 2)
        changed = {
            **start,
            "zoe@sandbox.example": ("Zoe K", False, *start["zoe@sandbox.example"][2:]),
        }
        assert omni.everything() == changed
        assert set(undone(report)["state"]) == {"ok"}
        assert omni.everything() == start
        assert {method for method, _ in omni.writes()} == {"PATCH"}


@pytest.mark.parametrize("user_put", ["merge", "replace"])
def test_a_deactivated_user_who_is_renamed_stays_deactivated(user_put):
    with changed_users(user_put=user_put) as omni:
        omnipd.plan(*edited(zoe={"active": False})).apply()
        report = omnipd.plan(*edited(zoe={"display_name": "Z"})).apply()
        assert report["state"].tolist() == ["ok"]
        assert (omni.user("zoe").name, omni.user("zoe").active) == ("Z", False)


def test_an_empty_cell_activates_and_deactivates_nobody():
    with changed_users() as omni:
        start = omni.everything()
        plan = omnipd.plan(*edited(zoe={"active": None}, jose={"display_name": ""}))
        said = dict(zip(plan["name"], plan["refused"], strict=True))
        assert said == {
            "zoe@sandbox.example": "active is true or false, and not empty.",
            "jose@sandbox.example": "A user needs a display_name.",
        }
        plan.apply()
        assert omni.everything() == start


def test_what_somebody_else_changed_meanwhile_stays():
    with changed_users() as omni:
        plan = omnipd.plan(*edited(zoe={"display_name": "Mine"}))
        omnipd.plan(*edited(zoe={"display_name": "Theirs"})).apply()
        report = plan.apply()
        assert report["state"].tolist() == ["conflict"]
        assert "'Theirs'" in report["detail"][0]
        assert omni.user("zoe").name == "Theirs"


def test_what_had_no_effect_is_unverified():
    fault = {"kind": "no_effect", "method": "PATCH", "path": f"{USERS}/*"}
    with changed_users(fault) as omni:
        report = omnipd.plan(*edited(zoe={"active": False})).apply()
        assert report["state"].tolist() == ["unverified"]
        assert omni.user("zoe").active is True


def test_the_key_does_not_take_away_its_own_user():
    with changed_users():
        plan = omnipd.plan(*edited(ada={"active": False}))
        why = "The key acts for them, and would lose its rights with theirs."
        assert plan["refused"].tolist() == [why]


def test_an_edited_address_is_refused_by_name():
    with changed_users(), pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.plan(*edited(zoe={"user_name": "zoe2@sandbox.example"}))
    assert "user_name (1 row)" in str(caught.value)
    assert "The address of a user cannot be changed." in str(caught.value)


def test_edited_attributes_and_groups_are_refused_with_where_they_are_edited():
    with changed_users(), pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.plan(*edited(zoe={"user_attributes": "{}", "group_names": ""}))
    assert "read_user_attribute_values()" in str(caught.value)
    assert "read_group_members()" in str(caught.value)


def test_a_new_row_makes_a_user_and_undo_deletes_them():
    with changed_users() as omni:
        start = omni.everything()
        plan = omnipd.plan(*with_new(display_name="New"))
        assert plan.frame[["kind", "item", "column", "tier"]].values.tolist() == [
            ["user", NEW, "exists", "safe"]
        ]
        report = plan.apply()
        assert (report["state"].tolist(), report["verified"].tolist()) == (["ok"], [True])
        assert omni.everything() == {**start, NEW: ("New", True, {})}
        with pytest.raises(omnipd.ArgumentError, match="destructive"):
            omnipd.undo(report.attrs["omni"]["journal"]).apply()
        assert undone(report)["state"].tolist() == ["ok"]
        assert omni.everything() == start


def test_a_user_whose_making_lost_its_answer_is_made_once():
    lost = {"kind": "lost", "method": "POST", "path": USERS}
    with changed_users(lost) as omni:
        report = omnipd.plan(*with_new(display_name="New")).apply()
        assert report["state"].tolist() == ["ok"]
        assert [method for method, _ in omni.writes()] == ["POST"]
        assert NEW in omni.addresses()


def test_a_user_whom_nothing_was_heard_of_is_asked_for_once_more():
    reset = {"kind": "reset", "method": "POST", "path": USERS}
    with changed_users(reset) as omni:
        report = omnipd.plan(*with_new(display_name="New")).apply()
        assert report["state"].tolist() == ["ok"]
        assert [status for _, status in omni.writes()][-1] == 201
        assert NEW in omni.addresses()


def test_a_user_whom_somebody_else_makes_meanwhile_is_a_conflict():
    does = {"method": "POST", "path": USERS, "body": {"userName": NEW, "displayName": "Theirs"}}
    with changed_users(
        {"kind": "meanwhile", "method": "POST", "path": USERS, "does": does}
    ) as omni:
        report = omnipd.plan(*with_new(display_name="Mine")).apply()
        assert (report["state"].tolist(), report["status"].tolist()) == (["conflict"], [409])
        assert omni.user("new").name == "Theirs"


@pytest.mark.parametrize(("theirs", "state"), [("Mine", "already"), ("Theirs", "conflict")])
def test_who_is_there_by_now_is_as_planned_only_by_the_same_name(theirs, state):
    with changed_users() as omni:
        plan = omnipd.plan(*with_new(display_name="Mine"))
        omnipd.plan(*with_new(display_name=theirs)).apply()
        report = plan.apply()
        assert report["state"].tolist() == [state]
        # Neither was made by the plan.
        assert omnipd.undo(report.attrs["omni"]["journal"]).empty
        assert omni.user("new").name == theirs


def test_a_user_who_was_renamed_since_is_not_deleted():
    with changed_users() as omni:
        before = omnipd.read_users()
        zoe = before["user_name"] == "zoe@sandbox.example"
        plan = omnipd.plan(before, before[~zoe], delete=True)
        omnipd.plan(*edited(zoe={"display_name": "Another"})).apply()
        report = plan.apply(destructive=True)
        assert report["state"].tolist() == ["conflict"]
        assert "Another" in report["detail"].iloc[0]
        assert omni.user("zoe").name == "Another"


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ({}, "A new user needs a display_name."),
        ({"display_name": "X", "user_name": "x"}, "There is no user 'x'."),
        ({"display_name": "X", "user_name": "x@y"}, "'x@y' is no e-mail address."),
        ({"display_name": "X", "user_name": "ZOE@sandbox.example"}, "There is a user"),
        ({"display_name": "X", "active": False}, "A new user is active."),
        (
            {"display_name": "X", "user_attributes": '{"region":"a"}'},
            "planned by omnipd.plan_users()",
        ),
        ({"display_name": "X", "user_id": "made-up"}, "There is no user 'made-up'."),
    ],
)
def test_a_new_user_who_cannot_be_made_is_refused(cells, why):
    with changed_users() as omni:
        start = omni.everything()
        plan = omnipd.plan(*with_new(**cells))
        assert why in plan["refused"][0]
        assert plan.apply()["state"].tolist() == ["refused"]
        assert omni.everything() == start


def test_a_missing_row_deletes_only_where_that_is_asked_for():
    with changed_users() as omni:
        before = omnipd.read_users()
        after = before[before["user_name"] != "zoe@sandbox.example"]
        assert omnipd.plan(before, after).empty
        plan = omnipd.plan(before, after, delete=True)
        cells = plan.frame.iloc[0]
        assert (cells["name"], cells["tier"]) == ("zoe@sandbox.example", "destructive")
        assert not cells["reversible"]
        assert "give it to somebody else first" in cells["remark"]
        report = plan.apply(destructive=True)
        assert report["state"].tolist() == ["ok"]
        assert "zoe@sandbox.example" not in omni.addresses()
        assert len(omni.addresses()) == len(before) - 1
        assert omnipd.undo(report.attrs["omni"]["journal"])["refused"].notna().all()


def test_a_frame_of_groups_of_users_is_none_of_users():
    with changed_users(), pytest.raises(omnipd.ArgumentError, match="cannot be edited"):
        omnipd.plan(omnipd.read_user_groups())


def test_a_personal_key_changes_no_users():
    with changed_users() as omni:
        users = omnipd.read_users()
        with (
            omnipd.connect(omni.server.url, omni.server.personal_key) as own,
            pytest.raises(omnipd.ForbiddenError),
        ):
            omnipd.plan(users, client=own)

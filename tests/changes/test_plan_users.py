"""A sheet of users: who is not there is made, what it says changes, what it does not say stays."""

import pandas as pd
import pytest
from changes.changed_users import changed_users, values_of

import omnipd

ADA, ZOE, NEW = "ada@sandbox.example", "zoe@sandbox.example", "new@sandbox.example"
USERS = "/api/scim/v2/Users"


def sheet(*rows):
    return pd.DataFrame(list(rows), dtype=object)


def wrong(*rows):
    with pytest.raises(omnipd.ArgumentError) as caught:
        omnipd.plan_users(sheet(*rows))
    return str(caught.value)


def test_a_sheet_makes_and_changes_users_and_is_taken_back():
    with changed_users() as omni:
        start = omni.everything()
        plan = omnipd.plan_users(
            sheet(
                {"email": ZOE.upper(), "display_name": "Zoe K", "active": "FALSE", "quota": 7},
                {
                    "email": f" {NEW} ",
                    "display_name": "New",
                    "attribute:region": "0123",
                    "cost_centers": "1000,1010",
                },
            )
        )
        assert plan.frame[["name", "column", "old", "new"]].fillna("").values.tolist() == [
            [
                NEW,
                "exists",
                "",
                '{"display_name":"New","attributes":{"region":"0123",'
                '"cost_centers":["1000","1010"]}}',
            ],
            [ZOE, "display_name", "Zoë Krüger", "Zoe K"],
            [ZOE, "active", "true", "false"],
            [ZOE, "value", "1800", "7"],
        ]
        report = plan.apply()
        assert set(report["state"]) == {"ok"}
        assert report["verified"].all()
        assert omni.everything() == {
            **start,
            ZOE: ("Zoe K", False, {**start[ZOE][2], "quota": "7"}),
            NEW: ("New", True, {"region": "0123", "cost_centers": ["1000", "1010"]}),
        }
        back = omnipd.undo(report.attrs["omni"]["journal"]).apply(destructive=True)
        assert set(back["state"]) == {"ok"}
        assert omni.everything() == start


def test_empty_cells_and_missing_rows_say_nothing():
    with changed_users():
        users = omnipd.read_users()
        says = {"display_name": "", "active": None, "region": float("nan"), "groups": " "}
        said = sheet(*({"user_name": one, **says} for one in users["user_name"]))
        assert omnipd.plan_users(said).empty
        assert omnipd.plan_users(sheet({"email": ADA})).empty
        assert omnipd.plan_users(sheet({"email": ADA}).head(0)).empty


def test_who_is_deactivated_is_activated_only_where_the_sheet_says_so():
    with changed_users(user_put="replace") as omni:
        omnipd.plan_users(sheet({"email": ZOE, "active": False})).apply()
        omnipd.plan_users(sheet({"email": ZOE, "display_name": "Z", "region": "west"})).apply()
        assert (omni.user("zoe").name, omni.user("zoe").active) == ("Z", False)
        plan = omnipd.plan_users(sheet({"email": ZOE, "active": True}))
        assert plan["remark"].tolist() == ["They can log in."]
        plan.apply()
        assert omni.user("zoe").active is True


def test_a_new_user_may_be_made_inactive_and_undo_does_not_activate_them():
    with changed_users() as omni:
        start = omni.everything()
        said = sheet({"email": NEW, "display_name": "New", "active": "false"})
        report = omnipd.plan_users(said).apply()
        assert report["column"].tolist() == ["exists", "active"]
        assert set(report["state"]) == {"ok"}
        assert omni.user("new").active is False
        assert omnipd.plan_users(said).empty
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert set(back[back["tier"] == "safe"].apply()["state"]) == {"already"}
        assert omni.user("new").active is False
        assert set(back.apply(destructive=True)["state"]) == {"ok", "already"}
        assert omni.everything() == start


def test_a_lost_answer_does_not_leave_a_new_user_active():
    lost = {"kind": "lost", "method": "POST", "path": USERS}
    with changed_users(lost) as omni:
        said = sheet({"email": NEW, "display_name": "New", "active": "false"})
        assert set(omnipd.plan_users(said).apply()["state"]) == {"ok"}
        assert omni.user("new").active is False
        assert [method for method, _ in omni.writes()] == ["POST", "PATCH"]


def test_rows_that_omni_would_refuse_are_in_the_plan_refused():
    with changed_users() as omni:
        start = omni.everything()
        plan = omnipd.plan_users(
            sheet(
                {"email": "not an address", "display_name": "X"},
                {"email": "nameless@sandbox.example"},
                {"email": ADA, "active": "false"},
                {"email": ZOE, "quota": "many"},
                {"email": NEW, "display_name": "New", "quota": "more"},
            )
        )
        said = {(row["name"], row["column"]): row["refused"] for _, row in plan.frame.iterrows()}
        assert said == {
            ("not an address", "exists"): "'not an address' is no e-mail address.",
            ("nameless@sandbox.example", "exists"): "A new user needs a display_name.",
            (ADA, "active"): "The key acts for them, and would lose its rights with theirs.",
            (ZOE, "value"): "'quota' holds numbers, unlike 'many'.",
            (NEW, "exists"): "'quota' holds numbers, unlike 'more'.",
        }
        plan.apply()
        assert omni.everything() == start


def members(omni, name):
    groups = omni.server.organization.groups.values()
    return set(next(each for each in groups if each.name == name).member_ids)


def test_users_join_groups_also_those_who_are_made_first():
    with changed_users() as omni:
        start, before = omni.everything(), members(omni, "Analysts")
        said = sheet(
            {"email": NEW, "display_name": "New", "active": False, "groups": "Analysts"},
            {"email": ZOE, "groups": "Everyone,Analysts"},
        )
        plan = omnipd.plan_users(said)
        assert set(plan.apply(dry_run=True)["state"]) == {"pending"}
        report = plan.apply()
        assert report["column"].tolist() == ["exists", "active", "member", "member"]
        assert set(report["state"]) == {"ok"}
        ids = {omni.user("new").membership_id, omni.user("zoe").membership_id}
        assert members(omni, "Analysts") == before | ids
        assert omni.user("zoe").membership_id in members(omni, "Everyone")
        assert omnipd.plan_users(said).empty
        back = omnipd.undo(report.attrs["omni"]["journal"]).apply(destructive=True)
        assert set(back["state"]) == {"ok", "already"}
        assert members(omni, "Analysts") == before
        assert omni.everything() == start


def test_what_belongs_to_a_user_who_cannot_be_made_is_refused_with_them():
    with changed_users() as omni:
        plan = omnipd.plan_users(
            sheet({"email": NEW, "active": False, "groups": "Analysts,analyst"})
        )
        assert plan["column"].tolist() == [
            "exists",
            "active",
            "member",
            "member",
        ]
        assert plan["refused"].tolist() == [
            "A new user needs a display_name.",
            "The user is not made.",
            "The user is not made.",
            "There is no group 'analyst'. Did you mean 'Analysts'?",
        ]
        assert set(plan.apply()["state"]) == {"refused"}
        assert NEW not in omni.addresses()


def test_what_a_sheet_cannot_say_is_refused_by_name():
    with changed_users():
        twice = wrong({"email": ADA}, {"email": ZOE}, {"email": "Ada@Sandbox.example"})
        assert f"{ADA} (rows 0, 2)".casefold() in twice.casefold()
        assert "Row 1 has no email." in wrong({"email": ADA}, {"email": None})
        assert "no column email or user_name" in wrong({"mail": ADA})
        assert "both email and user_name" in wrong({"email": ADA, "user_name": ADA})
        assert "Did you mean 'region'?" in wrong({"email": ADA, "regoin": "x"})
        assert "Did you mean 'display_name'?" in wrong({"email": ADA, "display name": "x"})
        assert "no user attribute 'regoin'. Did" in wrong({"email": ADA, "attribute:regoin": "x"})
        assert "'omni_user_name' is Omni's own" in wrong({"email": ADA, "omni_user_name": "x"})
        both = wrong({"email": ADA, "region": "x", "attribute:region": "x"})
        assert "Two columns are of the attribute 'region'." in both
        assert "active of 'ada@sandbox.example' must be true" in wrong({"email": ADA, "active": 2})
        with pytest.raises(omnipd.ArgumentError, match="must be a DataFrame"):
            omnipd.plan_users([ADA])


def test_numbers_for_a_text_are_refused_since_zeros_may_be_lost(tmp_path):
    with changed_users() as omni:
        (tmp_path / "users.csv").write_text(f"email,region\n{ZOE},0123\n")
        with pytest.raises(omnipd.ArgumentError, match="zeros") as caught:
            omnipd.plan_users(pd.read_csv(tmp_path / "users.csv"))
        assert "dtype=str" in str(caught.value)
        omnipd.plan_users(pd.read_csv(tmp_path / "users.csv", dtype=str)).apply()
        assert omni.user("zoe").attributes["region"] == "0123"


def test_numbers_whose_digits_are_lost_are_refused(tmp_path):
    with changed_users():
        (tmp_path / "users.csv").write_text(f"email,quota\n{ZOE},9007199254740993\n{ADA},\n")
        with pytest.raises(omnipd.ArgumentError, match="digits"):
            omnipd.plan_users(pd.read_csv(tmp_path / "users.csv"))


@pytest.mark.thorough
def test_six_hundred_users_from_a_file(tmp_path):
    with changed_users() as omni:
        start = omni.everything()
        people = [
            {
                "email": f"P{number}@people.example",
                "display_name": f"Person {number}",
                "region": f"{number:05}",
                "quota": str(9007199254740993 + number),
                "cost_centers": f"{number},{number + 1}",
            }
            for number in range(600)
        ]
        pd.DataFrame(people).to_csv(tmp_path / "people.csv", index=False)
        said = pd.read_csv(tmp_path / "people.csv", dtype=str)
        report = omnipd.plan_users(said).apply()
        assert report["state"].value_counts().to_dict() == {"ok": 600}
        assert report["verified"].all()
        assert len(omni.everything()) == len(start) + 600
        assert values_of(omni.user("P7")) == {
            "region": "00007",
            "quota": "9007199254741000",
            "cost_centers": ["7", "8"],
        }
        assert omnipd.plan_users(said).empty
        said["region"] = "north"
        assert len(omnipd.plan_users(said)) == 600

"""Values of attributes are set, listed and taken away by an edited frame, with all their digits."""

import pandas as pd
import pytest
from changes.changed_users import changed_users, values_of

import omnipd

ADA, ZOE, JOSE = "ada@sandbox.example", "zoe@sandbox.example", "jose@sandbox.example"


def rows(frame, address, attribute):
    return (frame["user_name"] == address) & (frame["attribute_name"] == attribute)


def added(frame, address, attribute, *values, several=False):
    """Give the rows of a frame with some for values of an attribute that a user has not."""
    user_id = frame.loc[frame["user_name"] == address, "user_id"].iloc[0]
    new = [
        {
            "user_id": user_id,
            "user_name": address,
            "attribute_name": attribute,
            "position": place if several else None,
            "value": value,
        }
        for place, value in enumerate(values, 1)
    ]
    return pd.concat([frame.astype(object), pd.DataFrame(new, dtype=object)], ignore_index=True)


def read():
    return omnipd.read_user_attribute_values(refresh=True)


def test_values_are_set_with_one_call_per_user_and_come_back():
    with changed_users() as omni:
        start = omni.everything()
        before = read()
        after = added(before, ZOE, "language", "de")
        after.loc[rows(after, ZOE, "region"), "value"] = "west"
        after.loc[rows(after, JOSE, "language"), "value"] = "es"
        plan = omnipd.plan(before, after)
        assert set(plan["kind"]) == {"user_attribute"}
        assert sorted(plan.frame[["name", "part", "new"]].values.tolist()) == [
            [JOSE, "language", "es"],
            [ZOE, "language", "de"],
            [ZOE, "region", "west"],
        ]
        report = plan.apply()
        assert set(report["state"]) == {"ok"}
        assert report["verified"].all()
        assert values_of(omni.user("zoe")) == {
            **start[ZOE][2],
            "region": "west",
            "language": "de",
        }
        assert values_of(omni.user("jose")) == {"region": "west", "language": "es"}
        assert omnipd.plan(read(), after).empty
        back = omnipd.undo(report.attrs["omni"]["journal"]).apply()
        assert set(back["state"]) == {"ok"}
        assert omni.everything() == start


def test_a_value_that_is_emptied_is_removed():
    with changed_users() as omni:
        before = read()
        after = before.copy()
        after.loc[rows(after, ZOE, "quota"), "value"] = None
        plan = omnipd.plan(before, after)
        assert '"op":"remove"' in plan["call"][0]
        report = plan.apply()
        assert (report["state"].tolist(), report["verified"].tolist()) == (["ok"], [True])
        assert "quota" not in values_of(omni.user("zoe"))
        omnipd.undo(report.attrs["omni"]["journal"]).apply()
        assert values_of(omni.user("zoe"))["quota"] == "1800"


def test_a_list_is_edited_by_its_rows():
    with changed_users() as omni:
        before = read()
        after = before.copy()
        after.loc[rows(after, ADA, "cost_centers") & (after["position"] == 2), "value"] = "1090"
        plan = omnipd.plan(before, after)
        assert plan.frame[["part", "old", "new"]].values.tolist() == [
            ["cost_centers", '["1000","1010"]', '["1000","1090"]']
        ]
        plan.apply()
        assert values_of(omni.user("ada"))["cost_centers"] == ["1000", "1090"]


def test_a_list_whose_rows_are_missing_in_part_stays_unless_that_is_asked_for():
    with changed_users() as omni:
        before = read()
        second = rows(before, ADA, "cost_centers") & (before["position"] == 2)
        assert omnipd.plan(before, before[~second]).empty
        assert omnipd.plan(before, before[second]).empty
        plan = omnipd.plan(before, before[~second], delete=True)
        assert plan["new"].tolist() == ['["1000"]']
        assert set(plan.apply()["state"]) == {"ok"}
        assert values_of(omni.user("ada"))["cost_centers"] == ["1000"]
        whole = read()
        none = whole[~rows(whole, ADA, "cost_centers")]
        assert omnipd.plan(whole, none).empty
        omnipd.plan(whole, none, delete=True).apply()
        assert "cost_centers" not in values_of(omni.user("ada"))


def test_a_new_list_is_given_with_positions():
    with changed_users() as omni:
        before = read()
        after = added(before, JOSE, "cost_centers", "1000", "007", several=True)
        omnipd.plan(before, after).apply()
        assert values_of(omni.user("jose"))["cost_centers"] == ["1000", "007"]


def test_digits_stay_as_they_were_written(tmp_path):
    with changed_users() as omni:
        before = read()
        after = before.copy()
        after.loc[rows(after, ZOE, "region"), "value"] = "0123"
        after.loc[rows(after, ZOE, "quota"), "value"] = "9007199254740993"
        omnipd.plan(before, after).apply()
        assert omni.user("zoe").attributes["region"] == "0123"
        assert omni.user("zoe").attributes["quota"] == "9007199254740993"
        # A spreadsheet of nothing but numbers takes them for its own: 123, and 9007199254740992.0.
        kept = read()
        only = kept[rows(kept, ZOE, "region") | rows(kept, ZOE, "quota")]
        only.to_csv(tmp_path / "values.csv", index=False)
        assert pd.read_csv(tmp_path / "values.csv")["value"].dtype == "int64"
        assert omnipd.plan(kept, pd.read_csv(tmp_path / "values.csv")).empty
        doubles = pd.read_csv(tmp_path / "values.csv", dtype={"value": float})
        assert omnipd.plan(kept, doubles).empty
        doubles["value"] *= 2
        with pytest.raises(omnipd.ArgumentError, match="whose digits are all known"):
            omnipd.plan(kept, doubles)


def test_a_text_that_looks_like_a_list_is_one_text(tmp_path):
    with changed_users() as omni:
        before = read()
        after = before.copy()
        after.loc[rows(after, ZOE, "region"), "value"] = '["a","b"]'
        after.loc[rows(after, JOSE, "region"), "value"] = '"quoted"'
        plan = omnipd.plan(before, after)
        plan.to_csv(tmp_path / "plan.csv")
        omnipd.Plan.from_csv(tmp_path / "plan.csv").apply()
        assert omni.user("zoe").attributes["region"] == '["a","b"]'
        assert omni.user("jose").attributes["region"] == '"quoted"'


@pytest.mark.parametrize(
    ("attribute", "values", "several", "why"),
    [
        ("omni_is_org_admin", ["true"], False, "'omni_is_org_admin' is Omni's own"),
        (
            "languge",
            ["de"],
            False,
            "There is no user attribute 'languge'. Did you mean 'language'?",
        ),
        ("quota", ["many"], False, "'quota' holds numbers, unlike 'many'."),
        ("language", ["de", "fr"], True, "'language' holds one value"),
        ("cost_centers", ["1000"], False, "'cost_centers' holds a list of values"),
        ("cost_centers", ["1000", "x"], True, "'cost_centers' holds numbers, unlike 'x'."),
    ],
)
def test_what_an_attribute_cannot_hold_is_refused(attribute, values, several, why):
    with changed_users() as omni:
        start = omni.everything()
        before = read()
        free = before[~rows(before, JOSE, attribute)]
        plan = omnipd.plan(free, added(free, JOSE, attribute, *values, several=several))
        assert why in plan["refused"][0]
        plan.apply()
        assert omni.everything() == start


@pytest.mark.parametrize("position", [0, "second", 1.5])
def test_a_position_is_a_whole_number(position):
    with changed_users():
        before = read()
        after = before.astype(object)
        after.loc[rows(after, ADA, "cost_centers") & (after["position"] == 2), "position"] = (
            position
        )
        with pytest.raises(omnipd.ArgumentError, match="position of 'cost_centers'"):
            omnipd.plan(before, after)


def test_a_position_is_there_once():
    with changed_users():
        before = read()
        after = before.astype(object)
        after.loc[rows(after, ADA, "cost_centers"), "position"] = 1
        with pytest.raises(omnipd.ArgumentError, match="two rows of the position 1"):
            omnipd.plan(before, after)


def test_one_value_that_omni_refuses_does_not_keep_the_others_out():
    fault = {"kind": "status", "code": 400, "method": "PATCH", "path": "/api/scim/v2/Users/*"}
    with changed_users({**fault, "count": 2}) as omni:
        before = read()
        after = added(before, ZOE, "language", "de")
        after.loc[rows(after, ZOE, "region"), "value"] = "west"
        report = omnipd.plan(before, after).apply()
        assert report["state"].tolist() == ["failed", "ok"]
        assert [status for _, status in omni.writes()] == [400, 400, 200]


def test_users_of_an_older_omni_have_no_attributes_to_edit():
    with changed_users(old_shapes=True):
        before = read()
        assert before["attribute_name"].isna().all()
        assert omnipd.plan(before, before.copy()).empty

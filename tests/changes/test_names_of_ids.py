"""Who approves a plan reads addresses and names beside the ids, and never those of others."""

import csv

import pandas as pd
import pytest
from changes.small_organization import AROHA, GRACE, MONTHLY, PRIYA, TEAM, small_omni

import omnipd

BY_PRIYA, BY_GRACE = "priya@sandbox.example", "grace@sandbox.example"
NAMES = ["name", "part_name", "old_name", "new_name"]


def owner_plan(owner=GRACE):
    """Plan what is Priya's to be somebody else's."""
    before = omnipd.read_documents()
    after = before.copy()
    after.loc[after["owner_id"] == PRIYA, "owner_id"] = owner
    return omnipd.plan(before, after)


def names(plan):
    return plan.frame[NAMES[1:]].astype(object).where(lambda one: one.notna(), None).values.tolist()


def test_owners_are_named_by_their_addresses_and_the_ids_stay_beside():
    with small_omni():
        plan = owner_plan()
        assert len(plan) > 0
        assert plan["old"].tolist() == [PRIYA] * len(plan)
        assert plan["new"].tolist() == [GRACE] * len(plan)
        assert names(plan) == [[None, BY_PRIYA, BY_GRACE]] * len(plan)
        assert BY_PRIYA in plan._repr_html_()
        assert PRIYA not in plan._repr_html_()
        assert "priya@" in repr(plan)
        assert PRIYA[:8] not in repr(plan)
        report = plan.apply(confirm=True)
        assert report["new_name"].tolist() == plan["new_name"].tolist()
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert names(back) == [[None, BY_GRACE, BY_PRIYA]] * len(plan)


def test_whose_permission_it_is_is_said_and_which_folder_it_is_on():
    with small_omni():
        folders = omnipd.read_folders()
        paths = dict(zip(folders["folder_id"], folders["path"], strict=True))
        before = omnipd.read_folder_permissions(folders)
        folder = before["folder_id"].iloc[0]
        new = [
            {"folder_id": folder, "principal_type": kind, "principal_id": one, "role": "VIEWER"}
            for kind, one in (("user", AROHA), ("userGroup", TEAM))
        ]
        plan = omnipd.plan(before, pd.concat([before, pd.DataFrame(new)]))
        assert plan.frame[NAMES[:2]].values.tolist() == [
            [paths[folder], "aroha@sandbox.example"],
            [paths[folder], "Finance & Accounting"],
        ]
        assert plan["part"].tolist() == [f"user:{AROHA}", f"userGroup:{TEAM}"]


def test_members_and_who_receives_something_are_named():
    with small_omni():
        sheet = pd.DataFrame({"user_id": [PRIYA], "group": ["Empty group"]})
        assert names(omnipd.plan_members(sheet)) == [[BY_PRIYA, None, None]]
        before = omnipd.read_schedule_recipients([MONTHLY])
        new = pd.DataFrame({"schedule_id": [MONTHLY], "recipient_id": [AROHA]})
        plan = omnipd.plan(before, pd.concat([before, new]))
        schedules = omnipd.read_schedules().set_index("schedule_id")["name"]
        assert plan["name"].tolist() == [schedules[MONTHLY]]
        assert names(plan) == [["aroha@sandbox.example", None, None]]


def test_names_come_back_from_a_file_but_not_beside_other_ids(tmp_path):
    path = tmp_path / "plan.csv"
    with small_omni():
        plan = owner_plan()
        plan.to_csv(path)
        assert omnipd.Plan.from_csv(path) == plan
        with path.open(newline="") as file:
            first, *others = csv.DictReader(file)
        edits = ({"new": AROHA}, {"new_name": "aroha@sandbox.example"})
        for edit in edits:
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(first))
                writer.writeheader()
                writer.writerows([{**first, **edit}, *others])
            with pytest.warns(omnipd.OmniWarning, match="edited since the plan was made"):
                again = omnipd.Plan.from_csv(path)
            assert names(again)[0] == [None, None, None]
            assert names(again)[1:] == names(plan)[1:]


def test_a_key_that_must_not_read_people_has_plans_of_ids():
    with (
        small_omni() as omni,
        omnipd.connect(omni.server.url, omni.server.personal_key, requests_per_minute=None),
    ):
        plan = owner_plan()
        assert len(plan) > 0
        assert names(plan) == [[None, None, None]] * len(plan)

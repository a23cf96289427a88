"""Schedules are paused, resumed and deleted by a plan."""

from dataclasses import replace

import pytest
from changes.small_organization import (
    DAILY,
    MONTHLY,
    OF_JOSE,
    PAUSED,
    TO_SLACK,
    small_omni,
    states,
    undone,
)

import omnipd

PATH = "/api/v1/schedules/{}"
STAYS = "A resume does not clear what Omni itself stops a schedule for."


def edited(**running):
    """Plan schedules, by id, to run or not."""
    before = omnipd.read_schedules()
    after = before.copy()
    for schedule_id, is_active in running.items():
        after.loc[after["schedule_id"] == schedule_id, "is_active"] = is_active
    return omnipd.plan(before, after)


def stop(omni, schedule_id):
    """Let Omni itself stop a schedule."""
    held = omni.organization
    stopped = replace(
        held.schedules[schedule_id],
        system_disabled_at="2026-11-01T00:00:00.000Z",
        system_disabled_reason="noAccess",
    )
    held.keep_schedule(stopped)


def test_schedules_are_paused_and_resumed_and_back():
    with small_omni() as omni:
        before = omni.everything()["schedules"]
        plan = edited(**{MONTHLY: False, PAUSED: True})
        rows = plan.frame.set_index("item")
        assert rows.loc[MONTHLY, ["old", "new", "tier"]].tolist() == ["true", "false", "safe"]
        assert rows["call"].to_dict() == {
            MONTHLY: f"PUT {PATH.format(MONTHLY)}/pause",
            PAUSED: f"PUT {PATH.format(PAUSED)}/resume",
        }
        assert rows["remark"].fillna("").to_dict() == {MONTHLY: "", PAUSED: STAYS}
        report = plan.apply()
        assert states(report) == ["ok", "ok"]
        assert report["verified"].all()
        held = omni.organization.schedules
        assert held[MONTHLY].disabled_at is not None
        assert held[PAUSED].disabled_at is None
        assert states(undone(report)) == ["ok", "ok"]
        after = omni.everything()["schedules"]
        assert after[MONTHLY] == before[MONTHLY]
        # It is paused again, and since another moment.
        assert after[PAUSED]["disabled_at"] is not None
        assert after[PAUSED] | {"disabled_at": None} == before[PAUSED] | {"disabled_at": None}


def test_what_omni_itself_has_stopped_is_not_resumed():
    with small_omni() as omni:
        stop(omni, MONTHLY)
        stop(omni, PAUSED)
        plan = edited(**{MONTHLY: True, PAUSED: True})
        why = (
            "Omni itself stopped it (noAccess). A resume does not clear that: mend the cause first."
        )
        assert plan["refused"].tolist() == [why, why]
        assert states(plan.apply()) == ["refused", "refused"]
        assert omni.changes() == []


def test_a_resume_that_does_not_help_is_not_taken_for_made():
    with small_omni() as omni:
        plan = edited(**{PAUSED: True})
        stop(omni, PAUSED)
        report = plan.apply()
        assert states(report) == ["unverified"]
        assert report["detail"].item() == "Omni took it, and shows 'false'."


def test_neither_paused_nor_running_is_no_state():
    with small_omni():
        before = omnipd.read_schedules()
        after = before.copy()
        after.loc[after["schedule_id"] == MONTHLY, "is_active"] = None
        assert omnipd.plan(before, after)["refused"].tolist() == [
            "It runs or it does not: true or false."
        ]


@pytest.mark.parametrize(("kind", "sent"), [("lost", [0]), ("reset", [0, 200])])
def test_a_pause_whose_answer_was_lost_is_looked_for(kind, sent):
    with small_omni({"kind": kind, "method": "PUT", "path": PATH.format("*/pause")}) as omni:
        assert states(edited(**{MONTHLY: False}).apply()) == ["ok"]
        assert [status for _, _, status in omni.changes()] == sent


def test_schedules_are_deleted_for_good_where_it_is_asked_for():
    with small_omni() as omni:
        before = omnipd.read_schedules()
        after = before[~before["schedule_id"].isin([MONTHLY, OF_JOSE])]
        assert omnipd.plan(before, after).empty
        plan = omnipd.plan(before, after, delete=True)
        assert set(plan["item"]) == {MONTHLY, OF_JOSE}
        assert set(plan["tier"]) == {"destructive"}
        assert not plan["reversible"].any()
        assert set(plan["call"]) == {f"DELETE {PATH.format(one)}" for one in (MONTHLY, OF_JOSE)}
        with pytest.raises(omnipd.ArgumentError, match="'destructive'"):
            plan.apply(confirm=True)
        omni.ask("DELETE", PATH.format(OF_JOSE))
        report = plan.apply(destructive=True)
        assert dict(zip(report["item"], report["state"], strict=True)) == {
            MONTHLY: "ok",
            OF_JOSE: "already",
        }
        left = {*before["schedule_id"]} - {MONTHLY, OF_JOSE}
        assert {*omni.organization.schedules} == left
        back = omnipd.undo(report.attrs["omni"]["journal"])
        assert back["item"].tolist() == [MONTHLY]
        assert back["refused"].item().startswith("A deleted schedule cannot be made again")
        assert states(back.apply()) == ["refused"]


def test_a_deletion_whose_answer_was_lost_is_looked_for():
    with small_omni({"kind": "lost", "method": "DELETE", "path": PATH.format("*")}) as omni:
        before = omnipd.read_schedules()
        after = before[before["schedule_id"] != TO_SLACK]
        report = omnipd.plan(before, after, delete=True).apply(destructive=True)
        assert states(report) == ["ok"]
        assert omni.changes() == [("DELETE", PATH.format(TO_SLACK), 0)]


def test_what_is_gone_is_a_conflict_and_what_is_new_is_refused():
    with small_omni() as omni:
        plan = edited(**{DAILY: False})
        omni.ask("DELETE", PATH.format(DAILY))
        report = plan.apply()
        assert (states(report), report["detail"].tolist()) == (
            ["conflict"],
            ["It is not there."],
        )
        before = omnipd.read_schedules()
        after = before.copy()
        after.loc[0, "schedule_id"] = "new"
        [why] = omnipd.plan(before, after)["refused"]
        assert (
            why
            == "A schedule is made of more than its row says: who receives it, how, and of what."
        )


def test_schedules_of_older_servers_tell_their_owner_one_by_one():
    with small_omni(old_shapes=True) as omni:
        report = edited(**{MONTHLY: False, PAUSED: True}).apply()
        assert states(report) == ["ok", "ok"]
        assert omni.organization.schedules[PAUSED].disabled_at is None

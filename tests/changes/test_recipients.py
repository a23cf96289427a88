"""Who receives a schedule by e-mail: persons, addresses and groups, added and taken away."""

import pandas as pd
import pytest
from changes.small_organization import (
    DAILY,
    EMPTY,
    GRACE,
    JOSE,
    MONTHLY,
    PARTNER,
    TEAM,
    TO_SLACK,
    small_omni,
    states,
    undone,
)
from scripted_server import answer, page

import omnipd

PATH = "/api/v1/schedules/{}/{}"
ADDED = "add-recipients"
REMOVED = "remove-recipients"


def row(schedule_id=MONTHLY, **cells):
    return {"schedule_id": schedule_id} | cells


def with_rows(frame, *rows):
    more = pd.DataFrame(list(rows)).reindex(columns=frame.columns).astype(frame.dtypes.to_dict())
    after = pd.concat([frame, more], ignore_index=True)
    after.attrs = dict(frame.attrs)
    return after


def read(*schedules):
    return omnipd.read_schedule_recipients(list(schedules) or [MONTHLY])


def test_a_person_a_group_and_an_address_are_added_with_one_call_and_taken_away_again():
    with small_omni() as omni:
        start = omni.everything()
        before = read()
        after = with_rows(
            before,
            row(recipient_id=GRACE),
            row(via_group_id=EMPTY),
            row(email="partner.1@outside.example"),
        )
        plan = omnipd.plan(before, after)
        assert plan["part"].tolist() == [GRACE, f"group {EMPTY}", "partner.1@outside.example"]
        assert plan["old"].isna().all()
        assert set(plan["new"]) == {"true"}
        assert set(plan["tier"]) == {"confirm"}
        assert plan["call"].tolist() == [
            f"PUT {PATH.format(MONTHLY, ADDED)} {body}"
            for body in (
                f'{{"userIds":["{GRACE}"]}}',
                f'{{"userGroupIds":["{EMPTY}"]}}',
                '{"emails":["partner.1@outside.example"]}',
            )
        ]
        assert plan["remark"].fillna("").tolist() == [
            "",
            "",
            "An address that nobody has becomes an email-only user, who stays when this is undone.",
        ]
        report = plan.apply(confirm=True)
        assert states(report) == ["ok"] * 3
        assert report["verified"].all()
        assert omni.changes() == [("PUT", PATH.format(MONTHLY, ADDED), 200)]
        held = omni.organization.schedules[MONTHLY]
        assert GRACE in held.member_ids
        assert EMPTY in held.group_ids
        assert len(held.stranger_ids) == 4
        assert states(undone(report)) == ["ok"] * 3
        assert omni.changes()[1:] == [("PUT", PATH.format(MONTHLY, REMOVED), 200)]
        assert omni.everything() == start


def test_a_stranger_becomes_an_email_only_user_who_stays():
    with small_omni() as omni:
        before = read()
        start = omni.everything()
        report = omnipd.plan(before, with_rows(before, row(email="new@outside.example")))
        report = report.apply(confirm=True)
        assert states(report) == ["ok"]
        assert states(undone(report)) == ["ok"]
        now = omni.everything()
        assert now["schedules"] == start["schedules"]
        [made] = now["strangers"].keys() - start["strangers"].keys()
        assert now["strangers"][made].email == "new@outside.example"


def test_a_row_that_is_missing_takes_somebody_away_where_it_is_asked_for():
    with small_omni() as omni:
        start = omni.everything()
        before = read(MONTHLY, DAILY)
        gone = (before["recipient_id"].isin([JOSE, PARTNER]) & before["via_group_id"].isna()) | (
            before["via_group_id"].fillna("") == TEAM
        )
        after = before[~gone]
        assert omnipd.plan(before, after).empty
        plan = omnipd.plan(before, after, delete=True)
        assert list(zip(plan["item"], plan["part"], plan["new"].isna(), strict=True)) == [
            (MONTHLY, JOSE, True),
            (MONTHLY, PARTNER, True),
            (MONTHLY, f"group {TEAM}", True),
            (DAILY, JOSE, True),
        ]
        report = plan.apply(confirm=True)
        assert states(report) == ["ok"] * 4
        assert omni.changes() == [
            ("PUT", PATH.format(MONTHLY, REMOVED), 200),
            ("PUT", PATH.format(DAILY, REMOVED), 200),
        ]
        held = omni.organization.schedules
        assert held[MONTHLY].group_ids == ()
        assert JOSE not in {*held[MONTHLY].member_ids, *held[DAILY].member_ids}
        assert states(undone(report)) == ["ok"] * 4
        assert omni.everything() == start


def test_a_group_that_omni_lists_by_a_uuid_is_taken_away_as_a_group(scripted):
    group = "123e4567-e89b-12d3-a456-426614174000"
    groups = [{"id": group, "name": "Team", "recipients": []}]
    told = {"type": "email", "recipients": [], "userGroupRecipients": groups}
    schedule = {"id": MONTHLY, "name": "Monthly", "destinationType": "email", "ownerId": GRACE}
    team = {"id": group, "displayName": "Team", "members": []}
    listed = {"Resources": [team], "totalResults": 1, "startIndex": 1, "itemsPerPage": 1}
    answers = {
        "/recipients": answer(told),
        "/schedules?": page(schedule),
        "/Groups": answer(listed),
    }
    scripted.by_target = lambda target: next(
        step for part, step in answers.items() if part in target
    )
    with omnipd.connect(scripted.url, "omni_osk_x", requests_per_minute=None):
        before = read()
        plan = omnipd.plan(before, before.iloc[:0], delete=True)
        assert plan["part_name"].tolist() == ["Team"]
        assert plan["call"].tolist() == [
            f'PUT {PATH.format(MONTHLY, REMOVED)} {{"userGroupIds":["{group}"]}}'
        ]


def test_who_gets_it_by_a_group_stays_while_a_row_of_the_group_does():
    with small_omni():
        before = read()
        first = before.index[before["via_group_id"] == TEAM][0]
        assert omnipd.plan(before, before.drop(index=first), delete=True).empty


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (
            {"recipient_id": "grace lee"},
            "'grace lee' is no id of a user or a group, and no address."
            f" That of 'grace lee' is {GRACE} (grace@sandbox.example).",
        ),
        (
            {"via_group_id": "Analyst"},
            "'Analyst' is no id of a user or a group, and no address. Did you mean 'Analysts'?",
        ),
        (
            {"schedule_id": TO_SLACK, "recipient_id": GRACE},
            "It goes to slack, and not to addresses.",
        ),
        ({"schedule_id": GRACE, "recipient_id": GRACE}, "There is no such schedule."),
    ],
)
def test_what_cannot_be_is_refused(given, why):
    with small_omni() as omni:
        before = read()
        plan = omnipd.plan(before, with_rows(before, row(**given)))
        assert plan["refused"].tolist() == [why]
        assert omni.changes() == []


def test_people_without_a_login_are_known_by_their_id():
    with small_omni():
        before = read(DAILY)
        plan = omnipd.plan(before, with_rows(before, row(DAILY, recipient_id=PARTNER)))
        assert states(plan.apply(confirm=True)) == ["ok"]


def test_what_somebody_has_done_already_is_not_done_again():
    with small_omni() as omni:
        before = read()
        plan = omnipd.plan(
            before, with_rows(before, row(recipient_id=GRACE), row(email="GRACE@sandbox.example"))
        )
        omni.ask("PUT", PATH.format(MONTHLY, ADDED), {"userIds": [GRACE]})
        sent = len(omni.changes())
        assert states(plan.apply(confirm=True)) == ["already", "already"]
        assert len(omni.changes()) == sent


def test_recipients_of_a_schedule_that_is_gone_are_a_conflict():
    with small_omni() as omni:
        before = read()
        plan = omnipd.plan(before, with_rows(before, row(recipient_id=GRACE)))
        omni.ask("DELETE", f"/api/v1/schedules/{MONTHLY}")
        report = plan.apply(confirm=True)
        assert states(report) == ["conflict"]
        assert report["detail"].item() == "It is not there."


@pytest.mark.parametrize(("kind", "sent"), [("lost", [0]), ("reset", [0, 200])])
def test_recipients_whose_answer_was_lost_are_looked_for(kind, sent):
    fault = {"kind": kind, "method": "PUT", "path": PATH.format("*", ADDED)}
    with small_omni(fault) as omni:
        before = read()
        after = with_rows(before, row(recipient_id=GRACE), row(via_group_id=EMPTY))
        assert states(omnipd.plan(before, after).apply(confirm=True)) == ["ok", "ok"]
        assert [status for _, _, status in omni.changes()] == sent


def test_half_of_a_call_is_seen_and_the_rest_is_made():
    fault = {"kind": "partial", "code": 502, "method": "PUT", "path": PATH.format("*", ADDED)}
    with small_omni(fault) as omni:
        before = read()
        after = with_rows(before, row(email="a@x.example"), row(email="b@x.example"))
        report = omnipd.plan(before, after).apply(confirm=True)
        assert states(report) == ["ok", "ok"]
        assert report["verified"].all()
        assert [status for _, _, status in omni.changes()] == [502, 200]


def test_a_frame_alone_is_compared_with_what_omni_has_now():
    with small_omni() as omni:
        sheet = with_rows(read(), row(recipient_id=GRACE))
        plan = omnipd.plan(sheet, reader="schedule_recipients")
        assert plan["part"].tolist() == [GRACE]
        assert states(plan.apply(confirm=True)) == ["ok"]
        assert GRACE in omni.organization.schedules[MONTHLY].member_ids

"""Documents and schedules get another owner: a user who is there and active, named by membership id."""

import pytest
from changes.small_organization import (
    ALEX,
    AROHA,
    AT_THE_TOP,
    GRACE,
    JOSE,
    MONTHLY,
    OF_JOSE,
    PERSONAL,
    PRIYA,
    small_omni,
    states,
    undone,
)

import omnipd

DOCUMENT = "/api/v1/documents/{}/transfer-ownership"
SCHEDULE = "/api/v1/schedules/{}/transfer-ownership"
VIEWS = "Omni refuses an owner who cannot see the dashboard."


def given(reader, item, owner, **asked):
    """Plan one thing of a frame to be somebody else's."""
    before = reader(**asked)
    after = before.copy()
    key = "schedule_id" if "schedule_id" in after else "document_identifier"
    after.loc[after[key] == item, "owner_id"] = owner
    return omnipd.plan(before, after)


def owner_of(omni, item):
    held = omni.organization
    return (held.documents.get(item) or held.schedules[item]).owner_id


@pytest.mark.parametrize(
    ("reader", "asked", "item", "owner", "path", "remark"),
    [
        (omnipd.read_documents, {}, AT_THE_TOP, PRIYA, DOCUMENT, ""),
        (omnipd.read_documents, {}, PERSONAL, AROHA, DOCUMENT, ""),
        (omnipd.read_content, {"scope": "all"}, PERSONAL, AROHA, DOCUMENT, ""),
        (omnipd.read_schedules, {}, OF_JOSE, JOSE, SCHEDULE, VIEWS),
    ],
)
def test_something_is_given_away_and_back(reader, asked, item, owner, path, remark):
    with small_omni() as omni:
        before = omni.everything()
        plan = given(reader, item, GRACE, **asked)
        [row] = plan.frame.to_dict("records")
        assert (row["old"], row["new"], row["tier"]) == (owner, GRACE, "confirm")
        assert row["call"] == f'PUT {path.format(item)} {{"userId":"{GRACE}"}}'
        assert plan["remark"].fillna("").item() == remark
        report = plan.apply(confirm=True)
        assert states(report) == ["ok"]
        assert report["verified"].item()
        assert owner_of(omni, item) == GRACE
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


@pytest.mark.parametrize(
    ("owner", "why"),
    [
        (
            "grace@sandbox.example",
            "There is no user with the membership id 'grace@sandbox.example'."
            f" That of 'grace@sandbox.example' is {GRACE} (grace@sandbox.example).",
        ),
        (
            "grace lee",
            "There is no user with the membership id 'grace lee'."
            f" That of 'grace lee' is {GRACE} (grace@sandbox.example).",
        ),
        (
            GRACE[:-1] + "5",
            f"There is no user with the membership id '{GRACE[:-1]}5'. Did you mean '{GRACE}'?",
        ),
        (None, "It needs an owner: the membership id of a user."),
        (ALEX, "alex.kim2@sandbox.example is deactivated."),
    ],
)
@pytest.mark.parametrize(
    ("reader", "item"), [(omnipd.read_documents, AT_THE_TOP), (omnipd.read_schedules, OF_JOSE)]
)
def test_who_cannot_own_anything_is_refused(reader, item, owner, why):
    with small_omni() as omni:
        omni.deactivate(ALEX)
        plan = given(reader, item, owner)
        assert plan["refused"].tolist() == [why]
        changed = len(omni.changes())
        assert states(plan.apply(confirm=True)) == ["refused"]
        assert len(omni.changes()) == changed


@pytest.mark.parametrize(
    ("reader", "item", "path"),
    [
        (omnipd.read_documents, AT_THE_TOP, DOCUMENT),
        (omnipd.read_schedules, OF_JOSE, SCHEDULE),
    ],
)
def test_what_was_given_to_somebody_else_meanwhile_stays_theirs(reader, item, path):
    with small_omni() as omni:
        plan = given(reader, item, GRACE)
        omni.ask("PUT", path.format(item), {"userId": AROHA})
        report = plan.apply(confirm=True)
        assert states(report) == ["conflict"]
        assert report["detail"].item() == f"It is '{AROHA}' now."
        assert owner_of(omni, item) == AROHA


def test_a_schedule_is_not_given_to_its_owner():
    with small_omni() as omni:
        plan = given(omnipd.read_schedules, OF_JOSE, GRACE)
        omni.ask("PUT", SCHEDULE.format(OF_JOSE), {"userId": GRACE})
        sent = len(omni.changes())
        assert states(plan.apply(confirm=True)) == ["already"]
        assert len(omni.changes()) == sent


@pytest.mark.parametrize("code", [None, 502])
@pytest.mark.parametrize(
    ("reader", "item", "path"),
    [
        (omnipd.read_documents, AT_THE_TOP, DOCUMENT),
        (omnipd.read_schedules, OF_JOSE, SCHEDULE),
    ],
)
def test_a_lost_answer_makes_no_second_call(reader, item, path, code):
    fault = {"kind": "lost", "method": "PUT", "path": path.format("*")}
    with small_omni(fault | ({"code": code} if code else {})) as omni:
        before = omni.everything()
        report = given(reader, item, GRACE).apply(confirm=True)
        assert states(report) == ["ok"]
        assert omni.changes() == [("PUT", path.format(item), code or 0)]
        assert states(undone(report)) == ["ok"]
        assert omni.everything() == before


def test_an_owner_who_cannot_see_the_dashboard_is_omnis_to_refuse():
    with small_omni() as omni:
        omni.ask(
            "POST",
            f"/api/v1/documents/{AT_THE_TOP}/move",
            {"folderPath": None, "scope": "restricted"},
        )
        report = given(omnipd.read_schedules, MONTHLY, AROHA).apply(confirm=True)
        assert states(report) == ["failed"]
        assert "cannot see the dashboard" in report["detail"].item()


def test_the_owner_of_a_folder_stays_and_the_plan_says_why():
    with small_omni():
        before = omnipd.read_content()
        after = before.copy()
        after.loc[after["path"] == "/flights", "owner_id"] = GRACE
        plan = omnipd.plan(before, after)
        assert plan["refused"].tolist() == [
            "Omni has no call that gives a folder to somebody else."
        ]
        assert states(plan.apply()) == ["refused"]


def test_without_the_right_to_read_users_only_addresses_are_refused():
    with small_omni(key_scope="user") as omni:
        assert given(omnipd.read_documents, AT_THE_TOP, GRACE)["refused"].isna().all()
        assert given(omnipd.read_documents, AT_THE_TOP, "g@x.example")["refused"].tolist() == [
            "'g@x.example' is an address: a membership id is needed."
        ]
        assert omni.changes() == []

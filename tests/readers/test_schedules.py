"""The readers of schedules: against the sandbox over HTTP, and against answers written by hand."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from faults.given import client_of
from readers.reader_checks import (
    Case,
    ask,
    check_a_new_key_is_kept,
    check_any_part_of_a_record,
    check_every_key_has_a_column,
    check_the_types_stay,
    documented_columns,
    moment,
    plain,
    sent,
    types_of,
    walk,
)
from scripted_server import answer

import omnipd
from omnipd_sandbox.server import Server

USER = "11111111-2222-4333-8444-555555555555"
WHEN = "2026-01-02T03:04:05.678Z"
THEN = pd.Timestamp("2026-01-02 03:04:05.678", tz="UTC")
SECRET = "hunter2"

SCHEDULE = {
    "id": "s1",
    "name": "Weekly",
    "identifier": "d1",
    "dashboardName": "Sales",
    "content": "single tile",
    "format": "pdf",
    "destinationType": "slack",
    "recipientCount": 3,
    "schedule": "0 6 * * ? *",
    "timezone": "UTC",
    "ownerId": "m1",
    "ownerName": "Ada",
    "disabledAt": WHEN,
    "systemDisabledAt": "2026-02-02T01:00:00+01:00",
    "systemDisabledReason": "noAccess",
    "lastCompletedAt": WHEN,
    "lastStatus": "COMPLETE",
    "slackRecipientType": "Channel",
    "alert": {"conditionType": "RESULTS_CHANGED", "conditionQueryName": "Orders"},
}
DETAILS = {
    "id": "s1",
    "name": "Weekly",
    "entityId": "e1",
    "organizationId": "o1",
    "ownerId": "m1",
    "owner": {"name": "Ada"},
    "schedule": "0 6 * * ? *",
    "timezone": "UTC",
    "createdAt": WHEN,
    "updatedAt": WHEN,
    "disabledAt": WHEN,
    "systemDisabledAt": WHEN,
    "systemDisabledReason": "noAccess",
    "fanOut": True,
    "killJobsOnFailure": False,
    "conditionType": "RESULTS_CHANGED",
    "conditionQueryMapKey": "1",
    "filterConfig": {"f": 1},
    "metadata": {"paper": "a4"},
    "destinations": [
        {
            "id": "de1",
            "format": "pdf",
            "lastCompletedAt": WHEN,
            "lastStatus": "COMPLETE",
            "metadata": {"password": SECRET},
            "brandNewPlaceOfSecrets": SECRET,
            "recipients": [{"id": "r1", "membershipId": "m1"}],
            "userGroupRecipients": [],
        }
    ],
}
RECIPIENTS = {
    "type": "email",
    "recipients": [{"id": "m1", "email": "ada@b.example", "name": "Ada", "emailOnly": False}],
    "userGroupRecipients": [
        {
            "id": "g1",
            "name": "All",
            "recipients": [{"id": "m1", "email": "ada@b.example", "name": "Ada"}],
        },
        {"id": "g2", "name": "None", "recipients": []},
    ],
}
ADA = {"recipient_id": "m1", "email": "ada@b.example", "name": "Ada"}
NOBODY = {"recipient_id": None, "email": None, "name": None, "email_only": None}
OF_S1 = {"schedule_id": "s1", "destination_type": "email"}


def itself(record):
    """Return a record as the whole body of an answer."""
    return record


CASES = [
    Case(
        "read_schedules",
        SCHEDULE,
        [
            {
                "schedule_id": "s1",
                "name": "Weekly",
                "document_identifier": "d1",
                "dashboard_name": "Sales",
                "content": "single tile",
                "format": "pdf",
                "destination_type": "slack",
                "recipient_count": 3,
                "schedule": "0 6 * * ? *",
                "timezone": "UTC",
                "owner_id": "m1",
                "owner_name": "Ada",
                "disabled_at": THEN,
                "system_disabled_at": pd.Timestamp("2026-02-02", tz="UTC"),
                "system_disabled_reason": "noAccess",
                "last_completed_at": THEN,
                "last_status": "COMPLETE",
                "slack_recipient_type": "Channel",
                "is_active": False,
                "alert_condition_type": "RESULTS_CHANGED",
                "alert_query_name": "Orders",
            }
        ],
        {"id": "s1"},
    ),
    Case(
        "read_schedule_recipients",
        RECIPIENTS,
        [
            {**OF_S1, **ADA, "email_only": False, "via_group_id": None, "via_group_name": None},
            {**OF_S1, **ADA, "email_only": None, "via_group_id": "g1", "via_group_name": "All"},
            {**OF_S1, **NOBODY, "via_group_id": "g2", "via_group_name": "None"},
        ],
        {"type": "email", "recipients": [{"id": "m1"}]},
        itself,
        parents=(["s1"],),
        empty={"type": "webhook", "url": f"https://hooks.example/{SECRET}"},
    ),
]
DETAIL = Case(
    "read_schedule_details",
    DETAILS,
    [
        {
            "schedule_id": "s1",
            "name": "Weekly",
            "entity_id": "e1",
            "organization_id": "o1",
            "owner_id": "m1",
            "owner_name": "Ada",
            "schedule": "0 6 * * ? *",
            "timezone": "UTC",
            "created_at": THEN,
            "updated_at": THEN,
            "disabled_at": THEN,
            "system_disabled_at": THEN,
            "system_disabled_reason": "noAccess",
            "fan_out": True,
            "kill_jobs_on_failure": False,
            "condition_type": "RESULTS_CHANGED",
            "condition_query_map_key": "1",
            "filter_config": '{"f":1}',
            "metadata": '{"paper":"a4"}',
            "destination_count": 1,
            "destinations": '[{"id":"de1","format":"pdf","lastCompletedAt":"2026-01-02T03:04:05.678Z",'
            '"lastStatus":"COMPLETE"}]',
        }
    ],
    {"id": "s1"},
    itself,
    parents=(["s1"],),
)
FAN_OUTS = [CASES[1], DETAIL]


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@each([*CASES, DETAIL])
def test_every_key_of_a_record_has_its_column(case, scripted):
    check_every_key_has_a_column(case, scripted)


@each(CASES)
def test_the_types_are_the_same_whatever_comes(case, scripted):
    check_the_types_stay(case, scripted)


def test_the_types_of_details_are_the_same_whatever_comes(scripted):
    for parents, record in [
        ([], DETAILS),
        (["s1"], {"id": "s1"}),
        (["s1"], DETAILS),
        (["s1"], DETAIL.nulled("id")),
    ]:
        df = replace(DETAIL, parents=(parents,)).read(scripted, record)
        assert types_of(df) == documented_columns("read_schedule_details")
        assert len(df) == len(parents)


@each([*CASES, DETAIL])
def test_any_part_of_a_record_gives_the_same_types(case, scripted):
    check_any_part_of_a_record(case, scripted)


@each([*CASES, DETAIL])
def test_a_key_that_nobody_knows_is_kept(case, scripted):
    check_a_new_key_is_kept(case, scripted)


@pytest.mark.parametrize("place", [("recipients", 0), ("userGroupRecipients", 0)])
def test_a_new_key_of_a_recipient_or_a_group_is_kept(scripted, place):
    check_a_new_key_is_kept(replace(CASES[1], place=place), scripted)


@pytest.mark.parametrize(
    ("paused", "stopped", "active"),
    [
        (None, None, True),
        (WHEN, None, False),
        (None, WHEN, False),
        ("absent", WHEN, False),
        ("absent", None, None),
        ("absent", "absent", None),
    ],
)
def test_a_schedule_is_active_unless_it_is_stopped_or_that_is_not_said(
    scripted, paused, stopped, active
):
    stops = {"disabledAt": paused, "systemDisabledAt": stopped}
    record = {"id": "s1"} | {key: value for key, value in stops.items() if value != "absent"}
    [row] = plain(CASES[0].read(scripted, record))
    assert row["is_active"] is active


@pytest.mark.parametrize(
    "destinations",
    [
        DETAILS["destinations"],
        {"password": SECRET},
        [[SECRET]],
        SECRET,
        7,
        [{"format": {"password": 1}, "metadata": SECRET}],
    ],
)
def test_how_a_destination_is_reached_is_in_no_frame_and_no_error(scripted, destinations):
    try:
        df = DETAIL.read(scripted, {**DETAILS, "destinations": destinations})
        shown = df.to_csv() + json.dumps(df.attrs)
    except omnipd.ResponseError as error:
        shown = str(error) + repr(error) + str(error.partial)
    assert SECRET not in shown


@pytest.mark.parametrize("recipients", [[], [{"id": SECRET}], SECRET])
def test_what_other_destinations_say_is_in_no_frame(scripted, recipients):
    body = {"type": "webhook", "url": f"https://hooks.example/{SECRET}", "recipients": recipients}
    df = CASES[1].read(scripted, body)
    assert len(df) == 0
    assert SECRET not in df.to_csv() + json.dumps(df.attrs)


@pytest.mark.parametrize("recipients", [{"id": "m1"}, ["m1"], 7])
def test_recipients_of_another_shape_are_an_error_of_ours(scripted, recipients):
    with pytest.raises(omnipd.ResponseError):
        CASES[1].read(scripted, {**RECIPIENTS, "recipients": recipients})


@each(FAN_OUTS)
def test_schedules_are_named_by_a_list_a_series_or_a_frame(case, scripted):
    expected = case.read(scripted, case.full)
    wanted = ["s1", None, "s1"]
    for parents in [
        "s1",
        pd.Series(wanted, dtype="string[pyarrow]"),
        pd.DataFrame({"id": wanted}),
        pd.DataFrame({"id": ["other"] * 3, "schedule_id": wanted}),
    ]:
        before = len(scripted.requests)
        df = replace(case, parents=(parents,)).read(scripted, case.full)
        pd.testing.assert_frame_equal(df, expected)
        assert len(scripted.requests) - before == 1  # the same parent is asked once


@each(FAN_OUTS)
@pytest.mark.parametrize(
    ("status", "error"), [(403, omnipd.ForbiddenError), (404, omnipd.NotFoundError)]
)
def test_one_that_may_not_be_seen_fails_the_whole_or_is_named(case, scripted, status, error):
    def by_target(target):
        if "/s2" in target:
            return answer({"detail": "Permission denied", "status": status}, status)
        return answer(case.full)

    scripted.by_target = by_target
    reader = getattr(omnipd, case.name)
    with client_of(scripted):
        with pytest.raises(error, match="2 of 3") as caught:
            reader(["s1", "s2", "s3"])
        assert plain(caught.value.partial) == [{**row, "extra": None} for row in case.rows]
        with pytest.warns(omnipd.OmniWarning, match="1 of 3 could not be read"):
            df = reader(["s1", "s2", "s3"], errors="collect")
    assert df["schedule_id"].unique().tolist() == ["s1", "s3"]
    assert list(df.attrs["omni"]["failures"]) == ["s2"]
    assert df.attrs["omni"]["complete"] is False


# --- the sandbox


@pytest.fixture(scope="module")
def records(server):
    asked = {"sortField": "scheduleName", "sortDirection": "asc"}
    return walk(server, "/api/v1/schedules", **asked)


def schedule_row(one):
    alert = one.get("alert") or {}
    return {
        "schedule_id": one["id"],
        "name": one["name"],
        "document_identifier": one["identifier"],
        "dashboard_name": one["dashboardName"],
        "content": one["content"],
        "format": one["format"],
        "destination_type": one["destinationType"],
        "recipient_count": None if one["recipientCount"] == -1 else one["recipientCount"],
        "schedule": one["schedule"],
        "timezone": one["timezone"],
        "owner_id": one["ownerId"],
        "owner_name": one["ownerName"],
        "disabled_at": moment(one["disabledAt"]),
        "system_disabled_at": moment(one["systemDisabledAt"]),
        "system_disabled_reason": one["systemDisabledReason"],
        "last_completed_at": moment(one["lastCompletedAt"]),
        "last_status": one["lastStatus"],
        "slack_recipient_type": one["slackRecipientType"],
        "is_active": one["disabledAt"] is None and one["systemDisabledAt"] is None,
        "alert_condition_type": alert.get("conditionType"),
        "alert_query_name": alert.get("conditionQueryName"),
        "extra": None,
    }


def test_schedules_are_those_of_a_hand_written_walk(omni, server, records):
    before = len(server.requests)
    df = omnipd.read_schedules()
    assert plain(df) == [schedule_row(one) for one in records]
    assert len(records) > 100
    assert [query.get("cursor") for _, query in sent(server, before)] == [None, "2"] * 2
    assert set(df["is_active"]) == {True, False}
    assert set(df["document_identifier"]) <= set(omnipd.read_documents()["document_identifier"])


def test_details_are_those_of_a_hand_written_loop(omni, server, records):
    df = omnipd.read_schedule_details([one["id"] for one in records[:30]])
    expected = []
    for one in records[:30]:
        raw = ask(server, f"/api/v1/schedules/{one['id']}")
        expected.append(
            {
                "schedule_id": one["id"],
                "name": raw["name"],
                "entity_id": raw["entityId"],
                "organization_id": raw["organizationId"],
                "owner_id": raw["ownerId"],
                "owner_name": raw["owner"]["name"],
                "created_at": moment(raw["createdAt"]),
                "fan_out": raw["fanOut"],
                "kill_jobs_on_failure": raw["killJobsOnFailure"],
                "condition_type": raw["conditionType"],
                "condition_query_map_key": raw["conditionQueryMapKey"],
                "filter_config": json.dumps(raw["filterConfig"]),
                "destination_count": len(raw["destinations"]),
                "extra": None,
            }
        )
    assert plain(df[list(expected[0])]) == expected
    assert df["condition_type"].notna().any()
    held = json.loads(df["destinations"][0])
    assert [set(one) for one in held] == [{"id", "format", "lastCompletedAt", "lastStatus"}]


def test_recipients_are_those_of_a_hand_written_loop(omni, server, records):
    expected = []
    for schedule in records[:40]:
        raw = ask(server, f"/api/v1/schedules/{schedule['id']}/recipients")
        people = [(one, {}) for one in raw.get("recipients", [])]
        people += [
            (one, group)
            for group in raw.get("userGroupRecipients", [])
            for one in group["recipients"]
        ]
        expected += [
            {
                "schedule_id": schedule["id"],
                "destination_type": "email",
                "recipient_id": one["id"],
                "email": one["email"],
                "name": one["name"],
                "email_only": one.get("emailOnly"),
                "via_group_id": group.get("id"),
                "via_group_name": group.get("name"),
                "extra": None,
            }
            for one, group in people
        ]
    df = omnipd.read_schedule_recipients([one["id"] for one in records[:40]])
    peopled = df[df["recipient_id"].notna()]
    assert plain(peopled) == expected
    assert {True, False} == set(peopled["email_only"].dropna())
    assert peopled["via_group_id"].notna().any()
    mails = {one["id"] for one in records[:40] if one["destinationType"] == "email"}
    assert set(df["schedule_id"]) <= mails < {one["id"] for one in records[:40]}


def test_an_older_server_gives_the_same_columns(tmp_path):
    with Server(old_shapes=True) as old:
        client = omnipd.connect(old.url, old.api_key, requests_per_minute=None, cache_dir=tmp_path)
        schedules = omnipd.read_schedules(client=client)
        mails = schedules[schedules["destination_type"] == "email"].head(5)
        recipients = omnipd.read_schedule_recipients(mails, client=client)
        client.close()
    assert types_of(schedules) == documented_columns("read_schedules")
    assert types_of(recipients) == documented_columns("read_schedule_recipients")
    for name in ("format", "owner_id"):
        assert schedules[name].isna().all()
    assert len(recipients) > 5
    assert recipients["email_only"].isna().all()
    assert schedules["extra"].isna().all()
    assert recipients["extra"].isna().all()


# --- parameters

BASE = {"pageSize": "100", "sortField": "scheduleName", "sortDirection": "asc"}


@pytest.mark.parametrize(
    ("arguments", "wire"),
    [
        ({}, {}),
        ({"q": "Ada", "status": "error"}, {"q": "Ada", "status": "error"}),
        ({"destination": "google_sheets"}, {"destination": "google_sheets"}),
        ({"content_type": "single tile"}, {"contentType": "single tile"}),
        ({"schedule_type": "alert"}, {"scheduleType": "alert"}),
        ({"identifier": "d1", "owner_id": USER}, {"identifier": "d1", "ownerId": USER}),
        ({"embed_entity": "acme"}, {"embedEntity": "acme"}),
        (
            {"sort": "last_run_status", "direction": "desc"},
            {"sortField": "lastRunStatus", "sortDirection": "desc"},
        ),
        ({"sort": "dashboard_name"}, {"sortField": "dashboardName"}),
        ({"sort": "owner_name"}, {"sortField": "ownerName"}),
        ({"sort": "last_run"}, {"sortField": "lastRun"}),
    ],
)
def test_parameters_of_schedules_reach_the_wire(omni, server, arguments, wire):
    before = len(server.requests)
    omnipd.read_schedules(**arguments, limit=1, refresh=True)
    assert sent(server, before) == [("/api/v1/schedules", BASE | wire)]


@pytest.mark.parametrize(
    ("column", "value", "arguments"),
    [
        ("destination_type", "slack", {"destination": "slack"}),
        ("content", "single tile", {"content_type": "single tile"}),
        ("owner_name", "Ada Byrne", {"q": "ada byrne"}),
    ],
)
def test_filters_of_schedules_mean_what_the_columns_say(omni, records, column, value, arguments):
    df = omnipd.read_schedules(**arguments)
    assert len(df) > 0
    assert set(df[column]) == {value}
    everything = omnipd.read_schedules()
    assert len(df) == (everything[column] == value).sum()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"status": "failed"}, "status='failed' is not known"),
        ({"destination": "mail"}, "Did you mean 'email'"),
        ({"content_type": "tile"}, "Did you mean 'single tile'"),
        ({"schedule_type": "alerts"}, "Did you mean 'alert'"),
        ({"sort": "scheduleName"}, "Did you mean 'schedule_name'"),
        ({"owner_id": ".."}, "owner_id='..' is not an id"),
        ({"q": ""}, "q='' is empty"),
        ({"identifier": 7}, "identifier=7 must be text"),
        ({"limit": 1.5}, "1 or more"),
    ],
)
def test_bad_parameters_of_schedules_are_refused_by_name(omni, server, arguments, message):
    before = len(server.requests)
    with pytest.raises(omnipd.ArgumentError, match=message):
        omnipd.read_schedules(**arguments)
    assert len(server.requests) == before


def test_parameters_below_a_schedule_reach_the_wire(omni, server, records):
    one = records[0]
    path = f"/api/v1/schedules/{one['id']}"
    before = len(server.requests)
    omnipd.read_schedule_details(one["id"], user_id=one["ownerId"], refresh=True)
    omnipd.read_schedule_recipients(one["id"], refresh=True)
    assert sent(server, before) == [(path, {"userId": one["ownerId"]}), (f"{path}/recipients", {})]


@each(FAN_OUTS)
def test_what_is_no_schedule_is_refused_before_anything_is_sent(case, scripted):
    with client_of(scripted):
        for parents in [[7], [""], pd.DataFrame({"name": ["s1"]})]:
            with pytest.raises(omnipd.ArgumentError, match="schedule_id"):
                getattr(omnipd, case.name)(parents)
        with pytest.raises(omnipd.ArgumentError, match="errors='skip' is not known"):
            getattr(omnipd, case.name)(["s1"], errors="skip")
    assert scripted.requests == []


def test_a_bad_person_is_refused_before_anything_is_sent(scripted):
    with client_of(scripted), pytest.raises(omnipd.ArgumentError, match=r"user_id='\.\.'"):
        omnipd.read_schedule_details(["s1"], user_id="..")
    assert scripted.requests == []

"""Schedules that do not arrive: each flag, what comes near it, and what withholds it."""

import pytest
from audit.hand_made import at, lacking, rows, table

import omnipd
from omnipd import audit

FLAGS = [
    "is_paused",
    "is_stopped",
    "is_failing",
    "never_ran",
    "owner_is_gone",
    "owner_is_deactivated",
    "document_is_gone",
    "has_no_recipients",
    "has_outside_recipients",
]
NOON = at("2026-04-01 12:00")


def schedule(name="s", **rest):
    return {
        "schedule_id": name,
        "document_identifier": "d",
        "dashboard_name": "D",
        "destination_type": "email",
        "recipient_count": 1,
        "owner_id": "ann",
        "last_status": "COMPLETE",
        "last_completed_at": NOON,
        "is_active": True,
    } | rest


def recipient(email="bob@x.example", **rest):
    return {"schedule_id": "s", "recipient_id": "bob", "email": email} | rest


def group(group_id="g", name="G", **rest):
    return {"schedule_id": "s", "via_group_id": group_id, "via_group_name": name} | rest


def tables(*schedules, scopes=1, **others):
    held = {
        "schedules": [*schedules, schedule("other")],
        "schedule_recipients": [recipient(), recipient(schedule_id="other")],
        "content": [{"type": "document", "document_identifier": "d", "deleted": False}],
        "users": [
            {"user_id": "ann", "email": "ann@x.example", "active": True},
            {"user_id": "bob", "email": "bob@x.example", "active": True},
            {"user_id": "off", "active": False},
        ],
    } | others
    names = [*audit.schedule_health.needs, *audit.schedule_health.also]
    made = {name: table(name, *held.get(name, [])) for name in names}
    made["content"].attrs["omni"]["public_rows"] = scopes
    return made


def asked(*schedules, domains="x.example", **others):
    return rows(
        audit.schedule_health(omnipd.Inventory(tables(*schedules, **others)), domains=domains)
    )[0]


def test_what_arrives_has_no_findings():
    row = asked(schedule(name="s", owner_name="Ann"))
    assert {flag: row[flag] for flag in FLAGS} == dict.fromkeys(FLAGS, False)
    assert (row["findings"], row["unknown"], row["outside_recipients"]) == ("", None, None)
    assert (row["owner_email"], row["last_status"]) == ("ann@x.example", "COMPLETE")


@pytest.mark.parametrize(
    ("flag", "given", "others", "holds"),
    [
        ("is_paused", {"disabled_at": NOON, "is_active": False}, {}, True),
        ("is_stopped", {"system_disabled_at": NOON, "is_active": False}, {}, True),
        ("is_failing", {"last_status": "ERROR"}, {}, True),
        ("is_failing", {"last_status": "ERROR_DELIVERED"}, {}, True),
        ("is_failing", {"last_status": "KILLED"}, {}, True),
        ("is_failing", {"last_status": "CONDITION_UNMET"}, {}, False),
        ("is_failing", {"last_status": "LOST"}, {}, None),
        ("is_failing", {"last_status": None}, {}, None),
        ("never_ran", {"last_status": None, "last_completed_at": None}, {}, True),
        ("owner_is_gone", {"owner_id": "ghost"}, {}, True),
        ("owner_is_gone", {"owner_id": "e"}, {"embed_users": [{"user_id": "e", "active": True}]}, False),
        ("owner_is_gone", {"owner_id": "m"}, {"email_only_users": [{"user_id": "m"}]}, False),
        ("owner_is_deactivated", {"owner_id": "off"}, {}, True),
        ("document_is_gone", {"document_identifier": "away"}, {}, True),
        ("document_is_gone", {"document_identifier": "away"}, {"scopes": None}, None),
        ("document_is_gone", {"document_identifier": "t"}, {"documents": [{"document_identifier": "t", "deleted": True}]}, True),
        ("document_is_gone", {"document_identifier": "t"}, {"documents": [{"document_identifier": "t", "deleted": False}]}, False),
        ("document_is_gone", {"document_identifier": None}, {}, None),
        ("has_no_recipients", {"recipient_count": 0}, {"schedule_recipients": []}, True),
        ("has_no_recipients", {"recipient_count": 0}, {}, False),
        (
            "has_no_recipients",
            {},
            {"schedule_recipients": [group()], "groups": [{"group_id": "g", "member_count": 0}]},
            True,
        ),
        (
            "has_no_recipients",
            {},
            {"schedule_recipients": [group("uuid", "G")], "groups": [{"group_id": "g", "display_name": "G", "member_count": 0}]},
            True,
        ),
        (
            "has_no_recipients",
            {},
            {"schedule_recipients": [group(recipient_id="bob"), group("h")], "groups": [{"group_id": "h", "member_count": 0}]},
            False,
        ),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient("bob@y.example")]}, True),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient("bob@notx.example")]}, True),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient("bob@eu.x.example")]}, True),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient("bob@x.example.y.example")]}, True),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient("Bob@X.Example")]}, False),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient(None)]}, False),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient(None, recipient_id="off")]}, None),
        ("has_outside_recipients", {}, {"schedule_recipients": [recipient("bob")]}, None),
        ("has_outside_recipients", {"destination_type": "slack"}, {}, None),
    ],
)  # fmt: skip
def test_each_flag_holds_does_not_or_is_not_known(flag, given, others, holds):
    row = asked(schedule(**given), **others)
    expected = dict.fromkeys(FLAGS, False) | {flag: holds}
    assert {one: row[one] for one in FLAGS} == expected
    assert row["findings"] == (flag if holds and flag != "is_paused" else "")
    assert (row["unknown"] is not None) == (holds is None)


@pytest.mark.parametrize(
    ("given", "others", "unknown"),
    [
        # The group has members, or may have: then nobody's address is known.
        ({}, {"schedule_recipients": [group()]}, ["has_no_recipients", "has_outside_recipients"]),
        (
            {},
            {"schedule_recipients": [group()], "groups": [{"group_id": "g", "member_count": 2}]},
            ["has_outside_recipients"],
        ),
        ({}, {"schedule_recipients": []}, ["has_no_recipients", "has_outside_recipients"]),
        (
            {"recipient_count": None},
            {"schedule_recipients": []},
            ["has_no_recipients", "has_outside_recipients"],
        ),
        ({"destination_type": None}, {}, ["has_no_recipients", "has_outside_recipients"]),
        ({"owner_id": None}, {}, ["owner_is_gone", "owner_is_deactivated"]),
        ({"is_active": None}, {}, ["is_paused", "is_stopped"]),
        ({"is_active": False}, {}, ["is_stopped"]),
        (
            {"document_identifier": "away"},
            {"embed_users": [{"user_id": "e", "active": True}]},
            ["document_is_gone"],
        ),
    ],
)
def test_what_is_not_told_is_not_known(given, others, unknown):
    row = asked(schedule(**given), **others)
    assert [flag for flag in FLAGS if row[flag] is None] == unknown
    assert [flag for flag in FLAGS if row[flag]] == []
    assert row["unknown"] is not None


def test_where_no_schedule_has_a_run_none_is_said_never_to_have_run():
    silent = {"last_status": None, "last_completed_at": None}
    row = rows(
        audit.schedule_health(
            omnipd.Inventory(
                tables() | {"schedules": table("schedules", schedule(**silent), schedule(**silent))}
            )
        )
    )[0]
    assert (row["never_ran"], row["is_failing"]) == (None, None)


def test_owner_ids_of_another_kind_withhold_the_claim():
    held = tables() | {"schedules": table("schedules", schedule(owner_id="base-1"))}
    [row] = rows(audit.schedule_health(omnipd.Inventory(held), domains="x.example"))
    assert (row["owner_is_gone"], row["owner_is_deactivated"]) == (None, None)
    assert row["unknown"] == "no owner's id is that of a person"


def test_addresses_outside_are_named_and_domains_may_be_several():
    held = [recipient(one) for one in ("a@y.example", "b@z.example", "A@Y.example", "c@x.example")]
    row = asked(schedule(), domains=["@X.example", "z.example"], schedule_recipients=held)
    assert row["outside_recipients"] == "a@y.example,A@Y.example"


def test_without_domains_nobody_is_outside_and_nothing_is_missing():
    row = asked(schedule(), domains=None, schedule_recipients=[recipient("a@y.example")])
    assert (row["has_outside_recipients"], row["unknown"], row["findings"]) == (None, None, "")


@pytest.mark.parametrize("domains", [[], "ann@x.example", "", "@", [None], 5])
def test_what_is_no_domain_is_refused(domains):
    with pytest.raises(omnipd.ArgumentError, match="domains="):
        asked(schedule(), domains=domains)


@pytest.mark.parametrize(
    ("name", "how", "given", "withheld"),
    [
        ("users", "refused", {"owner_id": "ghost"}, ["owner_is_gone", "owner_is_deactivated"]),
        (
            "embed_users",
            "missing",
            {"owner_id": "ghost"},
            ["owner_is_gone", "owner_is_deactivated"],
        ),
        (
            "email_only_users",
            "incomplete",
            {"owner_id": "ghost"},
            ["owner_is_gone", "owner_is_deactivated"],
        ),
        ("content", "incomplete", {"document_identifier": "away"}, ["document_is_gone"]),
        ("documents", "refused", {"document_identifier": "away"}, ["document_is_gone"]),
        ("embed_users", "missing", {"document_identifier": "away"}, ["document_is_gone"]),
        (
            "schedule_recipients",
            "incomplete",
            {"recipient_count": 0},
            ["has_no_recipients", "has_outside_recipients"],
        ),
        ("groups", "refused", {}, ["has_no_recipients", "has_outside_recipients"]),
        ("group_members", "missing", {}, ["has_no_recipients", "has_outside_recipients"]),
    ],
)
def test_what_is_not_known_whole_withholds_the_claim(name, given, withheld, how):
    others = {}
    if "group" in name:
        others = {
            "schedule_recipients": [group()],
            "groups": [{"group_id": "g", "member_count": 0}],
        }
    held = tables(schedule(**given), **others)
    if name == "schedule_recipients":
        held[name] = table(name)
    if name == "groups":
        held[name] = table(name)
    with pytest.warns(omnipd.OmniWarning, match=name):
        answer = audit.schedule_health(lacking(held, name, how), domains="x.example")
    row = rows(answer)[0]
    missing = [flag for flag in FLAGS if row[flag] is None]
    assert set(withheld) <= set(missing)
    assert [flag for flag in FLAGS if row[flag]] == []
    assert name in row["unknown"]
    assert answer.attrs["omni"]["complete"] is False


def test_schedules_are_needed():
    with pytest.raises(omnipd.ArgumentError, match="has no schedules"):
        audit.schedule_health(lacking(tables(), "schedules", "refused"))


def test_odd_rows_are_no_error_and_no_rows_have_the_same_columns():
    names = [*audit.schedule_health.needs, *audit.schedule_health.also]
    odd = audit.schedule_health(omnipd.Inventory({name: table(name, {}) for name in names}))
    none = audit.schedule_health(omnipd.Inventory({name: table(name) for name in names}))
    assert odd.dtypes.equals(none.dtypes)
    assert (len(odd), len(none)) == (1, 0)


def test_the_sandbox_has_what_its_records_say(listed):
    answer = audit.schedule_health(listed, domains="sandbox.example")
    schedules = rows(listed["schedules"])
    found = rows(answer)
    assert [row["schedule_id"] for row in found] == [row["schedule_id"] for row in schedules]
    assert [row["is_stopped"] for row in found] == [
        row["system_disabled_at"] is not None for row in schedules
    ]
    assert [row["is_failing"] for row in found] == [
        row["last_status"] in {"ERROR", "ERROR_DELIVERED", "KILLED"} for row in schedules
    ]
    outside = {
        row["schedule_id"]
        for row in rows(listed["schedule_recipients"])
        if row["email"] and not row["email"].endswith("@sandbox.example")
    }
    assert {row["schedule_id"] for row in found if row["has_outside_recipients"]} == outside
    assert len(outside) == 30

"""Documents that nobody views: each reason to keep one, what comes near it, and what is not known."""

import json

import pandas as pd
import pytest
from audit.hand_made import at, by, lacking, rows, table

import omnipd
from omnipd import audit

LONG_AGO = at("2025-12-01")
REASONS = [
    "is_scheduled",
    "is_favorite",
    "is_verified",
    "is_updated_lately",
    "is_used_by_document",
]


def document(identifier, **rest):
    return {
        "type": "document",
        "document_identifier": identifier,
        "name": identifier.title(),
        "owner_id": "ann",
        "has_dashboard": True,
        "deleted": False,
        "labels": "",
        "count_favorites": 0,
        "count_views": 9,
        "last_viewed_at": LONG_AGO,
        "updated_at": LONG_AGO,
    } | rest


def schedule(identifier, **rest):
    return {"schedule_id": "s", "document_identifier": identifier, "is_active": True} | rest


def details(identifier, **metadata):
    held = json.dumps(metadata, separators=(",", ":"))
    return {"document_identifier": identifier, "document_metadata": held}


def tables(*documents, **others):
    return {
        "content": table("content", *documents),
        "users": table("users", {"user_id": "ann", "email": "ann@x.example"}),
        "labels": table(
            "labels", {"label": "a, b", "verified": True}, {"label": "draft", "verified": False}
        ),
        "schedules": table("schedules"),
        "document_details": table("document_details"),
        "document_queries": table("document_queries"),
    } | {name: table(name, *held) for name, held in others.items()}


def asked(*documents, days=90, now=None, **others):
    return audit.unused(omnipd.Inventory(tables(*documents, **others)), days=days, now=now)


def test_what_was_viewed_lately_is_in_the_trash_or_is_a_folder_is_left_out():
    # 90 days before noon of May 1 is noon of January 31.
    answer = asked(
        document("lately", last_viewed_at=at("2026-01-31 12:00")),
        document("before", last_viewed_at=at("2026-01-31 11:59:59")),
        document("trash", deleted=True),
        {"type": "folder", "id": "f", "name": "Folder"},
    )
    [row] = rows(answer)
    assert row["document_identifier"] == "before"
    assert (row["viewed"], row["days_since_view"]) == ("before", 90)
    assert (row["owner_id"], row["owner_email"]) == ("ann", "ann@x.example")
    assert [row[reason] for reason in REASONS] == [False] * 5
    assert (row["has_reason_to_stay"], row["unknown"]) == (False, None)
    assert answer.attrs["omni"]["complete"] is True


@pytest.mark.parametrize(
    ("given", "viewed"),
    [
        ({"count_views": 0}, "never"),
        ({"count_views": 0, "visits": 0}, "never"),
        ({"count_views": 0, "visits": 3}, "unknown"),
        ({"count_views": 5}, "unknown"),
        ({"count_views": None}, "unknown"),
        ({"count_views": 0, "has_dashboard": False}, "unknown"),
        ({"count_views": 0, "has_dashboard": None}, "unknown"),
        ({"count_views": 0, "last_viewed_at": LONG_AGO}, "before"),
    ],
)
def test_never_viewed_and_not_known_are_apart(given, viewed):
    [row] = rows(asked(document("d", **{"last_viewed_at": None} | given)))
    assert row["viewed"] == viewed
    assert (row["unknown"] is not None) == (viewed == "unknown")


@pytest.mark.parametrize(
    ("reason", "given", "others", "holds"),
    [
        ("is_scheduled", {}, {"schedules": [schedule("d")]}, True),
        ("is_scheduled", {}, {"schedules": [schedule("d", is_active=False)]}, False),
        ("is_scheduled", {}, {"schedules": [schedule("d", is_active=None)]}, None),
        ("is_scheduled", {}, {"schedules": [schedule("e")]}, False),
        ("is_scheduled", {}, {"schedules": [schedule(None, dashboard_name="D")]}, None),
        ("is_scheduled", {}, {"schedules": [schedule(None, dashboard_name="E")]}, False),
        ("is_scheduled", {}, {"schedules": [schedule(None)]}, None),
        ("is_favorite", {"count_favorites": 1}, {}, True),
        ("is_favorite", {"count_favorites": None}, {}, None),
        ("is_verified", {"labels": "draft,a%2C b"}, {}, True),
        ("is_verified", {"labels": "draft"}, {}, False),
        ("is_verified", {"labels": "a,b"}, {}, None),
        ("is_verified", {"labels": None}, {}, None),
        ("is_verified", {"labels": "draft", "labels_verified": "draft"}, {}, True),
        ("is_verified", {"labels": "a%2C b", "labels_verified": ""}, {}, False),
        ("is_updated_lately", {"updated_at": at("2026-01-31 12:00")}, {}, True),
        ("is_updated_lately", {"updated_at": at("2026-01-31 11:59:59")}, {}, False),
        ("is_updated_lately", {"updated_at": None}, {}, None),
        ("is_used_by_document", {}, {"document_details": [details("e", a="to /w/d?x=1")]}, True),
        ("is_used_by_document", {}, {"document_details": [details("e", dashboardId="d")]}, True),
        ("is_used_by_document", {}, {"document_details": [details("d", a="/w/d")]}, False),
        ("is_used_by_document", {}, {"document_details": [details("e", a="/w/dd /d d")]}, False),
        ("is_used_by_document", {}, {"document_details": [details("e", key="d")]}, False),
        ("is_used_by_document", {}, {"document_details": [{"document_identifier": "e"}]}, None),
        (
            "is_used_by_document",
            {},
            {"document_queries": [{"document_identifier": "e", "query": '"/dashboards/d"'}]},
            True,
        ),
    ],
)
def test_each_reason_holds_does_not_or_is_not_known(reason, given, others, holds):
    [row] = rows(asked(document("d", **given), **others))
    expected = dict.fromkeys(REASONS, False) | {reason: holds}
    assert {name: row[name] for name in REASONS} == expected
    assert row["has_reason_to_stay"] is holds
    assert (row["unknown"] is not None) == (holds is None)


@pytest.mark.parametrize("how", ["missing", "refused", "incomplete"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("schedules", "is_scheduled"),
        ("labels", "is_verified"),
        ("document_details", "is_used_by_document"),
        ("document_queries", "is_used_by_document"),
    ],
)
def test_what_is_not_known_whole_withholds_the_claim(name, reason, how):
    held = tables(document("d", labels="other"), labels=[{"label": "other", "verified": False}])
    # Of an incomplete table, what it has of a label is known all the same.
    inventory = lacking(held | ({"labels": table("labels")} if name == "labels" else {}), name, how)
    with pytest.warns(omnipd.OmniWarning, match=name):
        [row] = rows(audit.unused(inventory))
    expected = dict.fromkeys(REASONS, False) | {reason: None}
    assert {one: row[one] for one in REASONS} == expected
    assert row["has_reason_to_stay"] is None
    assert name in row["unknown"]


def test_a_reason_that_is_known_to_hold_is_enough():
    with pytest.warns(omnipd.OmniWarning):
        answer = audit.unused(
            lacking(tables(document("d", count_favorites=2)), "schedules", "refused")
        )
    assert by(answer, "document_identifier", "has_reason_to_stay") == {"d": True}


def test_without_the_users_only_the_address_is_missing():
    with pytest.warns(omnipd.OmniWarning, match="users"):
        [row] = rows(audit.unused(lacking(tables(document("d")), "users", "refused")))
    assert (row["owner_id"], row["owner_email"], row["has_reason_to_stay"]) == ("ann", None, False)


def test_content_is_needed():
    with pytest.raises(omnipd.ArgumentError, match="has no content"):
        audit.unused(lacking(tables(), "content", "refused"))


@pytest.mark.parametrize(
    "now", ["2026-03-01", "2026-03-01T01:00+01:00", at("2026-03-01"), pd.Timestamp("2026-03-01")]
)
def test_days_count_back_from_when_it_was_read_or_from_now(now):
    seen = document("d", last_viewed_at=at("2026-01-30"))
    assert len(asked(seen)) == 1
    assert len(asked(seen, days=91)) == 1
    assert len(asked(seen, days=92)) == 0
    assert len(asked(seen, now=now)) == 0
    assert by(asked(seen, now=now, days=29), "document_identifier", "days_since_view") == {"d": 30}


@pytest.mark.parametrize(
    ("given", "match"),
    [({"days": -1}, "days=-1"), ({"now": "soon"}, "now='soon'"), ({"now": 5}, "now=5")],
)
def test_what_is_no_time_is_refused(given, match):
    with pytest.raises(omnipd.ArgumentError, match=match):
        asked(document("d"), **given)


def test_a_frame_that_does_not_say_when_it_was_read_needs_now():
    held = tables(document("d"))
    held["content"].attrs.clear()
    with pytest.raises(omnipd.ArgumentError, match="does not say when") as error:
        audit.unused(omnipd.Inventory(held))
    assert "now=" in error.value.hint
    assert len(audit.unused(omnipd.Inventory(held), now="2026-05-01")) == 1


def test_no_rows_have_the_same_columns():
    assert asked().dtypes.equals(asked(document("d")).dtypes)


def test_odd_rows_are_no_error():
    odd = {"type": "document", "deleted": None}
    answer = asked(odd, {"type": None}, document("d"), document("d"))
    assert [row["document_identifier"] for row in rows(answer)] == [None, "d", "d"]
    assert [rows(answer)[0][name] for name in [*REASONS, "has_reason_to_stay"]] == [None] * 6


def test_the_sandbox_has_what_its_records_say(listed):
    with pytest.warns(omnipd.OmniWarning, match="document_details"):
        answer = audit.unused(listed, now="2024-01-01")
    content = rows(listed["content"])
    since = pd.Timestamp("2023-10-03", tz="UTC")
    expected = [
        row["document_identifier"]
        for row in content
        if row["type"] == "document"
        and (row["last_viewed_at"] is None or row["last_viewed_at"] < since)
    ]
    found = rows(answer)
    assert [row["document_identifier"] for row in found] == expected
    running = {row["document_identifier"] for row in rows(listed["schedules"]) if row["is_active"]}
    assert {row["document_identifier"] for row in found if row["is_scheduled"]} == (
        running & {*expected}
    )
    # Dashboards without a last view have visits there, also where they count no views.
    unknown = {row["document_identifier"] for row in found if row["viewed"] == "unknown"}
    assert unknown == {
        row["document_identifier"]
        for row in content
        if row["type"] == "document" and row["last_viewed_at"] is None
    }
    assert len(found) > len(unknown) > 100


def test_an_export_answers_as_the_inventory_does(tmp_path):
    with omnipd.sandbox(size="tiny"):
        include = [*audit.unused.needs, *audit.unused.also]
        inventory = omnipd.read_inventory(include=include, scope="all")
        omnipd.export_inventory(tmp_path, include=include, scope="all")
    now = "2030-01-01"
    opened = audit.unused(omnipd.open_export(tmp_path), now=now)
    pd.testing.assert_frame_equal(opened, audit.unused(inventory, now=now))
    assert len(opened) == 4
    assert (
        omnipd.open_export(tmp_path)["content"].attrs["omni"]["public_rows"]
        == len(inventory["content"]) - (inventory["content"]["scope"] == "restricted").sum()
    )

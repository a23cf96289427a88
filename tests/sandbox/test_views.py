"""Counters of views: they grow with the clock by whole days, and by nothing else."""

from datetime import datetime, timedelta

import pytest
from sandbox.shop_folder import PEOPLE, SHOP
from sandbox.viewed_days import BEGUN, SCHEDULE, Days


@pytest.fixture
def days():
    return Days()


@pytest.fixture
def begun(serve, connect, days):
    return connect(serve(documents=120, now=days))


def by_identifier(wire):
    records, _ = wire.every_record(include="_count", pageSize=100)
    return {each["identifier"]: each for each in records if each["type"] == "document"}


def views(wire):
    return {key: each["_count"]["views"] for key, each in by_identifier(wire).items()}


def test_within_a_day_the_figures_stand_still(begun, wire, days):
    first = by_identifier(begun)
    days.passed = 0.999
    assert by_identifier(begun) == first
    by_the_real_clock = by_identifier(wire)
    assert {key: by_the_real_clock[key] for key in SCHEDULE} == {
        key: first[key] for key in SCHEDULE
    }


@pytest.mark.parametrize("passed", [1, 14, 15, 29.5, 60])
def test_each_document_is_viewed_on_its_days(begun, days, passed):
    before = by_identifier(begun)
    days.passed = passed
    after = by_identifier(begun)
    for identifier, (at_once, on) in SCHEDULE.items():
        old, new = before[identifier], after[identifier]
        gone = [day for day in on if day <= passed]
        assert new["_count"]["views"] - old["_count"]["views"] == at_once * len(gone)
        assert new["visits"] - old["visits"] == len(gone)
        if gone:
            last = datetime.fromisoformat(new["lastViewedAt"])
            assert timedelta(0) <= BEGUN + timedelta(days=gone[-1]) - last < timedelta(days=1)
        else:
            assert new["lastViewedAt"] == old["lastViewedAt"]


def test_nothing_else_of_a_document_changes(begun, days):
    before = by_identifier(begun)
    days.passed = 60
    after = by_identifier(begun)
    assert {key: {**each, **_use(before[key])} for key, each in after.items()} == before
    never = [key for key, each in before.items() if each.get("lastViewedAt") is None]
    assert len(never) > 10
    assert all(after[key] == before[key] for key in never)


def _use(record):
    return {name: record[name] for name in ("_count", "visits", "lastViewedAt") if name in record}


def test_it_does_not_matter_how_often_somebody_looks(serve, connect, days):
    often, once = (connect(serve(documents=60, now=days)) for _ in range(2))
    by_identifier(once)
    for days.passed in range(61):
        last = by_identifier(often)
    assert by_identifier(once) == last


def test_a_clock_that_is_set_back_takes_no_views_away(begun, days):
    views(begun)
    days.passed = 30
    after = views(begun)
    days.passed = -30
    assert views(begun) == after


def test_the_list_of_documents_says_the_same(begun, days):
    views(begun)
    days.passed = 60
    page = begun.get("/api/v1/documents", include="_count", pageSize=100).json["records"]
    content = views(begun)
    assert {
        each["identifier"]: each["_count"]["views"]
        for each in page
        if each["scope"] == "organization"
    }.items() <= content.items()


def test_a_list_that_is_read_when_a_day_passes_goes_on(begun, days):
    whole = [*by_identifier(begun)]
    first = begun.content(pageSize=40).json
    days.passed = 1
    records, cursor = first["records"], first["pageInfo"]["nextCursor"]
    while cursor:
        page = begun.content(pageSize=40, cursor=cursor).json
        records, cursor = records + page["records"], page["pageInfo"]["nextCursor"]
    assert [each["identifier"] for each in records if each["type"] == "document"] == whole


def test_a_renamed_document_is_still_viewed_and_one_in_the_trash_is_not(begun, days):
    before = views(begun)
    body = {"identifier": "orders-now", "clearExistingDraft": True}
    assert begun.send("PATCH", "/api/v1/documents/gz1lqftq5", body).status == 200
    assert begun.send("DELETE", "/api/v1/documents/report-13").status == 200
    days.passed = 60
    assert views(begun)["orders-now"] - before["gz1lqftq5"] == 45
    trashed = begun.server.organization.documents["report-13"]
    assert trashed.views == before["report-13"]


def test_views_are_in_the_file_with_the_state(serve, connect, days, tmp_path):
    state = tmp_path / "omni.db"
    server = serve(documents=60, now=days, state=state)
    views(connect(server))
    days.passed = 30
    then = views(connect(server))
    server.close()
    again = connect(serve(documents=60, now=days, state=state))
    assert views(again) == then
    # Its days are counted from when it is first looked at again.
    days.passed = 45
    assert views(again)["report-22"] == then["report-22"] + 4


def test_an_organization_of_ones_own_has_the_views_that_it_says(serve, connect, days, mine):
    seen = {"has_dashboard": True, "views": 7, "last_viewed_at": "2026-01-01T00:00:00Z"}
    ours = {"users": PEOPLE, "documents": [{"name": "Rents", "model": "shop", **seen}]}
    folder = mine(ours, SHOP)
    wire = connect(serve(org=folder, now=days))
    before = by_identifier(wire)
    days.passed = 60
    assert len(before) == 1
    assert by_identifier(wire) == before

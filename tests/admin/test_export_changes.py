"""What an export since the last one sees at once of what has changed, and what only when all is asked for."""

import contextlib
import dataclasses
import datetime

import pytest
from omni_changes import (
    AT_ONCE,
    IN_PART,
    LATE,
    Changing,
    dashboard_filter_changed,
    differences,
    is_late,
    label_renamed,
)

import omnipd

pytestmark = pytest.mark.thorough

#: All but what no call changes.
INCLUDE = ["content:all", "people", "access", "schedules:all"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "exports"


@contextlib.contextmanager
def changing(**knobs):
    """Start a sandbox in which things change, with a client that keeps no list."""
    with Changing(**knobs) as omni:
        url, key = omni.server.url, omni.server.api_key
        with omnipd.connect(url, key, requests_per_minute=None, cache=False) as client:
            yield omni, client


def since_last(client, folder, include=INCLUDE, **asked):
    """Return an export since the last one."""
    omnipd.export_inventory(folder, include=include, since="last", client=client, **asked)
    return omnipd.open_export(folder)


def whole(client, folder, include=INCLUDE, **asked):
    """Return an export that takes nothing from another one."""
    omnipd.export_inventory(folder.with_name("whole"), include=include, client=client, **asked)
    return omnipd.open_export(folder.with_name("whole"))


def wait(client, days):
    """Let days go by for a client."""
    clock, seconds = client.clock, datetime.timedelta(days=days).total_seconds()
    client.clock = dataclasses.replace(clock, wall=lambda: clock.wall() + seconds)


@pytest.mark.parametrize(
    ("scope", "knobs"),
    [
        ("all", {}),
        (
            "organization",
            {"total_records": "remaining", "labels_as_objects": True, "scim_count_at_most": 9},
        ),
    ],
)
def test_what_its_own_list_tells_is_seen_at_once(folder, scope, knobs):
    with changing(**knobs) as (omni, client):
        since_last(client, folder, scope=scope)
        for change in AT_ONCE:
            change(omni)
        [document] = label_renamed(omni)["content"]  # of one person only
        now = since_last(client, folder, scope=scope)
        assert now.manifest["since"] != "last"
        late = {("content", document)} if scope == "all" else set()
        assert differences(now, whole(client, folder, scope=scope)) == late


def test_what_no_list_tells_is_seen_when_all_is_asked_for(folder):
    with changing() as (omni, client):
        since_last(client, folder)
        expected = [change(omni) for change in LATE]
        late = {(table, key) for one in expected for table, keys in one.items() for key in keys}
        assert differences(since_last(client, folder), whole(client, folder)) == late
        in_part = [change(omni) for change in IN_PART if change is not label_renamed]
        wait(client, days=6)
        found = differences(since_last(client, folder), everything := whole(client, folder))
        assert late < found
        assert [one for one in found if not is_late(one, expected + in_part)] == []
        wait(client, days=2)
        now = since_last(client, folder)
        assert now.manifest["since"] == "last"
        assert differences(now, everything) == set()


def test_two_changes_in_one_instant_are_seen_where_the_clocks_agree(folder):
    include = "dashboard_filters"
    with changing() as (omni, client):
        for behind, late in ((0, False), (400, True)):
            now = datetime.datetime.now(datetime.UTC)
            omni.stands_at = now - datetime.timedelta(days=behind)
            dashboard = dashboard_filter_changed(omni)
            since_last(client, folder, include, full_every=0)
            assert dashboard_filter_changed(omni) == dashboard
            found = differences(since_last(client, folder, include), whole(client, folder, include))
            assert found == ({("dashboard_filters", dashboard)} if late else set())
